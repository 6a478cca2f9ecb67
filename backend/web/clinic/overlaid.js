/** A figure of intervals laid over each other, of one patient or of many: its axis, a tick box per length, its size, its table. */

import { fill, h } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { weekTicks } from "./daynumbers.js";
import { AXES, overlayRows } from "./overlay.js";
import { onPalette, palette } from "./palette.js";
import { overlayPanel } from "./panels.js";
import { plotPanel } from "./plotlines.js";
import { filters, table, unique } from "./ui.js";

const HIGH = 300;
const NARROW = 620;
const LEFT = { narrow: 34, wide: 46 };
const RIGHT_NARROW = 72;

/** Return the name of a class: "6 weeks (n = 5)", or shorter beside a line. */
export function className({ weeks, n }, short = true) {
  const key = short ? "over.name" : "over.class";
  return weeks === null ? t(`${key}_none`, { n }) : t(key, { weeks, n });
}

/** Return what the overlay panel needs to know of classes: their colours and names. */
export function overlayTexts(classes) {
  const slot = (weeks) => classes.find((one) => one.weeks === weeks)?.slot ?? 1;
  return { class_of: (weeks) => `class-${slot(weeks)}`, name: (one) => className({ weeks: one.weeks, n: one.n }), now: t("over.now") };
}

/**
 * Put the figure into a node; returns how to stop. `found({axis, chosen})` gives {lines, profiles, from, to} of the
 * lengths chosen, `below(found, {axis, chosen})` what stands under the figure; `right` is the room for names there.
 */
export function overlaid(root, { classes, chosen, found, below, right }) {
  const view = { classes, chosen, find: found, tell: below, right, axis: AXES[0], plot: null, node: h("div", { class: "plot overlay" }), below: h("div", {}) };
  const axis = filters(t("over.axis"), axes(), view.axis, (value) => {
    view.axis = value;
    axis.set(axes(), value);
    redraw(view);
  });
  fill(root, h("div", { class: "tools" }, axis, boxes(view)), view.node, view.below);
  const sized = new ResizeObserver(() => view.node.clientWidth !== view.width && figure(view));
  sized.observe(view.node);
  const off = onPalette(() => figure(view));
  redraw(view);
  return () => {
    sized.disconnect();
    off();
    view.plot?.destroy();
  };
}

/** The medians by day as a table that opens, drawn when it does. */
export function medianTable(found) {
  const cell = (day) => (day ? `${number(day.median)} (${number(day.q1)}–${number(day.q3)}; ${day.n})` : "");
  const columns = [{ text: t("over.day") }, ...found.profiles.map((one) => ({ text: className(one), number: true }))];
  const body = h("div", {});
  const node = h("details", { class: "as-table" }, h("summary", {}, t("desk.as_table")), body);
  const drawn = () => table({ caption: t("over.table.caption"), columns, rows: overlayRows(found).map(({ day, classes }) => [String(day), ...classes.map(cell)]) });
  node.addEventListener("toggle", () => fill(body, node.open && drawn()));
  return node;
}

/** Say in words what the medians do: early in the interval, and late. */
export function summed({ profiles }, axis) {
  const told = profiles.map((one) => {
    const week = (first, last) => mean(one.points.filter(({ x }) => x >= first && x <= last).map(({ median }) => median));
    const last = Math.max(...one.points.map(({ x }) => x));
    const [early, late] = axis === "since" ? [week(1, 7), week(last - 6, last)] : [week(1, 7), week(-7, -1)];
    const name = className(one);
    return early === null || late === null ? t("over.told_bare", { name }) : t("over.told", { name, early, late });
  });
  return t("over.summary", { classes: told.join("; ") });
}

function axes() {
  return AXES.map((value) => ({ value, text: t(`over.axis.${value}`) }));
}

function boxes(view) {
  const id = unique("classes");
  const box = (one) => {
    const ticked = h("input", { type: "checkbox", checked: view.chosen.includes(one.weeks), id: `${id}-${one.weeks}` });
    ticked.addEventListener("change", () => {
      view.chosen = view.classes.map(({ weeks }) => weeks).filter((weeks) => (weeks === one.weeks ? ticked.checked : view.chosen.includes(weeks)));
      redraw(view);
    });
    return h("label", { class: "check" }, ticked, h("span", { class: `swatch line class-${one.slot}`, "aria-hidden": "true" }), h("span", {}, className(one, false)));
  };
  return h("fieldset", { class: "checks" }, h("legend", {}, t("over.classes")), view.classes.map(box));
}

function redraw(view) {
  view.found = view.find(view);
  figure(view);
  fill(view.below, view.tell(view.found, view));
}

function figure(view) {
  view.plot?.destroy();
  view.plot = null;
  view.width = view.node.clientWidth;
  fill(view.node);
  if (!view.width || !(view.found.lines.length || view.found.profiles.length)) return;
  const narrow = view.width < NARROW;
  const [left, right] = narrow ? [LEFT.narrow, RIGHT_NARROW] : [LEFT.wide, view.right];
  const { from, to } = view.found;
  fill(view.node, h("span", { class: "name" }, t("over.y")));
  view.plot = plotPanel(view.node, overlayPanel(view.found, overlayTexts(view.classes)), {
    width: view.width,
    height: HIGH,
    left,
    right,
    x: { from, to, ticks: weekTicks(from, to, (view.width - left - right) / 40), marks: [{ x: 0, kind: "zero" }] },
    colours: palette(),
    text: { y: String, x: String },
  });
  view.node.append(h("p", { class: "axis" }, t(`over.x.${view.axis}`)));
}

function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}
