/** One form as it is being filled in: begun on this phone or another, kept at every change, sent as it is or finished. */

import { dayOf, known as knownRounds, rounds } from "./assigned.js";
import { nowIso, today, zone } from "./clock.js";
import { initials, kept } from "./formlogic.js";
import { put } from "./queue.js";
import { doc, draft, dropDraft, records, saveDraft } from "./store.js";

const SENT = "form-sent:";
const BEGUN = "form:";

// Who goes on at once must find what was just answered.
let saving = Promise.resolve();

/**
 * Return the forms to fill in: what is asked now, each with how far it is: "new", "begun" or "waiting" to be sent, or
 * "unread" where its questions have yet to be fetched. `base` is its address.
 */
export async function asked() {
  await saving;
  const [forms, responses, assigned] = await Promise.all([doc("forms"), records("response"), knownRounds()]);
  const own = (forms?.items ?? []).filter(known).map((one) => ({ ...one, base: `${one.form}/${one.about_interval}` }));
  const other = rounds(assigned, responses.filter(({ refused }) => !refused)).now.filter(({ form }) => !own.some((one) => one.form === form));
  return Promise.all([...own, ...other.map(askedRound)].map((one) => standing(one, responses)));
}

/** Return the questionnaires that are not asked yet: {title, form, opens_on, closes_on}, the first one first. */
export async function coming() {
  return rounds(await knownRounds(), await records("response")).next.map(({ title, form, opens_on, closes_on }) => ({ title, form, opens_on, closes_on }));
}

function askedRound({ assignment_id, key, form, form_version, form_hash, title, opens_on, closes_on, grace_on, questions }) {
  const round = { round: `${assignment_id}:${key}`, late: closes_on < today(), grace_on };
  const told = { form, version: form_version, hash: form_hash, title, opens_on, closes_on };
  return { ...told, ...round, about: "current", about_interval: null, items: questions?.items ?? null, base: `asked/${form}` };
}

async function standing(one, responses) {
  if (!one.items) return { ...one, state: "unread" };
  const stored = responseTo(responses, one);
  if (stored?.data.completed) return { ...one, state: "waiting" };
  const mine = Object.keys((await draft(keyOf(one)))?.answers ?? {});
  return { ...one, state: stored || mine.length ? "begun" : "new" };
}

/** Return what was finished, newest first; `form` is there where this phone still knows the questions. */
export async function finished() {
  const done = (await records("response")).filter(({ data }) => data.completed);
  const titles = new Map(((await doc("assignments"))?.done ?? []).map(({ completed_by, title }) => [completed_by, title]));
  const found = await Promise.all(done.map(async (one) => ({ ...one, form: await sentForm(one.id), title: titles.get(one.id) ?? null })));
  return found.sort((a, b) => Date.parse(b.data.recorded_at) - Date.parse(a.data.recorded_at));
}

/**
 * Open a form that is asked now, by its key and, where two are open, the number of its interval; or, below "asked", one
 * that was assigned, by its key. Null when there is none.
 */
export async function opened(form, which = null) {
  const base = which === null ? null : `${form}/${which}`;
  const found = (await asked()).find((one) => (base === null ? one.form === form && !one.round : one.base === base));
  // What was finished and still waits is corrected, not begun anew.
  if (!found || found.state === "waiting" || found.state === "unread") return null;
  const [mine, stored] = [await draft(keyOf(found)), responseTo(await records("response"), found)];
  return filling(found, keyOf(found), begun(mine, stored) ?? { id: null, answers: initials(found.items), at: null, fresh: true }, stored);
}

/** Open a finished response of this phone once more, to correct it; null when its questions are not known here. */
export async function reopened(id) {
  await saving;
  const [form, found] = [await sentForm(id), (await records("response")).find((one) => one.id === id)];
  if (!form || !found) return null;
  const mine = await draft(BEGUN + id);
  return filling({ ...form, correcting: true }, BEGUN + id, mine ?? { id, answers: found.data.answers, at: null }, found);
}

/** The questions of a response that was sent from this phone; null where they are not known here. */
async function sentForm(id) {
  const form = await draft(SENT + id);
  return form && known(form) ? form : null;
}

/** Tell whether a form is written as this app reads it: one kept by an app from before is fetched or asked anew. */
function known({ items }) {
  return items.every((item) => Array.isArray(item.enable_when));
}

function filling(form, key, began, stored) {
  const mine = { id: began.id ?? stored?.id ?? null, answers: { ...began.answers }, at: began.at };
  const keep = () => {
    const now = { ...structuredClone(mine), changed_at: nowIso() };
    saving = saving.catch(() => null).then(() => saveDraft(key, now));
    return saving;
  };
  return {
    form,
    answers: mine.answers,
    /** Where to go on: the question last seen. */
    at: mine.at,
    /** Whether nothing was answered yet, whatever stands there to begin with. */
    fresh: Boolean(began.fresh),
    base: form.correcting ? `sent/${stored.id}` : form.base,
    see(question) {
      mine.at = question;
      return keep();
    },
    answer(question, value) {
      if (value === null) delete mine.answers[question];
      else mine.answers[question] = value;
      return keep();
    },
    async send({ completed, reason }) {
      // One's own of a site is answered by the version that was read, whatever is published meanwhile.
      const version = form.hash ? { form_version: form.version, form_hash: form.hash } : {};
      const said = { form: form.form, ...version, about: form.about, completed, answers: kept(form.items, mine.answers), recorded_at: nowIso() };
      // A correction stays about the interval it was about: it keeps its moment.
      const occurred = form.correcting ? momentOf(stored.data.occurred) : { at: nowIso(), zone: zone() };
      const base_version = stored?.version ?? null;
      const changed = stored ? { reason } : {};
      const id = await put("response", { ...said, ...changed, occurred }, { id: mine.id, base_version });
      if (completed) await saveDraft(SENT + id, { ...form, correcting: undefined, state: undefined });
      await saving;
      await dropDraft(key);
      return id;
    },
  };
}

/** Take what was written last: on this phone, or on another that sent it unfinished; null where there is neither. */
function begun(mine, stored) {
  const other = stored && !stored.data.completed ? { id: stored.id, answers: stored.data.answers, at: null } : null;
  if (!mine) return other;
  const newer = other && Date.parse(stored.data.recorded_at) > Date.parse(mine.changed_at);
  return newer ? other : mine;
}

function responseTo(responses, { form, about, about_interval, round, hash, opens_on }) {
  const ofRound = ({ data }) => !data.completed && data.form === form && data.form_hash === hash && dayOf(data) >= opens_on;
  const ofInterval = ({ data }) => data.form === form && (data.about_interval ? data.about_interval === about_interval : data.about === about);
  const same = round ? ofRound : ofInterval;
  const found = responses.filter((one) => same(one) && !one.refused);
  return found.find((one) => one.data.completed && one.waiting) ?? found.find(({ data }) => !data.completed) ?? null;
}

function keyOf({ form, about_interval, round }) {
  return `${BEGUN}${form}:${round ?? about_interval}`;
}

function momentOf({ at, on, zone: where }) {
  return at ? { at, zone: where } : { on, zone: where };
}
