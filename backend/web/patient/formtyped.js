/** The questions of a form that are answered in one field: a text, a day, a time, a number with a comma or a unit. */

import { h } from "../shared/dom.js";
import { day, number, t } from "../shared/words.js";

import { numbered, wrong } from "./formlogic.js";
import { field } from "./ui.js";

export const TYPED = ["decimal", "quantity", "date", "time", "string", "text"];

const NUMBERS = ["decimal", "quantity"];
const LONGEST = { string: 255, text: 4000 };

/** Return the field of such a question; `hint` stands under it. It tells as `formField` does. */
export function typed(item, value, tell, hint) {
  const input = control(item, value);
  const node = field(item.unit ? `${item.text} (${item.unit})` : item.text, input, { hint });
  const refuse = node.refuse;
  node.refuse = (text) => {
    refuse(text);
    if (text) input.focus();
  };
  node.fault = () => faultOf(item, input.value);
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
  return item.type === "date" ? day(value) : value;
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
  if (NUMBERS.includes(item.type)) {
    const found = wrong(item, said);
    const bound = (one) => (one === null ? "…" : number(one.value ?? one, 6));
    return found === "number" ? t("forms.number") : found === "bounds" ? t("forms.within", { low: bound(item.low), high: bound(item.high) }) : null;
  }
  const [low, high] = ["date", "time"].includes(item.type) && said ? [item.low, item.high] : [null, null];
  return (low !== null && said < low) || (high !== null && said > high) ? t("forms.within", { low: low ?? "…", high: high ?? "…" }) : null;
}
