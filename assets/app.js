// What happens in the browser alone: the address, the theme, drawing figures, and the ways from them to the flags.
(function () {
  "use strict";
  window.dash_clientside = window.dash_clientside || {}; // Dash's renderer adds its own parts to it
  const DEFAULTS = { range: "90d", grain: "day", by: "shown", compare: "none", since: "", until: "", method: "outbreak", case: "any", board: "provider", rank: "total", sort: "flagged_day", desc: "1", page: "1", q: "", last: "3h", bin: "5min", job: "all", outcome: "all", within: "30d", actor: "all", action: "all" };
  const OF_ROWS = ["case", "board", "rank", "sort", "desc", "page", "q", "job", "outcome", "week", "version", "within", "actor", "action"]; // keys that only one page knows
  const OF_LIVE = ["last", "bin"]; // keys that only events as they come in know
  const DATES = ["since", "until"];
  const tables = window.watchfloor_tables;
  const ASKS_EVERY = 2000; // milliseconds between two questions what becomes of an order
  let controls = []; // keys of the filter bar, in the order of the address
  let set = null; // the query that the controls show
  let applying = null; // the query that is being put into the controls

  // --- the address -------------------------------------------------------------------------------------------------
  function toQuery(values) {
    const query = new URLSearchParams();
    for (const [key, value] of values) {
      if (DATES.includes(key) && Object.fromEntries(values).range !== "custom") continue;
      if (key === "range" && value === "custom") continue;
      for (const one of [value].flat()) if (one != null && one !== (DEFAULTS[key] ?? null)) query.append(key, one);
    }
    return query.toString();
  }

  function fromQuery(query) {
    const asked = new URLSearchParams(query);
    const custom = asked.has("since") || asked.has("until");
    return controls.map((key) => {
      if (key === "range") return [key, custom ? "custom" : asked.get(key) ?? DEFAULTS.range];
      if (DATES.includes(key)) return [key, asked.get(key) ?? undefined];
      return [key, key in DEFAULTS ? asked.get(key) ?? DEFAULTS[key] : asked.getAll(key)];
    });
  }

  function apply(query) {
    const wanted = canonical(query);
    if (canonical(location.search) !== wanted) push(wanted);
    if (wanted === set) return;
    applying = wanted;
    for (const [key, value] of fromQuery(query)) {
      if (value !== undefined) dash_clientside.set_props({ part: "control", key }, { value });
    }
  }

  function address(values, current) {
    const ids = dash_clientside.callback_context.inputs_list[0].map((input) => input.id.key);
    controls = ids;
    ids.forEach((key, i) => told(key, values[i]));
    const before = set;
    const query = (set = toQuery(ids.map((key, i) => [key, values[i]])));
    if (dash_clientside.callback_context.triggered.length === 0) return dash_clientside.no_update; // a page just laid out
    if (applying !== null) {
      if (query !== applying) return dash_clientside.no_update; // some controls are not set yet
      applying = null;
      return query === current ? dash_clientside.no_update : query;
    }
    if (query === canonical(current)) return dash_clientside.no_update;
    if (before !== null && without(["page"], before) !== without(["page"], query) && query !== without(["page"], query)) {
      apply(without(["page"], query)); // other rows: begin with their first page
      return dash_clientside.no_update;
    }
    setTimeout(() => push(query)); // takes a while, in which the server can answer
    return query;
  }

  function without(keys, query) {
    const rest = new URLSearchParams(query);
    for (const key of keys) rest.delete(key);
    return rest.toString();
  }

  function push(query) {
    history.pushState(null, "", location.pathname + (query ? "?" + query : ""));
    links(location.search);
  }

  const canonical = (query) => toQuery(fromQuery(query || ""));

  // Within a page the controls follow the address; Dash's router, which would lay the page out anew, is not told.
  let page = null;
  addEventListener("popstate", (event) => {
    if (page !== location.pathname || !controls.length) return;
    event.stopImmediatePropagation();
    links(location.search);
    apply(location.search);
  });

  // A page was laid out: mark it in the menu, go to the part that the address names.
  function here(path) {
    if (!document.querySelector(".bar")) controls = []; // a page without filters
    calm();
    paused = false;
    shownAt = null;
    waiting = null;
    typed.clear();
    links(location.search);
    document.fonts.ready.then(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
    return path;
  }

  function calm() {
    if (document.getElementById("toast").textContent) dash_clientside.set_props("toast", { children: "" });
  }

  // The menu leads to the other pages with the same filters, and says which page this is.
  function links(search) {
    page = location.pathname;
    for (const link of document.querySelectorAll(".side a[data-inner]")) {
      const kept = link.pathname === page ? search.slice(1) : without([...OF_ROWS, ...OF_LIVE], search);
      link.setAttribute("href", link.pathname + (kept ? "?" + kept : ""));
      link.pathname === page ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
  }

  // What a folded filter is set to.
  function told(key, value) {
    const place = document.getElementById("set-" + key);
    if (place) place.textContent = value.length === 0 ? "all" : value.length === 1 ? value[0].replaceAll("_", " ") : String(value.length);
  }

  // --- theme and refresh -------------------------------------------------------------------------------------------
  function theme(clicks) {
    if (!clicks) return dash_clientside.no_update;
    const next = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    document.documentElement.setAttribute("data-bs-theme", next);
    tokens = new Map();
    return next;
  }

  let every = 0;
  function refresh(seconds) {
    every = Number(seconds) || 0;
    return [Math.max(every, 1) * 1000, every === 0 || document.hidden];
  }

  document.addEventListener("visibilitychange", () => {
    if (every || pausing()) dash_clientside.set_props("refresh", { disabled: document.hidden || paused });
  });

  // A page of what comes in keeps itself up to date until the reader stops it, and says how old it is.
  const pausing = () => document.getElementById("pause");
  let paused = false;
  let shownAt = null;

  function pause() {
    paused = !paused;
    pausing().textContent = paused ? "Resume" : "Pause";
    pausing().setAttribute("aria-pressed", String(paused));
    dash_clientside.set_props("refresh", { disabled: paused });
  }

  setInterval(() => {
    const age = document.getElementById("age");
    if (!age || shownAt === null) return;
    const seconds = Math.round((performance.now() - shownAt) / 1000);
    age.textContent = "updated " + (seconds < 120 ? seconds + " s" : Math.round(seconds / 60) + " min") + " ago";
  }, 1000);

  // --- figures -----------------------------------------------------------------------------------------------------
  let tokens = new Map(); // the colours of the theme that is on, by name
  function token(name) {
    if (!tokens.has(name)) tokens.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
    return tokens.get(name);
  }

  function coloured(part) {
    if (typeof part === "string") return part.startsWith("var(--") ? token(part.slice(4, -1)) : part;
    if (Array.isArray(part)) return part.map(coloured);
    if (part && typeof part === "object") return Object.fromEntries(Object.entries(part).map(([k, v]) => [k, coloured(v)]));
    return part;
  }

  function template() {
    const axis = {
      gridcolor: token("--line"), linecolor: token("--line"), zerolinecolor: token("--line"), automargin: true,
      tickfont: { size: 12, color: token("--text-2") }, title: { font: { size: 12, color: token("--text-3") }, standoff: 8 },
    };
    const font = { family: "Inter, system-ui, sans-serif", size: 12, color: token("--text-1") };
    return {
      layout: {
        font, paper_bgcolor: token("--surface-1"), plot_bgcolor: token("--surface-1"), margin: { l: 8, r: 8, t: 8, b: 8 },
        xaxis: { ...axis, showgrid: false }, yaxis: axis, hovermode: "x unified",
        hoverlabel: { bgcolor: token("--surface-1"), bordercolor: token("--line-strong"), font },
        legend: { orientation: "h", x: 0, xanchor: "left", y: -0.16, yanchor: "top", font: { size: 12, color: token("--text-2") } },
        separators: ".,", dragmode: "zoom",
      },
    };
  }

  function themed(card, figure) {
    const layout = coloured(figure.layout);
    return { data: coloured(figure.data), layout: { ...layout, template: template(), margin: room(card, figure) } };
  }

  // The margins that a chart of as many lines or bars took before: as long as they suffice, it is drawn once, not twice.
  function room(card, { data, layout }) {
    const graph = document.querySelector(`#card-${card} .js-plotly-plot`);
    const before = graph?.data?.length === data.length ? graph._fullLayout?._size : null;
    const sides = before ? ["l", "r", "t", "b"] : [];
    return { ...layout.margin, ...Object.fromEntries(sides.map((side) => [side, Math.max(before[side], layout.margin?.[side] ?? 0)])) };
  }

  // --- what the server refuses -------------------------------------------------------------------------------------
  // Whoever's session has ended signs in, and is back under the same address. Of everything else that is refused the
  // reader is told why, and Dash that nothing changes: it would say nothing but in the console.
  const NOTHING_CHANGES = 204;
  const unwatched = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await unwatched(...asked);
    const { pathname } = new URL(answer.url);
    if (answer.status < 400 || !pathname.startsWith("/_dash-")) return answer;
    if (answer.status === 401) return signIn();
    if (pathname !== "/_dash-update-component") return answer;
    dash_clientside.set_props("toast", { children: await whyNot(answer) });
    return new Response(null, { status: NOTHING_CHANGES });
  };

  function signIn() {
    location.assign("/sign-in?" + new URLSearchParams({ next: location.pathname + location.search }));
    return new Promise(() => {}); // what waits for the answer goes away with the page
  }

  async function whyNot(answer) {
    const words = await answer.json().then((said) => said.error, () => null);
    const request = answer.status < 500 ? "" : ` (request ${answer.headers.get("X-Request-ID")})`;
    return (words ?? "That did not work. What you see is from before. The log says why.") + request;
  }

  // --- what the server answers ---------------------------------------------------------------------------------------
  let answers = 0; // how often one was shown
  let latest = null;
  let charts = {}; // by card: its figure, or the message in its place
  const written = new WeakMap(); // by element: the HTML that it was given
  const turned = new WeakSet(); // the cards that show their table in place of the chart
  const place = (card, part) => document.getElementById(`card-${card}-${part}`);

  function show(answer) {
    const { no_update, callback_context } = dash_clientside;
    const drawn = callback_context.outputs_list[0].map(({ id }) => id.card);
    if (!answer) charts = {}; // a page just laid out
    if (!answer) return [drawn.map(() => no_update), no_update];
    const before = callback_context.triggered_id === "theme" ? {} : charts;
    charts = answer.charts ?? {};
    shownAt = performance.now();
    const drawing = (card) => charts[card].figure && JSON.stringify(charts[card]) !== JSON.stringify(before[card]);
    const figures = drawn.map((card) => (drawing(card) ? themed(card, charts[card].figure) : no_update));
    if (answer !== latest && answer.taken) taken();
    for (const [id, text] of Object.entries(answer.parts)) fill(document.getElementById(id), text);
    for (const [id, href] of Object.entries(answer.links ?? {})) document.getElementById(id)?.setAttribute("href", href);
    drawn.forEach(arrange);
    if (answer !== latest) calm(); // what went wrong is over
    if (answer !== latest && answer.said) dash_clientside.set_props("toast", { children: answer.said });
    if (answer !== latest) follow();
    latest = answer;
    return [figures, (answers += 1)];
  }

  function fill(host, text) {
    if (!host || written.get(host) === text) return;
    written.set(host, text);
    const [left, top] = scrolled(host);
    keeping(host, () => {
      host.innerHTML = text;
      for (const field of host.querySelectorAll(FIELDS)) if (typed.has(field.id)) field.value = typed.get(field.id);
    });
    for (const table of host.querySelectorAll("table")) tables.sortable(host.closest(".card").id.slice("card-".length), table);
    if (left || top) host.querySelector("[tabindex]")?.scrollTo(left, top);
  }

  // What somebody is writing stays when a card is filled anew, until it was taken.
  const FIELDS = ".content :is(input, select, textarea)";
  const typed = new Map(); // by the field's id
  document.addEventListener("input", ({ target }) => { if (target.matches(FIELDS)) typed.set(target.id, target.value); });

  function taken() {
    typed.clear();
    for (const form of document.querySelectorAll(".content form")) form.reset();
  }

  // The keyboard's place stays: in the same place if that says the same, else at what says the same, else in its place.
  function keeping(host, change) {
    const places = () => [...host.querySelectorAll(`a, button, [tabindex], ${FIELDS}`)];
    const at = places().indexOf(document.activeElement);
    const text = document.activeElement.textContent;
    change();
    if (at < 0) return;
    const now = places();
    const same = (one) => one?.textContent === text;
    (same(now[at]) ? now[at] : now.find(same) ?? now[at])?.focus();
  }

  // Where the reader has scrolled to; to ask when nobody has would have the browser lay the page out.
  const moved = new WeakSet();
  document.addEventListener("scroll", (event) => moved.add(event.target), true);

  function scrolled(host) {
    const inner = host.querySelector("[tabindex]");
    return moved.has(inner) ? [inner.scrollLeft, inner.scrollTop] : [0, 0];
  }

  // A card shows its chart, the table behind it, or why there is neither.
  function arrange(card) {
    const { figure, message } = charts[card];
    const shown = document.getElementById("card-" + card);
    const asTable = turned.has(shown);
    const tall = figure?.layout.meta.height;
    tall ? shown.style.setProperty("--tall", tall + "px") : shown.style.removeProperty("--tall");
    place(card, "message").textContent = message ?? "";
    const table = figure && asTable ? [tables.behind(card, figure)] : [];
    keeping(place(card, "table"), () => place(card, "table").replaceChildren(...table));
    shown.querySelector(".body").className = !figure ? "body message" : asTable ? "body rows" : "body";
    shown.querySelector("[data-table]").textContent = asTable ? "Chart" : "Table";
  }

  function turn(card) {
    const shown = document.getElementById("card-" + card);
    if (!turned.delete(shown)) turned.add(shown);
    if (charts[card]) arrange(card);
  }

  // One card at a time has its figures computed anew, and says so meanwhile.
  let waiting = null;
  function renew(card) {
    if (waiting !== null) return;
    waiting = card;
    place(card, "renewing").textContent = "computing anew…";
    dash_clientside.set_props("renew", { data: card });
  }

  function renewing(on) {
    if (on || waiting === null) return;
    place(waiting, "renewing").textContent = "";
    waiting = null;
  }

  // What an analyst makes of an incident, with the note beside the buttons.
  function decide({ triage: state, number }) {
    dash_clientside.set_props("triage", { data: { number, state, note: document.getElementById("note").value, at: Date.now() } });
  }

  // A note on days: what the form says, or the number of the one to take away.
  const noting = (note) => dash_clientside.set_props("noting", { data: { ...note, at: Date.now() } });

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-noting]")) return;
    event.preventDefault();
    noting(Object.fromEntries(new FormData(event.target)));
  });

  // What a reader makes of a summary: the fields of the form, and the button that was pressed.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-saying]")) return;
    event.preventDefault();
    dash_clientside.set_props("saying", { data: { ...Object.fromEntries(new FormData(event.target, event.submitter)), at: Date.now() } });
  });

  // What an admin wants done: the fields of the form, and the button that was pressed; some are pressed twice.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-administer]")) return;
    event.preventDefault();
    const { submitter } = event;
    if (submitter.dataset.sure) {
      submitter.textContent = submitter.dataset.sure;
      delete submitter.dataset.sure;
      return;
    }
    dash_clientside.set_props("administer", { data: { ...Object.fromEntries(new FormData(event.target, submitter)), at: Date.now() } });
  });

  // While an order is open its page asks what becomes of it, and goes to what was made.
  let asking = null;
  const orderState = () => document.getElementById("order-state");
  function follow() {
    const number = orderState()?.dataset.order;
    if (number) dash_clientside.set_props("order", { data: { number, at: Date.now() } });
  }

  function ordered({ told, ended, href }) {
    if (!orderState()) return;
    orderState().textContent = told;
    clearTimeout(asking);
    if (!ended) asking = setTimeout(follow, ASKS_EVERY);
    if (href) go(href);
  }

  // The figures of the sentence that is pointed at are lit among the sources, and the other way round.
  const POINTED = "[data-facts], [data-fact]";
  const keysOf = (one) => (one.dataset.facts ?? one.dataset.fact ?? "").split(" ");
  function point({ target, type }) {
    const summary = target.closest?.(".summary");
    if (!summary) return;
    const at = target.closest(POINTED);
    if (!at && type === "pointerover") return; // what lies between them changes nothing
    const keys = at ? keysOf(at) : [];
    for (const one of summary.querySelectorAll(POINTED)) one.classList.toggle("lit", keysOf(one).some((key) => keys.includes(key)));
    const region = summary.querySelector(".sources .listed");
    const first = at?.matches("[data-facts]") && region.querySelector("tr.lit");
    if (first) region.scrollTop = first.offsetTop - region.querySelector("thead").offsetHeight - 4;
  }
  for (const type of ["pointerover", "focusin", "click"]) document.addEventListener(type, point);

  // --- menus -------------------------------------------------------------------------------------------------------
  function closeOthers(target) {
    for (const drop of document.querySelectorAll("details.drop[open]")) if (!drop.contains(target)) drop.open = false;
  }

  document.addEventListener("click", (event) => {
    closeOthers(event.target);
    const button = event.target.closest("[data-png], [data-link], [data-table], [data-renew], [data-triage], [data-unnote], [data-copy], #reset, #pause");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const here = event.target.closest("a[href^='?'], [data-query]");
    if (here && plain) { event.preventDefault(); apply(here.dataset.query ?? here.getAttribute("href")); }
    const inner = event.target.closest("a[data-inner]");
    if (inner && plain) { event.preventDefault(); go(inner.getAttribute("href")); }
    const menu = event.target.closest(".pop.menu > *")?.closest("details");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); } // its items vanish, and the focus with them
    if (!button) return;
    if (button.id === "reset") apply("");
    if (button.id === "pause") pause();
    if (button.dataset.table) turn(button.dataset.table);
    if (button.dataset.renew) renew(button.dataset.renew);
    if (button.dataset.triage) decide(button.dataset);
    if (button.dataset.unnote) noting({ remove: button.dataset.unnote });
    if (button.dataset.copy) navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent);
    if (button.dataset.link) navigator.clipboard?.writeText(location.href.split("#")[0] + "#" + button.dataset.link);
    if (button.dataset.png) {
      const graph = document.getElementById("card-" + button.dataset.png).querySelector(".js-plotly-plot");
      Plotly.downloadImage(graph, { format: "png", filename: button.dataset.png, width: 1200, height: 500, scale: 2 });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details.drop[open]");
    closeOthers(null);
    open?.querySelector("summary").focus();
  });

  document.addEventListener("toggle", (event) => {
    const pop = event.target.open && event.target.matches?.(".drop") && event.target.querySelector(".pop");
    if (!pop) return;
    const { classList } = event.target;
    const { clientWidth, clientHeight } = document.documentElement;
    classList.remove("right", "up");
    const { right, bottom, height } = pop.getBoundingClientRect();
    classList.toggle("right", right > clientWidth - 8);
    classList.toggle("up", bottom > clientHeight - 8 && event.target.getBoundingClientRect().top > height + 8);
  }, true);

  // Go to another page as a link of Dash does.
  function go(href) {
    history.pushState(null, "", href);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
  }

  // --- from a figure to the flags behind it -------------------------------------------------------------------------
  function shift(day, days) {
    const date = new Date(day + "T00:00Z");
    date.setUTCDate(date.getUTCDate() + days);
    return date.toISOString().slice(0, 10);
  }

  function lastDay(grain, bucket, until) {
    if (grain === "day") return bucket;
    if (grain === "week") return shift(bucket, 6);
    return grain === "month" ? shift(shift(bucket.slice(0, 7) + "-28", 4).slice(0, 7) + "-01", -1) : until;
  }

  // The address of the flags of a bucket (null: of the whole window) and of a group (null: of all groups).
  function flagsOf(rows, bucket, groups, trailing) {
    const query = new URLSearchParams(rows.query);
    if (groups) rows.by.forEach((dim, i) => query.set(dim, groups[i]));
    const last = bucket === null ? rows.until : lastDay(rows.grain, bucket, rows.until);
    const until = last < rows.until ? last : rows.until;
    const first = bucket === null || bucket < rows.since ? rows.since : bucket;
    query.set("since", rows.first ?? shift(first, 1 - trailing));
    query.set("until", until);
    return "/flags?" + query;
  }

  // The address of the flags behind a row of the table of a figure, where there is any to lead to.
  function flagsOfRow(figure, name, i) {
    const rows = figure.layout.meta.rows;
    const meta = figure.data[0]?.meta;
    if (!rows || meta?.metric !== rows.metric) return null;
    const across = figure.data[0].orientation === "h";
    if (!across && !/^\d{4}-\d\d-\d\d$/.test(name)) return null;
    return across ? flagsOf(rows, null, meta.groups[i], 1) : flagsOf(rows, name, figure.layout.meta.table?.groups?.[i] ?? null, 1);
  }

  let pointer = null;
  document.addEventListener("pointerdown", (event) => { pointer = event; }, true);

  // Of the points under one x, the one that was meant: the bar's part or the line next to the pointer.
  function meant(graph, points) {
    if (points.length === 1) return points[0];
    const { top } = graph.getBoundingClientRect();
    const axis = graph._fullLayout.yaxis;
    const at = axis.p2d(pointer.clientY - top - axis._offset);
    let height = 0;
    const near = [...points].sort((one, other) => one.curveNumber - other.curveNumber).map((point) => {
      const bar = graph.data[point.curveNumber].type === "bar";
      const [low, high] = bar ? [height, (height += point.y)] : [point.y, point.y];
      return { point, far: Math.max(low - at, at - high, 0) };
    });
    return near.reduce((best, one) => (one.far < best.far ? one : best)).point;
  }

  function drill() {
    const { triggered, triggered_id: id } = dash_clientside.callback_context;
    const points = triggered[0]?.value?.points;
    const graph = points && document.getElementById("card-" + id.card).querySelector(".js-plotly-plot");
    const rows = graph?.layout.meta?.rows;
    const counted = rows ? points.filter((point) => !graph.data[point.curveNumber].meta?.note) : [];
    if (!counted.length) return;
    const { curveNumber, pointNumber, x } = meant(graph, counted);
    const { meta, orientation } = graph.data[curveNumber];
    if (meta?.metric !== rows.metric) return;
    const across = orientation === "h";
    const groups = meta.groups[across ? pointNumber : 0];
    if (groups?.length !== rows.by.length) return;
    go(across ? flagsOf(rows, null, groups, 1) : flagsOf(rows, x, groups, meta.days));
  }

  // --- the search among definitions --------------------------------------------------------------------------------
  document.addEventListener("input", (event) => {
    if (event.target.id !== "find") return;
    const words = event.target.value.toLowerCase().split(/\s+/);
    let found = 0;
    for (const family of document.querySelectorAll(".family")) {
      const members = [...family.querySelectorAll(".definition")];
      for (const member of members) {
        const text = member.dataset.words;
        member.hidden = !words.every((word) => text.includes(word));
      }
      const shown = members.filter((member) => !member.hidden).length;
      family.hidden = shown === 0;
      found += shown;
    }
    document.getElementById("found").textContent = found === 1 ? "1 metric" : found + " metrics";
  });

  Object.assign(tables, { flagsOfRow, lastDay });
  window.dash_clientside.watchfloor = { address, here, theme, refresh, renewing, ordered, show, drill };
})();
