/** What is asked of one patient, chosen from those one cares for: also for who has no whole page of a patient. */

import { fill, h } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { words } from "./assigned.words.js";
import { api } from "./api.js";
import { drawOf } from "./patientassigned.js";
import { empty, field, load, select } from "./ui.js";

add(words);

/** Draw this part of the page; the address may name the patient. */
export function draw(root, page) {
  const body = h("div", { class: "stacked" });
  root.append(h("p", { class: "soft" }, t("assigned.patients_lead")), body);
  return load(body, () => api("GET", "/roster"), ({ items }) => (items.length ? chosen(items, page) : empty(t("assigned.no_patients")))).then(() => null);
}

function chosen(items, page) {
  const shown = h("div", {});
  const named = items.map((one) => ({ id: one.patient_id, name: one.name ?? one.hospital_number ?? t("desk.unknown"), number: one.hospital_number })).sort((one, other) => one.name.localeCompare(other.name));
  const show = (id) => {
    const found = named.find((one) => one.id === id);
    // The address names the patient, so that it can be gone back to.
    history.replaceState(history.state, "", `#/questionnaires/patients${found ? `/${found.id}` : ""}`);
    fill(shown);
    if (found) void drawOf(shown, found);
  };
  const first = named.some(({ id }) => id === page.rest[0]) ? page.rest[0] : "";
  if (first) show(first);
  const options = [{ value: "", text: t("assigned.choose_patient") }, ...named.map(({ id, name, number }) => ({ value: id, text: number && number !== name ? `${name} (${number})` : name }))];
  return [field(t("assigned.patient"), select(options, { id: "assigned-patient", value: first, onchange: show })), shown];
}
