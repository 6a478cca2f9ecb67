/** The fields for a day and a clock time at the clinic, and the moment they name, with its offset. */

import { h } from "/static/patient/dom.js";
import { t } from "/static/patient/words.js";

import { field } from "./ui.js";

/** The fields, filled with {on, at}. */
export function whenFields({ on, at }) {
  const node = h("div", { class: "row when" });
  node.on = field(t("doseact.on"), h("input", { type: "date", id: "act-on", value: on }));
  node.at = field(t("doseact.at"), h("input", { type: "time", id: "act-at", value: at }));
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
  return { at: `${on}T${at}:00${offset(new Date(`${on}T${at}:00`))}`, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

// The offset of this screen's clock at that moment, which is another one across a change of the clocks.
function offset(date) {
  const minutes = -date.getTimezoneOffset();
  const two = (part) => String(Math.floor(part)).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}
