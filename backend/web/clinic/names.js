/** What patients and colleagues are called, for lists that know only their ids; asked once, forgotten at log-out. */

import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { onlyRefusals } from "./reading.js";
import { when } from "./session.js";

const known = new Map();

when("out", () => known.clear());

/** Fetch the names of the patients one cares for, by id; without an answer there are none, and the lists say so. */
export function patientNames() {
  return asked("/roster", (one) => [one.patient_id, one.name ?? one.hospital_number]);
}

/** Fetch the names of the site's staff, by id, those who left too. */
export function staffNames() {
  return asked("/staff", (one) => [one.id, one.name]);
}

/** What somebody is called in a list. */
export function nameOf(names, id) {
  return names.get(id) ?? t("desk.unknown");
}

async function asked(path, named) {
  try {
    if (!known.has(path)) known.set(path, new Map((await api("GET", path)).items.map(named)));
  } catch (error) {
    onlyRefusals(error);
    return new Map();
  }
  return known.get(path);
}
