/** Shapes one's own trend for the figures: which intervals, their points by day, the median, and what to say of them. */

import { daysBetween } from "./diary.js";

const GAP = 7;
const SHORTEST_AXIS = 28;

/** Return the last intervals, the running one last: each with its rated days, its levels and how far it reaches. */
export function spans(trend, now, most) {
  const shown = trend.intervals.slice(-most);
  return shown.map((one, at) => ({
    ...one,
    ago: shown.length - 1 - at,
    points: trend.days
      .filter(({ interval }) => interval === one.interval)
      .map(({ on, day_since_dose: day, rating, flagged }) => ({ on, day, rating, flagged }))
      .sort((left, right) => left.day - right.day),
    levels: trend.levels.filter(({ interval }) => interval === one.interval),
    reach: one.length_days ?? Math.max(daysBetween(one.opened_on, now), 0),
  }));
}

/** Return the last day of the axis: the longest interval shown, the planned end of the running one included. */
export function lastDay(shown, plannedDay = null) {
  const days = shown.flatMap(({ reach, points }) => [reach, ...points.map(({ day }) => day)]);
  return Math.max(SHORTEST_AXIS, plannedDay ?? 0, ...days);
}

/** Return points in runs: a run ends where a week or more has no rating, so that no line is drawn over them. */
export function runs(points, gap = GAP) {
  const found = [];
  for (const point of points) {
    const run = found.at(-1);
    if (run && point.day - run.at(-1).day <= gap) run.push(point);
    else found.push([point]);
  }
  return found;
}

/** Return the median by day over intervals, only where at least two of them rated that day. */
export function medians(shown) {
  const days = new Map();
  for (const { day, rating } of shown.flatMap(({ points }) => points)) days.set(day, [...(days.get(day) ?? []), rating]);
  return [...days]
    .filter(([, ratings]) => ratings.length > 1)
    .sort(([one], [another]) => one - another)
    .map(([day, ratings]) => ({ day, rating: median(ratings) }));
}

/** Return what one sentence says of an interval: how many days were rated, and the highest of them. */
export function told({ rated_days: n, points }) {
  const highest = points.reduce((most, point) => (most && most.rating >= point.rating ? most : point), null);
  return { n, highest };
}

/** Return the day of the interval on which the next dose is planned, null where none is. */
export function plannedDay(plan) {
  const running = plan?.interval;
  return running?.planned_end_on ? Math.max(daysBetween(running.opened_on, running.planned_end_on), 0) : null;
}

/** Return rows for a table: [{day, ratings: [per interval, null where none]}], only days that were rated. */
export function rows(shown) {
  const by = shown.map(({ points }) => new Map(points.map(({ day, rating }) => [day, rating])));
  const days = [...new Set(shown.flatMap(({ points }) => points.map(({ day }) => day)))].sort((one, another) => one - another);
  return days.map((day) => ({ day, ratings: by.map((ratings) => ratings.get(day) ?? null) }));
}

/** Return steps for an axis of so many days: whole weeks, as many as fit. */
export function weeks(last, room) {
  const step = [7, 14, 28, 56, 112, 364].find((days) => last / days <= room) ?? 728;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, at) => at * step);
}

function median(values) {
  const sorted = [...values].sort((one, another) => one - another);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
