/** What there is to do now: forms, finger pricks, doses at home; from what this phone knows, sent or not. */

import { doc, records } from "./store.js";

const OURS = new Set(["confirm_kit", "prick", "post"]);

/** Return what is due on a local day: [{href, key, hint, vars}], the dose first. */
export async function dues(now) {
  const [plan, forms, samples, doses, responses] = await Promise.all([
    doc("plan"), doc("forms"), records("sample"), records("dose"), records("response"),
  ]);
  return [
    ...dosesDue(plan?.treatments ?? [], doses, now),
    ...pricksDue(samples),
    ...formsDue(forms?.items ?? [], responses),
  ];
}

function dosesDue(treatments, doses, now) {
  const told = new Set(doses.filter((dose) => dose.waiting).map(({ data }) => data.treatment_id));
  return treatments
    .filter(({ id, at_home, expected }) => at_home && expected && expected.on <= now && !told.has(id))
    .map(({ name, expected }) => ({
      href: "#/dose",
      key: "today.due.dose",
      hint: expected.on < now ? "today.due.dose_since" : "today.due.dose_today",
      vars: { name, on: expected.on },
    }));
}

function pricksDue(samples) {
  return samples
    .filter(({ data }) => OURS.has(data.to_do))
    .map(({ data: { to_do, ordered_for: on } }) => ({
      href: "#/prick",
      key: `today.due.${to_do}`,
      hint: to_do === "prick" && on ? "today.due.prick_for" : null,
      vars: { on },
    }));
}

function formsDue(asked, responses) {
  const done = ({ form, about }) =>
    responses.some(({ data, waiting: unsent }) => unsent && data.completed && data.form === form && data.about === about);
  return asked
    .filter((one) => !done(one))
    .map(({ form, title, closes_on }) => ({
      href: `#/forms/${form}`,
      key: "today.due.form",
      hint: closes_on ? "today.due.form_until" : null,
      vars: { title, on: closes_on },
    }));
}
