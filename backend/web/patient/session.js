/** The phone's session: pairing, its tokens and their renewal, and every call to the API. */

import { tell } from "./bus.js";
import { alone } from "./locks.js";
import { bind, keep, kept, patient } from "./phone.js";
import { forgetAnswers, forgetPulled, keepAnswer } from "./store.js";

const API = "/api/v1";
const PATIENCE_MS = 30_000;
const NEARLY_OVER_MS = 30_000;
const SENT_AWAY = "not-authenticated";
const NOT_KEPT = /^\/me\/(bootstrap|record)\b/;

let away = false;

/** The server said no; `problem` is what it told (code, title, detail, pointers), `retry_after` seconds or null. */
export class Refused extends Error {
  constructor(status, problem, retryAfter = null) {
    super(`${status} ${problem.code}`);
    this.name = "Refused";
    this.status = status;
    this.problem = problem;
    this.retry_after = retryAfter;
  }
}

/** There was no answer, or none that can be read: whether it was done is not known. */
export class Offline extends Error {
  constructor(why = "offline") {
    super(why);
    this.name = "Offline";
  }
}

/** Call the API ("GET", "/me/trend"); returns the parsed answer, null where there is none. Throws Refused or Offline. */
export async function api(method, path, body = undefined) {
  const whose = await patient();
  const answer = await apiOf(whose, method, path, body);
  if (method === "GET" && path.startsWith("/me/") && !NOT_KEPT.test(path)) await keepAnswer(path, answer, whose);
  return answer;
}

/** Call the API as one patient and nobody else: when another is paired meanwhile there is no answer (Offline). */
export async function apiOf(whose, method, path, body = undefined) {
  const session = await current(whose);
  try {
    return await call(method, path, body, session.access_token);
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  return call(method, path, body, (await renewed(session)).access_token);
}

/** Return the id of the patient this phone is paired with, or null. */
export async function paired() {
  const [session, sentAway] = await Promise.all([kept("session"), kept("sent_away")]);
  away = session === null && sentAway !== null;
  return session?.patient_id ?? null;
}

/** Tell whether this phone was sent away, as far as is known (`paired()` asks again). */
export function sentAway() {
  return away;
}

/** Pair this phone with `{secret}` (scanned) or `{code}` (typed); returns the patient's id. Throws Refused or Offline. */
export async function pair(proof) {
  const tokens = await call("POST", "/access/pairing", { device_name: navigator.platform || "phone", ...proof });
  await alone("session", () => keep((phone) => open(phone, tokens)));
  away = false;
  bind(tokens.patient_id);
  // Asks the browser not to clear what waits when the phone is full; it may say no, or ask its owner first.
  navigator.storage?.persist?.().catch(() => false);
  tell("paired", { patient_id: tokens.patient_id });
  return tokens.patient_id;
}

/** Log out: forget what was pulled, keep what was not yet sent for when the same patient comes back. */
export async function leave() {
  const whose = await patient();
  await apiOf(whose, "POST", "/access/log-out").catch(() => null);
  await closed({ whose, sentAway: false });
}

/** Return the session of this page's patient; one whose access is nearly over is renewed first. */
async function current(whose) {
  const [session, offset] = [await kept("session"), (await kept("offset_ms")) ?? 0];
  if (session === null) throw new Refused(401, problemOf(401));
  same(session, whose);
  const left = Date.parse(session.expires_at) - (Date.now() + offset);
  return left < NEARLY_OVER_MS ? renewed(session) : session;
}

// One renewal at a time over all tabs: a token renewed twice looks stolen.
function renewed(old) {
  return alone("session", async () => {
    const session = await kept("session");
    if (session === null) throw new Refused(401, problemOf(401));
    same(session, old.patient_id);
    if (session.refresh_token !== old.refresh_token) return session;
    try {
      const tokens = await call("POST", "/access/refresh", { refresh_token: session.refresh_token });
      await keep((phone) => phone.put("session", tokens));
      return tokens;
    } catch (error) {
      // Only the server's own word ends a session; anything else leaves the token to be tried again.
      if (error.status === 401 && error.problem.code === SENT_AWAY) {
        await closed({ whose: session.patient_id, sentAway: true });
      }
      throw error;
    }
  });
}

function same(session, whose) {
  if (session.patient_id !== whose) throw new Offline("somebody else is paired now");
}

async function open(phone, tokens) {
  const known = (await phone.get("patients")) ?? [];
  await phone.put("session", tokens);
  await phone.put("patient_id", tokens.patient_id);
  await phone.put("patients", [...new Set([...known, tokens.patient_id])]);
  await phone.drop("sent_away");
}

async function closed({ whose, sentAway: wasSent }) {
  await keep(async (phone) => {
    const session = await phone.get("session");
    if (session !== null && session.patient_id !== whose) return;
    await phone.drop("session");
    if (wasSent) await phone.put("sent_away", true);
    else await phone.drop("patient_id");
  });
  away = wasSent;
  await forgetPulled(whose);
  await forgetAnswers(whose);
  if (!wasSent) bind(null);
  await hushed().catch(() => null);
  tell("unpaired");
  tell("changed", null);
}

/** Let no message about the patient before arrive or stay on the screen. */
async function hushed() {
  const worker = globalThis.registration ?? (await navigator.serviceWorker?.getRegistration());
  for (const notice of (await worker?.getNotifications?.()) ?? []) notice.close();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}

async function call(method, path, body, token = null) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const headers = { Accept: "application/json, application/problem+json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const sent = body === undefined ? undefined : JSON.stringify(body);
    return await read(await fetch(API + path, { method, headers, body: sent, cache: "no-store", signal: patience.signal }));
  } catch (error) {
    throw error instanceof Refused || error instanceof Offline ? error : new Offline();
  } finally {
    clearTimeout(timer);
  }
}

async function read(response) {
  if (response.status === 204) return null;
  const told = await response.json().catch(() => undefined);
  if (response.ok && told === undefined) throw new Offline("unreadable");
  if (response.ok) return told;
  const problem = told?.code ? told : problemOf(response.status);
  const after = Number(problem.retry_after ?? response.headers.get("Retry-After"));
  throw new Refused(response.status, problem, Number.isFinite(after) && after > 0 ? after : null);
}

function problemOf(status) {
  return { code: "unknown", title: "", detail: "", pointers: [], status };
}
