/** The databases of this phone: one for the phone itself, and one for each patient who was ever paired with it. */

import { got, transact } from "./idb.js";

const PHONE = { name: "uitwerk", version: 1, upgrade: (db) => db.createObjectStore("kept") };
const KEYS = {
  records: ["type", "id"],
  documents: "kind",
  receipts: ["id", "state"],
  answers: "path",
};

let bound = null;

/** Return something the phone itself keeps ("session", "patient_id", "patients", "offset_ms", "sent_away"), or null. */
export async function kept(key) {
  return transact(PHONE, ["kept"], "readonly", async (stores) => (await got(stores.kept.get(key))) ?? null);
}

/** Change what the phone keeps in one transaction: `change` gets `{get, put, drop}`. */
export async function keep(change) {
  return transact(PHONE, ["kept"], "readwrite", ({ kept: store }) => change(tools(store)), { strict: true });
}

/** Return whose records this page works with, or null: who was paired last, also when the phone was sent away. */
export async function patient() {
  bound ??= await kept("patient_id");
  return bound;
}

/** Work for this patient from now on; null asks the phone anew. A page keeps its patient until it says so itself. */
export function bind(id) {
  bound = id;
}

/** Run a piece of work on the tables of the patient this page works for (or of `whose`); null when there is none. */
export async function mine(names, mode, work, { strict = false, whose = null } = {}) {
  const id = whose ?? (await patient());
  return id === null ? null : transact(tables(id), names, mode, work, { strict });
}

function tables(id) {
  return { name: `uitwerk-${id}`, version: 1, upgrade };
}

function upgrade(db) {
  for (const [name, keyPath] of Object.entries(KEYS)) db.createObjectStore(name, { keyPath });
  const queue = db.createObjectStore("queue", { keyPath: "seq", autoIncrement: true });
  queue.createIndex("record", "id");
  db.createObjectStore("drafts");
  db.createObjectStore("marks");
}

function tools(store) {
  return {
    get: async (key) => (await got(store.get(key))) ?? null,
    put: (key, value) => got(store.put(value, key)),
    drop: (key) => got(store.delete(key)),
  };
}
