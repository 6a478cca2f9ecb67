/** The drawings of the cohort: pairs before and after stretching, how long until it wears off, and two ways to measure. */

import { h, svg } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { className } from "./overlaid.js";
import { table } from "./ui.js";

const WIDE = 720;
const HIGH = 260;
const EDGE = { left: 52, right: 120, top: 14, bottom: 34 };
const DASHES = [null, "9 3", "3 3", "11 3 3 3", "5 2"];
const FEWEST = 5;
const PERIODS = ["earlier", "before", "after"];

/** Pairs: each patient's mean difference in the intervals earlier, before, and after stretching, joined by a line. */
export function pairedFigure({ points, settings }) {
  const shown = points.filter(({ state, before, after }) => state !== "not-assessable" && known(before) && known(after));
  if (!shown.length) return null;
  const values = shown.flatMap((one) => PERIODS.map((name) => one[name]?.mean_difference).filter((value) => value !== null && value !== undefined));
  const y = scale(Math.min(...values, -1), Math.max(...values, settings.threshold + 1), HIGH - EDGE.bottom, EDGE.top);
  const x = (at) => EDGE.left + ((at + 0.5) * (WIDE - EDGE.left - EDGE.right)) / PERIODS.length;
  const lines = shown.map((one) => {
    const at = PERIODS.map((name, place) => (known(one[name]) ? [x(place), y(one[name].mean_difference)] : null)).filter(Boolean);
    const told = `${t(`stretch.state.${one.state}`)}: ${PERIODS.filter((name) => known(one[name])).map((name) => number(one[name].mean_difference)).join(" → ")}`;
    return svg("g", { class: `pair ${one.state}` }, svg("title", {}, told), svg("polyline", { points: at.map((point) => point.map(round).join(",")).join(" ") }), at.map(([cx, cy]) => svg("circle", { cx: round(cx), cy: round(cy), r: 3 })));
  });
  const names = PERIODS.map((name, place) => label(x(place), HIGH - 10, t(`cohort.period.${name}`), "middle"));
  const rule = [svg("line", { class: "target", x1: EDGE.left, x2: WIDE - EDGE.right, y1: y(settings.threshold), y2: y(settings.threshold) }), label(WIDE - EDGE.right + 6, y(settings.threshold) + 4, t("stretch.threshold", { value: settings.threshold }), "start")];
  return figure(t("cohort.pairs"), t("cohort.pairs.told", { n: shown.length }), [axis(y, ticksOf(y.low, y.high)), rule, lines, names], pairKey());
}

/** Share of intervals in which it has not worn off yet, by day since the dose (Kaplan-Meier), for each length. */
export function curveFigure({ items }) {
  const enough = items.filter(({ diary }) => diary.curve.steps.length && diary.n >= FEWEST);
  const inWeeks = enough.filter(({ planned_weeks: weeks }) => weeks !== null);
  const shown = inWeeks.length ? inWeeks : enough;
  if (!shown.length) return h("p", { class: "soft" }, t("cohort.curve.few"));
  const last = Math.max(...shown.flatMap(({ diary }) => diary.curve.steps.map(({ day }) => day)));
  const y = scale(0, 1, HIGH - EDGE.bottom, EDGE.top);
  const x = (day) => EDGE.left + (day * (WIDE - EDGE.left - EDGE.right)) / last;
  const drawn = shown.map(({ planned_weeks: weeks, diary }, at) => {
    const end = diary.curve.steps.at(-1);
    const path = diary.curve.steps.reduce((made, { day, survival }) => `${made}H${round(x(day))}V${round(y(survival))}`, `M${x(0)} ${y(1)}`);
    return [
      svg("path", { class: `curve class-${(at % 5) + 1}`, d: path, "stroke-dasharray": DASHES[at % DASHES.length] }),
      label(Math.min(x(end.day) + 5, WIDE - EDGE.right + 4), y(end.survival) + 4, className({ weeks, n: diary.curve.n }), "start"),
    ];
  });
  const weeks = Array.from({ length: Math.floor(last / 7) + 1 }, (_, week) => week * 7).filter((day, at) => at % Math.ceil(last / 84) === 0);
  const below = weeks.map((day) => [svg("line", { class: "rule", x1: x(day), x2: x(day), y1: HIGH - EDGE.bottom, y2: HIGH - EDGE.bottom + 4 }), label(x(day), HIGH - EDGE.bottom + 16, String(day), "middle")]);
  const told = shown.map(({ planned_weeks: one, diary }) => t("cohort.curve.median", { name: className({ weeks: one, n: diary.curve.n }), day: diary.curve.median ?? t("cohort.curve.never") })).join("; ");
  const rows = shown.map(({ planned_weeks: one, diary }) => [className({ weeks: one, n: diary.curve.n }), String(diary.curve.n_events), diary.curve.median === null ? t("cohort.curve.never") : String(diary.curve.median)]);
  const columns = [{ text: t("length.weeks") }, { text: t("cohort.curve.events"), number: true }, { text: t("cohort.curve.day"), number: true }];
  return [
    h("h3", {}, t("cohort.curve")),
    figure(t("cohort.curve"), told, [axis(y, [0, 0.25, 0.5, 0.75, 1], (value) => `${Math.round(value * 100)}%`), below, label((EDGE.left + WIDE - EDGE.right) / 2, HIGH - 4, t("over.x.since"), "middle"), drawn]),
    table({ caption: t("cohort.curve.table"), hideCaption: true, columns, rows }),
  ];
}

