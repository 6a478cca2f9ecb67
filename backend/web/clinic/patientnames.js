/** The names of the patients one cares for, for lists that know only their ids; asked once, forgotten at log-out. */

import { t } from "/static/patient/words.js";

import { api } from "./api.js";
import { when } from "./session.js";

let known = null;

when("out", () => {
  known = null;
});

/** Fetch the names by patient id; without an answer there are none, and the lists say so. */
export async function patientNames() {
  try {
    known ??= new Map((await api("GET", "/roster")).items.map((one) => [one.patient_id, one.name ?? one.hospital_number]));
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    return new Map();
  }
  return known;
}

/** What a patient is called in a list. */
export function nameOf(names, id) {
  return names.get(id) ?? t("desk.unknown");
}
