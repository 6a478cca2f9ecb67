/** Before and after stretching over the cohort: the pattern in words, the counts, the tests, and who is who. */

import { fill, h } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { signed } from "./spanlist.js";
import { nameOf, patientNames } from "./names.js";
import { loading, table } from "./ui.js";

const STATES = ["better", "same", "worse", "new", "not-assessable"];
const PAIRS = ["before_after", "earlier_after", "earlier_before"];

/** Draw what the pairs show. */
export function stretchedPart(found) {
  return [
    h("p", { class: `answer pattern-${found.pattern}` }, h("strong", {}, t(`cohort.pattern.${found.pattern}.short`)), " ", t(`cohort.pattern.${found.pattern}`)),
    counts(found),
    tests(found),
    people(found),
  ];
}

function counts({ counts: by }) {
  const columns = STATES.map((state) => ({ text: t(`stretch.state.${state}`), number: true }));
  return table({ caption: t("cohort.states"), columns, rows: [STATES.map((state) => String(by[state] ?? 0))] });
}

function tests(found) {
  const columns = ["pair", "n", "first", "second", "mcnemar", "change", "wilcoxon", "onset", "onset_p"].map((key, at) => ({ text: t(`cohort.test.${key}`), number: at > 0 }));
  const rows = PAIRS.filter((name) => found[name]).map((name) => {
    const pair = found[name];
    const { mcnemar, change, differences, onset_change: onset, onsets } = pair;
    return [
      t(`cohort.pair.${name}`),
      String(pair.n),
      share(pair.n_first, pair.n),
      share(pair.n_second, pair.n),
      pair.n ? t("cohort.mcnemar", { b: mcnemar.b, c: mcnemar.c, p: p(mcnemar.p) }) : "–",
      middle(change, signed),
      pair.n ? p(differences.p) : "–",
      middle(onset, signed),
      pair.n ? p(onsets.p) : "–",
    ];
  });
  return table({ caption: t("cohort.tests"), columns, rows });
}

function people(found) {
  const body = h("div", {});
  const node = h("details", { class: "as-table" }, h("summary", {}, t("cohort.who")), body);
  node.addEventListener("toggle", async () => {
    if (!node.open) return fill(body);
    fill(body, loading());
    const names = await patientNames();
    return fill(body, whoTable(found.points.filter(({ state }) => state !== "not-assessable"), names));
  });
  return node;
}

function whoTable(points, names) {
  const columns = ["patient", "weeks", "state", "earlier", "before", "after"].map((key, at) => ({ text: t(`cohort.col.${key}`), number: at > 2 }));
  const mean = (period) => (period?.mean_difference === null || period?.mean_difference === undefined ? "–" : signed(period.mean_difference));
  const rows = points.map((one) => [
    h("a", { href: `#/patient/${encodeURIComponent(one.patient_id)}/stretching` }, nameOf(names, one.patient_id)),
    t("cohort.from_to", { from: one.old_weeks ?? "?", to: one.new_weeks ?? "?" }),
    [t(`stretch.state.${one.state}`), one.returned && h("small", {}, ` · ${t("cohort.returned")}`)],
    mean(one.earlier),
    mean(one.before),
    mean(one.after),
  ]);
  return table({ caption: t("cohort.who"), hideCaption: true, columns, rows });
}

function share(k, n) {
  return n ? `${k} (${number((100 * k) / n, 0)}%)` : "–";
}

function middle(found, told) {
  return found ? `${told(found.median)} (${told(found.q1)} – ${told(found.q3)})` : "–";
}

function p(value) {
  if (value === null || value === undefined) return "–";
  return value < 0.001 ? "< 0.001" : number(value, 3);
}
