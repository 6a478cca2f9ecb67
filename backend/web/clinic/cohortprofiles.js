/** The ratings of the cohort by day: for each length of interval the median and the middle half, on either axis. */

import { fill, h } from "/static/patient/dom.js";
import { number, t } from "/static/patient/words.js";

import { cohortFoot } from "./cohortfoot.js";
import { weekTicks } from "./daynumbers.js";
import { className, overlayTexts, summed } from "./overlayview.js";
import { onPalette, palette } from "./palette.js";
import { overlayPanel } from "./panels.js";
import { plotPanel } from "./plotlines.js";
import { empty, filters, table, unique } from "./ui.js";

const HIGH = 300;
const NARROW = 620;
const MARGIN = { left: 46, right: 90 };
const DASHES = [null, [9, 3], [3, 3], [11, 3, 3, 3], [5, 2], [1, 4]];
const AXES = { since: "by_day", around: "before_dose" };
/** Days on which fewer intervals than this have a rating are not drawn: one patient would be the median. */
const FEWEST = 5;

/** Put the figure into a node; returns how to stop. */
export function profilesView(root, profiles) {
  const classes = profiles.by_day.items.map(({ planned_weeks: weeks, n_intervals: n }, at) => ({ weeks, n, slot: (at % 5) + 1, dash: DASHES[at % DASHES.length] }));
  const view = { profiles, classes, axis: "since", chosen: first(classes), plot: null };
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

// Regimens in months would press those in weeks into a corner: they stand by only where there is nothing else.
function first(classes) {
  const shown = classes.filter(({ n }) => n >= FEWEST);
  const inWeeks = shown.filter(({ weeks }) => weeks !== null);
  return (inWeeks.length ? inWeeks : shown).map(({ weeks }) => weeks);
}

function axes() {
  return Object.keys(AXES).map((value) => ({ value, text: t(`over.axis.${value}`) }));
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
  const { profiles, axis, chosen, classes } = view;
  view.figure = profiles[AXES[axis]];
  view.found = shaped(view.figure, chosen, classes);
  figure(view);
  fill(
    view.below,
    view.found.profiles.length ? [h("p", { class: "summary" }, summed(view.found, axis)), values(view.found)] : empty(t("cohort.few_days", { n: FEWEST })),
    cohortFoot(view.figure, [t("cohort.told.profiles", { n: FEWEST }), t("foot.class"), t("foot.rating")], "intervals"),
  );
}

function shaped({ items, after_days: after = null }, chosen, classes) {
  const dash = (weeks) => classes.find((one) => one.weeks === weeks)?.dash ?? null;
  const profiles = items
    .filter(({ planned_weeks: weeks }) => chosen.includes(weeks))
    .map(({ planned_weeks: weeks, n_intervals: n, points }) => ({ weeks, n, dash: dash(weeks), points: points.filter((point) => point.n >= FEWEST).map(({ day: x, n: here, q1, median, q3 }) => ({ x, n: here, q1, median, q3 })) }))
    .filter(({ points }) => points.length > 1);
  const xs = profiles.flatMap(({ points }) => points.map(({ x }) => x));
  return { lines: [], profiles, from: Math.min(...xs, 0), to: after === null ? Math.max(...xs, 28) : after };
}

function figure(view) {
  view.plot?.destroy();
  view.plot = null;
  view.width = view.node.clientWidth;
  fill(view.node);
  if (!view.width || !view.found.profiles.length) return;
  const left = view.width < NARROW ? 34 : MARGIN.left;
  const right = view.width < NARROW ? 72 : MARGIN.right;
  const { from, to } = view.found;
  fill(view.node, h("span", { class: "name" }, t("over.y")));
  view.plot = plotPanel(view.node, overlayPanel(view.found, overlayTexts(view.classes)), {
    width: view.width, height: HIGH, left, right, x: { from, to, ticks: weekTicks(from, to, (view.width - left - right) / 40), marks: [{ x: 0, kind: "zero" }] },
    colours: palette(), text: { y: String, x: String },
  });
  view.node.append(h("p", { class: "axis" }, t(`over.x.${view.axis}`)));
}

function values({ profiles }) {
  const days = [...new Set(profiles.flatMap(({ points }) => points.map(({ x }) => x)))].sort((one, another) => one - another);
  const by = profiles.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  const cell = (found) => (found ? `${number(found.median)} (${number(found.q1)}–${number(found.q3)}; ${found.n})` : "");
  const columns = [{ text: t("over.day") }, ...profiles.map((one) => ({ text: className(one), number: true }))];
  const body = h("div", {});
  const node = h("details", { class: "as-table" }, h("summary", {}, t("over.table")), body);
  node.addEventListener("toggle", () => fill(body, node.open && table({ caption: t("over.table.caption"), columns, rows: days.map((day) => [String(day), ...by.map((found) => cell(found.get(day)))]) })));
  return node;
}
