/** The fields of a finding, each as its type asks: `read()` gives its value, `complete()` tells whether it can be sent. */

import { h } from "/static/shared/dom.js";
import { day, language, t } from "/static/shared/words.js";

import { field, select, unique } from "./ui.js";

const NONE = { value: "", text: "–" };

/** Make the field of a catalogue's entry; `value` is what stands, `overview` the patient's, for doses. */
export function fieldOf(told, kind, value, overview) {
  const made = (MAKERS[told.type] ?? typed)(told, value, kind, overview);
  made.key = told.key;
  const read = made.read;
  made.complete = () => {
    const now = read();
    const wrong = now === undefined ? t("finding.number") : now === null && told.required ? t("desk.required") : outOf(told, now);
    made.refuse(wrong);
    return !wrong;
  };
  return made;
}

const MAKERS = { choice: oneOf, choices: someOf, flag: yesNo, dose: ofDose };

function typed(told, value) {
  const unit = told.unit && told.unit !== "1" ? ` (${told.unit})` : "";
  const input = h("input", { type: "text", inputmode: told.type === "integer" ? "numeric" : "decimal", autocomplete: "off", value: value === null ? "" : String(value).replace(".", language() === "nl" ? "," : "."), id: unique(`finding-${told.key}`) });
  const node = field(`${told[language()]}${unit}`, input, { hint: bounds(told) });
  node.read = () => {
    const text = input.value.trim().replace(",", ".");
    if (!text) return null;
    const whole = told.type === "integer" ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/;
    return whole.test(text) ? Number(text) : undefined;
  };
  return node;
}

function oneOf(told, value, kind) {
  const options = told.key === "analyte" ? kind.analytes.map((one) => ({ value: one.key, text: one[language()] })) : told.key === "unit" ? units(kind) : (told.choices ?? []).map((one) => ({ value: one.key, text: one[language()] }));
  const list = select([NONE, ...options], { value: value ?? "", id: unique(`finding-${told.key}`) });
  const node = field(told[language()], list);
  node.read = () => list.value || null;
  return node;
}

// Which unit goes with which analyte is the server's to say; the page offers all there are.
function units(kind) {
  const all = [...new Set(kind.analytes.flatMap((one) => (one.units ?? []).map((unit) => unit.unit ?? unit)))];
  return all.map((unit) => ({ value: unit, text: unit === "1" ? "–" : unit.replace(/^u/, "µ").replace("/u", "/µ") }));
}

function someOf(told, value) {
  const boxes = told.choices.map((one) => h("input", { type: "checkbox", value: one.key, checked: (value ?? []).includes(one.key) }));
  const wrong = h("p", { class: "error", hidden: true });
  const node = h("fieldset", {}, h("legend", {}, told[language()]), told.choices.map((one, at) => h("label", { class: "check" }, boxes[at], h("span", {}, one[language()]))), wrong);
  node.refuse = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
  };
  node.read = () => {
    const chosen = boxes.filter(({ checked }) => checked).map((box) => box.value);
    return chosen.length ? chosen : null;
  };
  return node;
}

function yesNo(told, value) {
  const list = select([NONE, { value: "true", text: t("desk.yes") }, { value: "false", text: t("desk.no") }], { value: value === null ? "" : String(value), id: unique(`finding-${told.key}`) });
  const node = field(told[language()], list);
  node.read = () => (list.value === "" ? null : list.value === "true");
  return node;
}

function ofDose(told, value, kind, overview) {
  const given = overview.doses.filter(({ status }) => status === "given").toReversed();
  const list = select([NONE, ...given.map((dose) => ({ value: dose.id, text: day(dose.given.on, "date") }))], { value: value ?? "", id: unique(`finding-${told.key}`) });
  const node = field(told[language()], list);
  node.read = () => list.value || null;
  return node;
}

function outOf({ low = null, high = null }, value) {
  if (typeof value !== "number") return null;
  return (low !== null && value < low) || (high !== null && value > high) ? t("finding.bounds", { low: String(low), high: String(high) }) : null;
}

function bounds({ low = null, high = null }) {
  return low === null || high === null || high >= 100_000 ? null : t("finding.bounds_hint", { low: String(low), high: String(high) });
}
