/**
 * A list of any length as a grid of rows, of which only those in sight are in the page.
 *
 * One row at a time takes the focus: arrows, Page Up and Down, Home and End move it, Enter opens it, letters go to the
 * next row that begins with them. Rows have one height, `--row` of the style sheet; the row with the focus stays in the
 * page wherever one scrolls to.
 */

import { fill, h } from "/static/shared/dom.js";

import { unique } from "./ui.js";

const SPARE = 8;
const TYPED_MS = 900;

/**
 * Make a grid. `columns` are `{key, text, hint, sorts, number}`; `cells(item)` gives what stands in each; `key(item)` names a
 * row for ever; `opened(item)` is what Enter and a click do; `letters` are further keys, `{o: (item) => …}`; `typed(item)`
 * is the text letters are held against, where there is one; `sorted(column)` is called by a press on a heading.
 *
 * `node.set(items, {by, down})` shows these, in this order, sorted by that column; `node.focusOn(key)`, `node.focusAt(index)` and `node.focusFirst()` move the focus.
 */
export function rows({ label, columns, cells, key, opened, letters = {}, typed = null, sorted = null, name = "rows" }) {
  const head = h("div", { role: "row", class: "head", "aria-rowindex": 1 });
  const body = h("div", { role: "rowgroup", class: "body" });
  const node = h("div", { role: "grid", class: `rows ${name}`, "aria-label": label }, h("div", { role: "rowgroup", class: "heads" }, head), body);
  const grid = { node, head, body, columns, cells, key, opened, letters, typed, sorted, stem: unique("row"), items: [], drawn: new Map(), at: 0, height: 0 };
  body.addEventListener("keydown", (event) => pressed(grid, event));
  body.addEventListener("click", (event) => clicked(grid, event));
  body.addEventListener("focusin", (event) => {
    const index = indexOf(event.target.closest("[role=row]"));
    if (index !== null && index !== grid.at) moveTo(grid, index);
  });
  node.set = (items, order = null) => set(grid, items, order);
  node.focusOn = (wanted) => focusOn(grid, grid.items.findIndex((item) => key(item) === wanted));
  node.focusAt = (index) => focusOn(grid, Math.min(index, grid.items.length - 1));
  node.focusFirst = () => focusOn(grid, 0);
  node.watch = () => watch(grid);
  node.position = () => (grid.items.length ? { index: grid.at, key: key(grid.items[grid.at]) } : null);
  return node;
}

function set(grid, items, order) {
  const held = grid.body.contains(document.activeElement);
  const stood = grid.items[grid.at] ? grid.key(grid.items[grid.at]) : null;
  grid.items = items;
  const again = items.findIndex((item) => grid.key(item) === stood);
  grid.at = again >= 0 ? again : Math.max(0, Math.min(grid.at, items.length - 1));
  grid.drawn.clear();
  fill(grid.body);
  drawHead(grid, order);
  grid.node.setAttribute("aria-rowcount", String(items.length + 1));
  grid.height = 0;
  draw(grid);
  if (held) focusOn(grid, grid.at);
}

function drawHead(grid, order) {
  const held = grid.head.contains(document.activeElement) ? document.activeElement.id : null;
  fill(grid.head, grid.columns.map((column) => heading(grid, column, order)));
  if (held) document.getElementById(held)?.focus();
}

function heading(grid, column, order) {
  const by = order?.by === column.key;
  const way = by ? (order.down ? "descending" : "ascending") : null;
  const sign = h("span", { class: "way", "aria-hidden": "true" }, by ? (order.down ? "▼" : "▲") : "");
  const press = column.sorts && grid.sorted;
  const inside = press
    ? h("button", { type: "button", class: "quiet", id: `${grid.stem}-by-${column.key}`, title: column.hint, onclick: () => grid.sorted(column.key) }, column.text, sign)
    : h("span", { title: column.hint }, column.text);
  return h("div", { role: "columnheader", class: `cell ${column.key}`, "aria-sort": way }, inside);
}

/** Draw the rows in sight, and those nearby, and keep the one that has the focus. */
function draw(grid) {
  const { items, body, drawn } = grid;
  measure(grid);
  body.style.setProperty("height", `${items.length * grid.height}px`);
  const top = body.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / grid.height) - SPARE);
  const last = Math.min(items.length - 1, Math.ceil((innerHeight - top) / grid.height) + SPARE);
  const wanted = new Set(items.length ? [grid.at] : []);
  for (let index = first; index <= last; index += 1) wanted.add(index);
  for (const [index, row] of drawn) {
    if (wanted.has(index)) continue;
    row.remove();
    drawn.delete(index);
  }
  for (const index of [...wanted].sort((one, other) => one - other)) if (!drawn.has(index)) put(grid, index);
}

