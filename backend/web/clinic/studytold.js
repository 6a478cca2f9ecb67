/** How studies are told in words: a purpose, how a consent stands, a name in the reader's language, the days of a visit. */

import { h } from "/static/shared/dom.js";
import { add, day, language, localDay, t } from "/static/shared/words.js";

import { words } from "./studytold.words.js";

add(words);

export const PURPOSES = ["study", "care", "contact"];
const WARM = new Set(["asked", "renewing", "lapsed"]);
const PLAIN = new Set(["none", "declined", "withdrawn"]);

/** A name in the reader's language, else in the other. */
export function named(names) {
  return names?.[language()] ?? Object.values(names ?? {})[0] ?? "";
}

/** The day of a moment on this machine's calendar. */
export function dayOf(at) {
  return day(localDay(new Date(at)), "date");
}

/** How a consent stands, with until when or since when where a newer text is needed. */
export function stateOf({ state, lapses_at: at }) {
  const kind = WARM.has(state) ? "tag warm" : PLAIN.has(state) ? "tag plain" : "tag";
  const more = at && (state === "renewing" || state === "lapsed") ? t(`study.${state}_on`, { day: dayOf(at) }) : "";
  return [h("span", { class: kind }, t(`study.state.${state}`)), more && h("small", { class: "block" }, more)];
}

/** A text of a study as people read it. */
export function textNode(language_, text) {
  return h("div", { class: "consent-text", lang: language_, tabindex: "0", role: "region", "aria-label": t(`study.language.${language_}`) }, text);
}

/** The days of a visit in words. */
export function daysTold(days) {
  const told = { enrolment: seriesTold, dose: windowTold, dates: datesTold }[days.anchor](days);
  return days.grace_days ? `${told}${t("study.days.grace", { n: days.grace_days })}` : told;
}

function seriesTold({ series: { unit, at, every, opens_days: opens, closes_days: closes } }) {
  const first = t("study.days.series", { at: at.join(", "), unit: t(`study.unit.${unit}`) });
  const then = every ? t("study.days.then", { n: every, unit: t(`study.unit.${unit}`) }) : "";
  const around = opens || closes ? t("study.days.around", { from: signed(opens), to: signed(closes) }) : "";
  return `${first}${then}${around}`;
}

function windowTold({ window: { opens, closes, first, every } }) {
  const told = t("study.days.window", { from: edgeTold(opens), to: edgeTold(closes) });
  return every > 1 || first > 1 ? `${told}${t("study.days.every", { first, every })}` : told;
}

function edgeTold({ from, n }) {
  return n === 0 && from !== "percent" ? t(`study.edge.${from}.zero`) : t(`study.edge.${from}`, { n });
}

function datesTold({ dates }) {
  return dates.map(({ opens_on: from, closes_on: to }) => t("study.days.dates", { from: day(from, "date"), to: day(to, "date") })).join("; ");
}

function signed(n) {
  return n > 0 ? `+${n}` : String(n).replace("-", "−");
}
