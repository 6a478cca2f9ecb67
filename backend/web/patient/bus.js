/** Tells the parts of the app, in every open tab and in the service worker, that something happened. */

const CHANNEL = "uitwerk";
const listeners = new Map();
const others = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;

if (others) others.onmessage = ({ data }) => call(data?.name, data?.detail);

/** Call back when `name` happens here or in another tab; returns the function that stops it. */
export function on(name, listener) {
  const group = listeners.get(name) ?? new Set();
  listeners.set(name, group.add(listener));
  return () => group.delete(listener);
}

/** Tell everybody that `name` happened ("changed", "state", "unpaired", "paired"); `here` only this page. */
export function tell(name, detail = null, { here = false } = {}) {
  if (!here) others?.postMessage({ name, detail });
  call(name, detail);
}

function call(name, detail) {
  for (const listener of [...(listeners.get(name) ?? [])]) {
    try {
      listener(detail);
    } catch (error) {
      // One listener that stumbles keeps nobody else from hearing it.
      reportError(error);
    }
  }
}
