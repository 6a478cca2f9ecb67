/** Draws the strips of the timeline as SVG: doses, the heat of ratings, rows of marks, and the axis of days. */

import { svg } from "/static/shared/dom.js";

const DOSE_HIGH = 40;
const DOSE_AT = 25;
const ROW = 17;
const TALL_ROW = 20;
const DIGITS_FROM = 11;
const MOST_DIGITS = 700;

/** Work out where days stand: a frame for every strip and panel of one figure, all in pixels. */
export function frameOf({ width, left, right, from, to }) {
  const plot = Math.max(width - left - right, 10);
  return { width, left, right, from, to, plot, x: (day) => left + (plot * (day - from)) / (to - from), wide: plot / (to - from) };
}

/** Draw the doses: given, planned, expected, missed, cancelled; a dose given on another day hangs on its plan. */
export function doseStrip(line, frame, texts) {
  const shown = line.doses.filter(({ x, planned }) => within(frame, x) || within(frame, planned));
  const of = (test) => shown.filter(test);
  return drawing(frame, DOSE_HIGH, [
    name(frame, DOSE_AT, texts.row("doses")),
    intervals(line, frame, texts),
    svg("line", { class: "rule", x1: frame.left, x2: frame.width - frame.right, y1: DOSE_AT, y2: DOSE_AT }),
    path("moved", of(({ planned, given }) => given !== null && planned !== null && planned !== given), ({ planned, given }) => `M${frame.x(planned)} ${DOSE_AT}V${DOSE_AT + 10}H${frame.x(given)}V${DOSE_AT}`),
    path("dose given", of(({ kind }) => kind === "given"), ({ x }) => diamond(frame.x(x), DOSE_AT, 6)),
    path("dose planned", of(({ kind, overdue }) => kind === "planned" && !overdue), ({ x }) => diamond(frame.x(x), DOSE_AT, 6)),
    path("dose overdue", of(({ overdue }) => overdue), ({ x }) => diamond(frame.x(x), DOSE_AT, 6)),
    path("dose projected", of(({ kind }) => kind === "projected"), ({ x }) => diamond(frame.x(x), DOSE_AT, 5)),
    path("dose missed", of(({ kind }) => kind === "missed"), ({ x }) => cross(frame.x(x), DOSE_AT, 5)),
    path("dose cancelled", of(({ kind }) => kind === "cancelled"), ({ x }) => `M${frame.x(x) - 5} ${DOSE_AT + 5}L${frame.x(x) + 5} ${DOSE_AT - 5}`),
  ]);
}

/** Draw the heat strip: a row for each symptom, a column for each day; and what else was said of days, where it was. */
export function heatStrip(heat, frame, texts) {
  const rows = heatRows(heat);
  const shown = heat.days.filter(({ x }) => within(frame, x));
  const wide = Math.max(frame.wide, 1.2);
  const top = rows.includes("none") ? 1 : 0;
  const edge = frame.width - frame.right;
  const cell = (x, row) => `M${Math.max(frame.x(x) - wide / 2, frame.left)} ${row * ROW + 1}H${Math.min(frame.x(x) + wide / 2, edge)}v${ROW - 2}H${Math.max(frame.x(x) - wide / 2, frame.left)}z`;
  const cells = Array.from({ length: 11 }, () => []);
  for (const { x, values } of shown) values.forEach((value, at) => value !== null && cells[Math.round(value)].push(cell(x, at + top)));
  const r = Math.min(Math.max(wide / 2, 1.6), 4.5);
  const dots = (kind, row, test) => path(kind, rows.includes(row) ? shown.filter(test) : [], ({ x }) => diamond(frame.x(x), (rows.indexOf(row) + 0.5) * ROW, r));
  return drawing(frame, rows.length * ROW + 2, [
    rows.map((row, at) => name(frame, (at + 0.5) * ROW + 1, texts.symptom(row))),
    cells.map((found, value) => found.length > 0 && svg("path", { class: `heat-${value}`, d: found.join("") })),
    digits(shown, frame, wide, top),
    dots("no-complaints", "none", ({ none }) => none),
    dots("felt yes", "felt", ({ felt }) => felt === "yes"),
    dots("felt unsure", "felt", ({ felt }) => felt === "unsure"),
    path("felt no", shown.filter(({ felt }) => felt === "no"), ({ x }) => `M${frame.x(x) - Math.min(wide / 2, 3)} ${(rows.indexOf("felt") + 0.5) * ROW}h${Math.min(wide, 6)}`),
    path("flagged", shown.filter(({ flagged }) => flagged), ({ x }) => `M${frame.x(x) - wide / 2} ${(rows.indexOf("flagged") + 0.5) * ROW}h${wide}`),
  ]);
}

function heatRows({ symptoms, days }) {
  const said = (test, row) => (days.some(test) ? [row] : []);
  return [...said(({ none }) => none, "none"), ...symptoms, ...said(({ felt }) => felt, "felt"), ...said(({ flagged }) => flagged, "flagged")];
}

/** Draw a row for each kind of mark that occurs in the period: spans as bars, moments as signs of their own. */
export function markStrip(rows, frame, texts) {
  const shown = marked(rows, frame);
  const parts = shown.map(({ name: row, marks }, at) => {
    const y = at * TALL_ROW + TALL_ROW / 2;
    return [name(frame, y, texts.row(row)), spans(row, marks, frame, y), signs(row, marks, frame, y), values(marks, frame, y, texts)];
  });
  return drawing(frame, Math.max(shown.length * TALL_ROW, 1), parts);
}

