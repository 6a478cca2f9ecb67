/** What the site's studies ask of those who take part: which questionnaires, when, of whom, and how that stands. */

import { fill, h, notice } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { words } from "./assigned.words.js";
import { api } from "./api.js";
import { make } from "./assignedform.js";
import { assignmentList } from "./assignedlist.js";
import { countsText, STATES } from "./assignedrounds.js";
import { nameOf, patientNames, staffNames } from "./names.js";
import { mayDraft, titleOf } from "./questionnairewords.js";
import { who } from "./session.js";
import { button, buttons, empty, field, load, panel, select, table } from "./ui.js";

add(words);

const CARING = new Set(["nurse", "clinician", "coordinator"]);

/** Draw this part of the page; the address may name the study. */
export function draw(root, page) {
  const body = h("div", { class: "stacked" });
  root.append(h("p", { class: "soft" }, t("assigned.studies_lead")), body);
  return load(body, () => api("GET", "/studies"), ({ items }) => (items.length ? chosen(items, page) : empty(t("assigned.no_studies")))).then(() => null);
}

function chosen(studies, page) {
  const shown = h("div", {});
  const show = (study) => {
    // Which study one looks at goes into the address, so that it can be gone back to.
    history.replaceState(history.state, "", `#/questionnaires/studies/${encodeURIComponent(study.id)}`);
    void drawStudy(shown, study);
  };
  const first = studies.find(({ id }) => id === page.rest[0]) ?? studies[0];
  show(first);
  const options = studies.map(({ id, name }) => ({ value: id, text: name }));
  return [field(t("assigned.study"), select(options, { id: "assigned-study", value: first.id, onchange: (id) => show(studies.find((one) => one.id === id)) })), shown];
}

function drawStudy(node, study) {
  const path = `/studies/${encodeURIComponent(study.id)}/assignments`;
  const body = h("div", { class: "stacked" });
  fill(node, panel(study.name, body));
  const ask = () => Promise.all([api("GET", path), api("GET", "/sites/own/questionnaires"), api("GET", "/assignment-templates"), staffNames(), participants(study)]);
  const again = () => load(body, ask, ([{ items }, forms, templates, staff, names]) => listed(items, { owner: { path, concerns: concerns(names) }, forms: forms.items, templates: templates.items, staff, done }));
  const done = async (told, act) => {
    await again();
    notice(told === "gone" ? t("desk.changed") : t(`assigned.saved.${act}`));
    document.getElementById(act === "change" ? `assigned-change-${told.id}` : "assigned-make")?.focus();
  };
  return again();
}

/** The names of those who take part and whom one cares for; null for who cares for nobody. */
async function participants(study) {
  if (!CARING.has(who()?.role)) return null;
  const [{ items }, names] = await Promise.all([api("GET", `/studies/${encodeURIComponent(study.id)}/participants`), patientNames()]);
  const now = new Date().toISOString();
  return items.filter(({ finished_at: over }) => !over || over > now).map(({ patient_id: id }) => nameOf(names, id));
}

function concerns(names) {
  if (names === null) return t("assigned.concerns_study");
  return [t("assigned.concerns_study"), names.length ? t("assigned.concerns_names", { names: names.toSorted().join(", ") }) : t("assigned.concerns_nobody")].join(" ");
}

function listed(items, about) {
  const known = { ...about, more: (one, at) => CARING.has(who()?.role) && adherence(one, at, about) };
  const more = mayDraft() ? buttons(button(t("assigned.make"), () => void make(about).then((told) => told && about.done(told, "make")), { primary: true, id: "assigned-make" })) : h("p", { class: "soft" }, t("assigned.only"));
  return [h("p", { class: "concerns" }, about.owner.concerns), assignmentList(items, known), more];
}

/** How an assignment stands, asked for when somebody unfolds it: it is reckoned over all who take part. */
function adherence(one, at, about) {
  const node = h("div", {});
  const title = titleOf(about.forms, one.questionnaire);
  let asked = false;
  const fold = h("details", {}, h("summary", {}, t("assigned.adherence")), node);
  fold.addEventListener("toggle", () => {
    if (!fold.open || asked) return;
    asked = true;
    void load(node, () => api("GET", `${about.owner.path}/${encodeURIComponent(one.id)}/adherence`), (told) => stands(told, { title, at: at + 1 }));
  });
  return fold;
}

function stands({ patients, states, intervals }, named) {
  const used = STATES.filter((state) => states[state] > 0);
  const columns = [{ text: t("assigned.col.interval") }, ...used.map((state) => ({ text: t(`assigned.state.${state}`), number: true }))];
  const rows = intervals.map((one) => [one.interval === null ? t("assigned.no_interval") : String(one.interval), ...used.map((state) => String(one.states[state] ?? 0))]);
  return [h("p", {}, t("assigned.over", { n: patients }), " ", countsText(states)), rows.length > 0 && used.length > 0 && table({ caption: t("assigned.adherence_of", named), hideCaption: true, columns, rows })];
}
