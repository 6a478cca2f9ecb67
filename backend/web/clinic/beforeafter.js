/** Before and after stretching for one patient, in words, as a figure and as a table; and the shares by length. */

import { fill, h, svg } from "/static/shared/dom.js";
import { day, number, t } from "/static/shared/words.js";

import { differences } from "./differences.js";
import { judgedOut } from "./footing.js";
import { classesOf } from "./overlay.js";
import { panelGroup } from "./plotsvg.js";
import { spanList, signed } from "./spanlist.js";
import { frameOf } from "./strips.js";
import { table } from "./ui.js";

const HIGH = 190;
const TOP = 18;
const BAR = 120;
const NARROW = 620;
const PERIODS = ["earlier", "before", "after"];

/** Say what became of the wearing-off: [the answer, ...what one has to know with it]. */
export function stretchLines(found) {
  const { state, why, old_weeks: old, new_weeks: now, stretched_on: on } = found;
  const named = old !== null && now !== null;
  const said = state === "not-assessable" && named ? "asked" : state;
  const known = why.map((reason) => t(`stretch.why.${reason}`));
  if (!named) return [t(`stretch.said.${said}`), ...known];
  return [
    t(`stretch.said.${said}`, { old, new: now }),
    ...known,
    on && t("stretch.on", { on: day(on, "date") }),
    found.passed_over > 0 && t("stretch.passed", { n: found.passed_over }),
    found.route_switch && t("stretch.route"),
    found.before && t(`stretch.earlier.${found.earlier_to_before}`),
    found.returned && t("stretch.returned"),
  ].filter(Boolean);
}

/** Draw the periods that are compared, as a table. */
export function periodTable(found) {
  const shown = PERIODS.filter((name) => found[name]);
  if (!shown.length) return null;
  const columns = [{ text: t("stretch.period") }, { text: t("stretch.intervals") }, { text: t("stretch.assessable") }, { text: t("stretch.felt") }, { text: t("stretch.difference"), number: true }, { text: t("stretch.onset") }];
  const rows = shown.map((name) => {
    const { weeks, intervals, n_assessable: n, n_wearing_off: k, mean_difference: mean, median_onset_day: onset } = found[name];
    const last = intervals.at(-1);
    const numbers = intervals.length > 1 ? `${intervals[0]}–${last}` : String(last);
    return [t(`stretch.${name}`, { weeks }), numbers, t("stretch.of", { k: n, n: intervals.length }), t("stretch.of", { k, n }), mean === null ? "–" : signed(mean), onset === null ? "–" : t("stretch.onset_day", { n: onset })];
  });
  return table({ caption: t("stretch.caption"), hideCaption: true, columns, rows });
}

/** Draw the difference of every interval; the same drawing serves screen and paper. */
export function differenceFigure(overview, width) {
  const classes = classesOf(overview.intervals);
  const slot = (weeks) => classes.find((one) => one.weeks === weeks)?.slot ?? 1;
  const panel = differences(overview, { class_of: (weeks) => `class-${slot(weeks)}`, threshold: (value) => t("stretch.threshold", { value }) });
  const frame = frameOf({ width, left: 34, right: 14, from: panel.from, to: panel.to });
  const narrow = width < NARROW;
  const top = narrow ? 3 * TOP : TOP;
  const every = Math.ceil(36 / frame.wide);
  const ticks = panel.ticks.filter((_, at) => at % every === 0).map(({ at, weeks }) => ({ at, told: weeks === null ? String(at) : `${at} · ${weeks}` }));
  const blocks = panel.blocks.map(({ name, from, to }, index) => [
    svg("rect", { class: `block ${name}`, x: frame.x(from) + 1, y: top, width: (to - from) * frame.wide - 2, height: HIGH }),
    svg("text", { class: "name", x: frame.x((from + to) / 2), y: top - 5 - (narrow ? index * 13 : 0), "text-anchor": "middle" }, t(`stretch.band.${name}`)),
  ]);
  const zero = svg("line", { class: "rule", x1: frame.left, x2: width - frame.right, y1: at(panel, top, 0), y2: at(panel, top, 0) });
  const told = t("stretch.figure.told", { assessed: overview.intervals.filter(({ diary }) => diary.assessable).length, all: overview.intervals.length, felt: overview.intervals.filter(({ diary }) => diary.wearing_off).length });
  const group = panelGroup(panel, frame, { top, height: HIGH, ticks, marks: panel.marks, text: { y: (value) => (value ? signed(value) : "0") } });
  return svg("svg", { class: "chart differences", viewBox: `0 0 ${width} ${top + HIGH + 22}`, width, height: top + HIGH + 22, role: "img", "aria-label": `${t("stretch.figure")}. ${told}` }, [blocks, zero, group].flat(Infinity).filter(Boolean));
}

