/** One request to the API and its answer; what knows nothing of sessions. */

const API = "/api/v1";
const PATIENCE_MS = 30_000;
const FILE_MS = 900_000;

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

/**
 * Send a request and return the parsed answer, null where there is none; `keepalive` lets it arrive though the page is
 * closed meanwhile. Throws Refused or Offline.
 */
export async function send(method, path, body = undefined, { token = null, version = null, keepalive = false } = {}) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const asked = { method, headers: headers(body, token, version), body: written(body), cache: "no-store", signal: patience.signal, keepalive };
    return await read(await fetch(API + path, asked));
  } catch (error) {
    throw error instanceof Refused || error instanceof Offline ? error : new Offline();
  } finally {
    clearTimeout(timer);
  }
}

/** Fetch a file whole, as a Blob; large ones may take a quarter of an hour. Throws Refused or Offline. */
export async function fetchFile(path, { token = null } = {}) {
  try {
    const response = await fetch(API + path, { headers: headers(undefined, token, null), cache: "no-store", signal: AbortSignal.timeout(FILE_MS) });
    return response.ok ? await response.blob() : await read(response);
  } catch (error) {
    throw error instanceof Refused || error instanceof Offline ? error : new Offline();
  }
}

function written(body) {
  return body === undefined || body === null ? undefined : JSON.stringify(body);
}

function headers(body, token, version) {
  const told = { Accept: "application/json, application/problem+json, */*;q=0.1" };
  if (written(body) !== undefined) told["Content-Type"] = "application/json";
  if (token) told.Authorization = `Bearer ${token}`;
  if (version !== null) told["If-Match"] = `"${version}"`;
  return told;
}

async function read(response) {
  if (response.status === 204) return null;
  const told = await response.json().catch(() => undefined);
  if (response.ok && told === undefined) throw new Offline("unreadable");
  if (response.ok) return told;
  const problem = told?.code ? told : { code: "unknown", title: "", detail: "", pointers: [] };
  const after = Number(problem.retry_after ?? response.headers.get("Retry-After"));
  throw new Refused(response.status, problem, Number.isFinite(after) && after > 0 ? after : null);
}
