/**
 * The service worker: the app without internet, messages that wake the phone, and what became of them.
 *
 * A classic script that stands alone, so that it runs in every browser; where service workers may be modules,
 * sw.module.js loads it and adds `syncByItself`, which sends what waits with the app closed. Nothing below /api/ is
 * ever kept here: what the app knows is in its database, and belongs to one patient.
 */

const SHELL = "/app.shell.json";
const HOME = "/app";
const PAGES = new Set(["/app", "/pair"]);
const OURS = /^\/(static\/(patient|shared)\/|app\.webmanifest$)/;
const CACHE = "uitwerk-";
const PATIENCE_MS = 4000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HOUR_MS = 3600_000;
const ONCE = new Set(["correction", "test"]);
const NEUTRAL = {
  nl: { title: "Uitwerk", body: "Er staat iets voor je klaar.", later: "Over een uur" },
  en: { title: "Uitwerk", body: "There is something for you.", later: "In an hour" },
};

/** Pages whose frame is newer than the files kept here: theirs come from the server too. */
const newer = new Set();

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    if (PAGES.has(url.pathname)) event.respondWith(page(event));
  } else if (OURS.test(url.pathname)) {
    event.respondWith(file(event));
  }
});
self.addEventListener("push", (event) => event.waitUntil(show(event.data)));
self.addEventListener("notificationclick", (event) => {
  const { notification, action } = event;
  notification.close();
  const done = action === "later" ? [putOff(notification.tag)] : [open(notification), note(notification.tag, "opened")];
  event.waitUntil(Promise.all(done));
});
self.addEventListener("notificationclose", (event) => event.waitUntil(note(event.notification.tag, "dismissed")));
self.addEventListener("sync", (event) => event.waitUntil(pass(event.lastChance)));
self.addEventListener("message", ({ data }) => data === "take-over" && self.skipWaiting());

/** Keep every file of this version; only when all are here, those of other versions go. */
async function install() {
  const { version, files } = await (await fetch(SHELL, { cache: "no-store" })).json();
  const name = CACHE + version;
  const cache = await caches.open(name);
  await cache.addAll(files.map((path) => new Request(path, { cache: "no-cache" })));
  const old = (await caches.keys()).filter((other) => other.startsWith(CACHE) && other !== name);
  await Promise.all(old.map((other) => caches.delete(other)));
  // No need to wait until open pages are closed: what they have not loaded yet they open as a fresh page (screens.js).
  await self.skipWaiting();
}

/** The frame of the app: the server's while it answers, else the one kept. */
async function page(event) {
  const kept = await caches.match(HOME);
  const fresh = await answered(fetch(event.request), kept);
  if (!fresh) return kept;
  const tags = [fresh, kept].map((response) => response?.headers.get("ETag") ?? null);
  if (kept && tags[0] !== tags[1] && event.resultingClientId) newer.add(event.resultingClientId);
  return fresh;
}

/** Wait for an answer that is worth having; without anything kept any answer is, and so is its error. */
function answered(fetching, kept) {
  if (!kept) return fetching;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const good = fetching.then((response) => (response.ok ? response : null)).catch(() => null);
  return Promise.race([good, late]);
}

async function file({ request, clientId }) {
  const kept = await caches.match(request, { ignoreSearch: true, ignoreVary: true });
  if (!kept) return fetch(request);
  const fresh = newer.has(clientId) || !(await ofApp(clientId));
  return fresh ? fetch(request).catch(() => kept) : kept;
}

/** Tell whether a page is the app's: the staff's share files with it, and what is kept here may be older than they are. */
async function ofApp(id) {
  const client = await self.clients.get(id);
  return !client || PAGES.has(new URL(client.url).pathname);
}

async function show(data) {
  const own = await neutral();
  const { id = "", title, body, url = "" } = { ...own, ...read(data) };
  await self.registration.showNotification(title, {
    body,
    tag: id,
    actions: (await canWait(id)) ? [{ action: "later", title: own.later }] : [],
    icon: "/static/patient/icon-192.png",
    badge: "/static/patient/icon-192.png",
    data: { url },
  });
  await note(id, "shown");
}