function put(grid, index) {
  const row = rowOf(grid, index);
  const after = [...grid.drawn.keys()].filter((other) => other > index);
  const next = after.length ? grid.drawn.get(Math.min(...after)) : null;
  grid.body.insertBefore(row, next);
  grid.drawn.set(index, row);
}

function rowOf(grid, index) {
  const item = grid.items[index];
  const cells = grid.cells(item).map((cell, at) => h("div", { role: "gridcell", class: `cell ${grid.columns[at].key}` }, cell));
  const row = h(
    "div",
    { role: "row", class: "line", id: `${grid.stem}-${index}`, tabindex: index === grid.at ? 0 : -1, "aria-rowindex": index + 2 },
    cells,
  );
  row.dataset.index = String(index);
  row.style.setProperty("top", `${index * grid.height}px`);
  return row;
}

// The height of a row follows the style sheet and the reader's own size of text.
function measure(grid) {
  if (grid.height || !grid.body.isConnected) {
    grid.height ||= 40;
    return;
  }
  const probe = h("div", { class: "line", "aria-hidden": "true" });
  grid.body.append(probe);
  grid.height = probe.getBoundingClientRect().height || 40;
  probe.remove();
}

/** Follow scrolling and the size of the window; returns what ends that. */
function watch(grid) {
  let asked = false;
  const later = (fresh) => {
    if (fresh) grid.height = 0;
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      if (grid.height === 0) for (const [index, row] of grid.drawn) drop(grid, index, row);
      draw(grid);
    });
  };
  const [scrolled, sized] = [() => later(false), () => later(true)];
  addEventListener("scroll", scrolled, { passive: true });
  addEventListener("resize", sized);
  later(true);
  return () => {
    removeEventListener("scroll", scrolled);
    removeEventListener("resize", sized);
  };
}

function drop(grid, index, row) {
  // A row that has the focus is moved, not made anew.
  if (row.contains(document.activeElement)) {
    measure(grid);
    row.style.setProperty("top", `${index * grid.height}px`);
    return;
  }
  row.remove();
  grid.drawn.delete(index);
}

function pressed(grid, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.getAttribute("role") !== "row") return;
  const page = Math.max(1, Math.floor(innerHeight / grid.height) - 3);
  const last = grid.items.length - 1;
  const to = { ArrowDown: grid.at + 1, ArrowUp: grid.at - 1, PageDown: grid.at + page, PageUp: grid.at - page, Home: 0, End: last }[event.key];
  const item = grid.items[grid.at];
  if (to !== undefined) {
    event.preventDefault();
    focusOn(grid, Math.max(0, Math.min(last, to)));
  } else if (event.key === "Enter") {
    event.preventDefault();
    grid.opened(item);
  } else if (Object.hasOwn(grid.letters, event.key)) {
    event.preventDefault();
    grid.letters[event.key](item);
  } else if (grid.typed && /^[\p{L}\d ]$/u.test(event.key)) {
    event.preventDefault();
    spell(grid, event.key);
  }
}

function spell(grid, letter) {
  const now = Date.now();
  const before = now - (grid.typedAt ?? 0) < TYPED_MS ? grid.spelt : "";
  grid.typedAt = now;
  grid.spelt = before + letter.toLocaleLowerCase();
  // The first letter goes to the next row, more of them stay on one that still fits.
  const start = before ? grid.at : grid.at + 1;
  const found = Array.from(grid.items, (_, step) => (start + step) % grid.items.length).find((index) => begins(grid.typed(grid.items[index]), grid.spelt));
  if (found !== undefined) focusOn(grid, found);
}

function begins(text, wanted) {
  const low = text.toLocaleLowerCase();
  return low.startsWith(wanted) || low.includes(` ${wanted}`);
}

function clicked(grid, event) {
  const index = indexOf(event.target.closest("[role=row]"));
  if (index === null || event.target.closest("a, button") || String(getSelection())) return;
  moveTo(grid, index);
  grid.opened(grid.items[index]);
}

function focusOn(grid, index) {
  if (index < 0 || index >= grid.items.length) return;
  moveTo(grid, index);
  const row = grid.drawn.get(index);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function moveTo(grid, index) {
  grid.drawn.get(grid.at)?.setAttribute("tabindex", "-1");
  grid.at = index;
  if (!grid.drawn.has(index)) put(grid, index);
  grid.drawn.get(index).setAttribute("tabindex", "0");
}

function indexOf(row) {
  return row?.dataset.index === undefined ? null : Number(row.dataset.index);
}
