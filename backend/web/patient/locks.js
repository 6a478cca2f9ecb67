/** One at a time over all tabs and the service worker; where the browser has no locks, a lease in the database. */

import { keep } from "./phone.js";

const PATIENCE_MS = 90_000;
const LEASE_MS = 20_000;
const RENEW_MS = 5_000;
const ASK_AGAIN_MS = 250;

const queues = new Map();

/**
 * Run `work` while nobody else runs anything under this name, and return what it gives.
 *
 * A tab that a phone put to sleep in the middle of its turn loses it after a while: all that is done alone may be done
 * twice, it is only wasteful.
 */
export function alone(name, work) {
  return navigator.locks ? locked(`uitwerk-${name}`, work) : inTurn(name, () => leased(name, work));
}

async function locked(name, work) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  let mine = null;
  const turn = () => {
    clearTimeout(timer);
    return (mine = Promise.resolve(work()));
  };
  try {
    return await navigator.locks.request(name, { signal: patience.signal }, turn);
  } catch (error) {
    if (error?.name !== "AbortError") throw error;
    // Either the turn was taken from us while at work, which goes on, or we take it from one who sleeps.
    return mine ?? navigator.locks.request(name, { steal: true }, turn).catch((taken) => mine ?? Promise.reject(taken));
  }
}

// The lease tells tabs apart, not callers within one: those wait for each other here.
function inTurn(name, work) {
  const turn = (queues.get(name) ?? Promise.resolve()).then(work, work);
  queues.set(name, turn);
  return turn;
}

async function leased(name, work) {
  const key = `lease-${name}`;
  const me = crypto.getRandomValues(new Uint32Array(2)).join("-");
  while (!(await taken(key, me))) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  const renewing = setInterval(() => taken(key, me).catch(() => {}), RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    await keep(async ({ get, drop }) => ((await get(key))?.who === me ? drop(key) : null));
  }
}

function taken(key, me) {
  return keep(async ({ get, put }) => {
    const [held, now] = [await get(key), Date.now()];
    // One that lies further ahead than anybody may ask for was written under another clock.
    const stands = held && held.who !== me && held.until > now && held.until <= now + LEASE_MS;
    if (!stands) await put(key, { who: me, until: now + LEASE_MS });
    return !stands;
  });
}
