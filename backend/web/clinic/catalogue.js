/** What drugs and their checks are called, in the reader's language; asked once. */

import { language, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { when } from "./session.js";

let drugs = null;

when("out", () => {
  drugs = null;
});

/** Fetch the names; whoever draws waits for this first. */
export async function names() {
  drugs ??= Object.fromEntries((await api("GET", "/catalogue/drugs")).items.map((drug) => [drug.key, drug]));
}

/** Return every drug as the catalogue has it, in its order. */
export function everyDrug() {
  return Object.values(drugs ?? {});
}

/** Return what a drug is called, its key where the catalogue does not know it. */
export function drugName(key) {
  return drugs?.[key]?.[`name_${language()}`] ?? key ?? t("desk.none");
}

/** Return what a check of a drug is called. */
export function checkName(drug, check) {
  const known = drugs?.[drug]?.checks.find((one) => one.key === check);
  return known?.[language()] ?? check ?? "";
}
