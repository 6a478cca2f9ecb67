/** The site's studies, one at a time: its dosing rules, consent texts, arms and visits, and who takes part. */

import { fill, h } from "/static/shared/dom.js";
import { add, day, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { who } from "./session.js";
import { words } from "./studies.words.js";
import { setUp } from "./studynew.js";
import { words as newWords } from "./studynew.words.js";
import { draw as people } from "./studyparticipants.js";
import { words as partWords } from "./studyparts.words.js";
import { draw as plan } from "./studyplan.js";
import { draw as researchers } from "./studyresearchers.js";
import { draw as rules } from "./studyrules.js";
import { draw as texts } from "./studytexts.js";
import { tabs } from "./tabs.js";
import { button, buttons, empty, field, load, select } from "./ui.js";

add(partWords);
add(newWords);

/** The parts of a study, each for the roles that may read it. */
const PARTS = [
  { name: "rules", draw: rules, roles: ["nurse", "clinician", "admin"] },
  { name: "texts", draw: texts, roles: ["nurse", "clinician", "coordinator", "admin"] },
  { name: "plan", draw: plan, roles: ["nurse", "clinician", "coordinator", "admin"] },
  { name: "participants", draw: people, roles: ["nurse", "clinician", "coordinator"] },
  { name: "researchers", draw: researchers, roles: ["admin"] },
];

export const screen = { words, render };

async function render(root, { params: [id, part] }) {
  const body = h("div", { class: "stacked" });
  const page = { part, leave: null };
  const draw = (wanted) => load(body, () => api("GET", "/studies"), ({ items }) => (items.length ? chosen(items, page, wanted) : none()));
  const again = (made) => (page.part = null, draw(made));
  const act = who()?.role === "admin" && buttons(button(t("snew.do"), () => void setUp(again), { id: "study-new" }));
  fill(root, h("h1", {}, t("studies.title")), h("p", { class: "note" }, t("studies.lead")), act, body);
  await draw(id);
  return () => page.leave?.();
}

function none() {
  return empty(t(who()?.role === "admin" ? "snew.none" : "studies.none"));
}

function chosen(studies, page, id) {
  const shown = h("div", { class: "stacked" });
  const first = studies.find((one) => one.id === id) ?? studies[0];
  show(shown, first, page);
  const options = studies.map((one) => ({ value: one.id, text: one.name }));
  const which = field(t("studies.study"), select(options, { value: first.id, id: "study", onchange: (value) => show(shown, studies.find((one) => one.id === value), page) }));
  return [studies.length > 1 && which, shown];
}

/** Which study one looks at, and which part of it, goes into the address, so that it can be gone back to. */
function remember({ id }, part) {
  history.replaceState(history.state, "", `#/studies/${encodeURIComponent(id)}${part ? `/${part}` : ""}`);
}

function show(node, study, page) {
  page.leave?.();
  const parts = PARTS.filter(({ roles }) => roles.includes(who()?.role)).map(({ name, draw }) => ({ name, text: t(`sparts.part.${name}`), draw: (root) => draw(root, study) }));
  const known = parts.some(({ name }) => name === page.part);
  remember(study, known ? page.part : null);
  const shown = tabs(t("sparts.parts"), parts, known ? page.part : parts[0].name, (name) => {
    page.part = name;
    remember(study, name);
  });
  page.leave = () => shown.leave();
  fill(node, h("header", {}, h("h2", {}, study.name), h("p", { class: "soft" }, t("studies.since", { on: day(study.created_at, "date") }), " · ", t(`sparts.days.${study.days}`))), shown.node);
  void shown.show();
}
