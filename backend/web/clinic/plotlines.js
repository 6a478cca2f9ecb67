/** Draws a panel of lines, bands and dots on the screen, with uPlot; plotsvg.js draws the same panel for print. */

import uPlot from "/static/vendor/uplot.js";

const FONT = "11px system-ui, sans-serif";
const LETTER = 11;

/** Draw a panel into a node; returns {move(from, to), destroy()}. `x` is {from, to, ticks, marks}; without ticks no axis. */
export function plotPanel(node, panel, { width, height, left, right, x, colours, text }) {
  const { data, series, bands } = columns(panel, colours);
  const range = { from: x.from, to: x.to };
  const plot = new uPlot(
    {
      width,
      height,
      padding: [8, right, x.ticks ? 0 : 6, 0],
      legend: { show: false },
      cursor: { show: false },
      select: { show: false },
      scales: { x: { time: false, range: () => [range.from, range.to] }, y: { ...scaleOf(panel.y), range: () => [panel.y.min, panel.y.max] } },
      axes: axes(panel, x, left, colours, text),
      series: [{}, ...series],
      bands,
      hooks: {
        drawClear: [(u) => drawRules(u, panel, x, colours)],
        draw: [(u) => drawDots(u, panel, colours), (u) => drawLabels(u, panel, colours, right)],
      },
    },
    data,
    node,
  );
  plot.root.querySelector("canvas").setAttribute("aria-hidden", "true");
  return {
    move(from, to, ticks, marks) {
      Object.assign(range, { from, to });
      Object.assign(x, { from, to, ticks: ticks ?? x.ticks, marks: marks ?? x.marks });
      plot.setScale("x", { min: from, max: to });
    },
    destroy: () => plot.destroy(),
  };
}

/** Put lines and bands into columns over all their days: a line has one column, a band two. */
function columns({ lines, bands, dots }, colours) {
  const days = [...new Set([...[...lines, ...bands].flatMap(({ points }) => points.map(({ x }) => x)), ...dots.map(({ x }) => x)])].sort((one, another) => one - another);
  const at = new Map(days.map((day, index) => [day, index]));
  const column = (points, value) => {
    const found = new Array(days.length).fill(null);
    for (const point of points) found[at.get(point.x)] = value(point);
    return found;
  };
  const colour = ({ kind }) => colours[kind.split(" ")[0]] ?? colours[kind.split(" ")[0] === "trough" ? "level" : "soft"];
  const shown = lines.filter(({ points }) => points.length > 1);
  const line = (one) => ({ stroke: one.kind.endsWith("thin") ? faded(colour(one), 0.5) : colour(one), width: one.weight, dash: one.dash ?? undefined, points: { show: false }, spanGaps: true, scale: "y" });
  const edge = { stroke: undefined, width: 0, points: { show: false }, spanGaps: true, scale: "y" };
  return {
    data: [days, ...bands.flatMap(({ points }) => [column(points, ({ high }) => high), column(points, ({ low }) => low)]), ...shown.map(({ points }) => column(points, ({ y }) => y))],
    series: [...bands.flatMap(() => [{ ...edge }, { ...edge }]), ...shown.map(line)],
    bands: bands.map((one, index) => ({ series: [2 * index + 1, 2 * index + 2], fill: faded(colour(one), 0.16) })),
  };
}

function scaleOf({ log }) {
  return log ? { distr: 3, log: 10 } : { distr: 1 };
}

function axes({ y }, x, left, colours, text) {
  const look = { stroke: colours.soft, font: FONT, grid: { stroke: colours.faint, width: 1 }, ticks: { show: false } };
  const across = { ...look, size: left, gap: 6, splits: () => y.ticks, filter: (u, found) => found, values: (u, found) => found.map((value) => text.y(value)) };
  if (!x.ticks) return [{ show: false }, across];
  const along = { ...look, size: 22, gap: 4, grid: { show: false }, ticks: { show: true, size: 4, stroke: colours.line, width: 1 }, splits: () => x.ticks, filter: (u, found) => found, values: (u, found) => found.map((value) => text.x(value)) };
  return [along, across];
}

