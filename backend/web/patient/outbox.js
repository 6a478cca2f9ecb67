/** What goes into one call, and what becomes of it in the queue when its answer arrives. */

import { LIFE, origin } from "./clock.js";
import { got } from "./idb.js";
import { mine } from "./phone.js";
import { isNew, worded } from "./queue.js";
import { kindOf } from "./store.js";

const LARGEST = 600_000;
const JUMP_MS = 60_000;
const APART_MS = 30_000;
const MOST_RECEIPTS = 200;
const DONE = new Set(["created", "updated", "duplicate"]);
const STEP = "sample-step";

/** Return up to `most` items that can go now, and note of them that they may have arrived. */
export function take(whose, most, tried) {
  const choose = async ({ queue }) => {
    const chosen = sendable(await got(queue.getAll()), most, tried);
    await Promise.all(chosen.filter(({ sent }) => !sent).map((item) => got(queue.put({ ...item, sent: true }))));
    return chosen;
  };
  return mine(["queue"], "readwrite", choose, { whose, strict: true });
}

/** Whether anything is left that can go now. */
export async function sendableLeft(whose, tried) {
  const items = await mine(["queue"], "readonly", ({ queue }) => got(queue.getAll()), { whose });
  return sendable(items, 1, tried).length > 0;
}

/** Return the receipts the server has not heard of. */
export async function untold(whose) {
  const all = await mine(["receipts"], "readonly", ({ receipts }) => got(receipts.getAll()), { whose });
  return all.filter(({ told }) => !told).slice(0, MOST_RECEIPTS);
}

/** Note that the server has heard of receipts, or never will. */
export function told(whose, receipts) {
  const note = ({ receipts: store }) => Promise.all(receipts.map((one) => got(store.put({ ...one, told: true }))));
  return mine(["receipts"], "readwrite", note, { whose });
}

/** Return an item as it is sent. */
export function change({ op, type, id, base_version, data }, shift) {
  const based = base_version === null ? {} : { base_version };
  return { op, type, id, ...based, data, ...(shift ? { clock_shift_s: shift } : {}) };
}

/**
 * Return by how many seconds the clock was set forward since an item was written, 0 if it was not, null when only a
 * fresh look at the server's time can tell. A phone that slept looks as if its clock had been set forward: what it
 * says of itself counts only where the server's time says the same.
 */
export function shiftOf({ made }, measured) {
  if (made.life !== LIFE || made.offset === null) return 0;
  const moved = origin() - made.origin;
  if (Math.abs(moved) <= JUMP_MS) return 0;
  if (!measured || Math.abs(origin() - measured.origin) > JUMP_MS) return null;
  const apart = made.offset - measured.offset;
  return Math.abs(apart - moved) <= APART_MS ? Math.round(apart / 1000) : 0;
}

/** Whether a result is an end: the item is done, or for the patient to decide, or was said anew meanwhile. */
export function ended({ result, retryable }) {
  return DONE.has(result) || result === "retracted" || result === "conflict" || (result === "invalid" && !retryable);
}

/** Settle one item by its result, in the transaction that stores the answer; only a known end takes it from the queue. */
export async function settle({ queue, records }, { seq }, result) {
  const item = await got(queue.get(seq));
  if (!item) return;
  const rest = await later(queue, item);
  if (DONE.has(result.result) || (result.result === "retracted" && item.op === "retract")) {
    await done({ queue, records }, item, result, rest);
  } else if (result.result === "retracted") {
    await Promise.all([item, ...rest].map((one) => got(queue.delete(one.seq))));
    await got(records.delete([kindOf(item.type), item.id]));
  } else if (result.result === "conflict") {
    await contradicted(queue, item, result, rest);
    if (result.stored) await stand(records, item, result);
  } else if (ended(result)) await refused(queue, item, result.problem, rest);
  else await got(queue.put({ ...item, sent: item.sent && result.result !== "stale" }));
}

/** Note that the server will not have an item as it is. */
export async function refuse(whose, { seq }, problem) {
  await mine(["queue"], "readwrite", async ({ queue }) => {
    const item = await got(queue.get(seq));
    if (item) await refused(queue, item, problem, await later(queue, item));
  }, { whose, strict: true });
}

function sendable(items, most, tried) {
  const [chosen, closed] = [[], new Set()];
  let size = 0;
  for (const item of items) {
    if (closed.has(item.id)) continue;
    // One change of a record at a time, in order; nothing follows a record that was not taken.
    if (item.state === "waiting" || isNew(item)) closed.add(item.id);
    if (item.state !== "waiting" || tried.has(item.seq)) continue;
    size += JSON.stringify(item.data).length * 3;
    if (chosen.length === most || (chosen.length && size > LARGEST)) break;
    chosen.push(item);
  }
  return chosen;
}

async function later(queue, { seq, id, type }) {
  if (type === STEP) return [];
  const items = await got(queue.index("record").getAll(id));
  return items.filter((one) => one.seq > seq && one.type === type);
}

async function done({ queue, records }, item, result, rest) {
  await got(queue.delete(item.seq));
  // Of a retry the answer tells what stands now; what this very change made is the version after its own base.
  const made = result.result === "duplicate" ? (item.base_version ?? 0) + 1 : result.version;
  const next = rest[0];
  if (next?.follows) await got(queue.put({ ...next, follows: false, base_version: made }));
  // A request that was withdrawn stays to be seen; whatever else was taken back is gone.
  const gone = item.op === "retract" && (item.type !== "request" || !result.stored);
  if (gone) await got(records.delete([kindOf(item.type), item.id]));
  else await stand(records, item, result);
}

async function stand(records, item, { stored, version }) {
  const type = kindOf(item.type);
  const held = await got(records.get([type, item.id]));
  if (held && held.version !== null && version !== null && held.version > version) return;
  const data = { ...(type === "sample" || !stored ? held?.data : {}), ...(stored ?? item.data) };
  await got(records.put({ type, id: item.id, version: version ?? held?.version ?? 1, data }));
}

async function contradicted(queue, item, result, rest) {
  const last = rest.at(-1) ?? item;
  await Promise.all(rest.map(({ seq }) => got(queue.delete(seq))));
  const standing = result.version;
  if (last.op === "retract" && last !== item) {
    const again = { follows: false, state: "waiting", sent: false, base_version: standing };
    return got(queue.put({ ...item, op: "retract", data: last.data, made: last.made, ...again }));
  }
  const said = ({ field, yours }) => (last !== item && field in last.data ? last.data[field] : yours);
  const difference = (result.difference ?? []).map((one) => ({ ...one, yours: said(one) }));
  const told = { problem: result.problem, difference, standing };
  return got(queue.put({ ...item, data: last.data, made: last.made, state: "conflict", sent: false, ...told }));
}

async function refused(queue, item, problem, rest) {
  const last = rest.at(-1);
  await Promise.all(rest.map(({ seq }) => got(queue.delete(seq))));
  if (!last) return got(queue.put({ ...item, state: "refused", sent: false, problem }));
  // What was said since takes the place of what was refused; a record that never was need not be taken back.
  if (last.op === "retract" && isNew(item)) return got(queue.delete(item.seq));
  const { op, data, made, written_at } = last;
  return got(queue.put(worded({ ...item, op, data, made, written_at, state: "waiting", sent: false })));
}
