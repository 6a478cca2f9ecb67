/** Shows reminders that fall due while the app is open, and notes it, so that nobody is told twice. */

import { on } from "./bus.js";
import { nowIso } from "./clock.js";
import { got } from "./idb.js";
import { kept, mine } from "./phone.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";

const LONGEST_MS = 3600_000;
const KEPT_MS = 90 * 24 * 3600_000;

let timer = 0;
let looking = null;

/** Begin to watch. */
export function start() {
  const watch = () => look().catch(reportError);
  on("changed", watch);
  document.addEventListener("visibilitychange", watch);
  watch();
}

/** Show what is due now and has not been shown; looks again when the next falls due. */
export function look() {
  looking ??= due().finally(() => {
    looking = null;
  });
  return looking;
}

async function due() {
  clearTimeout(timer);
  const worker = await allowed();
  if (!worker) return;
  const now = Date.now() + ((await kept("offset_ms")) ?? 0);
  const items = (await doc("reminders"))?.items ?? [];
  const shown = [];
  for (const item of items) {
    if (Date.parse(item.send_at) > now || Date.parse(item.expires_at) <= now) continue;
    if (await claimed(item.id)) shown.push(item);
  }
  for (const { id, text } of shown) {
    const rest = { tag: id, icon: "/static/patient/icon-192.png", badge: "/static/patient/icon-192.png" };
    await worker.showNotification(text.title, { body: text.body, ...rest, data: { url: "/app#/today" } }).catch(() => unclaimed(id));
  }
  if (shown.length) told();
  const next = Math.min(...items.map(({ send_at }) => Date.parse(send_at) - now).filter((left) => left > 0), LONGEST_MS);
  timer = setTimeout(() => look().catch(reportError), next + 500);
}

async function allowed() {
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return null;
  return (await navigator.serviceWorker?.getRegistration()) ?? null;
}

/** Note that a reminder is shown, before it is: false where it was told already, here or by a message. */
function claimed(id) {
  return mine(["receipts"], "readwrite", async ({ receipts }) => {
    const before = await got(receipts.getAll(IDBKeyRange.bound([id], [id, []])));
    if (before.length) return false;
    await got(receipts.put({ id, state: "shown", at: nowIso(), told: false }));
    return true;
  }, { strict: true });
}

function unclaimed(id) {
  return mine(["receipts"], "readwrite", ({ receipts }) => got(receipts.delete([id, "shown"])));
}

async function told() {
  await forgotten();
  await sync("receipt");
}

/** Forget receipts of long ago that the server has heard of. */
async function forgotten() {
  const before = Date.now() - KEPT_MS;
  await mine(["receipts"], "readwrite", async ({ receipts }) => {
    for (const one of await got(receipts.getAll())) {
      if (one.told && Date.parse(one.at) < before) await got(receipts.delete([one.id, one.state]));
    }
  });
}
