/** Tabs: one part of a page at a time, made when it is chosen. Arrow keys go along them, Tab goes on into the part. */

import { fill, h } from "/static/shared/dom.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * Make tabs of parts `{name, text, draw(node)}`, of which `chosen` stands first; `onchange(name)` hears which is chosen.
 *
 * Returns {node, show(), leave()}: `show` draws the first part, once the node is on the page, since figures measure the
 * room they have; `leave` ends what the part that stands began.
 */
export function tabs(label, parts, chosen, onchange) {
  const panel = h("div", { role: "tabpanel", id: "part", tabindex: "-1" });
  const state = { chosen, left: null, turn: 0 };
  const heads = parts.map(({ name, text }) => h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "part", onclick: () => choose(name) }, text));
  const list = h("div", { class: "tablist", role: "tablist", "aria-label": label }, heads);

  const mark = () =>
    parts.forEach(({ name }, at) => {
      heads[at].setAttribute("aria-selected", String(name === state.chosen));
      heads[at].tabIndex = name === state.chosen ? 0 : -1;
      if (name === state.chosen) panel.setAttribute("aria-labelledby", heads[at].id);
    });
  // On a narrow screen the row of tabs scrolls sideways: the chosen one is brought into it, and the page stays put.
  const bring = () => {
    const head = heads[parts.findIndex(({ name }) => name === state.chosen)];
    const [one, row] = [head.getBoundingClientRect(), list.getBoundingClientRect()];
    if (one.left < row.left || one.right > row.right) list.scrollLeft += one.left - row.left - (row.width - one.width) / 2;
  };
  const leave = () => {
    state.turn += 1;
    if (typeof state.left === "function") state.left();
    state.left = null;
  };
  const show = async () => {
    leave();
    mark();
    requestAnimationFrame(bring);
    const mine = state.turn;
    const root = h("div", { class: `part part-${state.chosen}` });
    fill(panel, root);
    const left = await parts.find(({ name }) => name === state.chosen).draw(root);
    if (mine === state.turn) state.left = left;
    else if (typeof left === "function") left();
  };
  const choose = (name) => {
    if (name === state.chosen) return;
    state.chosen = name;
    onchange(name);
    void show();
  };

  list.addEventListener("keydown", (event) => {
    const at = parts.findIndex(({ name }) => name === state.chosen);
    const to = event.key === "Home" ? 0 : event.key === "End" ? parts.length - 1 : STEPS[event.key] && (at + STEPS[event.key] + parts.length) % parts.length;
    if (to === undefined) return;
    event.preventDefault();
    choose(parts[to].name);
    heads[to].focus();
  });
  mark();
  return { node: h("div", { class: "tabs" }, list, panel), show, leave };
}
