/** The intervals laid over each other, on the screen: the axis and the lengths one chooses, the figure, and its table. */

import { fill, h } from "/static/patient/dom.js";
import { number, t } from "/static/patient/words.js";

import { weekTicks } from "./daynumbers.js";
import { footing, leftOut } from "./footing.js";
import { AXES, classesOf, overlay, overlayRows } from "./overlay.js";
import { onPalette, palette } from "./palette.js";
import { overlayPanel } from "./panels.js";
import { plotPanel } from "./plotlines.js";
import { empty, filters, table, unique } from "./ui.js";

const HIGH = 300;
const NARROW = 620;

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

/** Give the profiles the dashes of their classes. */
export function dashed(found, classes) {
  return { ...found, profiles: found.profiles.map((one) => ({ ...one, dash: classes.find(({ weeks }) => weeks === one.weeks)?.dash ?? null })) };
}

/** Put the figure into a node; `change` opens the settings. Returns how to stop. */
export function overlayView(root, overview, change) {
  const classes = classesOf(overview.intervals);
  const view = { overview, classes, axis: "since", chosen: classes.map(({ weeks }) => weeks), plot: null, change };
  view.node = h("div", { class: "plot overlay" });
  view.below = h("div", {});
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

function axes() {
  return AXES.map((value) => ({ value, text: t(`over.axis.${value}`) }));
}

function boxes(view) {
  const id = unique("classes");
  const box = (one) => {
    const chosen = h("input", { type: "checkbox", checked: true, id: `${id}-${one.weeks}` });
    chosen.addEventListener("change", () => {
      view.chosen = view.classes.map(({ weeks }) => weeks).filter((weeks) => (weeks === one.weeks ? chosen.checked : view.chosen.includes(weeks)));
      redraw(view);
    });
    return h("label", { class: "check" }, chosen, h("span", { class: `swatch line class-${one.slot}`, "aria-hidden": "true" }), h("span", {}, className(one, false)));
  };
  return h("fieldset", { class: "checks" }, h("legend", {}, t("over.classes")), view.classes.map(box));
}

function redraw(view) {
  const { overview, axis, chosen, classes } = view;
  view.found = dashed(overlay(overview, axis, chosen), classes);
  figure(view);
  const rows = overlayRows(view.found);
  fill(view.below, rows.length ? [h("p", { class: "summary" }, summed(view.found, axis)), key(view.found), values(view.found, rows)] : empty(t(chosen.length ? "over.none" : "over.nothing")), under(view));
}

function figure(view) {
  view.plot?.destroy();
  view.plot = null;
  view.width = view.node.clientWidth;
  fill(view.node);
  if (!view.width || !view.found.lines.length) return;
  const left = view.width < NARROW ? 34 : 46;
  const right = view.width < NARROW ? 72 : 82;
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

function key({ lines }) {
  const item = (kind, told) => h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), told);
  return h(
    "ul",
    { class: "key" },
    item("line thin", t("over.key.line")),
    lines.some(({ running }) => running) && item("line running", t("over.key.running")),
    item("line median", t("over.key.median")),
    item("band", t("over.key.band")),
    lines.some(({ points }) => points.some(({ flagged }) => flagged)) && item("dot", t("over.key.flagged")),
  );
}

function values({ profiles }, rows) {
  const cell = (found) => (found ? `${number(found.median)} (${number(found.q1)}–${number(found.q3)}; ${found.n})` : "");
  const columns = [{ text: t("over.day") }, ...profiles.map((one) => ({ text: className(one), number: true }))];
  const body = h("div", {});
  const node = h("details", { class: "as-table" }, h("summary", {}, t("over.table")), body);
  node.addEventListener("toggle", () => fill(body, node.open && table({ caption: t("over.table.caption"), columns, rows: rows.map(({ day, classes }) => [String(day), ...classes.map(cell)]) })));
  return node;
}

function under({ overview, found, axis, chosen, change }) {
  return footing(overview.settings, overlayAbout(overview, found, axis, chosen), change);
}

/** What the footing of an overlay says. */
export function overlayAbout(overview, found, axis, chosen) {
  const others = overview.intervals.filter(({ planned_weeks: weeks }) => !chosen.includes(weeks)).length;
  return {
    told: [t(`foot.overlay.${axis}`), t("foot.class"), t("foot.rating")],
    n: [t("foot.n.intervals", { n: found.n_intervals }), t("foot.n.rated", { n: found.n_rated }), t("foot.n.days", { n: found.n_days }).replace(/^n = /, "")],
    out: [others > 0 && t("foot.out.classes", { n: others }), found.n_left_out > 0 && t("foot.out.flagged", { n: found.n_left_out }), ...leftOut(overview)],
  };
}

function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}
