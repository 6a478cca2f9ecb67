/** Brings what waits to the server and fetches what is new. */

/** Synchronise once; returns the state. */
export async function sync(why = "asked") { return state(); }
/** Return how it stands (at once): {waiting, refused, online, last_sync_at, running, error, unpaired, outdated}. */
export function state() { return { waiting: 0, refused: 0, online: navigator.onLine, last_sync_at: null, running: false, error: null, unpaired: false, outdated: false }; }
/** Begin to synchronise by itself (app.js calls this once). */
export async function start() {}