/** Draw the axis of days under everything, with a mark for today. */
export function axisStrip(line, frame, ticks, texts) {
  const at = ticks.map((tick) => ({ ...tick, x: frame.x(tick.at) }));
  const today = within(frame, line.today) && [
    svg("path", { class: "today", d: `M${frame.x(line.today)} 1l4 6h-8z` }),
  ];
  return drawing(frame, 24, [
    svg("line", { class: "rule", x1: frame.left, x2: frame.width - frame.right, y1: 1, y2: 1 }),
    svg("path", { class: "rule", d: at.map(({ x }) => `M${x} 1v5`).join("") || "M0 0" }),
    at.filter(({ x }) => x > frame.left - 2 && x < frame.width - 12).map((tick) => text(tick.x, 18, texts.tick(tick), "middle", tick.unit === "year" ? "strong" : null)),
    today,
  ]);
}

/** Tell how high the strips are in a period, for who lays them out by itself. */
export function heights(line, range) {
  return { doses: DOSE_HIGH, heat: heatRows(line.heat).length * ROW + 2, marks: marked(line.rows, range).length * TALL_ROW, axis: 24 };
}

function marked(rows, { from: begin, to: end }) {
  return rows.map(({ name: row, marks }) => ({ name: row, marks: marks.filter(({ from, to }) => to >= begin && from <= end) })).filter(({ marks }) => marks.length);
}

/** The length of each interval over the line of doses; a longer one stands out from those before. */
function intervals(line, frame, texts) {
  const shown = line.intervals.filter(({ from, to }) => to >= frame.from && from <= frame.to);
  const bars = shown.map(({ from, to, weeks, open }) => {
    const [begin, end] = [Math.max(frame.x(from), frame.left), Math.min(frame.x(to), frame.width - frame.right)];
    const told = weeks === null ? "" : [texts.weeks(weeks), String(weeks)].find((one) => end - begin > one.length * 6.2 + 4) ?? "";
    const kind = `span weeks-${Math.min(Math.max(weeks ?? 0, 0), 12)}${open ? " open" : ""}`;
    return [
      svg("rect", { class: kind, x: begin + 1, y: 2, width: Math.max(end - begin - 2, 0.5), height: 14, rx: 2 }),
      told && text((begin + end) / 2, 12.5, told, "middle", "on-span"),
    ];
  });
  return bars;
}

function digits(shown, frame, wide, top) {
  const cells = shown.flatMap(({ x, values }) => values.map((value, at) => ({ x, value, at })).filter(({ value }) => value !== null));
  if (wide < DIGITS_FROM || cells.length > MOST_DIGITS) return null;
  return cells.map(({ x, value, at }) => text(frame.x(x), (at + top + 0.5) * ROW + 4, String(Math.round(value)), "middle", value >= 5.5 ? "digit deep" : "digit"));
}

function spans(row, shown, frame, y) {
  const bar = ({ from, to }) => {
    const [begin, end] = [Math.max(frame.x(from), frame.left), Math.min(frame.x(to), frame.width - frame.right)];
    return `M${begin} ${y - 5}H${Math.max(end, begin + 2)}v10H${begin}z`;
  };
  return path(`bar ${row}`, shown.filter(({ from, to }) => to > from), bar);
}

function signs(row, shown, frame, y) {
  const points = shown.filter(({ from, to }) => to === from && within(frame, from));
  const kinds = [...new Set(points.map(({ kind }) => kind))];
  return kinds.map((kind) => path(`sign ${row} ${kind}`, points.filter((one) => one.kind === kind), ({ from }) => sign(row, kind)(frame.x(from), y)));
}

/** Values of tests beside their sign, as many as there is room for, the newest first. */
function values(shown, frame, y, texts) {
  let free = Infinity;
  return [...shown].reverse().map((mark) => {
    const told = texts.value(mark);
    const from = frame.x(mark.from) + 7;
    if (!told || !within(frame, mark.from) || from + told.length * 6.4 > Math.min(free, frame.width + 4)) return null;
    free = frame.x(mark.from) - 9;
    return text(from, y + 4, told, "start", "halo");
  });
}

const SIGNS = {
  relapse: (x, y) => `M${x} ${y - 6}l6 11h-12z`,
  mri: square,
  tests: (x, y) => circle(x, y, 4),
  lab: (x, y) => circle(x, y, 4),
  weight: (x, y) => circle(x, y, 3.2),
  samples: (x, y) => `M${x} ${y - 6}l4.2 7a4.4 4.4 0 1 1 -8.4 0z`,
  forms: square,
  adverse: (x, y) => cross(x, y, 4),
  messages: (x, y) => `M${x} ${y - 5}v10`,
};

function sign(row, kind) {
  if (kind === "failed" || kind === "unusable") return (x, y) => cross(x, y, 4);
  return SIGNS[row] ?? ((x, y) => diamond(x, y, 5));
}

function path(kind, found, drawn) {
  return found.length > 0 && svg("path", { class: kind, d: found.map(drawn).join("") });
}

function drawing({ width }, height, parts) {
  return svg("svg", { class: "strip", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, parts.flat(Infinity).filter(Boolean));
}

function name({ left }, y, told) {
  return text(left - 8, y + 4, told, "end", "name");
}

function text(x, y, told, anchor, kind = null) {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, told);
}

function within({ from, to }, x) {
  return x !== null && x >= from && x <= to;
}

function diamond(x, y, r) {
  return `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
}

function square(x, y) {
  return `M${x - 4} ${y - 4}h8v8h-8z`;
}

function circle(x, y, r) {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

function cross(x, y, r) {
  return `M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`;
}
