/** Messages that were put off, kept until the server has heard of it: also with the app closed and without internet. */

import { nowIso } from "./clock.js";
import { got } from "./idb.js";
import { kept, mine } from "./phone.js";
import { apiOf } from "./session.js";

const KEY = "later:";
const SOON_MS = 2 * 60_000;
const PASSING = new Set([401, 408, 429]);

/** Ask to hear something once more; `until` (ms) that has passed meanwhile is at once. Throws as `apiOf`. */
export async function putOff(whose, id, until) {
  const now = Date.now() + ((await kept("offset_ms")) ?? 0);
  const at = nowIso(new Date(Math.max(until, now + SOON_MS)));
  return apiOf(whose, "PUT", `/me/reminders/${id}/snooze`, { until: at });
}

/** Return what still waits to be put off: [{key, id, until}]. The service worker writes it, as one taps "Later". */
export async function waitingLater(whose = null) {
  const found = await mine(["drafts"], "readonly", async ({ drafts }) => {
    const range = IDBKeyRange.bound(KEY, `${KEY}~`);
    const [keys, values] = [await got(drafts.getAllKeys(range)), await got(drafts.getAll(range))];
    return keys.map((key, at) => ({ key, id: key.slice(KEY.length), until: values[at].until }));
  }, { whose });
  return found ?? [];
}

/** Send what waits. What the server refuses makes no sense any more: it was done, or it is over. Throws Offline. */
export async function sendLater(whose) {
  for (const { key, id, until } of await waitingLater(whose)) {
    try {
      await putOff(whose, id, until);
    } catch (error) {
      if (!(error.status < 500) || PASSING.has(error.status)) throw error;
    }
    await mine(["drafts"], "readwrite", ({ drafts }) => got(drafts.delete(key)), { whose });
  }
}
