/** Shapes a patient's intervals laid over each other: by day since the dose, or around the dose that ends each. */

const AFTER_DAYS = 7;
const SHORTEST = 28;
/** How the lines of classes are dashed, in their order. */
export const DASHES = [null, [9, 3], [3, 3], [11, 3, 3, 3], [5, 2], [1, 4]];
export const AXES = ["since", "around"];

/** Return the classes that occur, shortest first, the ones without whole weeks last: [{weeks, n, slot, dash}]. */
export function classesOf(intervals) {
  const counts = new Map();
  for (const { planned_weeks: weeks } of intervals) counts.set(weeks, (counts.get(weeks) ?? 0) + 1);
  const weeks = [...counts.keys()].sort((one, another) => (one ?? Infinity) - (another ?? Infinity));
  return weeks.map((one, at) => ({ weeks: one, n: counts.get(one), slot: (at % 5) + 1, dash: DASHES[at % DASHES.length] }));
}

/** Return what is drawn of the chosen classes (a list of weeks): {lines, profiles, from, to, n_intervals, n_rated, n_days, n_left_out}. */
export function overlay(overview, axis, chosen) {
  const { profiles: found, intervals, settings } = overview;
  const [own, classes] = axis === "since" ? [found.lines_by_day, found.by_day] : [found.lines_before_dose, found.before_dose];
  const shown = intervals.filter(({ planned_weeks: weeks }) => chosen.includes(weeks));
  const running = new Set(intervals.filter(({ closed_on: closed }) => !closed).map(({ interval }) => interval));
  const apart = flaggedDays(overview.days, axis);
  const lines = own.filter(({ planned_weeks: weeks, points }) => chosen.includes(weeks) && points.length).map((one) => line(one, apart, running));
  const profiles = classes.filter(({ planned_weeks: weeks, points }) => chosen.includes(weeks) && points.length).map(profile);
  const xs = [...lines, ...profiles].flatMap(({ points }) => points.map(({ x }) => x));
  return {
    lines,
    profiles,
    from: axis === "since" ? 0 : Math.min(...xs, -SHORTEST),
    to: axis === "since" ? Math.max(...xs, SHORTEST) : AFTER_DAYS,
    n_intervals: shown.length,
    n_rated: lines.length,
    n_days: lines.reduce((sum, { points }) => sum + points.length, 0),
    n_left_out: settings.leave_out_flagged ? overview.days.filter(({ flagged, interval }) => flagged && shown.some((one) => one.interval === interval)).length : 0,
  };
}

/** Return rows for a table: [{day, n, q1, median, q3} per class], by day; only days with a median. */
export function overlayRows({ profiles }) {
  const days = [...new Set(profiles.flatMap(({ points }) => points.map(({ x }) => x)))].sort((one, another) => one - another);
  const by = profiles.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  return days.map((day) => ({ day, classes: by.map((found) => found.get(day) ?? null) }));
}

function line({ interval, planned_weeks: weeks, points }, apart, running) {
  const shown = points.map(([x, y]) => ({ x, y, flagged: apart.has(`${interval}:${x}`) }));
  return { interval, weeks, running: running.has(interval), points: inOrder(shown) };
}

/** Days that something sets apart, by interval and place on the axis; the week after a dose is of the interval before. */
function flaggedDays(days, axis) {
  const set = days.filter(({ flagged }) => flagged);
  if (axis === "since") return new Set(set.map(({ interval, day_since_dose: day }) => `${interval}:${day}`));
  return new Set(set.flatMap(({ interval, day_since_dose: day, days_before_actual: before }) => [before !== null && `${interval}:${-before}`, `${interval - 1}:${day}`].filter(Boolean)));
}

function profile({ planned_weeks: weeks, n_intervals: n, points }) {
  return { weeks, n, points: points.map(({ day: x, n: here, q1, median, q3 }) => ({ x, n: here, q1, median, q3 })) };
}

function inOrder(points) {
  return points.sort((one, another) => one.x - another.x);
}
