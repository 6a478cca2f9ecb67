/**
 * Who is logged in, in this browser.
 *
 * The token that opens records lives in this page's memory alone; what renews it is a cookie no script can read. All
 * tabs share that cookie: they tell each other who comes and goes, so that no tab goes on in somebody else's name.
 */

import { Offline, send } from "./wire.js";

const CHANNEL = "uitwerk-clinic";
const MARK = "clinic-session";
const FRESH_MS = 5 * 60_000;

const others = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
const listeners = { in: new Set(), out: new Set(), active: new Set() };
let token = null;
let got = 0;
let holder = null;

if (others) others.onmessage = ({ data }) => heard(data ?? {});

/** Return who is logged in: {staff_id, role, name, idle_minutes}; null for nobody. */
export function who() {
  return holder;
}

/** Call back when somebody logs in ("in"), is out ("out"), or acts in another tab ("active"); returns what stops it. */
export function when(what, listener) {
  listeners[what].add(listener);
  return () => listeners[what].delete(listener);
}

/** Tell the other tabs that somebody is at work here. */
export function busyHere() {
  others?.postMessage({ name: "active" });
}

/** Whether this browser was logged in when it was last here: whom that is, and whether still, the server says. */
export function expected() {
  return mark() === "in";
}

/** Go on with the session this browser still has, if any; returns who it is, or null. Throws Offline. */
export async function restore() {
  if (mark() === "leaving") await ended();
  if (mark() !== "in") return null;
  if (!(await renewed(null))) {
    setMark(null);
    return null;
  }
  await known();
  return holder;
}

/** Log in with e-mail, password and the code of the moment. Throws Refused or Offline. */
export async function logIn(email, password, code) {
  take(await send("POST", "/access/log-in", { email, password, totp_code: code, browser: true }));
  setMark("in");
  await known();
  others?.postMessage({ name: "in", staff_id: holder.staff_id });
  call("in");
  return holder;
}

/** Log out, in every tab; while there is no connection the session is ended as soon as there is one. */
export async function logOut(why = "asked") {
  const last = token;
  forget();
  setMark("leaving");
  others?.postMessage({ name: "out", why });
  call("out", why);
  await ended(last).catch((error) => {
    if (!(error instanceof Offline)) throw error;
  });
}

/** Return the token to ask with, renewed when it was not for a while; null where somebody has to log in. */
export async function standing() {
  if (token && Date.now() - got > FRESH_MS) return (await renewed(token)) ?? null;
  return token;
}

/** Renew the session instead of `old`, once at a time over all tabs; null when it is over. Throws Offline. */
export function renewed(old) {
  return alone(async () => {
    if (token && token !== old) return token;
    try {
      const tokens = await send("POST", "/access/refresh", {});
      if (holder && tokens.staff_id !== holder.staff_id) return startAnew();
      take(tokens);
      return token;
    } catch (error) {
      if (error.status !== 401) throw error;
      token = null;
      return null;
    }
  });
}

/** Keep the session alive for somebody who reads without asking anything of the server. */
export async function keepAlive() {
  await standing().catch(() => null);
}

async function known() {
  const told = await send("GET", "/access/session", undefined, { token });
  holder = { staff_id: told.staff_id, role: told.role, name: told.name, idle_minutes: told.idle_minutes };
}

function take(tokens) {
  token = tokens.access_token;
  got = Date.now();
}

function forget() {
  token = null;
  holder = null;
}

async function ended(last = null) {
  if (!last || !(await told(last))) {
    const tokens = await send("POST", "/access/refresh", {}).catch(refused);
    if (tokens) await told(tokens.access_token);
  }
  setMark(null);
}

async function told(mine) {
  return (await send("POST", "/access/log-out", undefined, { token: mine, keepalive: true }).catch(refused)) !== false;
}

function refused(error) {
  if (error.status !== 401) throw error;
  return false;
}

function heard({ name, staff_id, why }) {
  if (name === "active") call("active");
  if (name === "out") {
    forget();
    call("out", why);
  }
  // Whoever logged in elsewhere has this browser's session now; a page of somebody else must not go on with it.
  if (name === "in" && holder?.staff_id !== staff_id) startAnew();
  else if (name === "in") call("in");
}

function startAnew() {
  forget();
  location.reload();
  return null;
}

function call(what, told = null) {
  for (const listener of [...listeners[what]]) listener(told);
}

function alone(work) {
  return navigator.locks ? navigator.locks.request(CHANNEL, work) : work();
}

function mark() {
  try {
    return localStorage.getItem(MARK);
  } catch {
    return null; // a browser that keeps nothing asks to log in at every visit
  }
}

function setMark(said) {
  try {
    if (said) localStorage.setItem(MARK, said);
    else localStorage.removeItem(MARK);
  } catch {
    // see mark()
  }
}