function drawRules(u, { rules }, { marks = [] }, colours) {
  const { ctx, bbox } = u;
  ctx.save();
  for (const { x, kind } of marks) {
    const at = u.valToPos(x, "x", true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    stroke(ctx, colours[kind === "dose" ? "line" : "ink"], kind === "dose" ? 0.6 : 1.2, kind === "planned" ? [4, 4] : []);
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
  }
  for (const { y, text } of rules) {
    const at = u.valToPos(y, "y", true);
    stroke(ctx, colours.target, 1.5, [7, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, at);
    ctx.lineTo(bbox.left + bbox.width, at);
    ctx.stroke();
    written(ctx, text, bbox.left + 6 * uPlot.pxRatio, at - 4 * uPlot.pxRatio, colours.target, colours.paper);
  }
  ctx.restore();
}

function drawDots(u, { dots }, colours) {
  const { ctx, bbox } = u;
  ctx.save();
  clipTo(ctx, bbox);
  for (const dot of dots) {
    const [x, y] = [u.valToPos(dot.x, "x", true), u.valToPos(dot.y, "y", true)];
    const r = dot.r * uPlot.pxRatio;
    stroke(ctx, colours[dot.kind], 1.6, []);
    ctx.fillStyle = dot.open ? colours.paper : colours[dot.kind];
    outline(ctx, dot.shape, x, y, r);
    ctx.fill();
    ctx.stroke();
    if (dot.struck) crossed(ctx, x, y, r);
    if (dot.ringed) ringed(ctx, x, y, r * 1.9);
  }
  ctx.restore();
}

function drawLabels(u, { labels }, colours, right) {
  const { ctx, bbox } = u;
  ctx.save();
  for (const label of labels) {
    const x = u.valToPos(label.x, "x", true);
    const far = bbox.left + bbox.width + right * uPlot.pxRatio;
    if (x < bbox.left || x > bbox.left + bbox.width + 1) continue;
    const wide = label.text.length * LETTER * 0.58 * uPlot.pxRatio;
    const begin = Math.min(x + 8 * uPlot.pxRatio, far - wide);
    const y = Math.min(Math.max(u.valToPos(label.at ?? label.y, "y", true), bbox.top + 8 * uPlot.pxRatio), bbox.top + bbox.height - 4 * uPlot.pxRatio);
    written(ctx, label.text, begin, label.strong ? y + 4 * uPlot.pxRatio : y - 7 * uPlot.pxRatio, colours.ink, colours.paper, label.strong);
  }
  ctx.restore();
}

function outline(ctx, shape, x, y, r) {
  ctx.beginPath();
  if (shape === "square") ctx.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (shape === "circle") ctx.arc(x, y, r, 0, 2 * Math.PI);
  else {
    const up = shape === "up" ? -1 : 1;
    ctx.moveTo(x - r * 1.1, y - up * r * 0.8);
    ctx.lineTo(x + r * 1.1, y - up * r * 0.8);
    ctx.lineTo(x, y + up * r * 1.2);
    ctx.closePath();
  }
}

function crossed(ctx, x, y, r) {
  ctx.beginPath();
  ctx.moveTo(x - r * 1.5, y + r * 1.5);
  ctx.lineTo(x + r * 1.5, y - r * 1.5);
  ctx.stroke();
}

function ringed(ctx, x, y, r) {
  ctx.setLineDash([2 * uPlot.pxRatio, 2 * uPlot.pxRatio]);
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
  ctx.stroke();
}

function written(ctx, text, x, y, colour, paper, strong = false) {
  ctx.font = `${strong ? "600 " : ""}${LETTER * uPlot.pxRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.setLineDash([]);
  ctx.lineWidth = 3 * uPlot.pxRatio;
  ctx.lineJoin = "round";
  ctx.strokeStyle = paper;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

function stroke(ctx, colour, width, dash) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width * uPlot.pxRatio;
  ctx.setLineDash(dash.map((part) => part * uPlot.pxRatio));
}

function clipTo(ctx, { left, top, width, height }) {
  const out = 8 * uPlot.pxRatio;
  ctx.beginPath();
  ctx.rect(left - out, top - out, width + 2 * out, height + 2 * out);
  ctx.clip();
}

function faded(colour, share) {
  return `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`;
}
