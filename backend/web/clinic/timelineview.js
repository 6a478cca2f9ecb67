/** The timeline on the screen: its panels over each other on one axis of days, the day pointed at, and the period shown. */

import { fill, h } from "/static/shared/dom.js";
import { day, language, number, t } from "/static/shared/words.js";

import { dayTicks, isoDay } from "./daynumbers.js";
import { onPalette, palette } from "./palette.js";
import { levelPanel, ratingPanel } from "./panels.js";
import { plotPanel } from "./plotlines.js";
import { axisStrip, doseStrip, frameOf, heatStrip, markStrip } from "./strips.js";
import { ranges } from "./timeline.js";
import { timelineKey } from "./timelinekey.js";
import { timelineTables } from "./timelinetable.js";
import { levelValue, markValue, toldDay } from "./timelinetold.js";
import { timelineTools } from "./timelinetools.js";

const HIGH = { levels: 118, ratings: 84 };
const NARROW = 620;
const SHORTEST = 14;
const DRAG = 6;
const TICKS = { day: { day: "numeric", month: "short" }, month: { month: "short" }, year: { year: "numeric" } };

/** Return the texts that the strips write; print uses the same. */
export function stripTexts() {
  return {
    row: (name) => t(`line.row.${name}`),
    symptom: (key) => t(`line.short.${key}`),
    weeks: (weeks) => t("line.weeks", { weeks }),
    value: markValue,
    tick: ({ day: isoDate, unit }) => new Intl.DateTimeFormat(language(), TICKS[unit]).format(new Date(`${isoDate}T12:00`)),
  };
}

/** Return what the level panel writes: the newest value, and the target lines. */
export function levelTexts() {
  return {
    told: ({ told }) => levelValue(told),
    target: ({ ug_ml: value, source }) => (source ? t("line.target_sourced", { value, source }) : t("line.target", { value })),
  };
}

/** Put the timeline into a node, and keep it as wide as there is room; returns {period(), stop()}. */
export function timelineView(root, line) {
  const view = { line, log: false, range: null, at: line.today, plots: [], root };
  const all = ranges(line);
  setRange(view, all.find(({ name }) => name === "year") ?? all.at(-1));
  view.stack = h("div", { class: "stack" });
  view.cursor = h("div", { class: "cursor", "aria-hidden": "true", hidden: true });
  view.selection = h("div", { class: "selection", "aria-hidden": "true", hidden: true });
  view.told = h("p", { class: "told" });
  view.slider = h("input", { type: "range", class: "days", id: "line-day", step: 1, "aria-label": t("line.slider"), "aria-describedby": "line-keys" });
  view.tools = timelineTools(view, all, { range: (found) => changed(view, found), zoom: (factor) => zoom(view, factor), move: (share) => shift(view, share), log: (on) => scaled(view, on) });
  view.tables = timelineTables(line, () => view.range);
  fill(root, view.tools.node, view.told, h("div", { class: "stage" }, view.stack, view.cursor, view.selection), view.slider, h("p", { class: "soft", id: "line-keys" }, t("line.keys")), timelineKey(line), view.tables);
  listen(view);
  const sized = new ResizeObserver(() => resized(view));
  sized.observe(view.stack);
  const off = onPalette(() => draw(view));
  resized(view);
  return {
    period: () => view.range,
    stop() {
      sized.disconnect();
      off();
      for (const plot of view.plots) plot.destroy();
    },
  };
}

function resized(view) {
  const width = Math.floor(view.stack.clientWidth);
  if (!width || width === view.width) return;
  view.width = width;
  draw(view);
}

