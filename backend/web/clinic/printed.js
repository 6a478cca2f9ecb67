/** One or two sheets of paper for the consultation, made anew whenever somebody prints. */

import { fill, h, svg } from "/static/shared/dom.js";
import { day, moment, number, t } from "/static/shared/words.js";

import { differenceFigure, stretchAbout, stretchLines } from "./beforeafter.js";
import { dayTicks, isoDay, weekTicks } from "./daynumbers.js";
import { footingLines, judgedOut, ruleLine } from "./footing.js";
import { factList, identityLines, nameOf } from "./glance.js";
import { classesOf, overlay } from "./overlay.js";
import { overlayTexts } from "./overlaid.js";
import { dashed } from "./overlayview.js";
import { levelPanel, overlayPanel, ratingPanel } from "./panels.js";
import { panelGroup } from "./plotsvg.js";
import { who } from "./session.js";
import { spanList } from "./spanlist.js";
import { axisStrip, doseStrip, frameOf, heatStrip, heights, markStrip } from "./strips.js";
import { timeline } from "./timeline.js";
import { timelineKey } from "./timelinekey.js";
import { levelValue, toldMark } from "./timelinetold.js";
import { levelTexts, stripTexts } from "./timelineview.js";

const WIDE = 900;
const LEFT = 110;
const RIGHT = 36;
const LEVELS_HIGH = 84;
const RATINGS_HIGH = 62;
const OVERLAY = { wide: 480, high: 170 };
const MOST = { spans: 10, levels: 8, findings: 8 };

/** Return {node, stop()}: a place that is empty on the screen and filled when the browser begins to print. */
export function printable(page) {
  const node = h("section", { class: "paper", "aria-hidden": "true" });
  const filled = () => fill(node, sheet(page));
  const emptied = () => fill(node);
  addEventListener("beforeprint", filled);
  addEventListener("afterprint", emptied);
  return {
    node,
    stop() {
      removeEventListener("beforeprint", filled);
      removeEventListener("afterprint", emptied);
    },
  };
}

/** Return what stands on the sheets. */
export function sheet({ overview, period }) {
  const { patient, today, intervals } = overview;
  const line = timeline(overview);
  const range = period?.() ?? { from: line.from, to: line.to };
  const [answer, ...more] = stretchLines(overview.stretching);
  return [
    h("header", {}, h("div", {}, h("h1", {}, nameOf(patient)), identityLines(patient, today).map((told) => h("span", {}, told))), h("p", {}, t("paper.title"), h("br"), t("paper.made", { when: moment(new Date().toISOString(), "full"), who: who()?.name ?? "" }))),
    factList(overview),
    h("h2", {}, t("paper.period", { from: day(isoDay(range.from), "date"), to: day(isoDay(range.to), "date") })),
    timelineFigure(line, range),
    timelineKey(line),
    intervals.length > 0 && [
      h("div", { class: "pair" }, part(t("paper.overlay"), overlayFigure(overview)), part(t("stretch.title"), h("p", {}, h("strong", {}, t(`stretch.state.${overview.stretching.state}`)), " ", answer), h("p", {}, more.join(" ")), differenceFigure(overview, OVERLAY.wide))),
      part(t("paper.spans"), spanList(intervals, { most: MOST.spans, brief: true }), only(intervals, MOST.spans)),
    ],
    h("div", { class: "pair" }, part(t("paper.levels"), levels(line)), part(t("paper.findings"), findings(line))),
    notes(overview),
  ];
}

