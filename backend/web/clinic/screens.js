/** The pages of the staff by name: who each is for, and its module, which is fetched when somebody first goes there. */

import { add } from "/static/shared/words.js";

import { Offline } from "./wire.js";

const TREATING = ["nurse", "clinician", "coordinator"];
const JUDGING = ["nurse", "clinician"];

export const SCREENS = {
  worklist: { roles: TREATING, load: () => import("./worklist.js") },
  patients: { roles: TREATING, load: () => import("./patients.js") },
  patient: { roles: TREATING, load: () => import("./patient.js") },
  doses: { roles: TREATING, load: () => import("./doses.js") },
  cohort: { roles: JUDGING, load: () => import("./cohort.js") },
  studies: { roles: [...TREATING, "admin"], load: () => import("./studies.js") },
  questionnaires: { roles: [...TREATING, "admin"], load: () => import("./questionnaires.js") },
  research: { roles: ["researcher"], load: () => import("./research.js") },
  enrol: { roles: TREATING, load: () => import("./enrol.js") },
};

/** Begin to fetch a page that will be wanted; what fails now is told when it is. */
export function ahead(name) {
  SCREENS[name].load().catch(() => null);
}

/** A page, with its words known. Throws Offline where it cannot be fetched now. */
export async function fetched(name) {
  const { screen } = await SCREENS[name].load().catch((error) => {
    throw error instanceof TypeError ? new Offline() : error;
  });
  add(screen.words);
  return screen;
}
