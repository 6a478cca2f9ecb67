/** Days as whole numbers, which figures can reckon with, and the ticks of an axis of days or of weeks. */

const DAY_MS = 86_400_000;
const WEEK = 7;
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];
const LONGEST_BY_WEEK = 130;

/** Return the number of a day ("2026-11-28"), one more for the day after, whatever clock anybody lives by. */
export function dayNumber(isoDay) {
  const [year, month, date] = isoDay.slice(0, 10).split("-").map(Number);
  return Date.UTC(year, month - 1, date) / DAY_MS;
}

/** Return the day of a number: 20 785 is "2026-11-28". */
export function isoDay(number) {
  return new Date(Math.round(number) * DAY_MS).toISOString().slice(0, 10);
}

/** Return ticks between two days, at most `room` of them: [{at, day, unit}] by week or month; `unit` says which to write. */
export function dayTicks(from, to, room) {
  const most = Math.max(Math.floor(room), 1);
  return to - from <= Math.min(LONGEST_BY_WEEK, most * WEEK * 2) ? weekly(from, to, most) : monthly(from, to, most);
}

/** Return ticks of whole weeks from `from` (0 or below) to `to`, at most about `room` of them. */
export function weekTicks(from, to, room) {
  const step = [WEEK, 14, 28, 56, 112, 364].find((days) => (to - from) / days <= room) ?? 728;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, at) => first + at * step);
}

function weekly(from, to, most) {
  const step = [1, 2, WEEK, 14, 28].find((days) => (to - from) / days <= most) ?? 56;
  const found = [];
  for (let at = Math.ceil(from); at <= to; at += step) found.push({ at, day: isoDay(at), unit: "day" });
  return found;
}

function monthly(from, to, most) {
  const step = MONTH_STEPS.find((months) => (to - from) / (months * 30.4) <= most) ?? 360;
  const begin = new Date(from * DAY_MS);
  let month = Math.floor((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / step) * step;
  const found = [];
  for (let at = monthDay(month); at <= to; month += step, at = monthDay(month)) {
    if (at >= from) found.push({ at, day: isoDay(at), unit: month % 12 === 0 || step >= 12 ? "year" : "month" });
  }
  return found;
}

function monthDay(month) {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY_MS;
}
