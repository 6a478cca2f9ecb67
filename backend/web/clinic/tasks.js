/** What one thing on the worklist is about, in words: its kind, the line that says what, and the last contact. */

import { day, has, t } from "/static/shared/words.js";

import { checkName, drugName } from "./catalogue.js";

/** What its kind is called. */
export function kindName(kind) {
  return t(`worklist.kind.${kind}`);
}

/** Say what it is about, in one line. */
export function about(item) {
  const detail = item.detail ?? {};
  const line = (LINES[item.kind] ?? (() => kindName(item.kind)))(detail, item);
  return upper([line, ...more(item.kind, detail)].filter(Boolean).join(" · "));
}

/** The words that came with it: the patient's own, or why a colleague opened a record in an emergency. */
export function quoted(item) {
  return item.words ?? (item.kind === "emergency" ? item.detail?.reason : null) ?? null;
}

/** Say what became of the last call: {outcome, on, at, by, words}. */
export function lastCall(call) {
  if (!call) return null;
  const outcome = t(`worklist.said.${call.outcome}`);
  return call.on ? t("worklist.call.until", { outcome, on: day(call.on, "short") }) : t("worklist.call.done", { outcome, when: day(call.at, "short") });
}

// A sample that was taken and did not arrive, against one that was never taken.
const TAKEN = new Set(["collected", "posted"]);

const LINES = {
  contact: () => t("worklist.about.contact"),
  move: ({ drug, planned_on: on }) => [drug ? t("worklist.about.move_of", { drug: drugName(drug) }) : t("worklist.about.move"), on && t("worklist.due", { on: short(on) })].filter(Boolean).join(", "),
  undelivered: ({ reminder, due }) => {
    const told = known("worklist.reminder", reminder) ?? t("worklist.reminder.other");
    return isDay(due) ? t("worklist.about.undelivered", { reminder: told, due: short(due) }) : t("worklist.about.undelivered_once", { reminder: told });
  },
  dose_missed: (detail, item) => t("worklist.about.dose_missed", dose(detail, item)),
  dose_overdue: (detail, item) => t("worklist.about.dose_overdue", dose(detail, item)),
  sample_missing: (detail, item) => {
    if (!TAKEN.has(detail.state)) return t("worklist.about.sample_missing", sample(detail, detail.ordered_for ?? item.due_on));
    return t("worklist.about.sample_on_its_way", sample(detail, detail.collected_on));
  },
  sample_rejected: (detail) => ofDay("worklist.about.sample", sample(detail, detail.collected_on)),
  result_to_release: (detail) => {
    const analyte = known("worklist.analyte", detail.analyte) ?? t("worklist.analyte.other");
    return ofDay("worklist.about.result_to_release", { analyte, ...sample(detail, detail.collected_on) });
  },
  form_overdue: ({ closed_on: ended }, item) => t("worklist.about.form_overdue", { ended: short(ended), on: short(item.due_on) }),
  monitoring_due: ({ check, drug }) => {
    const vars = { check: checkName(drug, check), drug: drugName(drug) };
    return t(drug ? "worklist.about.monitoring_due_for" : "worklist.about.monitoring_due", vars);
  },
  emergency: ({ by, opened_before: before = 0, after_ended: ended = false }) => {
    if (!by) return t("worklist.about.emergency_one");
    const again = ended ? t("worklist.about.emergency_ended") : before > 0 && t("worklist.about.emergency_again", { n: before + 1 });
    return [t("worklist.about.emergency", { by }), again].filter(Boolean).join(", ");
  },
};

function more(kind, detail) {
  const reasons = [detail.reasons ?? []].flat().map((code) => known("worklist.reason", code));
  return [
    kind === "undelivered" && known("worklist.why", detail.why),
    kind === "undelivered" && detail.escalated && t("worklist.escalated"),
    kind === "form_overdue" && known("worklist.form", detail.state),
    kind === "sample_missing" && known("worklist.state", detail.state),
    kind === "monitoring_due" && detail.overdue && t("worklist.overdue"),
    ...reasons,
  ];
}

function dose({ drug, planned_on: on }, item) {
  return { drug: drugName(drug), on: short(on ?? item.due_on ?? item.since) };
}

function sample({ matrix }, on) {
  return { matrix: known("worklist.matrix", matrix) ?? t("worklist.matrix.unknown"), on: on ? short(on) : null };
}

// The day is left out where nobody knows it.
function ofDay(key, vars) {
  return t(vars.on === null ? `${key}_once` : key, vars);
}

function known(stem, code) {
  return code && has(`${stem}.${code}`) ? t(`${stem}.${code}`) : null;
}

function short(on) {
  return on ? day(on, "short") : "?";
}

function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}/.test(text ?? "");
}

function upper(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
