/** The buttons of the timeline: the period, moving and zooming it, and the scale of the levels. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { button, filters } from "./ui.js";

const HALF = 0.5;

/** Return {node, show()}: `show` says again which period stands, after it was changed elsewhere. */
export function timelineTools(view, all, on) {
  const options = () => [...all, ...(view.range.name === "own" ? [{ name: "own" }] : [])].map(({ name }) => ({ value: name, text: t(`line.range.${name}`) }));
  const period = filters(t("line.range"), options(), view.range.name, (name) => {
    const found = all.find((one) => one.name === name);
    if (found) on.range(found);
  });
  const tools = [
    ["earlier", "←", () => on.move(-HALF)],
    ["later", "→", () => on.move(HALF)],
    ["in", "+", () => on.zoom(HALF)],
    ["out", "−", () => on.zoom(1 / HALF)],
  ];
  const moves = h("div", { class: "moves", role: "group", "aria-label": t("line.move") }, tools.map(([name, sign, act]) => button(sign, act, { label: t(`line.${name}`), id: `line-${name}` })));
  const log = view.line.levels.length > 0 && h("label", { class: "check" }, h("input", { type: "checkbox", id: "line-log", onchange: (event) => on.log(event.target.checked) }), h("span", {}, t("line.log")));
  return { node: h("div", { class: "tools" }, period, moves, log), show: () => period.set(options(), view.range.name) };
}
