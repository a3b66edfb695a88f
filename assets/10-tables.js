// Tables: those behind figures, and the order that the reader gave to any of them.
(function () {
  "use strict";
  const own = (window.watchfloor_tables = {}); // app.js adds the ways to the flags
  const orders = {}; // by card: the column to sort by, and whether the largest come first

  const DIGITS = { "%": 1, score: 3, hours: 1 };
  const COUNTS = ["flags", "reports", "decisions", "records", "events"];
  const DAY = /^\d{4}-\d\d-\d\d/;
  const NUMBER = /^[-+]?[\d,]*\.?\d+(?= to [\d.,]+$|[ %hpt*]*$)/;

  function el(name, children, attributes) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) if (value) made.setAttribute(key, value);
    made.append(...[children].flat());
    return made;
  }

  function shown(value, unit) {
    if (value == null) return "no data";
    const digits = DIGITS[unit] ?? 0;
    const [whole, part] = value.toFixed(digits).split("."); // rounds the number itself, as charts do, not its shortest text
    return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "") + (unit === "%" ? " %" : "");
  }

  // --- the table behind a figure -------------------------------------------------------------------------------------
  own.behind = (card, figure) => {
    const pending = figure.data.some((trace) => trace.customdata?.some((extra) => extra[1]));
    const { head, rows } = figure.layout.meta.table ?? cells(figure); // a figure may bring its table
    const table = el("table", [
      el("thead", el("tr", head.map((name, i) => el("th", name, { scope: "col", class: i && name !== "note" && "r" })))),
      el("tbody", rows.map(([name, ...texts], i) => el("tr", [
        el("th", leading(figure, name, i), { scope: "row" }), ...texts.map((text, n) => el("td", text, { class: head[n + 1] === "note" ? "note" : "r" })),
      ]))),
    ]);
    if (DAY.test(rows[0]?.[0])) orders[card] ??= { column: 0, falling: true };
    own.sortable(card, table);
    return el("div", pending ? [el("p", "* may still change", { class: "quiet" }), table] : table);
  };

  // One column a trace, one row a bucket or group; figures hold markup, tables text.
  function cells(figure) {
    const unit = figure.layout.meta.unit;
    const data = figure.data.filter((trace) => !trace.meta?.note);
    const notes = figure.layout.meta.notes;
    const across = data[0]?.orientation === "h";
    const keys = [...new Set(data.flatMap((trace) => (across ? trace.y : trace.x)))];
    const cases = !COUNTS.includes(unit);
    const first = across ? figure.layout.meta.heading : figure.layout.meta.grain;
    const n = (trace) => (data.length > 1 ? "n, " + trace.name : "n");
    const head = [first, ...data.flatMap((trace) => (cases ? [trace.name, n(trace)] : [trace.name]))];
    const rows = keys.map((key) => {
      const texts = data.flatMap((trace) => {
        const at = (across ? trace.y : trace.x).indexOf(key);
        const value = at < 0 ? null : (across ? trace.x : trace.y)[at];
        const [n, provisional] = at < 0 ? [] : trace.customdata[at];
        const text = shown(value, unit) + (provisional ? " *" : "");
        return cases ? [text, n == null ? "" : n.toLocaleString("en")] : [text];
      });
      return [unescaped(key), ...texts, ...(notes ? [notes[key] ?? ""] : [])];
    });
    return { head: [...head.map(unescaped), ...(notes ? ["note"] : [])], rows };
  }

  function unescaped(text) {
    const field = document.createElement("textarea");
    field.innerHTML = text;
    return field.value;
  }

  // A row's name: a week by its days; a link to the flags where there are any to lead to.
  function leading(figure, name, i) {
    const week = figure.layout.meta.grain === "week" && DAY.test(name);
    const text = week ? name + " to " + own.lastDay("week", name) : name;
    const href = own.flagsOfRow(figure, name, i);
    return href ? el("a", text, { href, "data-inner": "here" }) : text;
  }

  // --- order ---------------------------------------------------------------------------------------------------------
  // Buttons into the heads of a table, unless a head has one already, and its rows into the order last asked for.
  own.sortable = (card, table) => {
    for (const [i, cell] of [...table.tHead.rows[0].cells].entries()) {
      if (cell.children.length || !cell.textContent) continue; // sorted by the server, or a column of what can be done
      cell.replaceChildren(el("button", cell.textContent, { class: "sort", "data-column": String(i) }));
    }
    if (orders[card]) sort(table, orders[card]);
  };

  function sort(table, { column, falling }) {
    for (const [i, cell] of [...table.tHead.rows[0].cells].entries()) {
      if (i === column) cell.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    const turn = falling ? -1 : 1;
    const compare = ([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null); // what is not known comes last
      return turn * (typeof one === "number" && typeof other === "number" ? one - other : String(one) < String(other) ? -1 : +(String(one) > String(other)));
    };
    const [body] = table.tBodies;
    const keyed = [...body.rows].map((row) => [key(row.cells[column]), row]);
    body.append(...keyed.sort(compare).map(([, row]) => row));
  }

  // What a cell is sorted by: what it says of itself, else its number, else its text.
  function key(cell) {
    const text = cell.dataset.sort ?? cell.textContent;
    if (text === "" || text === "no data" || text === "not judged") return null;
    const number = DAY.test(text) ? null : text.match(NUMBER);
    return number ? Number(number[0].replaceAll(",", "")) : text.toLowerCase();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.sort");
    if (!button) return;
    const card = button.closest(".card").id.slice("card-".length);
    const table = button.closest("table");
    const column = Number(button.dataset.column);
    const order = orders[card];
    const texts = [...table.tBodies[0].rows].map(({ cells }) => cells[column].dataset.sort ?? cells[column].textContent);
    const large = texts.some((text) => DAY.test(text) || NUMBER.test(text));
    orders[card] = { column, falling: order?.column === column ? !order.falling : large };
    sort(table, orders[card]);
  });
})();
