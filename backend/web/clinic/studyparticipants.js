/** Who takes part in a study, of the patients one cares for: since when, in which arm, and who may be contacted. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { nameOf, patientNames } from "./names.js";
import { dayOf, named } from "./studytold.js";
import { empty, filters, load, table } from "./ui.js";

/** Draw this part of a study. */
export function draw(root, study) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  const at = `/studies/${encodeURIComponent(study.id)}`;
  return load(body, () => Promise.all([api("GET", `${at}/participants`), api("GET", `${at}/plan`), patientNames()]), ([{ items }, plan, names]) => {
    const lead = h("p", { class: "note" }, t("sparts.people.lead"));
    return [lead, items.length ? listed(items, { study, plan, names }) : empty(t("sparts.people.none"))];
  });
}

function listed(items, about) {
  const shown = h("div", {});
  const may = items.filter(({ holds }) => holds.includes("contact"));
  const lists = { all: items, contact: may };
  const options = Object.entries(lists).map(([value, list]) => ({ value, text: t(`sparts.people.${value}`), count: list.length }));
  const show = (value) => {
    chips.set(options, value);
    fill(shown, lists[value].length ? drawn(lists[value], about) : empty(t("sparts.people.none_here")));
  };
  const chips = filters(t("sparts.people.filter"), options, "all", show);
  show("all");
  return [chips, shown];
}

function drawn(items, { study, plan, names }) {
  const columns = ["name", "since", "arm", "care", "contact", "over"].map((key) => ({ text: t(`sparts.people.col.${key}`) }));
  const arms = new Map(plan.arms.map(({ key, names: told }) => [key, named(told)]));
  const rows = items.map((one) => [
    h("a", { href: `#/patient/${encodeURIComponent(one.patient_id)}/studies` }, nameOf(names, one.patient_id)),
    dayOf(one.consented_at),
    one.arm ? arms.get(one.arm) ?? one.arm : "–",
    t(one.holds.includes("care") ? "desk.yes" : "desk.no"),
    t(one.holds.includes("contact") ? "desk.yes" : "desk.no"),
    one.finished_at ? dayOf(one.finished_at) : "–",
  ]);
  return table({ caption: t("sparts.people.caption", { study: study.name }), hideCaption: true, columns, rows });
}
