/** Tells in words what the timeline shows: of one day, of a level, of a test. */

import { day, number, t } from "/static/shared/words.js";

import { isoDay } from "./daynumbers.js";
import { tellDay } from "./timeline.js";

/** Say everything that is known of a day, in one line. */
export function toldDay(line, x) {
  const found = tellDay(line, x);
  const parts = [place(found), ...found.doses.map(toldDose), ...ratings(found), ...found.levels.map(toldLevel), ...found.marks.map(toldMark)].filter(Boolean);
  const known = parts.length > 1 || (!found.interval && parts.length);
  return { day: day(isoDay(found.at), "full"), parts: known ? parts : [...parts, t("line.told.nothing")] };
}

/** Say where a day stands. */
export function place({ interval, day: since }) {
  if (!interval) return null;
  return interval.weeks === null ? t("line.told.interval", { day: since, interval: interval.n }) : t("line.told.weeks", { day: since, interval: interval.n, weeks: interval.weeks });
}

/** Say what became of a dose. */
export function toldDose({ kind, planned, given, overdue }) {
  if (overdue) return t("line.told.overdue");
  if (kind === "given" && planned !== null && planned !== given) return t("line.told.given_moved", { planned: day(isoDay(planned), "tight") });
  return t(`line.told.${kind}`);
}

/** Say a level, with "<" where it was too low to measure and what sets it apart. */
export function toldLevel({ told, usable, released }) {
  const apart = [t(`line.trough.${told.trough_class}`), told.provisional && t("line.provisional"), !usable && t("line.unusable"), !released && t("line.unreleased")].filter(Boolean);
  return `${t("line.told.level", { value: levelValue(told) })} µg/mL (${apart.join(", ")})`;
}

/** Write a level: "12,4" or "< 0,4". */
export function levelValue({ value, comparator }) {
  return `${comparator === "=" ? "" : `${comparator} `}${number(value, value < 1 ? 2 : 1)}`;
}

/** Say what a mark stands for, with its value where it has one. */
export function toldMark(mark) {
  const value = markValue(mark);
  return [t(`line.mark.${mark.kind}`), value].filter(Boolean).join(" ");
}

/** The value to write beside a mark: only where it is one number that says enough. */
export function markValue({ kind, finding }) {
  const values = finding?.values ?? {};
  const one = { edss: values.score, sdmt: values.correct, t25fw: values.seconds_1, nhpt: values.dominant_s, weight: values.kg }[kind];
  return typeof one === "number" ? number(one) : "";
}

function ratings({ ratings: means, heat }) {
  const told = means.map(({ y, flagged }) => [t("line.told.rating", { value: y }), flagged && t("line.told.flagged")]).flat();
  const complaints = heat.flatMap(({ values, none, felt }) => [
    none && t("line.told.none"),
    ...values.map(([symptom, value]) => t("line.told.symptom", { symptom: t(`line.short.${symptom}`).toLowerCase(), value })),
    felt && t(`line.told.felt.${felt}`),
  ]);
  return [...told, ...complaints];
}
