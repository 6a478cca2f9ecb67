/** What the panels of lines and points hold, apart from how they are drawn: levels, mean ratings, intervals overlaid. */

const LINE_GAP = 7;
const TEN = 10;
const LOG_STEPS = [0.01, 0.1, 1, 10, 100, 1000];
const EVEN_STEPS = [0.5, 1, 2, 5, 10, 20, 25, 50, 100];

/** The levels of a timeline, on a scale of those between `from` and `to`: valid troughs joined by a thin line, each level by its shape, targets as lines across. */
export function levelPanel({ levels, targets }, { log, told, target, from = -Infinity, to = Infinity }) {
  const shown = levels.map((one) => ({ ...one, y: log ? Math.max(one.y, LOG_STEPS[0]) : one.y }));
  const values = [...inSight(shown, from, to).map(({ y }) => y), ...targets.map(({ ug_ml: value }) => value)];
  return {
    y: log ? logScale(values) : evenScale(values),
    lines: [{ kind: "trough", weight: 1.2, points: shown.filter(({ trough, usable }) => trough && usable).map(({ x, y }) => ({ x, y })) }],
    bands: [],
    dots: shown.map((one) => ({ x: one.x, y: one.y, ...shape(one) })),
    labels: newest(shown).map((one) => ({ x: one.x, y: one.y, text: told(one) })),
    rules: targets.map((one) => ({ y: one.ug_ml, kind: "target", text: target(one) })),
  };
}

/** The mean rating of each day, broken where nothing was logged for more than a week; flagged days as open dots. */
export function ratingPanel({ ratings }) {
  return {
    y: { min: 0, max: TEN, log: false, ticks: [0, 5, 10] },
    lines: broken(ratings, LINE_GAP).map((points) => ({ kind: "rating", weight: 1.6, points })),
    bands: [],
    dots: ratings.filter(({ flagged }, at) => flagged || alone(ratings, at)).map(({ x, y, flagged }) => ({ x, y, shape: "circle", open: flagged, kind: "rating", r: 2.6 })),
    labels: [],
    rules: [],
  };
}

/** Intervals laid over each other: thin lines, and for each chosen class its median with the middle half around it. */
export function overlayPanel({ lines, profiles }, { class_of: classOf, name, now }) {
  return {
    y: { min: 0, max: TEN, log: false, ticks: [0, 2, 4, 6, 8, 10] },
    lines: [
      ...lines.flatMap((one) => broken(one.points, LINE_GAP).map((points) => (one.running ? { kind: "ink running", weight: 2.2, points } : { kind: `${classOf(one.weeks)} thin`, weight: 1, points }))),
      ...profiles.map((one) => ({ kind: classOf(one.weeks), weight: 3, dash: one.dash, points: one.points.map(({ x, median }) => ({ x, y: median })) })),
    ],
    bands: profiles.map((one) => ({ kind: classOf(one.weeks), points: one.points.map(({ x, q1, q3 }) => ({ x, low: q1, high: q3 })) })),
    dots: lines.flatMap((one) => one.points.filter(({ flagged }, at) => flagged || alone(one.points, at)).map(({ x, y, flagged }) => ({ x, y, shape: "circle", open: flagged, kind: one.running ? "ink" : classOf(one.weeks), r: 2.2 }))),
    labels: apart([
      ...lines.filter(({ running }) => running).map(({ points }) => ({ x: points.at(-1).x, y: points.at(-1).y, text: now })),
      ...profiles.map((one) => ({ x: one.points.at(-1).x, y: one.points.at(-1).median, text: name(one) })),
    ].map((label) => ({ ...label, strong: true }))),
    rules: [],
  };
}

/** Return points in runs that have no gap of more than so many days. */
export function broken(points, gap) {
  const found = [];
  for (const { x, y } of points) {
    const run = found.at(-1);
    if (run && x - run.at(-1).x <= gap) run.push({ x, y });
    else found.push([{ x, y }]);
  }
  return found.filter((run) => run.length > 1);
}

function alone(points, at) {
  const { x } = points[at];
  return !(points[at - 1] && x - points[at - 1].x <= LINE_GAP) && !(points[at + 1] && points[at + 1].x - x <= LINE_GAP);
}

/** Capillary round, venous square; below the limit an arrow down; not usable or no trough is open; unreleased has a ring. */
function shape({ below, above, capillary, trough, usable, released }) {
  return { shape: below ? "down" : above ? "up" : capillary ? "circle" : "square", open: below || !trough || !usable, struck: !usable, ringed: !released, kind: "level", r: 4.5 };
}

/** The levels of a period, and the one on either side of it, to which a line leads. */
function inSight(levels, from, to) {
  const first = Math.max(levels.findIndex(({ x }) => x >= from) - 1, 0);
  const last = levels.findIndex(({ x }) => x > to);
  return levels.slice(levels.some(({ x }) => x >= from) ? first : -1, last < 0 ? undefined : last + 1);
}

function newest(levels) {
  return levels.slice(-1);
}

function evenScale(values) {
  const most = Math.max(...values, 4);
  const step = EVEN_STEPS.find((one) => (most * 1.1) / one <= 4) ?? 200;
  const max = Math.ceil((most * 1.1) / step) * step;
  return { min: 0, max, log: false, ticks: Array.from({ length: Math.round(max / step) + 1 }, (_, at) => at * step) };
}

function logScale(values) {
  const low = Math.min(...values, 1);
  const high = Math.max(...values, 10);
  const min = LOG_STEPS.findLast((step) => step <= low) ?? LOG_STEPS[0];
  const max = LOG_STEPS.find((step) => step > high) ?? LOG_STEPS.at(-1);
  return { min, max, log: true, ticks: LOG_STEPS.filter((step) => step >= min && step <= max) };
}

/** Keep the names at the ends of lines from standing over each other. */
function apart(labels) {
  const least = 0.85;
  const sorted = [...labels].sort((one, another) => one.y - another.y);
  sorted.forEach((one, at) => {
    one.at = at ? Math.max(one.y, sorted[at - 1].at + least) : one.y;
  });
  return sorted;
}
