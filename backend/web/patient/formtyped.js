/** The questions of a form that are answered in one field: a text, a day, a time, a number with a comma or a unit. */

import { h } from "../shared/dom.js";
import { day, moment, number, t } from "../shared/words.js";

import { nowIso, today } from "./clock.js";
import { numbered, outside, wrong } from "./formlogic.js";
import { field, unique } from "./ui.js";

export const TYPED = ["decimal", "quantity", "date", "dateTime", "time", "string", "text"];

const NUMBERS = ["decimal", "quantity"];
const LONGEST = { string: 255, text: 4000 };

/** Return the field of such a question; `hint` stands under it. It tells as `formField` does. */
export function typed(item, value, tell, hint) {
  if (item.type === "dateTime") return momentField(item, value, tell, hint);
  const input = control(item, value);
  const node = field(item.unit ? `${item.text} (${item.unit})` : item.text, input, { hint });
  const refuse = node.refuse;
  node.refuse = (text) => {
    refuse(text);
    if (text) input.focus();
  };
  node.fault = () => (input.validity.badInput ? t("forms.unfinished") : faultOf(item, input.value));
  input.addEventListener("input", () => {
    node.refuse(null);
    // What cannot be an answer is not kept as one; leaving the question says what is wrong with it.
    tell(input.value.trim() === "" || node.fault() ? null : answer(item, input.value));
  });
  return node;
}

/** Write such an answer as its patient would say it. */
export function spokenTyped(item, value) {
  if (item.type === "quantity") return `${number(value.value, 6)} ${value.unit}`;
  if (item.type === "decimal") return number(value, 6);
  if (item.type === "dateTime") return moment(value);
  return item.type === "date" ? day(value) : value;
}

/** A day and a time beside each other; what was told elsewhere is shown on this phone's clock. */
function momentField(item, value, tell, hint) {
  const at = value === null ? null : new Date(value);
  const on = h("input", { type: "date", value: at && today(at) });
  const clock = h("input", { type: "time", value: at && nowIso(at).slice(11, 16) });
  const told = h("p", { class: "hint", id: unique("hint") }, hint);
  const fault = h("p", { class: "error", id: unique("error"), hidden: true });
  const node = h("fieldset", { "aria-describedby": told.id }, h("legend", {}, item.text), told,
    h("div", { class: "side-by-side" }, field(t("forms.day"), on), field(t("forms.time"), clock)), fault);
  const said = () => nowIso(new Date(`${on.value}T${clock.value}`));
  node.fault = () => {
    if (!on.value && !clock.value && !on.validity.badInput && !clock.validity.badInput) return null;
    if (!on.value || !clock.value) return t("forms.both");
    if (!inYears(on.value)) return t("forms.years");
    return outside(item, said()) ? t("forms.within", { low: boundOf(item, item.low), high: boundOf(item, item.high) }) : null;
  };
  node.refuse = (text) => {
    fault.textContent = text ?? "";
    fault.hidden = !text;
    for (const input of [on, clock]) {
      input.toggleAttribute("aria-invalid", false);
      if (text) input.setAttribute("aria-invalid", "true");
    }
    node.setAttribute("aria-describedby", text ? `${told.id} ${fault.id}` : told.id);
    if (text) (on.value ? clock : on).focus();
  };
  for (const input of [on, clock]) {
    input.addEventListener("input", () => {
      node.refuse(null);
      tell(!on.value || !clock.value || node.fault() ? null : said());
    });
  }
  return node;
}

function inYears(on) {
  return on >= "1900-01-01" && on < "2200-01-01";
}

function boundOf(item, bound) {
  if (bound === null) return "…";
  if (item.type === "dateTime") return moment(bound, "full");
  if (item.type === "date") return day(bound, "full");
  return item.type === "time" ? bound : number(bound.value ?? bound, 6);
}

function control(item, value) {
  const shown = String(value?.value ?? value ?? "");
  if (item.type === "text") return h("textarea", { rows: 4, maxlength: item.max_length ?? LONGEST.text }, shown);
  if (item.type === "string") return h("input", { type: "text", maxlength: item.max_length ?? LONGEST.string, value: shown });
  if (NUMBERS.includes(item.type)) return h("input", { type: "text", inputmode: "decimal", autocomplete: "off", maxlength: 17, value: shown });
  return h("input", { type: item.type, value: shown, min: item.low, max: item.high });
}

function answer(item, said) {
  if (item.type === "quantity") return { value: numbered(said), unit: item.unit };
  return item.type === "decimal" ? numbered(said) : said;
}

function faultOf(item, said) {
  const within = () => t("forms.within", { low: boundOf(item, item.low), high: boundOf(item, item.high) });
  if (NUMBERS.includes(item.type)) {
    const found = wrong(item, said);
    return found === "number" ? t("forms.number") : found === "bounds" ? within() : null;
  }
  if (!said || !["date", "time"].includes(item.type)) return null;
  if (item.type === "date" && !inYears(said)) return t("forms.years");
  return outside(item, said) ? within() : null;
}
