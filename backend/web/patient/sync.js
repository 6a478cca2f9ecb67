/** When to exchange with the server, one tab at a time, and how it stands. */

import { mark, marks } from "./answer.js";
import { on, tell } from "./bus.js";
import { exchange } from "./exchange.js";
import { alone } from "./locks.js";
import { bind, kept, patient } from "./phone.js";
import { waiting } from "./queue.js";
import { Offline, paired, Refused, sentAway } from "./session.js";

const EVERY_MS = 5 * 60_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 15 * 60_000;
const LONGEST_WAIT_MS = 3600_000;
const JUST_NOW_MS = 10_000;
const INSISTING = new Set(["asked", "timer", "start", "paired"]);
const PASSING = new Set(["online", "visible", "timer"]);
const AFRESH = new Set(["start", "paired"]);
const ME = crypto.getRandomValues(new Uint32Array(2)).join("-");

const now = { waiting: 0, refused: 0, last_sync_at: null, running: false, error: null, outdated: false };
let running = null;
let following = null;
const asking = new Set();
let failures = 0;
let retry = 0;

/** Return how it stands: {waiting, refused, online, last_sync_at, running, error, unpaired, outdated}. */
export function state() {
  return { ...now, online: navigator.onLine !== false && now.error !== "offline", unpaired: sentAway() };
}

/** Exchange with the server; `why` is "asked" when somebody pressed a button. Returns the state afterwards, never throws. */
export function sync(why = "asked") {
  if (!running) return (running = once([why]).finally(() => (running = null)));
  // What was written after the running one had begun goes with one more, which all who ask meanwhile share.
  asking.add(why);
  following ??= running.then(() => {
    const reasons = [...asking];
    asking.clear();
    following = null;
    return (running = once(reasons).finally(() => (running = null)));
  });
  return following;
}

async function once(reasons) {
  try {
    if (await paired()) await alone("sync", () => turn(reasons));
    await count();
  } catch (error) {
    reportError(error);
  }
  return state();
}

async function turn(reasons) {
  const whose = await patient();
  if (await spared(whose, reasons)) return;
  now.running = true;
  tell("state", { from: ME });
  try {
    const { changed, backoff, outdated } = await exchange(whose, { afresh: reasons.some((why) => AFRESH.has(why)) });
    failures = 0;
    Object.assign(now, { error: null, outdated });
    if (changed) tell("changed", { why: "sync" });
    await later(whose, backoff * 1000);
  } catch (error) {
    await failed(whose, error);
  } finally {
    now.running = false;
  }
}

/** Whether this call can be left out: the server asked for rest, there is no net, or another tab was first. */
async function spared(whose, reasons) {
  const { not_before, synced_at } = await marks(whose);
  const left = (not_before ?? 0) - Date.now();
  if (!reasons.includes("asked") && left > 0 && left <= LONGEST_WAIT_MS) {
    again(left);
    return true;
  }
  if (navigator.onLine === false && !reasons.some((why) => INSISTING.has(why))) {
    now.error = "offline";
    await inBackground();
    return true;
  }
  const fresh = Math.abs(Date.now() - (synced_at ?? 0)) < JUST_NOW_MS && !now.error;
  return fresh && reasons.every((why) => PASSING.has(why)) && !(await waiting()).some((item) => item.state === "waiting");
}

async function failed(whose, error) {
  if (!(error instanceof Offline || error instanceof Refused)) reportError(error);
  now.error = error instanceof Offline ? (error.message === "unreadable" ? "unreadable" : "offline") : "refused";
  if (error.status >= 500 || error.status === 429) now.error = "server";
  if (!(await paired())) return;
  failures += 1;
  const wait = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS) * (0.5 + Math.random());
  if (error.retry_after) await later(whose, error.retry_after * 1000);
  else again(wait);
  await inBackground();
}

/** Rest for as long as the server asked; every tab keeps to it. */
async function later(whose, ms) {
  const { not_before } = await marks(whose);
  if (ms || not_before) await mark(whose, "not_before", ms ? Date.now() + Math.min(ms, LONGEST_WAIT_MS) : null);
  if (ms) again(ms);
}

function again(ms) {
  clearTimeout(retry);
  retry = setTimeout(() => sync("retry"), ms);
}

async function inBackground() {
  // Where the browser can, it wakes the service worker when there is internet again, also with the app closed.
  const worker = await globalThis.navigator.serviceWorker?.getRegistration?.().catch(() => null);
  await worker?.sync?.register("uitwerk").catch(() => null);
}

async function count() {
  const whose = await patient();
  const items = whose ? await waiting() : [];
  now.waiting = items.filter((item) => item.state === "waiting").length;
  now.refused = items.length - now.waiting;
  const synced = whose ? (await marks(whose)).synced_at : null;
  now.last_sync_at = synced && new Date(synced).toISOString();
  tell("state", { from: ME, error: now.error, outdated: now.outdated });
}

function watch() {
  const counted = () => count().catch(reportError);
  on("queued", () => sync("put"));
  on("changed", counted);
  on("unpaired", async () => {
    await paired();
    await counted();
  });
  on("paired", ({ patient_id }) => moved(patient_id));
  on("state", heard);
  addEventListener("online", () => sync("online"));
  document.addEventListener("visibilitychange", turned);
  navigator.serviceWorker?.addEventListener("message", ({ data }) => data?.name === "sync" && sync("receipt"));
  setInterval(() => document.visibilityState === "visible" && sync("timer"), EVERY_MS);
  paired().then(counted, reportError);
}

/** The app came back, or is put away, maybe for good: what waits is then left to the service worker. */
function turned() {
  if (document.visibilityState === "visible") return sync("visible");
  return now.waiting ? inBackground() : null;
}

/** Somebody was paired, here or in another tab; a page that shows another patient begins anew. */
async function moved(id) {
  const before = await patient();
  if (before === id) return sync("paired");
  if (before !== null) return location.reload();
  bind(id);
  return count();
}

/** Another tab told how it stands. */
function heard(told) {
  if (!told || told.from === ME || told.error === undefined) return;
  now.error = told.error;
  now.outdated = told.outdated;
}

if (typeof document !== "undefined") watch();
