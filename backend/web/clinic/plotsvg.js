/** Draws a panel of lines, bands and dots as SVG, for print: sharp at any size, and in the colours of paper. */

import { svg } from "/static/shared/dom.js";

/** Draw a panel as a group at `top` of a larger drawing; `frame` is that of strips.js. */
export function panelGroup(panel, frame, { top, height, ticks = null, marks = [], text }) {
  const y = yOf(panel.y, top, height);
  const bottom = top + height;
  const inside = ({ x }) => x >= frame.from && x <= frame.to;
  const line = ({ points }) => points.filter(inside).map((point) => `${round(frame.x(point.x))},${round(y(point.y))}`).join(" ");
  const band = ({ points }) => {
    const shown = points.filter(inside);
    const high = shown.map((point) => `${round(frame.x(point.x))},${round(y(point.high))}`);
    return [...high, ...shown.toReversed().map((point) => `${round(frame.x(point.x))},${round(y(point.low))}`)].join(" ");
  };
  return [
    panel.y.ticks.map((value) => [
      svg("line", { class: "grid", x1: frame.left, x2: frame.width - frame.right, y1: y(value), y2: y(value) }),
      label(frame.left - 5, y(value) + 3, text.y(value), "end"),
    ]),
    marks.filter(inside).map(({ x, kind }) => svg("line", { class: `mark ${kind}`, x1: frame.x(x), x2: frame.x(x), y1: top, y2: bottom })),
    panel.rules.map((rule) => [
      svg("line", { class: "target", x1: frame.left, x2: frame.width - frame.right, y1: y(rule.y), y2: y(rule.y) }),
      label(frame.left + 4, y(rule.y) - 3, rule.text, "start", "target halo"),
    ]),
    panel.bands.map((one) => svg("polygon", { class: `band ${one.kind}`, points: band(one) })),
    panel.lines.filter(({ points }) => points.length > 1).map((one) => svg("polyline", { class: `line ${one.kind}`, "stroke-width": one.weight, "stroke-dasharray": one.dash?.join(" ") ?? null, points: line(one) })),
    dots(panel.dots.filter(inside), frame, y),
    panel.labels.filter(inside).map((one) => label(frame.x(one.x) + 6, y(one.at ?? one.y) + (one.strong ? 3 : -5), one.text, "start", one.strong ? "strong halo" : "halo")),
    ticks && ticks.map(({ at, told }) => [svg("line", { class: "grid", x1: frame.x(at), x2: frame.x(at), y1: bottom, y2: bottom + 4 }), label(frame.x(at), bottom + 14, told, "middle")]),
  ];
}

/** One path for each look, however many dots there are. */
function dots(found, frame, y) {
  const looks = new Map();
  const add = (look, d) => looks.set(look, (looks.get(look) ?? "") + d);
  for (const dot of found) {
    const [x, at, r] = [frame.x(dot.x), y(dot.y), dot.r * 0.8];
    add(`dot ${dot.kind}${dot.open ? " open" : ""}`, outline(dot.shape, x, at, r));
    if (dot.struck) add(`dot ${dot.kind} stroke`, `M${x - r * 1.5} ${at + r * 1.5}L${x + r * 1.5} ${at - r * 1.5}`);
    if (dot.ringed) add(`dot ${dot.kind} ring`, outline("circle", x, at, r * 1.9));
  }
  return [...looks].map(([look, d]) => svg("path", { class: look, d }));
}

function outline(shape, x, y, r) {
  if (shape === "square") return `M${x - r * 0.9} ${y - r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}z`;
  if (shape === "circle") return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  const up = shape === "up" ? -1 : 1;
  return `M${x - r * 1.1} ${y - up * r * 0.8}h${r * 2.2}L${x} ${y + up * r * 1.2}z`;
}

function yOf({ min, max, log }, top, height) {
  const share = log ? (value) => Math.log(Math.max(value, min) / min) / Math.log(max / min) : (value) => (value - min) / (max - min);
  return (value) => top + height * (1 - share(value));
}

function label(x, y, told, anchor, kind = null) {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, told);
}

function round(value) {
  return Math.round(value * 10) / 10;
}
