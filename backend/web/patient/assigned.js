/** The questionnaires one was assigned: kept on the phone with their questions, and how each round stands today. */

import { today } from "./clock.js";
import { got } from "./idb.js";
import { mine } from "./phone.js";
import { apiOf, Offline } from "./session.js";

const ROUNDS = "assignments";
const QUESTIONS = "questionnaire:";
const PARTS = ["now", "next", "done"];
/** The mark of what was read; forgotten when the server says that forms changed. */
export const READ = "assigned";

/**
 * Read anew what is assigned, where the server said that it changed, the day is another or the patient's language is;
 * with the questions of all that is asked now or next. Returns whether it was read. Throws Offline or Refused.
 */
export async function reread(whose) {
  const wanted = await mine(["documents", "marks"], "readonly", async ({ documents, marks }) => {
    const language = (await got(documents.get("profile")))?.data.language ?? null;
    const as = `${today()} ${language}`;
    return (await got(marks.get(READ))) === as ? null : { as, language };
  }, { whose });
  if (!wanted) return false;
  const answer = await apiOf(whose, "GET", "/me/assignments");
  if (!PARTS.every((part) => Array.isArray(answer?.[part]))) throw new Offline("unreadable");
  const asked = new Map([...answer.now, ...answer.next].map((round) => [questionsOf(round), round]));
  const read = async ([kind, round]) => [kind, await questions(whose, kind, round, wanted.language)];
  await store(whose, answer, new Map(await Promise.all([...asked].map(read))), wanted.as);
  return true;
}

/** Return {now, next}: what can be filled in today, at most once for each questionnaire, and what comes later. */
export function rounds(assigned, responses, day = today()) {
  const all = PARTS.flatMap((part) => assigned?.[part] ?? []);
  const byAssignment = [...new Set(all.map((round) => round.assignment_id))].map((id) => all.filter((round) => round.assignment_id === id));
  const open = byAssignment.map((one) => actionable(one, responses, day)).filter(Boolean);
  const next = byAssignment.map((one) => one.find((round) => round.opens_on > day)).filter(Boolean);
  return { now: once(open, "closes_on"), next: once(next, "opens_on") };
}

/** Return what is assigned as it was last read, each round that is asked now or next with its questions (or null). */
export async function known() {
  const read = async ({ documents }) => {
    const found = (await got(documents.get(ROUNDS)))?.data ?? null;
    const withQuestions = async (round) => ({ ...round, questions: (await got(documents.get(questionsOf(round))))?.data ?? null });
    if (!found) return null;
    return { ...found, now: await Promise.all(found.now.map(withQuestions)), next: await Promise.all(found.next.map(withQuestions)) };
  };
  return mine(["documents"], "readonly", read);
}

/** Return the day on this phone's calendar on which a response was given. */
export function dayOf({ occurred }) {
  return occurred.on ?? today(new Date(occurred.at));
}

/** The round of an assignment that an answer of today would belong to, if that is still to be completed. */
function actionable(all, responses, day) {
  const order = (a, b) => a.opens_on.localeCompare(b.opens_on) || a.closes_on.localeCompare(b.closes_on);
  const mine = [...all].sort(order).map((round) => ({ ...round, complete: round.completed_by !== null }));
  const told = new Set(mine.map(({ completed_by }) => completed_by));
  for (const { id, data } of responses) if (data.completed && data.form === mine[0].form && !told.has(id)) complete(mine, dayOf(data));
  const at = placeOf(mine, day);
  return at && !at.complete && at.grace_on >= day && at.state !== "not_asked" ? at : null;
}

/** As the server does: an answer goes to the round that opened last, of several with the same days to the first open. */
function complete(mine, day) {
  const at = placeOf(mine, day);
  if (at) at.complete = true;
}

function placeOf(mine, day) {
  const last = mine.findLast(({ opens_on }) => opens_on <= day);
  const same = mine.filter(({ opens_on }) => opens_on === last?.opens_on);
  return same.find(({ complete: done }) => !done) ?? last ?? null;
}

/** One answer counts for all who ask the same: it is shown once, as the one that closes (or opens) first. */
function once(found, by) {
  const sorted = [...found].sort((a, b) => a[by].localeCompare(b[by]) || a.assignment_id.localeCompare(b.assignment_id));
  return sorted.filter((round, at) => sorted.findIndex(({ form }) => form === round.form) === at);
}

function questionsOf({ form, form_hash }) {
  return `${QUESTIONS}${form}:${form_hash}`;
}

/** The questions of a round in the patient's language: those kept, else the server's; null where it has none. */
async function questions(whose, kind, { form, form_version }, language) {
  const held = await mine(["documents"], "readonly", ({ documents }) => got(documents.get(kind)), { whose });
  if (held && held.wanted === language) return held;
  try {
    const path = `/me/questionnaires/${encodeURIComponent(form)}/versions/${encodeURIComponent(form_version)}`;
    return { kind, wanted: language, data: await apiOf(whose, "GET", path) };
  } catch (error) {
    if (error.status !== 404) throw error;
    return null;
  }
}

function store(whose, answer, forms, as) {
  return mine(["documents", "marks"], "readwrite", async ({ documents, marks }) => {
    const old = (await got(documents.getAllKeys())).filter((kind) => kind.startsWith(QUESTIONS) && !forms.get(kind));
    for (const kind of old) await got(documents.delete(kind));
    for (const form of forms.values()) if (form) await got(documents.put(form));
    await got(documents.put({ kind: ROUNDS, data: answer }));
    await got(marks.put(as, READ));
  }, { whose, strict: true });
}
