/** Every call of the pages to the API, as whoever is logged in; one whose session ended logs in again over the page. */

import { renewed, standing } from "./session.js";
import { fetchFile, Refused, send } from "./wire.js";

export { Offline, Refused } from "./wire.js";

let asking = null;

/**
 * Call the API: `api("GET", "/worklist")`, `api("POST", path, body, {version})` where a version seen is named.
 *
 * Returns the parsed answer, null where there is none. Throws Refused {status, problem: {code, title, detail,
 * pointers}, retry_after} or Offline. A session that ended is asked for once more, over the page: what somebody was
 * typing stays.
 */
export function api(method, path, body = undefined, { version = null } = {}) {
  return asked((token) => send(method, path, body, { token, version }));
}

/** Fetch a file of the API whole, as a Blob. Throws as `api`. */
export function file(path) {
  return asked((token) => fetchFile(path, { token }));
}

async function asked(call) {
  for (;;) {
    const token = await standing();
    try {
      if (token) return await call(token);
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    const fresh = await renewed(token);
    if (!fresh && !(await asking?.())) throw new Refused(401, { code: "not-authenticated", title: "", detail: "", pointers: [] });
  }
}

/** Say how somebody is asked to log in again: a function that resolves to true once they have. */
export function askAgainBy(how) {
  asking = how;
}
