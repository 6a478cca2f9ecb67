/** Draws the two figures of one's own intervals: laid over each other by day, and one after another by date. */

import { svg } from "../shared/dom.js";

import { daysBetween } from "./diary.js";
import { lastDay, runs, weeks } from "./trend.js";

const TEN = 10;
const DASHES = [null, "7 3", "2 3", "10 3 2 3", "5 2", "1 4"];

/** Draw the running interval as a strong line over the earlier ones; `texts` are the words in it, `em` the size of a letter. */
export function overlaid({ shown, median, planned, width, em, texts }) {
  const last = lastDay(shown, planned);
  const frame = framed({ width, em, last, right: 3.4 * em, hasLevels: shown.some(({ levels }) => levels.length) });
  const earlier = shown.slice(0, -1);
  const running = shown.at(-1);
  return drawing(frame, texts, [
    axes(frame, texts, weeks(last, frame.plot / (2.6 * em)).map((day) => ({ at: day, text: String(day) })), texts.day_axis),
    opening(frame),
    planned !== null && mark(frame, planned, "planned", texts.planned),
    earlier.map((span) => line(frame, span.points, `earlier ago-${span.ago}`, { dash: DASHES[span.ago] ?? "1 4", r: em * 0.16 })),
    median.length > 0 && line(frame, median, "median", { r: em * 0.09 }),
    line(frame, running.points, "running", { r: em * 0.26, bold: true }),
    earlier.filter(({ length_days: days }) => days).map(({ length_days: days }) => diamond(frame, days)),
    levelMarks(frame, shown.flatMap(({ levels }) => levels).map((level) => ({ at: level.day_since_dose, text: texts.level(level) }))),
    labels(frame, shown, median, texts),
  ]);
}

/** Draw the intervals one after another: the days as they were, every dose a mark across. */
export function inARow({ shown, now, planned, width, em, texts }) {
  const begin = shown[0].opened_on;
  const end = planned && planned > now ? planned : now;
  const frame = framed({ width, em, last: Math.max(daysBetween(begin, end), 1), right: em, hasLevels: shown.some(({ levels }) => levels.length) });
  const at = (on) => daysBetween(begin, on);
  const openings = shown.map((span) => ({ at: at(span.opened_on), text: texts.date(span.opened_on), span }));
  return drawing(frame, texts, [
    axes(frame, texts, spread(frame, openings), texts.date_axis),
    openings.map(({ at: day }) => [mark(frame, day, "dose", null), diamond(frame, day)]),
    planned !== null && planned > now && mark(frame, at(planned), "planned", null),
    openings.map(({ at: day, span }) =>
      line(frame, span.points.map((point) => ({ ...point, day: point.day + day })), span.ago ? "earlier" : "running", { r: em * 0.16 }),
    ),
    levelMarks(frame, shown.flatMap(({ levels }) => levels).map((level) => ({ at: at(level.on), text: texts.level(level) }))),
  ]);
}

/** Work out where things stand: `x(day)`, `y(rating)`, and the room around the plot, all in pixels. */
function framed({ width, em, last, right, hasLevels }) {
  const left = 2.1 * em;
  const top = (hasLevels ? 3.4 : 2) * em;
  const plot = width - left - right;
  const height = Math.min(Math.max(plot * 0.62, 13.5 * em), 18 * em);
  return {
    width, em, last, left, top, plot, height, bottom: top + height,
    total: top + height + 3.6 * em,
    x: (day) => left + (plot * day) / last,
    y: (rating) => top + height - (height * rating) / TEN,
  };
}

