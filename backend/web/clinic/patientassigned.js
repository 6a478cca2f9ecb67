/** The part of a patient's page for what is asked of them: now and before, by studies too, and how each round stands. */

import { h, notice } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { make } from "./assignedform.js";
import { assignmentList } from "./assignedlist.js";
import { counted, countsText, roundTable } from "./assignedrounds.js";
import { staffNames } from "./names.js";
import { mayDraft, titleOf } from "./questionnairewords.js";
import { button, buttons, load, panel } from "./ui.js";

/** Draw this part of the page. */
export function draw(root, page) {
  return drawOf(root, { id: page.id, name: page.overview.patient.name ?? t("desk.unknown") });
}

/** Draw what is asked of one patient, {id, name}. */
export function drawOf(root, patient) {
  const body = h("div", { class: "stacked" });
  root.append(panel(t("assigned.title"), h("p", { class: "soft" }, t("assigned.patient_lead")), body));
  const path = `/patients/${encodeURIComponent(patient.id)}/assignments`;
  const owner = { path, concerns: t("assigned.concerns_patient", { name: patient.name }) };
  const ask = () => Promise.all([api("GET", path), api("GET", "/sites/own/questionnaires"), api("GET", "/assignment-templates"), api("GET", "/studies"), staffNames()]);
  const again = () => load(body, ask, ([{ items }, forms, templates, studies, staff]) => shown(items, { owner, forms: forms.items, templates: templates.items, studies: studies.items, staff, done }));
  const done = async (told, act) => {
    await again();
    notice(told === "gone" ? t("desk.changed") : `${t(`assigned.saved.${act}`)} ${owner.concerns}`);
    document.getElementById(act === "change" ? `assigned-change-${told.id}` : "assigned-make")?.focus();
  };
  return again().then(() => null);
}

function shown(items, about) {
  const known = {
    ...about,
    more: (one, at) => [h("p", {}, countsText(counted(one.rounds))), roundTable(one.rounds, t("assigned.rounds_of", { title: titleOf(about.forms, one.questionnaire), at: at + 1 }))],
    where: (one) => one.study_id && h("p", { class: "soft" }, t("assigned.of_study"), " ", h("a", { href: `#/questionnaires/studies/${one.study_id}` }, about.studies.find(({ id }) => id === one.study_id)?.name ?? t("desk.unknown"))),
  };
  const add = mayDraft() ? buttons(button(t("assigned.make"), () => void make(about).then((told) => told && about.done(told, "make")), { primary: true, id: "assigned-make" })) : h("p", { class: "soft" }, t("assigned.only"));
  return [assignmentList(items, known), add];
}
