/** Takes in the server's answers: results, records, documents and the place to go on from, in one transaction each. */

import { READ } from "./assigned.js";
import { got } from "./idb.js";
import { mine } from "./phone.js";
import { settle } from "./outbox.js";
import { Offline } from "./session.js";

const TABLES = ["queue", "records", "documents", "receipts", "marks"];
const DOCUMENTS = new Set(["profile", "plan", "reminders", "forms", "consents"]);
const BOOTSTRAP = [...DOCUMENTS, "checklists", "vocabulary", "site", "safety"];

/** Return how far was pulled and when: {cursor, synced_at, bootstrapped_at, not_before}, null where not known. */
export function marks(whose) {
  return mine(["marks"], "readonly", async ({ marks: store }) => {
    const [names, values] = [await got(store.getAllKeys()), await got(store.getAll())];
    const none = { cursor: null, synced_at: null, bootstrapped_at: null, not_before: null };
    return { ...none, ...Object.fromEntries(names.map((name, at) => [name, values[at]])) };
  }, { whose });
}

/** Note something of how far it is. */
export function mark(whose, name, value) {
  return mine(["marks"], "readwrite", ({ marks: store }) => got(store.put(value, name)), { whose });
}

/** Return an answer of /me/sync that can be relied on; throws Offline for anything else, so that nothing is dropped. */
export function readable(answer, sent) {
  const lists = Array.isArray(answer?.results) && Array.isArray(answer.changes) && answer.results.length === sent.length;
  const belongs = ({ id }, at) => id === null || String(id).toLowerCase() === sent[at].id.toLowerCase();
  if (!lists || typeof answer.cursor !== "string" || !answer.results.every(belongs)) throw new Offline("unreadable");
  return answer;
}

/**
 * Store one answer. While a store is being replaced (`collected`: all that came since `reset`) only the results count,
 * until the last page: then the old gives way to the new at once. So a break half-way leaves what was there. Returns
 * whether it is news that reminders come late, or no longer do.
 */
export function takeIn(whose, { sent, receipts, answer, collected }) {
  return mine(TABLES, "readwrite", async (stores) => {
    for (const [at, item] of sent.entries()) await settle(stores, item, answer.results[at]);
    await Promise.all(receipts.map((one) => got(stores.receipts.put({ ...one, told: true }))));
    const delayed = await delay(stores, answer);
    if (collected && answer.more) return delayed;
    // Documents come whole with the first page of a reset, and replace each other.
    if (collected) await got(stores.records.clear());
    const changes = collected ?? answer.changes;
    for (const change of changes) await lay(stores, change);
    if (changes.some(({ type }) => type === "forms")) await got(stores.marks.delete(READ));
    await got(stores.marks.put(answer.cursor, "cursor"));
    if (!answer.more) await got(stores.marks.put(Date.now(), "synced_at"));
    return delayed;
  }, { whose, strict: true });
}

/** Keep since when reminders come late, as of now; returns whether that is news. */
async function delay({ documents }, { reminders_delayed_since: since }) {
  const held = since !== undefined && (await got(documents.get("bootstrap")));
  if (!held || held.data.reminders_delayed_since === since) return false;
  await got(documents.put({ ...held, data: { ...held.data, reminders_delayed_since: since } }));
  return true;
}

/** Return what results say of standing records, as changes: what was stored while a store is being replaced. */
export function standing(sent, { results }) {
  const told = results.map(({ id, version, stored }, at) => ({ type: sent[at].type, id, version, retracted: false, data: stored }));
  return told.filter(({ data, type }) => data && !data.retracted && type !== "sample-step");
}

/** Store what the app needs to be of use without internet. */
export function takeBootstrap(whose, answer) {
  return mine(["documents", "marks"], "readwrite", async ({ documents, marks: store }) => {
    const { server_time, min_client, language, reminders_delayed_since } = answer;
    const rest = { server_time, min_client, language, reminders_delayed_since };
    await got(documents.put({ kind: "bootstrap", data: rest }));
    for (const kind of BOOTSTRAP) if (answer[kind] !== undefined) await got(documents.put({ kind, data: answer[kind] }));
    await got(store.put(Date.now(), "bootstrapped_at"));
  }, { whose });
}

async function lay({ records, documents }, { type, id, version, retracted, data }) {
  if (DOCUMENTS.has(type)) return data && got(documents.put({ kind: type, data }));
  if (retracted || !data) return got(records.delete([type, id]));
  const held = await got(records.get([type, id]));
  // The answer to a push may be newer than the page that came with it.
  return held && held.version > version ? null : got(records.put({ type, id, version, data }));
}
