/** The arms and visits of a study: what stands, and changing it without overwriting what somebody else decided. */

import { h, notice } from "/static/shared/dom.js";
import { day, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { onlyRefusals } from "./reading.js";
import { who } from "./session.js";
import { armForm, visitForm } from "./studyplanforms.js";
import { daysTold, named } from "./studytold.js";
import { button, buttons, confirm, empty, explain, load, panel, table } from "./ui.js";

const DECIDING = new Set(["clinician", "coordinator", "admin"]);

/** Draw this part of a study. */
export function draw(root, study) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  return show(body, study);
}

function show(body, study) {
  return load(body, () => api("GET", at(study)), (plan) => {
    const about = { plan, study, body, deciding: DECIDING.has(who()?.role) };
    const told = plan.version ? t("sparts.plan.version", { n: String(plan.version), on: day(plan.from_on, "date") }) : t("sparts.plan.zero");
    return [h("p", { class: "soft" }, told, !about.deciding && ` ${t("sparts.plan.only")}`), arms(about), visits(about)];
  });
}

function at({ id }) {
  return `/studies/${encodeURIComponent(id)}/plan`;
}

/** Keep other arms or visits. Throws what the server refuses, but for a version that is not the newest: that is "gone". */
export async function keep({ plan, study }, changes) {
  const body = { arms: plan.arms, visits: plan.visits, ...changes };
  return api("PUT", at(study), body, { version: plan.version });
}

async function after(about, done, id) {
  if (!done) return;
  await show(about.body, about.study);
  notice(t(done === "gone" ? "sparts.changed" : "sparts.plan.saved"));
  document.getElementById(id)?.focus();
}

function arms(about) {
  const { plan, deciding } = about;
  const columns = ["nl", "en", ...(deciding ? ["do"] : [])].map((key) => ({ text: t(`sparts.plan.${key}`) }));
  const rows = plan.arms.map((one) => [one.names.nl ?? "–", one.names.en ?? "–", ...(deciding ? [armActs(one, about)] : [])]);
  const add = button(t("sparts.plan.add_arm"), () => void armForm(about, null, keep).then((done) => after(about, done, "arm-add")), { id: "arm-add" });
  return panel(t("sparts.plan.arms"), rows.length ? table({ caption: t("sparts.plan.arms"), hideCaption: true, columns, rows }) : empty(t("sparts.plan.no_arms")), deciding && buttons(add));
}

function armActs(one, about) {
  const name = named(one.names);
  const rename = button(t("sparts.plan.rename"), () => void armForm(about, one, keep).then((done) => after(about, done, `rename-${one.key}`)), { quiet: true, id: `rename-${one.key}`, label: `${t("sparts.plan.rename")}: ${name}` });
  return h("span", { class: "acts" }, rename, drop(about, { name, text: t("sparts.plan.drop_arm"), changes: () => ({ arms: about.plan.arms.filter((arm) => arm !== one) }), back: "arm-add" }));
}

function visits(about) {
  const { plan, deciding } = about;
  const columns = ["nl", "en", "days", ...(deciding ? ["do"] : [])].map((key) => ({ text: t(`sparts.plan.${key}`) }));
  const rows = plan.visits.map((one) => [one.names.nl ?? "–", one.names.en ?? "–", daysTold(one.days), ...(deciding ? [visitActs(one, about)] : [])]);
  const add = button(t("sparts.plan.add_visit"), () => void visitForm(about, keep).then((done) => after(about, done, "visit-add")), { id: "visit-add" });
  return panel(t("sparts.plan.visits"), rows.length ? table({ caption: t("sparts.plan.visits"), hideCaption: true, columns, rows }) : empty(t("sparts.plan.no_visits")), deciding && buttons(add));
}

function visitActs(one, about) {
  return h("span", { class: "acts" }, drop(about, { name: named(one.names), text: t("sparts.plan.drop_visit"), changes: () => ({ visits: about.plan.visits.filter((visit) => visit !== one) }), back: "visit-add" }));
}

function drop(about, { name, text, changes, back }) {
  const title = t("sparts.plan.drop_of", { name });
  return button(t("sparts.plan.drop"), async () => {
    if (!(await confirm(title, text, t("sparts.plan.drop"), { danger: true }))) return;
    try {
      await keep(about, changes());
      await after(about, true, back);
    } catch (error) {
      onlyRefusals(error);
      if (error.status === 409) return void after(about, "gone", back);
      notice(error.status === 422 ? t("sparts.plan.in_use") : explain(error));
    }
  }, { quiet: true, label: title });
}
