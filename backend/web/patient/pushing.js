/** Messages that wake this phone: whether it can get them, and switching them on and off. */

import { isApple, isInstalled } from "./install.js";
import { api } from "./session.js";

const PATH = "/me/push-subscriptions";
const PATIENCE_MS = 10_000;

/** The phone itself could not be made to listen: its push service did not answer, or there is none. */
export class Unable extends Error {
  constructor(why) {
    super(why);
    this.name = "Unable";
  }
}

/**
 * Return how it stands: {state, mine, others}. `state` is "on", "off", "denied", "install" (put it on the home screen
 * first) or "unsupported"; `mine` is this phone's subscription at the server and `others` are those of other phones.
 */
export async function standing() {
  const items = await api("GET", PATH).then((answer) => answer.items, (error) => {
    if (error?.name === "Offline") return null;
    throw error;
  });
  const mine = items?.find((one) => one.this) ?? null;
  return { state: await here(items === null || mine !== null), mine, others: (items ?? []).filter((one) => !one.this) };
}

/** Let this phone be woken, asking its owner first; belongs behind a tap. Returns the state. Throws as `api`, or Unable. */
export async function turnOn() {
  const cannot = obstacle();
  if (cannot && cannot !== "denied") return cannot;
  // First of all, while the tap still counts: a browser asks nothing out of the blue.
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return permission === "denied" ? "denied" : "off";
  const { public_key: key } = await api("GET", "/push-key");
  const subscription = await subscribed(bytes(key));
  const { endpoint, keys } = subscription.toJSON();
  await api("POST", PATH, { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  return "on";
}

/** Let this phone sleep. Throws as `api`. */
export async function turnOff() {
  const { mine } = await standing();
  if (mine) await api("DELETE", `${PATH}/${mine.id}`);
  await (await subscription())?.unsubscribe();
}

/** Let another phone sleep. Throws as `api`. */
export async function turnOffOther(id) {
  await api("DELETE", `${PATH}/${id}`);
}

async function here(known) {
  const cannot = obstacle();
  if (cannot) return cannot;
  return known && (await subscription()) ? "on" : "off";
}

function obstacle() {
  const can = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
  if (!can) return isApple() && !isInstalled() ? "install" : "unsupported";
  return Notification.permission === "denied" ? "denied" : null;
}

async function subscription() {
  const worker = await navigator.serviceWorker?.getRegistration();
  return (await worker?.pushManager?.getSubscription()) ?? null;
}

async function subscribed(key) {
  const { pushManager } = await ready();
  const before = await pushManager.getSubscription();
  if (before && same(before.options?.applicationServerKey, key)) return before;
  // A subscription made for another key can be sent nothing, and keeps a new one from being made.
  await before?.unsubscribe();
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch (error) {
    throw new Unable(error?.message);
  }
}

function ready() {
  const late = new Promise((_, refuse) => {
    setTimeout(() => refuse(new Unable("no service worker")), PATIENCE_MS);
  });
  return Promise.race([navigator.serviceWorker.ready, late]);
}

function same(buffer, key) {
  const held = new Uint8Array(buffer ?? []);
  return held.length === key.length && held.every((byte, at) => byte === key[at]);
}

function bytes(base64url) {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}
