/** One interval in words: what the diary shows, and apart from it what was recalled; never merged. */

import { h } from "../shared/dom.js";
import { day, has, number, t } from "../shared/words.js";

/** Return the card of an interval: open for the running one, to be opened for those before it. */
export function spanCard(span, name) {
  const from = day(span.opened_on, "date");
  const until = span.closed_on ? t("spans.until", { from, to: day(span.closed_on, "date"), n: span.length_days }) : t("spans.since", { from });
  const body = [
    h("p", { class: "soft" }, until),
    h("h4", {}, t("spans.diary")),
    h("dl", {}, diary(span)),
    h("h4", {}, t("spans.recall")),
    span.recall.length ? span.recall.map((one) => h("dl", {}, recalled(one))) : h("p", {}, t("spans.no_recall")),
  ];
  if (!span.ago) return h("section", { class: "card span", "aria-label": name }, h("h3", {}, name), body);
  return h("details", { class: "card span" }, h("summary", {}, h("h3", {}, name)), body);
}

function diary({ rated_days: rated, entries, diary: found }) {
  return [
    pair("spans.days", number(rated)),
    pair("spans.entries", number(entries)),
    found.first_mean !== null && pair("spans.first", number(found.first_mean)),
    found.last_mean !== null && pair("spans.last", number(found.last_mean)),
    pair("spans.rule", verdict(found)),
    found.onset_days_before_dose !== null && pair("spans.onset", t("spans.before_dose", { n: found.onset_days_before_dose })),
    found.relief_days !== null && pair("spans.relief", t("spans.after_dose", { n: found.relief_days })),
    found.n_flagged > 0 && pair("spans.flagged", number(found.n_flagged)),
  ];
}

/** What the rule says, or why it says nothing. */
function verdict({ assessable, why_not: reasons, wearing_off: felt, difference }) {
  if (!assessable) return `${t("spans.unknown")} ${reasons.map((why) => (has(`spans.why.${why}`) ? t(`spans.why.${why}`) : "")).join(" ")}`.trim();
  return t(felt ? "spans.rule.yes" : "spans.rule.no", { n: difference });
}

function recalled(told) {
  const worded = (stem, value) => (value !== null && has(`spans.${stem}.${value}`) ? pair(`spans.${stem}`, t(`spans.${stem}.${value}`)) : null);
  return [
    worded("ever", told.ever),
    worded("experienced", told.experienced),
    worded("frequency", told.frequency),
    told.onset_days_before_dose !== null ? pair("spans.onset", t("spans.before_dose", { n: told.onset_days_before_dose })) : worded("band", told.onset_band),
    told.not_resolved ? pair("spans.relief", t("spans.not_resolved")) : told.relief_days !== null && pair("spans.relief", t("spans.after_dose", { n: told.relief_days })),
    told.intensity !== null && pair("spans.worst", t("spans.of_ten", { n: told.intensity })),
  ];
}

function pair(key, value) {
  return [h("dt", {}, t(key)), h("dd", {}, value)];
}