/** The timeline as one drawing, of the same strips and panels as on the screen. */
export function timelineFigure(line, range) {
  const frame = frameOf({ width: WIDE, left: LEFT, right: RIGHT, ...range });
  const texts = stripTexts();
  const high = heights(line, range);
  const marks = line.doses.filter(({ kind }) => kind === "given").map(({ x }) => ({ x, kind: "dose" }));
  const write = { y: (value) => number(value, 2) };
  const parts = [
    [high.doses, (y) => moved(doseStrip(line, frame, texts), y)],
    line.levels.length + line.targets.length > 0 && [LEVELS_HIGH + 14, (y) => [name(frame, y, "levels"), panelGroup(levelPanel(line, { log: false, ...range, ...levelTexts() }), frame, { top: y + 10, height: LEVELS_HIGH, marks, text: write })]],
    line.ratings.length > 0 && [RATINGS_HIGH + 14, (y) => [name(frame, y, "ratings"), panelGroup(ratingPanel(line), frame, { top: y + 10, height: RATINGS_HIGH, marks, text: write })]],
    line.heat.days.length > 0 && [high.heat, (y) => moved(heatStrip(line.heat, frame, texts), y)],
    high.marks > 0 && [high.marks, (y) => moved(markStrip(line.rows, frame, texts), y)],
    [high.axis, (y) => moved(axisStrip(line, frame, dayTicks(range.from, range.to, frame.plot / 44), texts), y)],
  ].filter(Boolean);
  let y = 0;
  const drawn = parts.map(([height, draw]) => {
    const made = draw(y);
    y += height;
    return made;
  });
  return svg("svg", { class: "chart whole-line", viewBox: `0 0 ${WIDE} ${y}` }, drawn.flat(Infinity).filter(Boolean));
}

function overlayFigure(overview) {
  const classes = classesOf(overview.intervals);
  const found = dashed(overlay(overview, "around", classes.map(({ weeks }) => weeks)), classes);
  if (!found.lines.length) return h("p", {}, t("paper.none"));
  const frame = frameOf({ width: OVERLAY.wide, left: 24, right: 72, from: found.from, to: found.to });
  const ticks = weekTicks(found.from, found.to, frame.plot / 26).map((at) => ({ at, told: String(at) }));
  const group = panelGroup(overlayPanel(found, overlayTexts(classes)), frame, { top: 8, height: OVERLAY.high, ticks, marks: [{ x: 0, kind: "zero" }], text: { y: String } });
  return svg("svg", { class: "chart", viewBox: `0 0 ${OVERLAY.wide} ${OVERLAY.high + 28}` }, group.flat(Infinity).filter(Boolean));
}

function levels({ levels: found }) {
  if (!found.length) return h("p", {}, t("paper.none"));
  const told = ({ told: one }) => `${day(one.on, "date")}: ${levelValue(one)} µg/mL, ${[t(`line.trough.${one.trough_class}`), t(`line.matrix.${one.matrix}`), one.unusable.length > 0 && t("line.unusable"), !one.released && t("line.unreleased")].filter(Boolean).join(", ")}`;
  return [h("ul", {}, found.slice(-MOST.levels).reverse().map((one) => h("li", {}, told(one)))), only(found, MOST.levels)];
}

function findings({ rows }) {
  const marks = rows.flatMap((row) => row.marks.filter(({ finding }) => finding)).sort((one, another) => another.from - one.from);
  if (!marks.length) return h("p", {}, t("paper.none"));
  const dates = ({ from, to }) => (to > from ? `${day(isoDay(from), "date")} – ${day(isoDay(to), "date")}` : day(isoDay(from), "date"));
  return [h("ul", {}, marks.slice(0, MOST.findings).map((mark) => h("li", {}, `${dates(mark)}: ${toldMark(mark)}`))), only(marks, MOST.findings)];
}

function notes(overview) {
  const n = [t("foot.n.intervals", { n: overview.intervals.length }), t("foot.n.days", { n: overview.days.length }).replace(/^n = /, ""), t("foot.n.levels", { n: overview.levels.length })];
  const about = { told: [ruleLine(overview.settings), t("foot.rating"), ...stretchAbout(overview).told.slice(0, 1), t("foot.overlay.around"), t("foot.recall")], n, out: judgedOut(overview) };
  return h("footer", {}, h("h2", {}, t("paper.notes")), [...footingLines(overview.settings, about), t("paper.no_advice")].map((told) => h("p", {}, told)));
}

function part(title, ...children) {
  return h("div", { class: "paper-part" }, h("h2", {}, title), ...children);
}

function only(found, most) {
  return found.length > most && h("p", { class: "soft" }, t("paper.more", { n: most }));
}

function moved(strip, y) {
  const group = svg("g", { transform: `translate(0 ${y})` });
  group.append(...strip.childNodes);
  return group;
}

function name({ left }, y, row) {
  return svg("text", { class: "name", x: left - 26, y: y + 14, "text-anchor": "end" }, t(`line.row.${row}`));
}
