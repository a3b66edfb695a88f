// Tables: those behind figures, and the order that the reader gave to any of them.
(function () {
  "use strict";
  const own = (window.watchfloor_tables = {}); // app.js adds the ways to the flags
  const orders = {}; // by card: the column to sort by, and whether the largest come first
  const trees = {}; // by card: where its table is shown, and the table as it came

  const el = (type, children, props) => ({ type, namespace: "dash_html_components", props: { children, ...props } });
  const list = (children) => (Array.isArray(children) ? children : children == null ? [] : [children]);
  const DIGITS = { "%": 1, score: 3, hours: 1 };
  const DAY = /^\d{4}-\d\d-\d\d/;
  const NUMBER = /^[-+]?[\d,]*\.?\d+(?= to [\d.,]+$|[ %hpt*]*$)/;

  function shown(value, unit) {
    if (value == null) return "no data";
    const digits = DIGITS[unit] ?? 0;
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) + (unit === "%" ? " %" : "");
  }

  // --- the table behind a figure -------------------------------------------------------------------------------------
  own.behind = (card, figure) => {
    const pending = figure.data.some((trace) => trace.customdata?.some((extra) => extra[1]));
    const { head, rows } = figure.layout.meta.table ?? cells(figure); // a figure may bring its table
    const table = el("Table", [
      el("Thead", el("Tr", head.map((name, i) => el("Th", name, { scope: "col", className: i ? "r" : "" })))),
      el("Tbody", rows.map(([name, ...texts], i) => el("Tr", [
        el("Th", leading(figure, name, i), { scope: "row" }), ...texts.map((text) => el("Td", text, { className: "r" })),
      ]))),
    ]);
    if (DAY.test(rows[0]?.[0])) orders[card] ??= { column: 0, falling: true };
    const note = pending ? el("P", "* may still change", { className: "quiet" }) : null;
    return kept(card, { part: "table", card }, el("Div", [note, table]));
  };

  // One column a trace, one row a bucket or group; figures hold markup, tables text.
  function cells(figure) {
    const unit = figure.layout.meta.unit;
    const across = figure.data[0]?.orientation === "h";
    const keys = [...new Set(figure.data.flatMap((trace) => (across ? trace.y : trace.x)))];
    const cases = unit !== "flags";
    const first = across ? figure.layout.meta.heading : figure.layout.meta.grain;
    const n = (trace) => (figure.data.length > 1 ? "n, " + trace.name : "n");
    const head = [first, ...figure.data.flatMap((trace) => (cases ? [trace.name, n(trace)] : [trace.name]))];
    const rows = keys.map((key) => {
      const texts = figure.data.flatMap((trace) => {
        const at = (across ? trace.y : trace.x).indexOf(key);
        const value = at < 0 ? null : (across ? trace.x : trace.y)[at];
        const [n, provisional] = at < 0 ? [] : trace.customdata[at];
        const text = shown(value, unit) + (provisional ? " *" : "");
        return cases ? [text, n == null ? "" : n.toLocaleString("en")] : [text];
      });
      return [unescaped(key), ...texts];
    });
    return { head: head.map(unescaped), rows };
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
    return href ? { type: "Link", namespace: "dash_core_components", props: { children: text, href } } : text;
  }

  // --- tables that the server made -----------------------------------------------------------------------------------
  own.list = (tree) => {
    const { card } = dash_clientside.callback_context.outputs_list.id;
    return tree ? kept(card, { part: "listed", card }, tree) : dash_clientside.no_update;
  };

  // --- order ---------------------------------------------------------------------------------------------------------
  function kept(card, id, tree) {
    trees[card] = { id, tree };
    return ordered(tree, orders[card]);
  }

  // The same tree with buttons in the heads of its table and the rows in order.
  function ordered(tree, order) {
    if (tree?.type !== "Table") {
      if (!tree?.props) return tree;
      const children = tree.props.children;
      const inner = Array.isArray(children) ? children.map((child) => ordered(child, order)) : ordered(children, order);
      return { ...tree, props: { ...tree.props, children: inner } };
    }
    const [head, body] = tree.props.children;
    const titles = list(list(head.props.children)[0].props.children).map((cell, i) => heading(cell, i, order));
    const rows = list(body.props.children);
    return el("Table", [el("Thead", el("Tr", titles)), el("Tbody", order ? sorted(rows, order) : rows)]);
  }

  function heading(cell, i, order) {
    if (typeof cell.props.children !== "string") return cell; // a column of what can be done
    const sort = order?.column === i ? { "aria-sort": order.falling ? "descending" : "ascending" } : {};
    const button = el("Button", cell.props.children, { className: "sort", "data-column": String(i) });
    return el("Th", button, { ...cell.props, children: button, ...sort });
  }

  function sorted(rows, { column, falling }) {
    const keyed = rows.map((row) => [key(row.props.children[column]), row]);
    const turn = falling ? -1 : 1;
    const compare = ([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null); // what is not known comes last
      return turn * (typeof one === "number" && typeof other === "number" ? one - other : String(one) < String(other) ? -1 : +(String(one) > String(other)));
    };
    return keyed.sort(compare).map(([, row]) => row);
  }

  // What a cell is sorted by: what it says of itself, else its number, else its text.
  function key(cell) {
    const text = cell.props["data-sort"] ?? textOf(cell);
    if (text === "" || text === "no data" || text === "not judged") return null;
    const number = DAY.test(text) ? null : text.match(NUMBER);
    return number ? Number(number[0].replaceAll(",", "")) : text.toLowerCase();
  }

  function textOf(node) {
    return node == null ? "" : typeof node === "string" ? node : Array.isArray(node) ? node.map(textOf).join("") : textOf(node.props.children);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.sort");
    if (!button) return;
    const card = button.closest(".card").id.slice("card-".length);
    const column = Number(button.dataset.column);
    const order = orders[card];
    const cells = [...button.closest("table").querySelectorAll(`tbody tr > :nth-child(${column + 1})`)];
    const large = cells.some((cell) => DAY.test(cell.dataset.sort ?? cell.textContent) || NUMBER.test(cell.dataset.sort ?? cell.textContent));
    orders[card] = { column, falling: order?.column === column ? !order.falling : large };
    own.refocus(button);
    dash_clientside.set_props(trees[card].id, { children: ordered(trees[card].tree, orders[card]) });
  });
})();