/** Finger prick against vein (Bland-Altman): the difference over the mean, with bias and limits of agreement. */
export function agreementFigure({ n, points, bias, lower, upper, patients }) {
  if (n < 2 || bias.value === null) return h("p", { class: "soft" }, t("cohort.agreement.few", { n }));
  const lines = [["bias", bias], ["lower", lower], ["upper", upper]];
  const all = [...points.map(({ difference }) => difference), lower.low ?? lower.value, upper.high ?? upper.value, 0];
  const y = scale(Math.min(...all), Math.max(...all), HIGH - EDGE.bottom, EDGE.top);
  const most = Math.max(...points.map(({ mean }) => mean), 1);
  const x = (mean) => EDGE.left + (mean * (WIDE - EDGE.left - EDGE.right)) / most;
  const rules = lines.map(([name, { value }]) => [svg("line", { class: `target ${name}`, x1: EDGE.left, x2: WIDE - EDGE.right, y1: y(value), y2: y(value) }), label(WIDE - EDGE.right + 6, y(value) + 4, `${t(`cohort.agreement.${name}`)} ${number(value, 2)}`, "start")]);
  const dots = points.map(({ mean, difference }) => svg("circle", { class: "dot-pair", cx: round(x(mean)), cy: round(y(difference)), r: 3.5 }));
  const told = t("cohort.agreement.said", { n, patients, bias: number(bias.value, 2), low: number(bias.low, 2), high: number(bias.high, 2), lower: number(lower.value, 2), upper: number(upper.value, 2) });
  const ends = [0, most / 2, most].map((value) => label(x(value), HIGH - EDGE.bottom + 16, number(value, 0), "middle"));
  return [figure(t("cohort.agreement"), told, [axis(y, ticksOf(y.low, y.high)), ends, label((EDGE.left + WIDE - EDGE.right) / 2, HIGH - 4, t("cohort.agreement.x"), "middle"), rules, dots]), h("p", {}, told)];
}

function known(period) {
  return period?.mean_difference !== null && period?.mean_difference !== undefined;
}

function figure(name, told, ...children) {
  return h("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": t("desk.figure", { name }) }, svg("svg", { class: "chart cohort-chart", viewBox: `0 0 ${WIDE} ${HIGH}`, width: WIDE, height: HIGH, role: "img", "aria-label": `${name}. ${told}` }, children.flat(Infinity).filter((one) => one instanceof SVGElement)), children.flat(Infinity).filter((one) => one instanceof HTMLElement));
}

function pairKey() {
  return h("ul", { class: "key" }, ["new", "worse", "same", "better"].map((state) => h("li", {}, h("span", { class: `swatch pair-key ${state}`, "aria-hidden": "true" }), t(`stretch.state.${state}`))));
}

function axis(y, ticks, told = (value) => number(value)) {
  return ticks.map((value) => [svg("line", { class: "grid", x1: EDGE.left, x2: WIDE - EDGE.right, y1: y(value), y2: y(value) }), label(EDGE.left - 6, y(value) + 4, told(value), "end")]);
}

function scale(low, high, from, to) {
  const found = (value) => round(from + ((value - low) * (to - from)) / (high - low || 1));
  return Object.assign(found, { low, high });
}

function ticksOf(low, high) {
  const step = [0.5, 1, 2, 5, 10, 20, 50].find((one) => (high - low) / one <= 7) ?? 100;
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, at) => first + at * step);
}

function label(x, y, told, anchor) {
  return svg("text", { x: round(x), y: round(y), "text-anchor": anchor }, told);
}

function round(value) {
  return Math.round(value * 10) / 10;
}
