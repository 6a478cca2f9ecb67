/** The fields for a day and a clock time in some zone, and the moment they name, with its offset there. */

import { h } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { words } from "./doseact.words.js";
import { field } from "./ui.js";

add(words);

const MINUTE_MS = 60_000;
const SHAPE = { hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };

/** The zone of this screen, for what has none of its own. */
export function here() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The fields, filled with {on, at}; they are on the clock of `zone`, whatever this screen's clock says. */
export function whenFields({ on, at, zone = here() }) {
  const node = h("div", { class: "row when" });
  node.zone = zone;
  node.on = field(t("doseact.on"), h("input", { type: "date", id: "act-on", value: on }));
  node.at = field(t("doseact.at"), h("input", { type: "time", id: "act-at", value: at }), { hint: zone === here() ? null : zone });
  node.append(node.on, node.at);
  return node;
}

/** The moment as the API takes it, {at, zone}; null where a field is empty, which is then said. */
export function occurredAt(node) {
  const [on, at] = [node.on, node.at].map((one) => one.querySelector("input").value);
  node.on.refuse(on ? null : t("desk.required"));
  node.at.refuse(at ? null : t("desk.required"));
  if (!on || !at) {
    (on ? node.at : node.on).querySelector("input").focus();
    return null;
  }
  return { at: `${on}T${at}:00${offset(on, at, node.zone)}`, zone: node.zone };
}

/** The clock time of a moment in a zone, "09:30". */
export function clockIn(moment, zone) {
  const { hour, minute } = partsIn(new Date(moment), zone);
  return `${hour}:${minute}`;
}

/** The calendar day of a moment in a zone, "2026-11-28". */
export function dayIn(moment, zone) {
  const { year, month, day } = partsIn(new Date(moment), zone);
  return `${year}-${month}-${day}`;
}

// The offset at that wall-clock time in the zone: looked up once for a first guess, and again for what that gives.
function offset(on, at, zone) {
  const wall = Date.parse(`${on}T${at}:00Z`);
  const minutes = minutesAhead(wall - minutesAhead(wall, zone) * MINUTE_MS, zone);
  const two = (part) => String(Math.floor(part)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

function minutesAhead(ms, zone) {
  const { year, month, day, hour, minute, second } = partsIn(new Date(ms), zone);
  return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - ms) / MINUTE_MS);
}

function partsIn(date, zone) {
  return Object.fromEntries(new Intl.DateTimeFormat("en-CA", { ...SHAPE, timeZone: zone }).formatToParts(date).map(({ type, value }) => [type, value]));
}