/** Return what a message says, as far as it can be read: a phone must show something for every message. */
function read(data) {
  try {
    const told = data?.json() ?? {};
    return Object.fromEntries(Object.entries(told).filter(([, value]) => typeof value === "string" && value !== ""));
  } catch {
    return {};
  }
}

async function neutral() {
  const profile = await mine("documents", "readonly", (documents) => documents.get("profile")).catch(() => null);
  const language = profile?.data?.language ?? self.navigator.language.slice(0, 2);
  return NEUTRAL[language] ?? NEUTRAL.nl;
}

/** Tell whether an hour later is still in time, by what this phone knows, and can be sent also with the app closed. */
async function canWait(id) {
  if (!self.syncByItself || !self.registration.sync) return false;
  const known = await mine("documents", "readonly", (documents) => documents.get("reminders")).catch(() => null);
  const one = [known?.data?.items, known?.data?.told].flatMap((list) => list ?? []).find((item) => item.id === id);
  return Boolean(one) && !ONCE.has(one.kind) && Date.parse(one.expires_at) - Date.now() > 2 * HOUR_MS;
}

/** Note that somebody wants to hear a reminder once more, and send that now, or once there is internet. */
async function putOff(id) {
  const until = Date.now() + HOUR_MS;
  await mine("drafts", "readwrite", (drafts) => drafts.put({ until }, `later:${id}`));
  await self.registration.sync.register("uitwerk").catch(() => null);
  await note(id, "dismissed");
}

async function open({ data }) {
  const wanted = address(data?.url);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.find((one) => PAGES.has(new URL(one.url).pathname));
  if (!ours) return self.clients.openWindow(wanted);
  const client = await ours.navigate(wanted).catch(() => ours);
  return (client ?? ours).focus();
}

/** Return where a message leads: only ever into the app. */
function address(url) {
  const wanted = new URL(url || HOME, self.location.origin);
  const own = wanted.origin === self.location.origin && wanted.pathname === HOME && wanted.hash;
  return own ? wanted.href : `${self.location.origin}${HOME}#/today`;
}

/** Note what became of a reminder, once, and let it be told to the server. */
async function note(id, state) {
  if (!UUID.test(id)) return;
  const receipt = { id, state, at: here(), told: false };
  await mine("receipts", "readwrite", (receipts) => receipts.add(receipt)).catch(() => null);
  await pass(true).catch(() => null);
}

/** Let what waits be sent: by the app where it is open, else by ourselves where we can. */
async function pass(last = false) {
  const windows = await self.clients.matchAll({ type: "window" });
  for (const client of windows) client.postMessage({ name: "sync" });
  if (windows.length || !self.syncByItself) return;
  const { error, waiting } = await self.syncByItself();
  // The browser tries again later only when it is told that it failed.
  if (error && waiting && !last) throw new Error(error);
}

/** Return now as local time with its offset. */
function here(at = new Date()) {
  const east = -at.getTimezoneOffset();
  const two = (part) => String(Math.abs(Math.trunc(part))).padStart(2, "0");
  const local = new Date(at.getTime() + east * 60_000).toISOString().slice(0, 19);
  return `${local}${east < 0 ? "-" : "+"}${two(east / 60)}:${two(east % 60)}`;
}

/** Do one thing in a table of the patient this phone is paired with. */
async function mine(table, mode, act) {
  const patient = await within("uitwerk", "kept", "readonly", (kept) => kept.get("patient_id"));
  return patient ? within(`uitwerk-${patient}`, table, mode, act) : null;
}

function within(name, table, mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    // Tables are the app's to make: a database that is not there stays away.
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      const transaction = db.transaction([table], mode);
      const request = act(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request.result ?? null);
      transaction.onabort = () => reject(transaction.error);
      db.close();
    };
  });
}