/** Draw the shares by length: a table with, in each cell, the share and Wilson's interval on a line of 0 to 100%. */
export function lengthTable({ items }) {
  const columns = [{ text: t("length.weeks") }, { text: t("length.n"), number: true }, { text: t("length.diary") }, { text: t("length.recall") }];
  const rows = items.map(({ planned_weeks: weeks, n_intervals: n, diary, recall }) => [weeks === null ? t("length.other") : t("length.own", { weeks }), String(n), share(diary), share(recall)]);
  return table({ caption: t("length.caption"), hideCaption: true, columns, rows });
}

/** Put all of it into a node and keep the figure as wide as there is room; returns how to stop. */
export function beforeAfterView(root, overview) {
  const { stretching: found, by_length: lengths, intervals } = overview;
  const [answer, ...more] = stretchLines(found);
  const node = h("div", { class: "plot" });
  const rows = h("div", {});
  const shown = h("details", { class: "as-table" }, h("summary", {}, t("desk.as_table")), rows);
  shown.addEventListener("toggle", () => fill(rows, shown.open && spanList(intervals)));
  fill(
    root,
    h("p", { class: `answer state-${found.state}` }, h("strong", {}, t(`stretch.state.${found.state}`)), " ", answer),
    h("p", {}, more.join(" ")),
    periodTable(found),
    intervals.length > 0 && [h("h3", {}, t("stretch.figure")), node, key(), shown],
  );
  const sized = new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width && node.dataset.width !== String(width)) {
      node.dataset.width = String(width);
      fill(node, differenceFigure(overview, width));
    }
  });
  sized.observe(node);
  root.append(h("h3", {}, t("length.title")), lengthTable(lengths));
  return () => sized.disconnect();
}

/** What the footings of before and after, and of the shares by length, say. */
export function stretchAbout(overview) {
  const { intervals, stretching, settings } = overview;
  const unknown = intervals.filter(({ diary }) => !diary.assessable).length;
  const { threshold } = settings;
  return {
    told: [t("foot.stretching", { ...stretching.rule, threshold }), t("foot.lengths"), t("foot.recall")],
    n: [t("foot.n.intervals", { n: intervals.length }), t("foot.n.assessable", { n: intervals.length - unknown })],
    out: [unknown > 0 && t("foot.out.unassessable", { n: unknown }), ...judgedOut(overview)],
  };
}

function key() {
  return h(
    "ul",
    { class: "key" },
    h("li", {}, h("span", { class: "swatch dot full", "aria-hidden": "true" }), t("spanlist.verdict"), ": ", t("desk.yes")),
    h("li", {}, h("span", { class: "swatch dot", "aria-hidden": "true" }), t("spanlist.verdict"), ": ", t("desk.no")),
    h("li", {}, h("span", { class: "swatch cross", "aria-hidden": "true" }), t("stretch.key.unknown")),
    h("li", { class: "soft" }, t("stretch.x")),
  );
}

/** A share with its interval, drawn and told; grey where it rests on few. */
export function share({ k, n, share: part, low, high, few }) {
  if (!n || part === null) return h("span", { class: "soft" }, t("length.none"));
  const percent = (value) => number(value * 100, 0);
  const told = `${t("length.told", { k, n, share: percent(part) })}, ${t("length.range", { low: percent(low), high: percent(high) })}`;
  return h("div", { class: few ? "share few" : "share" }, bar(part, low, high), h("span", {}, told, few && h("small", { class: "block" }, t("length.few"))));
}

function bar(part, low, high) {
  const x = (value) => 6 + value * (BAR - 12);
  return svg(
    "svg",
    { class: "bar", viewBox: `0 0 ${BAR} 18`, width: BAR, height: 18, "aria-hidden": "true" },
    svg("line", { class: "rule", x1: x(0), x2: x(1), y1: 9, y2: 9 }),
    [0, 0.5, 1].map((value) => svg("line", { class: "rule", x1: x(value), x2: x(value), y1: 5, y2: 13 })),
    svg("line", { class: "whole", x1: x(low), x2: x(high), y1: 9, y2: 9 }),
    svg("circle", { class: "part", cx: x(part), cy: 9, r: 4.5 }),
  );
}

function at({ y: { min, max } }, top, value) {
  return top + HIGH * (1 - (value - min) / (max - min));
}