function drawing({ width, total }, texts, parts) {
  return svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${total}`, width, height: total, role: "img", "aria-label": texts.summary },
    parts.flat(Infinity).filter(Boolean),
  );
}

function axes(frame, texts, ticks, title) {
  const { left, plot, bottom, em, x, y } = frame;
  const across = [0, 5, 10].map((rating) => [
    svg("line", { class: "grid", x1: left, x2: left + plot, y1: y(rating), y2: y(rating) }),
    text(left - em * 0.45, y(rating) + em * 0.35, String(rating), "end"),
  ]);
  const along = ticks.map(({ at, text: told }) => [
    svg("line", { class: "tick", x1: x(at), x2: x(at), y1: bottom, y2: bottom + em * 0.3 }),
    text(x(at), bottom + em * 1.4, told, "middle"),
  ]);
  return [across, along, text(left - em * 1.6, em * 1.05, texts.rating_axis, "start"), text(left + plot / 2, bottom + em * 2.9, title, "middle")];
}

function opening(frame) {
  return [mark(frame, 0, "dose", null), diamond(frame, 0)];
}

function mark(frame, day, kind, told) {
  const { x, top, bottom, em, left, plot } = frame;
  const end = x(day) > left + plot / 2;
  return [
    svg("line", { class: `mark ${kind}`, x1: x(day), x2: x(day), y1: top - em * 0.3, y2: bottom }),
    told && text(x(day) + (end ? -0.35 : 0.35) * em, top + em * 0.75, told, end ? "end" : "start", "halo"),
  ];
}

function diamond({ x, bottom, em }, day) {
  const r = em * 0.36;
  return svg("path", { class: "diamond", d: `M${x(day)} ${bottom - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z` });
}

/** Draw a line with a dot for each day; a thin one has dots only where a day stands alone or is set apart. */
function line({ x, y }, points, kind, { dash = null, r, bold = false }) {
  return runs(points).map((run) => [
    run.length > 1 && svg("polyline", { class: `line ${kind}`, "stroke-dasharray": dash, points: run.map(({ day, rating }) => `${x(day)},${y(rating)}`).join(" ") }),
    run.filter(({ flagged }) => bold || flagged || run.length === 1).map(({ day, rating, flagged }) => svg("circle", { class: `dot ${kind}${flagged ? " flagged" : ""}`, cx: x(day), cy: y(rating), r })),
  ]);
}

/** A square for each level, the newest with its value wherever there is room; all of them stand in the list below. */
function levelMarks(frame, levels) {
  const { x, top, em } = frame;
  const r = em * 0.3;
  const squares = levels.map(({ at }) => svg("rect", { class: "level", x: x(at) - r, y: top - em * 1.05 - r, width: 2 * r, height: 2 * r }));
  return [squares, spread(frame, levels).map(({ at, text: told }) => text(x(at), top - em * 1.6, told, "middle", "halo"))];
}

/** Write at the end of each line which it is: the running one where it ends, the others as near as there is room. */
function labels(frame, shown, median, texts) {
  const { x, y, em, left, plot } = frame;
  const ends = shown.filter(({ points }) => points.length).map((span) => ({ ...span.points.at(-1), text: texts.name(span), strong: !span.ago }));
  if (median.length) ends.push({ ...median.at(-1), text: texts.median, strong: false });
  const taken = [];
  return ends.reverse().map((one) => {
    const from = Math.min(x(one.day), left + plot) + em * 0.5;
    const box = { from, to: from + one.text.length * em * (one.strong ? 0.7 : 0.58), at: y(one.rating) };
    const at = free(box, taken, frame);
    taken.push({ ...box, at });
    return text(from, at + em * 0.35, one.text, "start", one.strong ? "halo strong" : "halo");
  });
}

/** Return the height nearest to where a label belongs at which it runs into none of those written before. */
function free({ from, to, at }, taken, { em, top, bottom }) {
  const near = taken.filter((one) => one.from < to && from < one.to);
  const steps = Array.from({ length: 24 }, (_, n) => at + Math.ceil(n / 2) * (n % 2 ? 1 : -1) * em * 0.55);
  const fits = (height) => height > top && height < bottom && near.every((one) => Math.abs(one.at - height) >= em * 1.05);
  return steps.find(fits) ?? at;
}

/** Leave out the ticks whose words would run into the one before. */
function spread({ x, em }, ticks) {
  let free = -Infinity;
  return [...ticks].reverse().filter(({ at, text: told }) => {
    const half = told.length * em * 0.28;
    if (free !== -Infinity && x(at) + half > free) return false;
    free = x(at) - half - em * 0.4;
    return true;
  });
}

function text(x, y, told, anchor, kind = "") {
  return svg("text", { x, y, "text-anchor": anchor, class: kind || null }, told);
}
