/** Keeps a part of a screen up to date as records change, without taking the focus or folding what was opened. */

import { fill, h } from "../shared/dom.js";

import { on } from "./bus.js";
import { doc } from "./store.js";
import { safety } from "./ui.js";

/**
 * Draw `await draw(await load())` into a node now, and whenever what `load` returns (plain data) has changed, until the
 * node is taken off the page. Resolves to a function that ends it earlier.
 */
export async function living(node, load, draw) {
  let last = null;
  let turn = 0;
  let seen = false;
  const again = async () => {
    if (seen && !node.isConnected) return end();
    seen ||= node.isConnected;
    const mine = ++turn;
    const found = await load();
    const told = JSON.stringify(found);
    if (mine !== turn || told === last) return;
    const drawn = await draw(found);
    if (mine !== turn) return;
    last = told;
    const putBack = held(node);
    fill(node, drawn);
    putBack();
  };
  const end = on("changed", again);
  await again();
  return end;
}

/** The safety text, also right when the clinic's number only arrives after the screen was drawn. */
export async function safetyText() {
  const node = h("div", { class: "safety-text" });
  await living(node, () => Promise.all([doc("safety"), doc("site")]), safety);
  return node;
}

/** Remember where the focus is and what is open; returns what puts both back after the node was drawn anew. */
function held(node) {
  const focus = node.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const open = new Set([...node.querySelectorAll("details[open] > summary")].map(nameOf));
  return () => {
    for (const summary of node.querySelectorAll("summary")) summary.parentElement.open ||= open.has(nameOf(summary));
    if (!focus) return;
    const places = [...node.querySelectorAll("a, button, summary, input, textarea")];
    const heading = node.closest("main")?.querySelector("h1");
    // What had the focus may be gone; then the screen is read from its heading.
    (places.find((one) => nameOf(one) === focus) ?? heading)?.focus({ preventScroll: true });
  };
}

function nameOf(element) {
  return element.getAttribute("href") ?? (element.tagName === "SUMMARY" ? element.id || element.textContent : element.id);
}
