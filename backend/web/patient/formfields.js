/** The questions of a form as fields: choices, yes or no, a scale, a line between two ends, a whole number. */

import { h } from "../shared/dom.js";
import { number, t } from "../shared/words.js";

import { shape, wrong } from "./formlogic.js";
import { openChoice, severalTimes } from "./formopen.js";
import { spokenTyped, TYPED, typed } from "./formtyped.js";
import { button, choices, scale, unique } from "./ui.js";

/**
 * Return the field of a question. `tell(value)` hears every answer, null for none; `node.fault()` is what is wrong with
 * what stands there (a text), or null; `node.refuse(text)` shows it.
 */
export function formField(item, value, tell) {
  const node = made(item, value, tell);
  node.classList.add("question-text");
  node.fault ??= () => null;
  return node;
}

/** Write an answer as its patient would say it. */
export function spoken(item, value) {
  if (Array.isArray(value)) return value.map((one) => spoken(item, one)).join(", ");
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (TYPED.includes(item.type)) return spokenTyped(item, value);
  if (typeof value === "number") return number(value);
  return value.other ?? item.options.find((option) => option.code === value)?.text ?? value;
}

function made(item, value, tell) {
  const whole = item.type === "choice" || item.type === "open-choice";
  if (item.repeats && !whole) return severalTimes(item, value ?? null, tell, hint(item, t("forms.several_times")), formField);
  if (item.type === "boolean") return oneOf(item, value === undefined || value === null ? null : String(value), yesNo(), (said) => tell(said === null ? null : said === "true"));
  if (item.type === "choice") return item.repeats ? several(item, value ?? [], tell) : oneOf(item, value ?? null, options(item), tell);
  if (item.type === "open-choice") return openChoice(item, value ?? null, tell, hint(item, item.repeats ? t("forms.several") : null));
  if (TYPED.includes(item.type)) return typed(item, value ?? null, tell, hint(item));
  const kind = shape(item);
  if (kind === "scale") return scaled(item, value ?? null, tell);
  return kind === "line" ? line(item, value ?? null, tell) : amount(item, value ?? null, tell);
}

function options(item) {
  return item.options.map(({ code, text }) => ({ value: code, text }));
}

function yesNo() {
  return [{ value: "true", text: t("common.yes") }, { value: "false", text: t("common.no") }];
}

function hint(item, more = null) {
  // One answer of several: what is to be said of the question stands above them all.
  if (item.bare) return more ?? "";
  return [item.help, more, t(item.required ? "forms.required" : "forms.optional")].filter(Boolean).join(" ");
}

function oneOf(item, value, choosable, tell) {
  const node = choices(item.text, item.key, choosable, { value, hint: hint(item), onchange: said });
  const clear = button(t("common.clear"), wipe, { quiet: true });
  clear.hidden = value === null;
  node.append(clear);
  return node;

  function said(chosen) {
    clear.hidden = chosen === null;
    node.refuse(null);
    tell(chosen);
  }

  function wipe() {
    const inputs = [...node.querySelectorAll("input")];
    for (const input of inputs) input.checked = false;
    inputs[0].focus();
    said(null);
  }
}

function several(item, value, tell) {
  const node = choices(item.text, item.key, options(item), {
    value,
    multiple: true,
    hint: hint(item, t("forms.several")),
    onchange(chosen) {
      node.refuse(null);
      tell(chosen.length ? chosen : null);
    },
  });
  return node;
}

function scaled(item, value, tell) {
  const node = scale(item.text, item.key, {
    value,
    low: item.ends?.low ?? "",
    high: item.ends?.high ?? "",
    hint: hint(item),
    onchange(chosen) {
      node.refuse(null);
      tell(chosen);
    },
  });
  return node;
}

/** A number with big buttons to go one up or down; typing it works as well. */
function amount(item, value, tell) {
  const input = h("input", { type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 9, id: unique("number"), value: value ?? "" });
  const told = h("p", { class: "hint", id: unique("hint") }, hint(item, bounds(item)));
  const fault = h("p", { class: "error", id: unique("error"), hidden: true });
  const label = h("legend", { id: unique("legend") }, item.text);
  input.setAttribute("aria-labelledby", label.id);
  const step = (by) => {
    const now = wrong(item, input.value) ? NaN : Number(input.value);
    const next = input.value.trim() === "" ? (item.low ?? 0) : Number.isNaN(now) ? item.low ?? 0 : now + by;
    input.value = String(Math.min(Math.max(next, item.low ?? -Infinity), item.high ?? Infinity));
    said();
  };
  const [less, more] = [button("−", () => step(-1)), button("+", () => step(1))];
  less.setAttribute("aria-label", t("forms.less"));
  more.setAttribute("aria-label", t("forms.more"));
  const node = h("fieldset", {}, label, told, h("div", { class: "amount" }, less, input, more), fault);
  node.fault = () => faultOf(item, input.value);
  node.refuse = (text) => {
    fault.textContent = text ?? "";
    fault.hidden = !text;
    input.toggleAttribute("aria-invalid", false);
    if (text) input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", text ? `${told.id} ${fault.id}` : told.id);
    if (text) input.focus();
  };
  const said = () => {
    if (!fault.hidden) node.refuse(node.fault());
    // What cannot be an answer is not kept as one; leaving the question says what is wrong with it.
    tell(input.value.trim() === "" || node.fault() ? null : Number(input.value));
  };
  input.addEventListener("input", said);
  input.setAttribute("aria-describedby", told.id);
  return node;
}

/** A line between two ends: set with arrow keys, with buttons, or by touching it; it stands nowhere until it is set. */
function line(item, value, tell) {
  const node = amount(item, value, heard);
  const input = node.querySelector("input");
  const range = h("input", { type: "range", min: item.low, max: item.high, value: value ?? Math.round((item.low + item.high) / 2), "aria-label": item.text });
  range.addEventListener("input", () => {
    input.value = range.value;
    input.dispatchEvent(new Event("input"));
  });
  node.querySelector(".amount").before(
    h("div", { class: "line" }, range, h("div", { class: "ends" }, h("span", {}, `${item.low} = ${item.ends.low}`), h("span", {}, `${item.high} = ${item.ends.high}`))),
  );
  return node;

  function heard(said) {
    if (said !== null) range.value = said;
    tell(said);
  }
}

function bounds({ low, high, ends }) {
  const told = low === null && high === null ? t("forms.whole") : t("forms.between", { low: low ?? "…", high: high ?? "…" });
  return ends && (low === null || high === null || high - low > 100) ? `${told} ${ends.low} – ${ends.high}.` : told;
}

function faultOf(item, typed) {
  const found = wrong(item, typed);
  if (found === "whole") return t("forms.whole");
  return found === "bounds" ? t("forms.between", { low: item.low ?? "…", high: item.high ?? "…" }) : null;
}
