/** Deciding what is asked: making an assignment of a study or a patient, changing one, ending one; seen before it is kept. */

import { fill, h } from "/static/shared/dom.js";
import { day, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { assignmentDays } from "./assigneddays.js";
import { assignmentEnds } from "./assignedends.js";
import { daysText, endTexts } from "./assignedwords.js";
import { change as changed, lookFirst } from "./lookfirst.js";
import { answered, idFor } from "./once.js";
import { askable, plain } from "./questionnairewords.js";
import { refuse, valueOf } from "./reading.js";
import { who } from "./session.js";
import { dialog, field, select } from "./ui.js";

/** Make a new one. `about` holds {forms, templates, owner: {path, concerns}}. Resolves to the answer, "gone" or null. */
export function make(about) {
  const forms = askable(about.forms);
  return dialog(t("assigned.make"), (close) => {
    const pinned = h("div", {});
    const draw = (key) => fill(pinned, (own.version = versionField(forms.find((one) => one.key === key))));
    const own = { questionnaire: field(t("assigned.questionnaire"), select([{ value: "", text: t("assigned.choose") }, ...forms.map(({ key, title }) => ({ value: key, text: `${plain(title)} (${key})` }))], { id: "assigned-questionnaire", onchange: draw })), version: null };
    const starts = field(t("assigned.starts_on"), h("input", { type: "date", id: "assigned-starts" }), { hint: t("assigned.starts_hint") });
    const parts = pieces(about, null);
    return lookFirst({
      ...common(about, parts, close),
      children: [own.questionnaire, pinned, parts.days, parts.ends, starts, parts.reason],
      fields: () => ({ ...own, ...parts.fields(), starts_on: starts }),
      read: () => {
        const key = valueOf(own.questionnaire);
        const told = parts.read(key, own.version && Number(valueOf(own.version)), { go: key !== "" });
        // Last, so that the focus ends at the first thing that is missing.
        const missing = refuse(own, { questionnaire: key ? null : t("desk.required") });
        return missing || !told ? null : { ...told, ...(valueOf(starts) && { starts_on: valueOf(starts) }) };
      },
      look: (told) => lines(told, plain(forms.find(({ key }) => key === told.assignment.questionnaire)?.title), parts, about, told.starts_on ?? null),
      keep: (told) => kept(about, told),
      text: t("assigned.make"),
    });
  }, { wide: true });
}

/** Change one from today on. */
export function change(one, title, about) {
  return dialog(t("assigned.change_named", { title }), (close) => {
    const form = askable(about.forms).find(({ key }) => key === one.questionnaire);
    const version = versionField(form, one.assignment.version);
    const parts = pieces(about, one);
    return lookFirst({
      ...common(about, parts, close),
      children: [h("p", { class: "soft" }, t("assigned.change_lead")), !form && h("p", {}, t("assigned.all_retired")), version, parts.days, parts.ends, parts.reason],
      fields: () => ({ version, ...parts.fields() }),
      read: () => parts.read(one.questionnaire, version && Number(valueOf(version))),
      look: (told) => same(told, one, parts) ? null : [changed(t("assigned.when"), daysText(one.assignment), daysText(parts.shown(told))), ...endTexts(parts.shown(told)), t("assigned.opened_stays"), about.owner.concerns],
      keep: (told) => api("PUT", at(about, one), told, { version: one.version }),
      stands: (told) => stood(about, one, told.reason),
      text: t("assigned.change"),
    });
  }, { wide: true });
}

/** End one today. */
export function end(one, title, about) {
  return dialog(t("assigned.end_named", { title }), (close) => {
    const reason = reasonField();
    return lookFirst({
      ...common(about, null, close),
      children: [reason],
      fields: () => ({ reason }),
      read: () => (refuse({ reason }, { reason: valueOf(reason) ? null : t("desk.required") }) ? null : { reason: valueOf(reason) }),
      look: () => [t("assigned.ends_today"), t("assigned.open_not_asked"), about.owner.concerns],
      keep: (told) => api("POST", at(about, one, "/ending"), told, { version: one.version }),
      stands: (told) => stood(about, one, told.reason),
      text: t("assigned.end"),
      danger: true,
    });
  });
}

function common(about, parts, close) {
  return { name: "assigned", wrong: (name) => parts?.wrong(name) ?? t("desk.look_again"), close };
}

/** The fields that making and changing share, and what they come to. */
function pieces({ templates }, standing) {
  const [days, ends, reason] = [assignmentDays(templates, standing), assignmentEnds(standing?.assignment ?? null), reasonField()];
  return {
    days,
    ends,
    reason,
    fields: () => ({ ...days.fields(), ...ends.fields(), reason }),
    wrong: (name) => days.wrong(name) ?? ends.wrong(name),
    read: (questionnaire, version, { go = true } = {}) => {
      const when = days.read({ go });
      const until = ends.read({ go: go && when !== null });
      const missing = refuse({ reason }, { reason: valueOf(reason) ? null : t("desk.required") }, { go: go && when !== null && until !== null });
      if (!when || !until || missing) return null;
      // Of a design `window` is a name, around doses it is days.
      const [design, own] = when.template ? [when, {}] : [{ template: null, window: null }, when];
      return { assignment: { questionnaire, ...(version && { version }), ...own, ...until }, ...design, reason: valueOf(reason) };
    },
    // What the server makes of it: the days of a template with what is told beside it.
    shown: ({ assignment, template, window }) => ({ ...(template ? days.ofTemplate(template, window) : {}), ...Object.fromEntries(Object.entries(assignment).filter(([, value]) => !template || (value !== null && value !== false && value !== 0))) }),
  };
}

function reasonField() {
  return field(t("assigned.reason"), h("textarea", { id: "assigned-reason", rows: 2, maxlength: 500 }), { hint: t("assigned.reason_hint") });
}

/** Which version is asked; nothing to choose for what ships. */
function versionField(form, standing = null) {
  if (!form || form.built_in) return null;
  const numbered = form.versions.toReversed().map((n) => ({ value: String(n), text: t("assigned.always", { n }) }));
  const options = form.newest ? [{ value: "", text: t("assigned.newest") }, ...numbered] : numbered;
  const value = form.versions.includes(standing) ? String(standing) : options[0].value;
  return field(t("assigned.version"), select(options, { id: "assigned-version", value }), { hint: t(form.newest ? "assigned.version_hint" : "assigned.version_hint_retired") });
}

function lines(told, title, parts, { owner }, starts) {
  const whole = parts.shown(told);
  return [changed(t("assigned.questionnaire"), null, title), changed(t("assigned.when"), null, daysText(whole)), ...endTexts(whole), changed(t("assigned.starts_on"), null, starts ? day(starts, "full") : t("common.today")), owner.concerns];
}

function same(told, one, parts) {
  const now = { ...one.assignment };
  const then = parts.shown(told);
  const text = (whole) => JSON.stringify([daysText(whole), endTexts(whole)]);
  return text(now) === text(then);
}

async function kept(about, told) {
  const place = `assigned:${about.owner.path}`;
  try {
    const answer = await api("POST", about.owner.path, { id: idFor(place, told), ...told });
    answered(place);
    return answer;
  } catch (error) {
    if (error.name === "Refused") answered(place);
    throw error;
  }
}

/** Return what stands after an answer that was lost, if that is what was sent: the next version, our own. */
async function stood(about, one, reason) {
  const now = (await api("GET", about.owner.path)).items.find(({ id }) => id === one.id);
  const last = now?.versions.at(-1);
  return last?.version === one.version + 1 && last.reason === reason && last.recorded_by === who()?.staff_id ? now : null;
}

function at({ owner }, one, more = "") {
  return `${owner.path}/${encodeURIComponent(one.id)}${more}`;
}
