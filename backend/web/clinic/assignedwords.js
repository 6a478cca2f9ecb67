/** When something is asked, in words: "7 days before the next dose until the day of the next dose, again every dose". */

import { day, t } from "/static/shared/words.js";

/** Say when an assignment asks, in one sentence. */
export function daysText(told) {
  const whole = { dose: () => doseText(told.window), enrolment: () => seriesText(told.series), dates: () => datesText(told.dates) }[told.anchor]();
  return [whole, ...rhythm(told)].join(", ");
}

/** Say what holds beside the days: how long after it is still asked, and when it ends. */
export function endTexts(told) {
  return [
    told.grace_days > 0 && t("assigned.grace_told", { n: told.grace_days }),
    told.cycles && t("assigned.cycles_told", { n: told.cycles }),
    told.until && t("assigned.until_told", { on: day(told.until, "date") }),
    told.ends_with_treatment && t("assigned.with_treatment_told"),
    told.version && t("assigned.pinned", { n: told.version }),
  ].filter(Boolean);
}

function rhythm({ daily, times }) {
  return [daily && t("assigned.daily_told"), times && t("assigned.times_told", { n: times })].filter(Boolean);
}

function doseText({ opens, closes, first, every }) {
  const [from, to] = [edgeText(opens), edgeText(closes)];
  const when = from === to ? from : t("assigned.from_to", { from, to });
  return [when, first > 1 && t("assigned.first_told", { n: first }), every > 1 ? t("assigned.every_told", { n: every }) : t("assigned.every_dose")].filter(Boolean).join(", ");
}

function edgeText({ from, n }) {
  if (from === "percent") return t("assigned.edge.percent", { n });
  if (n === 0) return t(`assigned.edge.day.${from}`);
  if (from === "after-dose") return t("assigned.edge.after", { n });
  return n > 0 ? t("assigned.edge.before", { n }) : t("assigned.edge.after_next", { n: -n });
}

function seriesText({ unit, at, every, opens_days: opens, closes_days: closes }) {
  const later = at.filter((n) => n > 0);
  const listed = later.length > 0 && t(`assigned.after.${unit}`, { list: joined(later.map(String)), n: later.at(-1) });
  const parts = [at[0] === 0 && t("assigned.at_enrolment"), listed].filter(Boolean);
  const around = opens === 0 && closes === 0 ? t("assigned.that_day") : t("assigned.around", { from: offset(opens), to: offset(closes) });
  return [joined(parts), every && t(`assigned.again.${unit}`, { n: every }), around].filter(Boolean).join(", ");
}

function offset(days) {
  if (days === 0) return t("assigned.offset.day");
  return t(days < 0 ? "assigned.offset.before" : "assigned.offset.after", { n: Math.abs(days) });
}

function datesText(dates) {
  return joined(dates.map(({ opens_on: from, closes_on: to }) => (from === to ? t("assigned.on", { on: day(from, "date") }) : t("assigned.from_to", { from: day(from, "date"), to: day(to, "date") }))));
}

function joined(texts) {
  return texts.length < 2 ? (texts[0] ?? "") : `${texts.slice(0, -1).join(", ")} ${t("assigned.joined")} ${texts.at(-1)}`;
}
