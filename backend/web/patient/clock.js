/** The phone's own clock: local time with its offset, the zone, today. The server corrects what is wrong with it. */

/** Names the life of this page: `origin()` can be compared within one only. */
export const LIFE = crypto.getRandomValues(new Uint32Array(2)).join("-");

/** Return a moment as local time with offset: "2026-11-21T09:12:00+01:00". */
export function nowIso(at = new Date()) {
  const east = -at.getTimezoneOffset();
  const offset = `${east < 0 ? "-" : "+"}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
  return `${today(at)}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}${offset}`;
}

/** Return the name of the time zone the phone stands in: "Europe/Amsterdam". */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Return the ISO day on this phone's calendar: "2026-11-21". */
export function today(at = new Date()) {
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Return where the clock's zero lies, in ms: it only moves when somebody sets the clock (or the phone slept). */
export function origin() {
  return Math.round(Date.now() - performance.now());
}

function two(part) {
  return String(part).padStart(2, "0");
}