function draw(view) {
  const { line, width, range } = view;
  if (!width) return;
  for (const plot of view.plots) plot.destroy();
  const left = width < NARROW ? 82 : 118;
  view.frame = frameOf({ width, left, right: width < NARROW ? 10 : 34, from: range.from, to: range.to });
  const texts = stripTexts();
  const ticks = dayTicks(range.from, range.to, view.frame.plot / (width < NARROW ? 42 : 46));
  const marks = line.doses.filter(({ kind }) => kind === "given").map(({ x }) => ({ x, kind: "dose" }));
  const parts = [["levels", line.levels.length + line.targets.length > 0, () => levelPanel(line, { log: view.log, ...range, ...levelTexts() })], ["ratings", line.ratings.length > 0, () => ratingPanel(line)]].filter(([, shown]) => shown);
  const panels = parts.map(([name]) => h("div", { class: `panel-plot ${name}` }, h("span", { class: "name" }, t(`line.row.${name}`))));
  fill(
    view.stack,
    doseStrip(line, view.frame, texts),
    panels,
    line.heat.days.length > 0 && heatStrip(line.heat, view.frame, texts),
    markStrip(line.rows, view.frame, texts),
    axisStrip(line, view.frame, ticks, texts),
  );
  const colours = palette();
  const told = { width, left: view.frame.left, right: view.frame.right, colours, text: { y: (value) => number(value, 2) } };
  view.plots = parts.map(([name, , panel], at) => plotPanel(panels[at], panel(), { ...told, height: HIGH[name], x: { from: range.from, to: range.to, ticks: null, marks } }));
  view.slider.style.setProperty("--left", `${view.frame.left}px`);
  view.slider.style.setProperty("--right", `${view.frame.right}px`);
  Object.assign(view.slider, { min: range.from, max: range.to });
  point(view, Math.min(Math.max(view.at, range.from), range.to));
}

/** Point at a day: the line through all panels, what is known of that day, and the slider, which says the same. */
function point(view, at) {
  view.at = Math.round(at);
  const { day: on, parts } = toldDay(view.line, view.at);
  fill(view.told, h("strong", {}, on), " ", parts.join(" · "));
  view.slider.value = view.at;
  view.slider.setAttribute("aria-valuetext", `${on}: ${parts.join(", ")}`);
  view.cursor.hidden = false;
  view.cursor.style.setProperty("--at", `${view.frame.x(view.at)}px`);
}

function setRange(view, { name = "own", from, to }) {
  view.range = { name, from: Math.round(from), to: Math.round(to) };
}

function changed(view, found) {
  setRange(view, found);
  draw(view);
  view.tools.show();
  view.tables.again();
}

function zoom(view, factor) {
  const { from, to } = view.range;
  const wide = Math.min(Math.max((to - from) * factor, SHORTEST), view.line.to - view.line.from);
  // What one points at stays in sight.
  const share = Math.min(Math.max((view.at - from) / (to - from), 0), 1);
  kept(view, view.at - wide * share, wide);
}

function shift(view, share) {
  const { from, to } = view.range;
  kept(view, from + (to - from) * share, to - from);
}

/** Change the period without running over either end of what there is. */
function kept(view, from, wide) {
  const begin = Math.max(Math.min(from, view.line.to - wide), view.line.from);
  changed(view, { from: begin, to: begin + wide });
}

function scaled(view, on) {
  view.log = on;
  draw(view);
}

function listen(view) {
  view.slider.addEventListener("input", () => point(view, Number(view.slider.value)));
  view.slider.addEventListener("keydown", (event) => {
    const factor = { "+": 0.5, "=": 0.5, "-": 2, _: 2 }[event.key];
    if (!factor || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    zoom(view, factor);
  });
  let from = null;
  const at = (event) => {
    const { left } = view.stack.getBoundingClientRect();
    const share = (event.clientX - left - view.frame.left) / view.frame.plot;
    return view.range.from + Math.min(Math.max(share, 0), 1) * (view.range.to - view.range.from);
  };
  view.stack.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    from = { day: at(event), x: event.clientX };
    view.stack.setPointerCapture(event.pointerId);
  });
  view.stack.addEventListener("pointermove", (event) => {
    point(view, at(event));
    if (from && Math.abs(event.clientX - from.x) > DRAG) select(view, from.day, at(event));
  });
  view.stack.addEventListener("pointerup", (event) => {
    const dragged = from && Math.abs(event.clientX - from.x) > DRAG;
    const [begin, end] = dragged ? [from.day, at(event)].sort((one, another) => one - another) : [];
    from = null;
    view.selection.hidden = true;
    if (dragged) kept(view, begin, Math.max(end - begin, SHORTEST));
  });
  view.stack.addEventListener("pointercancel", () => {
    from = null;
    view.selection.hidden = true;
  });
}

function select(view, one, another) {
  const [begin, end] = [view.frame.x(Math.min(one, another)), view.frame.x(Math.max(one, another))];
  view.selection.hidden = false;
  view.selection.style.setProperty("--at", `${begin}px`);
  view.selection.style.setProperty("--wide", `${end - begin}px`);
}
