/** What one was told, in the order of telling: which of it was read, where each leads, and until when it can wait. */

import { tell } from "./bus.js";
import { nowIso, today } from "./clock.js";
import { got } from "./idb.js";
import { mine } from "./phone.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
const PLACES = {
  "home-dose": "dose", "home-dose-late": "dose", checklist: "dose", "sample-kit": "prick", sample: "prick",
  "sample-post": "prick", form: "forms", diary: "entry", correction: "reminders", test: "reminders",
  "dose-expected": "contact", "dose-late": "contact", monitoring: "contact",
};
const ONCE = new Set(["correction", "test"]);
const UNTIL_THEN = new Set(["dose", "sample"]);

/** Return what was told in the last month, newest first, as the server has it and with what was read here. */
export async function told() {
  const [reminders, seen] = await Promise.all([
    doc("reminders"),
    mine(["receipts"], "readonly", ({ receipts }) => got(receipts.getAllKeys())),
  ]);
  const here = new Set((seen ?? []).filter(([, state]) => state === "opened").map(([id]) => id));
  return (reminders?.told ?? []).map((one) => ({ ...one, read: one.read || here.has(one.id) }));
}

/** Return how many of them are new. */
export async function unread() {
  return (await told()).filter(({ read }) => !read).length;
}

/** Note that these were read, and let the server hear of it. */
export async function read(items) {
  const fresh = items.filter((one) => !one.read);
  if (!fresh.length) return;
  const note = ({ receipts }) =>
    Promise.all(fresh.map(({ id }) => got(receipts.put({ id, state: "opened", at: nowIso(), told: false }))));
  await mine(["receipts"], "readwrite", note, { strict: true });
  tell("changed", null);
  sync("receipt");
}

/** Return the screen on which a thing is done or seen. */
export function placeOf({ kind }) {
  return PLACES[kind] ?? "today";
}

/** Return when one can be told again: [{key, at}], only moments at which the thing still matters. */
export function laterTimes(item, now = new Date()) {
  if (ONCE.has(item.kind)) return [];
  const clock = (days, hour) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const times = [
    { key: "hour", at: new Date(now.getTime() + HOUR_MS) },
    { key: "evening", at: clock(0, 19) },
    { key: "tomorrow", at: clock(1, 9) },
  ];
  const [soonest, end] = [now.getTime() + HOUR_MS, over(item)];
  return times.filter(({ at }) => at >= soonest && at < end);
}

/** Tell whether two messages are about the same thing. */
export function thingOf({ kind, due_on, due_at }) {
  return [kind, due_on, due_at].join(" ");
}

/** Return the moment (ms) from which a thing makes no sense any more: the server's own, else the end of its day. */
function over({ kind, due_on, due_at, expires_at }) {
  if (expires_at) return Date.parse(expires_at);
  if (due_at && UNTIL_THEN.has(kind)) return Date.parse(due_at);
  return new Date(`${due_on ?? today()}T00:00`).getTime() + DAY_MS;
}
