/** The cohort: figures over all patients one cares for, or some of them, with what each rests on and leaves out. */

import { fill, h } from "/static/shared/dom.js";
import { add, number, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { lengthTable } from "./beforeafter.js";
import { words as beforeAfterWords } from "./beforeafter.words.js";
import { names } from "./catalogue.js";
import { agreementFigure, curveFigure, pairedFigure } from "./cohortcharts.js";
import { cohortFilters, FIRST, query } from "./cohortfilters.js";
import { cohortFoot } from "./cohortfoot.js";
import { profilesView } from "./cohortprofiles.js";
import { adherenceTable, extendedTable, onsetsTable, qualityTable, relapsesTable, spreadTable } from "./cohorttables.js";
import { stretchedPart } from "./cohortstretched.js";
import { words } from "./cohort.words.js";
import { words as footingWords } from "./footing.words.js";
import { words as glanceWords } from "./glance.words.js";
import { words as marksWords } from "./marks.words.js";
import { overdueList } from "./overdue.js";
import { words as overlayWords } from "./overlay.words.js";
import { words as spanWords } from "./spanlist.words.js";
import { when } from "./session.js";
import { empty, load, panel } from "./ui.js";

for (const one of [beforeAfterWords, footingWords, glanceWords, marksWords, overlayWords, spanWords]) add(one);

export const screen = { words, render };

// What one chose stands when one comes back from a patient, and is gone with who chose it.
let chosen = { ...FIRST };
when("out", () => {
  chosen = { ...FIRST };
});

async function render(root) {
  const body = h("div", { class: "figures" });
  const ends = [];
  const stop = () => {
    while (ends.length) ends.pop()();
  };
  const fresh = () => {
    stop();
    performance.mark("cohort:asked");
    return load(body, async () => (await Promise.all([api("GET", `/cohort${query(chosen)}`), names()]))[0], (found) => drawn(found, ends));
  };
  const tools = h("div", { class: "tools cohort-tools" });
  const filters = cohortFilters(chosen, (now) => {
    chosen = now;
    void fresh();
  });
  fill(root, h("h1", {}, t("cohort.title")), h("p", { class: "soft" }, t("cohort.lead")), tools, body);
  // The figures take longest: they are asked for at once, beside what one may choose from.
  await Promise.all([filters.then((bar) => tools.replaceWith(bar)), fresh()]);
  return stop;
}

function drawn(found, ends) {
  const { n } = found.patients;
  if (n === 0) return empty(t(Object.values(found.patients.left_out).some(Boolean) ? "cohort.none_chosen" : "cohort.none"));
  const nodes = [glance(found), ...parts(found, ends)];
  queueMicrotask(() => {
    performance.mark("cohort:drawn");
    performance.measure("cohort:draw", "cohort:asked", "cohort:drawn");
  });
  return nodes;
}

function parts(found, ends) {
  const foot = (figure, told, counted) => cohortFoot(figure, told, counted);
  return [
    panel(t("length.title"), lengthTable(found.lengths), h("h3", {}, t("cohort.spread")), spreadTable(found.lengths), foot(found.lengths, [t("cohort.told.lengths"), t("foot.recall")], "intervals")),
    profilesPart(found.profiles, ends),
    panel(t("cohort.stretched"), stretchedPart(found.stretching), pairedFigure(found.stretching), foot(found.stretching, [t("cohort.told.stretching", found.stretching.settings), t("cohort.told.tests")], "patients")),
    panel(t("cohort.onsets"), onsetsTable(found.onsets), curveFigure(found.onsets), foot(found.onsets, [t("cohort.told.onsets")], "intervals")),
    panel(t("cohort.extended"), extendedTable(found), foot(found.eid, [t("cohort.told.extended")], "patients")),
    panel(t("cohort.agreement"), agreementFigure(found.agreement), foot(found.agreement, [t("cohort.told.agreement")], "pairs")),
    panel(t("cohort.adherence"), adherenceTable(found.adherence), foot(found.adherence, [t("cohort.told.adherence")], "intervals")),
    panel(t("cohort.quality"), qualityTable(found.quality), foot(found.quality, [t("cohort.told.quality")], "entries")),
    panel(t("cohort.jc"), overdueList(found.jc_virus), foot(found.jc_virus, [t("cohort.told.jc")], "patients")),
    panel(t("cohort.relapses"), relapsesTable(found.relapses), foot(found.relapses, [t("cohort.told.relapses")], "patients")),
  ];
}

function profilesPart(profiles, ends) {
  const node = h("div", {});
  queueMicrotask(() => ends.push(profilesView(node, profiles)));
  return panel(t("over.title"), node);
}

/** The answer at a glance: how many, what the pairs show, how often it wears off, doses avoided. */
function glance({ patients, lengths, stretching, avoided, jc_virus: jc }) {
  const all = lengths.items.reduce((sum, { diary }) => ({ k: sum.k + diary.k, n: sum.n + diary.n }), { k: 0, n: 0 });
  const facts = [
    [t("cohort.patients"), number(patients.n, 0), left(patients.left_out)],
    [t("cohort.stretched"), t(`cohort.pattern.${stretching.pattern}.short`), t("cohort.assessed", { n: stretching.n })],
    [t("cohort.worn"), all.n ? `${number((100 * all.k) / all.n, 0)}%` : "–", t("cohort.of", all)],
    [t("cohort.avoided"), number(avoided.doses, 0), avoided.per_patient_year === null ? null : t("cohort.per_year", { x: number(avoided.per_patient_year) })],
    [t("cohort.jc"), String(jc.overdue.k), t("cohort.of", jc.overdue)],
  ];
  return h("dl", { class: "facts glance" }, facts.map(([name, told, more]) => h("div", { class: "fact" }, h("dt", {}, name), h("dd", {}, h("strong", {}, told), more && h("span", {}, more)))));
}

function left(out) {
  const told = Object.entries(out).filter(([, n]) => n > 0).map(([reason, n]) => t(`cohort.out.${reason}`, { n }));
  return told.length ? told.join(", ") : null;
}
