/** The tables of the cohort: spreads by length, onsets, extended dosing, adherence, quality, relapses. */

import { h } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { share } from "./beforeafter.js";
import { STATES } from "./marks.js";
import { signed } from "./spanlist.js";
import { table } from "./ui.js";

const BANDS = ["lt_1wk", "wk1_4", "gt_4wk"];
const DEFINITIONS = ["by_infusions", "by_mean", "by_delay"];
const QUALITIES = ["days_rated", "assessable", "forms", "late", "date_only", "flagged", "usable"];

/** Ratings of the first and last week and their difference, by length: median and quartiles. */
export function spreadTable({ items }) {
  const columns = ["length", "first", "last", "difference"].map((key, at) => ({ text: t(`cohort.spread.${key}`), number: at > 0 }));
  const rows = items.map(({ planned_weeks: weeks, ratings }) => [lengthName(weeks), middle(ratings.first), middle(ratings.last), middle(ratings.difference, signed)]);
  return table({ caption: t("cohort.spread.caption"), hideCaption: true, columns, rows });
}

/** When complaints begin before the dose, by length and by instrument, which are never merged. */
export function onsetsTable({ items, all }) {
  const columns = [{ text: t("cohort.spread.length") }, { text: t("cohort.instrument") }, ...BANDS.map((band) => ({ text: t(`cohort.band.${band}`), number: true })), { text: t("cohort.onset_unknown"), number: true }, { text: t("cohort.onset_before"), number: true }];
  const rows = [...items.map((one) => [lengthName(one.planned_weeks), one]), [t("desk.all"), all]].flatMap(([name, one]) => ["diary", "recall"].map((instrument) => onsetRow(name, instrument, one[instrument])));
  return table({ caption: t("cohort.onsets"), hideCaption: true, columns, rows: rows.filter(Boolean) });
}

function onsetRow(name, instrument, found) {
  if (!found || found.n_wearing_off === 0) return null;
  const band = (key) => {
    const { k, n } = found.bands.find((one) => one.band === key);
    return n ? `${k} (${number((100 * k) / n, 0)}%)` : "–";
  };
  return [name, t(`cohort.${instrument}`), ...BANDS.map(band), String(found.n_unknown), middle(found.days_before_dose)];
}

/** Extended dosing by its three definitions, and the doses avoided. */
export function extendedTable({ eid, avoided }) {
  const columns = ["definition", "yes", "no", "unknown"].map((key, at) => ({ text: t(`cohort.eid.${key}`), number: at > 0 }));
  const rows = DEFINITIONS.map((name) => [[t(`cohort.eid.${name}`), h("small", { class: "block" }, eid[name].source)], String(eid[name].yes), String(eid[name].no), String(eid[name].unknown)]);
  const told = avoided.n
    ? t("cohort.avoided.told", { n: avoided.n, doses: number(avoided.doses), given: avoided.given, expected: number(avoided.expected), every: avoided.every_days, year: avoided.per_patient_year === null ? "–" : number(avoided.per_patient_year, 2) })
    : t("cohort.avoided.none");
  return [table({ caption: t("cohort.extended"), hideCaption: true, columns, rows }), h("p", {}, told)];
}

/** How it stands with the forms: the eight states, by length. */
export function adherenceTable({ counts, items }) {
  const columns = [{ text: t("cohort.spread.length") }, ...STATES.map((state) => ({ text: t(`marks.${state}`), number: true }))];
  const row = (name, by) => [name, ...STATES.map((state) => String(by[state] ?? 0))];
  return table({ caption: t("cohort.adherence"), hideCaption: true, columns, rows: [...items.map((one) => row(lengthName(one.planned_weeks), one.counts)), row(t("desk.all"), counts)] });
}

/** How good the data are. */
export function qualityTable(found) {
  const columns = [{ text: t("cohort.quality.what") }, { text: t("cohort.quality.share") }];
  const rows = [
    [t("cohort.quality.per_week"), found.per_week === null ? "–" : t("cohort.quality.weeks", { x: number(found.per_week), weeks: number(found.weeks, 0) })],
    ...QUALITIES.map((name) => [t(`cohort.quality.${name}`), share(found[name])]),
    [t("cohort.quality.troughs"), Object.entries(found.troughs).filter(([, n]) => n).map(([kind, n]) => `${t(`desk.trough.${kind}`)}: ${n}`).join(", ") || "–"],
  ];
  return table({ caption: t("cohort.quality"), hideCaption: true, columns, rows });
}

/** Relapses among those who are extended by each definition; none seen still has an interval. */
export function relapsesTable({ items }) {
  const columns = [{ text: t("cohort.eid.definition") }, { text: t("cohort.relapses.share") }, { text: t("cohort.relapses.events"), number: true }];
  const rows = items.map((one) => [t(`cohort.eid.${one.by}`), share(one), String(one.events)]);
  return table({ caption: t("cohort.relapses"), hideCaption: true, columns, rows });
}

function lengthName(weeks) {
  return weeks === null ? t("length.other") : t("length.own", { weeks });
}

function middle(found, told = number) {
  return found ? `${told(found.median)} (${told(found.q1)} – ${told(found.q3)})` : "–";
}
