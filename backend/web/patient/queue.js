/** What was written on this phone and has not been taken by the server: it is lost by nothing but the patient's word. */

import { uuid7 } from "../shared/ids.js";

import { tell } from "./bus.js";
import { LIFE, nowIso, origin } from "./clock.js";
import { got } from "./idb.js";
import { kept, mine } from "./phone.js";
import { forgetAnswers, kindOf } from "./store.js";

const RETRACTABLE = new Set(["diary-entry", "response", "request"]);
const STEP = "sample-step";
const SHOWN = ["seq", "type", "id", "op", "data", "base_version", "state", "problem", "difference", "standing", "written_at"];

/**
 * Keep what a record shall say and return its id, once it is safely on this phone; sending begins by itself.
 *
 * With `base_version` it corrects that version. An earlier change that was never sent is rewritten; one that may have
 * arrived stays as it is, and this one follows it.
 */
export async function put(type, data, { id = null, base_version = null } = {}) {
  const item = await fresh({ type, id: id ?? uuid7(), op: "put", data, base_version: base_version || null });
  await written(item, async (queue) => {
    const earlier = await ofRecord(queue, item);
    // Steps of a sample stand beside each other; only one that was refused is said anew.
    const last = type === STEP ? earlier.find((one) => one.state === "refused" && one.data.state === data.state) : earlier.at(-1);
    if (!last) return added(queue, item);
    return last.state === "waiting" && last.sent ? added(queue, behind(item)) : rewritten(queue, last, item);
  });
  return item.id;
}

/** Take a record back; what was never sent is simply gone. */
export async function retract(type, id, base_version, reason = null) {
  const data = { recorded_at: nowIso(), ...(reason ? { reason } : {}) };
  const item = await fresh({ type, id, op: "retract", data, base_version: base_version || null });
  await written(item, async (queue) => {
    const earlier = await ofRecord(queue, item);
    if (!earlier.length) return added(queue, item);
    if (unknown(earlier[0])) return dropped(queue, await everyOf(queue, item));
    const last = earlier.at(-1);
    return last.state === "waiting" && last.sent ? added(queue, behind(item)) : rewritten(queue, last, item);
  });
}

/** Return what waits, was refused, or is contradicted, in the order it was written. */
export async function waiting() {
  const items = (await mine(["queue"], "readonly", ({ queue }) => got(queue.getAll()))) ?? [];
  return items.map((item) => Object.fromEntries(SHOWN.map((name) => [name, item[name] ?? null])));
}

/** Say anew what was refused, and send it again. */
export function mend(seq, data) {
  return again(seq, data);
}

/** Decide a conflict: this is what the record shall say; for a retraction `data` is null: it shall go nevertheless. */
export function resolve(seq, data) {
  return again(seq, data);
}

/** Throw one away, and with a record that never arrived all that belongs to it. Throws when it may have arrived. */
export async function discard(seq) {
  const found = await mine(["queue"], "readonly", ({ queue }) => got(queue.get(seq)));
  if (!found) return;
  if (found.state !== "waiting" || !found.sent) {
    await written(found, async (queue) => {
      const item = await got(queue.get(seq));
      if (item) await dropped(queue, isNew(item) ? await everyOf(queue, item) : [item]);
    });
  } else if (RETRACTABLE.has(found.type)) await retract(found.type, found.id, found.base_version);
  else throw new DOMException("it may have arrived", "InvalidStateError");
}

/** Return how many entries wait on this phone for patients who are not paired with it now. */
export async function leftBehind() {
  const [known, session] = [(await kept("patients")) ?? [], await kept("session")];
  const others = known.filter((id) => id !== session?.patient_id);
  const counts = others.map((whose) => mine(["queue"], "readonly", ({ queue }) => got(queue.count()), { whose }));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Whether an item makes a record, rather than changing one or adding to it. */
export function isNew({ op, type, base_version, follows }) {
  return op === "put" && type !== STEP && base_version === null && !follows;
}

/** Return what an item shall say: a reason belongs to a correction alone. */
export function worded(item) {
  const { reason, ...data } = item.data;
  return reason === undefined || !isNew(item) ? item : { ...item, data };
}

async function again(seq, data) {
  const found = await mine(["queue"], "readonly", ({ queue }) => got(queue.get(seq)));
  if (!found || found.state === "waiting") return;
  const item = await fresh({ ...found, op: data ? "put" : found.op, data: data ?? { ...found.data, recorded_at: nowIso() } });
  await written(item, async (queue) => {
    const last = await got(queue.get(seq));
    if (last && last.state !== "waiting") await rewritten(queue, last, item);
  });
}

async function fresh({ type, id, op, data, base_version }) {
  const made = { life: LIFE, origin: origin(), offset: await kept("offset_ms") };
  const untried = { follows: false, state: "waiting", sent: false, problem: null, difference: null, standing: null };
  return { type, id, op, data, base_version, ...untried, made, written_at: nowIso() };
}

function behind(item) {
  return { ...item, base_version: null, follows: true };
}

function rewritten(queue, last, { type, id, op, data, made, written_at }) {
  const base = last.state === "conflict" ? last.standing : last.base_version;
  // An id that holds something of somebody else's can not be had: the words go under a new one.
  const own = last.state === "conflict" && base === null ? uuid7() : id;
  const cleared = { state: "waiting", sent: false, problem: null, difference: null, standing: null };
  const item = { ...last, ...cleared, type, id: own, op, data, made, written_at, base_version: base };
  return got(queue.put(worded(item)));
}

function added(queue, item) {
  return got(queue.add(worded(item)));
}

function unknown(first) {
  return isNew(first) && (first.state !== "waiting" || !first.sent);
}

async function everyOf(queue, { id, type }) {
  const items = await got(queue.index("record").getAll(id));
  return items.filter((item) => kindOf(item.type) === kindOf(type));
}

async function ofRecord(queue, item) {
  return (await everyOf(queue, item)).filter(({ type }) => type === item.type);
}

function dropped(queue, items) {
  return Promise.all(items.map(({ seq }) => got(queue.delete(seq))));
}

async function written({ type, id }, work) {
  const attempt = () => mine(["queue"], "readwrite", ({ queue }) => work(queue).then(() => true), { strict: true });
  const done = await attempt().catch(async (error) => {
    if (error?.name !== "QuotaExceededError") throw error;
    // The phone is full: answers can be fetched again, words can not.
    await forgetAnswers();
    return attempt();
  });
  if (done === null) throw new DOMException("nobody is paired with this phone", "InvalidStateError");
  tell("changed", { type: kindOf(type), id });
  tell("queued", null, { here: true });
}
