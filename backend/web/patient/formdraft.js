/** One form as it is being filled in: begun on this phone or another, kept at every change, sent as it is or finished. */

import { nowIso, zone } from "./clock.js";
import { kept } from "./formlogic.js";
import { put } from "./queue.js";
import { doc, draft, dropDraft, records, saveDraft } from "./store.js";

const SENT = "form-sent:";
const BEGUN = "form:";

// Who goes on at once must find what was just answered.
let saving = Promise.resolve();

/** Return the forms to fill in: what is asked now, each with how far it is: "new", "begun" or "waiting" to be sent. */
export async function asked() {
  await saving;
  const [forms, responses] = await Promise.all([doc("forms"), records("response")]);
  return Promise.all((forms?.items ?? []).filter(known).map(async (one) => {
    const stored = responseTo(responses, one);
    if (stored?.data.completed) return { ...one, state: "waiting" };
    const mine = Object.keys((await draft(keyOf(one)))?.answers ?? {});
    return { ...one, state: stored || mine.length ? "begun" : "new" };
  }));
}

/** Return what was finished, newest first; `form` is there where this phone still knows the questions. */
export async function finished() {
  const done = (await records("response")).filter(({ data }) => data.completed);
  const found = await Promise.all(done.map(async (one) => ({ ...one, form: await sentForm(one.id) })));
  return found.sort((a, b) => Date.parse(b.data.recorded_at) - Date.parse(a.data.recorded_at));
}

/** Open a form that is asked now, by its key and, where two are open, the number of its interval; null when there is none. */
export async function opened(form, interval = null) {
  const found = (await asked()).find((one) => one.form === form && (interval === null || String(one.about_interval) === interval));
  // What was finished and still waits is corrected, not begun anew.
  if (!found || found.state === "waiting") return null;
  const [mine, stored] = [await draft(keyOf(found)), responseTo(await records("response"), found)];
  return filling(found, keyOf(found), begun(mine, stored), stored);
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
    base: form.correcting ? `sent/${stored.id}` : `${form.form}/${form.about_interval}`,
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
      const said = { form: form.form, about: form.about, completed, answers: kept(form.items, mine.answers), recorded_at: nowIso() };
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

/** Take what was written last: on this phone, or on another that sent it unfinished. */
function begun(mine, stored) {
  const other = stored && !stored.data.completed ? { id: stored.id, answers: stored.data.answers, at: null } : null;
  if (!mine) return other ?? { id: null, answers: {}, at: null };
  const newer = other && Date.parse(stored.data.recorded_at) > Date.parse(mine.changed_at);
  return newer ? other : mine;
}

function responseTo(responses, { form, about, about_interval }) {
  const same = ({ data }) => data.form === form && (data.about_interval ? data.about_interval === about_interval : data.about === about);
  const found = responses.filter((one) => same(one) && !one.refused);
  return found.find((one) => one.data.completed && one.waiting) ?? found.find(({ data }) => !data.completed) ?? null;
}

function keyOf({ form, about_interval }) {
  return `${BEGUN}${form}:${about_interval}`;
}

function momentOf({ at, on, zone: where }) {
  return at ? { at, zone: where } : { on, zone: where };
}
