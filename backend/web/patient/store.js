/** What this phone knows of its patient: pulled records and documents, drafts, and the last answers of the server. */

import { got } from "./idb.js";
import { mine } from "./phone.js";

const PULLED = ["records", "documents", "marks"];
const NEXT_TO_DO = { kit_received: "prick", collected: "post", posted: "await_result" };

/** Return the records of a type as they will be once what waits is sent: {type, id, version, retracted, data, …}. */
export async function records(type) {
  const found = await mine(["records", "queue"], "readonly", async ({ records: pulled, queue }) => {
    const range = IDBKeyRange.bound([type], [type, []]);
    return overlaid(await got(pulled.getAll(range)), await got(queue.getAll()), type);
  });
  return found ?? [];
}

/** Return one record as `records` does, or null. */
export async function record(type, id) {
  const found = await mine(["records", "queue"], "readonly", async ({ records: pulled, queue }) => {
    const standing = await got(pulled.get([type, id]));
    return overlaid(standing ? [standing] : [], await got(queue.index("record").getAll(id)), type);
  });
  return found?.find((one) => one.id === id) ?? null;
}

/** Return a document as it was last pulled (profile, plan, reminders, site, safety, vocabulary, …), or null. */
export async function doc(kind) {
  return (await mine(["documents"], "readonly", ({ documents }) => got(documents.get(kind))))?.data ?? null;
}

/** Return what somebody had begun to write, or null. */
export async function draft(key) {
  return (await mine(["drafts"], "readonly", ({ drafts }) => got(drafts.get(key)))) ?? null;
}

/** Keep what somebody has begun to write. */
export async function saveDraft(key, value) {
  await mine(["drafts"], "readwrite", ({ drafts }) => got(drafts.put(value, key)));
}

/** Forget what somebody had begun to write. */
export async function dropDraft(key) {
  await mine(["drafts"], "readwrite", ({ drafts }) => got(drafts.delete(key)));
}

/** Return the last answer to a GET of this path, or null. */
export async function cached(path) {
  return (await mine(["answers"], "readonly", ({ answers }) => got(answers.get(path))))?.data ?? null;
}

/** Keep the answer to a GET for when there is no internet; a phone that is full keeps none. */
export async function keepAnswer(path, data, whose) {
  await mine(["answers"], "readwrite", ({ answers }) => got(answers.put({ path, data, at: Date.now() })), { whose }).catch(
    () => null,
  );
}

/** Forget every answer that was kept. */
export function forgetAnswers(whose = null) {
  return mine(["answers"], "readwrite", ({ answers }) => got(answers.clear()), { whose });
}

/** Forget what was pulled and how far; what waits to be sent, drafts and receipts stay. */
export function forgetPulled(whose = null) {
  return mine(PULLED, "readwrite", (stores) => Promise.all(PULLED.map((name) => got(stores[name].clear()))), { whose });
}

/** Lay what waits over what was pulled. */
function overlaid(pulled, queue, type) {
  const found = new Map(pulled.map((one) => [one.id, { ...one, retracted: false }]));
  for (const item of queue) if (kindOf(item.type) === type) lay(found, item);
  return [...found.values()];
}

function lay(found, item) {
  const before = found.get(item.id);
  if (item.state === "conflict") {
    // What stands is shown until the patient has chosen.
    if (before) found.set(item.id, { ...before, conflict: true });
    return;
  }
  if (item.op === "retract") return void takeBack(found, before, item);
  const fresh = { type: kindOf(item.type), id: item.id, version: null, retracted: false, data: {} };
  const mark = item.state === "refused" ? { refused: true } : { waiting: true };
  found.set(item.id, { ...(before ?? fresh), ...mark, data: said(before?.data ?? {}, item) });
}

function takeBack(found, before, item) {
  if (item.state !== "waiting" || !before) return;
  // A request that is withdrawn stays to be seen.
  if (item.type !== "request") found.delete(item.id);
  else found.set(item.id, { ...before, waiting: true, data: { ...before.data, status: "withdrawn" } });
}

function said(before, item) {
  if (item.type === "sample") {
    return { state: "collected", to_do: "post", results: [], ...stepped(before, "collected", item), ...item.data };
  }
  if (item.type !== "sample-step") return { ...before, ...item.data };
  if (item.state !== "waiting") return before;
  const { state } = item.data;
  return { ...stepped(before, state, item), state, to_do: NEXT_TO_DO[state] ?? before.to_do };
}

function stepped(before, state, item) {
  return { ...before, steps: [...(before.steps ?? []), { state, occurred: item.data.occurred }] };
}

/** Return the type of the record an item is about: a step belongs to its sample. */
export function kindOf(type) {
  return type === "sample-step" ? "sample" : type;
}
