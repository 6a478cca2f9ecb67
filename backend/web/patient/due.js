/** What there is to do now: forms, finger pricks, doses at home, what studies ask; from what this phone knows, sent or not. */

import { localDay } from "../shared/words.js";

import { toAnswer } from "./consentlogic.js";
import { asked } from "./formdraft.js";
import { current, standing } from "./pricklogic.js";
import { waiting } from "./queue.js";
import { doc, records } from "./store.js";

const OURS = new Set(["confirm_kit", "prick", "post"]);
const OF_STUDIES = {
  asks: { key: "today.due.study_asks", hint: "today.due.study_asks_hint" },
  renewing: { key: "today.due.study_anew", hint: "today.due.study_until" },
  lapsed: { key: "today.due.study_anew", hint: "today.due.study_lapsed" },
  more: { key: "today.due.study_more", hint: "today.due.study_more_hint" },
};

/** Return what is due on a local day: [{href, key, hint, vars}], the dose first. */
export async function dues(now) {
  const [plan, forms, samples, doses, queued, consents] = await Promise.all([
    doc("plan"), asked(), records("sample"), records("dose"), waiting(), doc("consents"),
  ]);
  const prick = current(standing(samples, queued));
  return [
    ...dosesDue(plan?.treatments ?? [], doses, now),
    ...(prick && OURS.has(prick.to_do) ? [prickDue(prick)] : []),
    ...forms.filter(({ state }) => state !== "waiting").map(formDue),
    ...toAnswer(consents).map(studyDue),
  ];
}

function dosesDue(treatments, doses, now) {
  const told = new Set(doses.filter((dose) => dose.waiting).map(({ data }) => data.treatment_id));
  return treatments
    .filter(({ id, at_home, expected }) => at_home && expected && expected.on <= now && !told.has(id))
    .map(({ id, name, expected }) => ({
      href: `#/dose/${id}`,
      key: "today.due.dose",
      hint: expected.on < now ? "today.due.dose_since" : "today.due.dose_today",
      vars: { name, on: expected.on },
    }));
}

function prickDue({ to_do, ordered_for: on }) {
  return { href: "#/prick", key: `today.due.${to_do}`, hint: to_do === "prick" && on ? "today.due.prick_for" : null, vars: { on } };
}

function formDue({ base, title, closes_on, grace_on, late, state }) {
  return {
    href: state === "unread" ? "#/forms" : `#/forms/${base}`,
    key: state === "begun" ? "today.due.form_begun" : "today.due.form",
    hint: late ? "today.due.form_late" : closes_on ? "today.due.form_until" : null,
    vars: { title, on: late ? grace_on : closes_on },
  };
}

function studyDue({ name, kind, until }) {
  return { href: "#/consents", ...OF_STUDIES[kind], vars: { name, ...(until && { on: localDay(new Date(until)) }) } };
}
