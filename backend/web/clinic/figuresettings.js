/** The settings that every figure of a patient rests on, and the window in which they are changed. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { button, buttons, dialog, field } from "./ui.js";

export const STANDARD = { threshold: 1, window_days: 7, min_rated_days: 3, leave_out_flagged: false };
const LONGEST_WINDOW = 28;

/** Return the settings as the API asks for them; none where they are the standard. */
export function settingsQuery(settings) {
  const told = Object.entries(settings).filter(([name, value]) => value !== STANDARD[name]);
  return told.length ? `?${new URLSearchParams(told.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Return what is wrong with settings as typed, by field; an empty object when they are right. */
export function wrongSettings({ threshold, window_days: window, min_rated_days: days }) {
  const whole = (value, most) => Number.isInteger(value) && value >= 1 && value <= most;
  const wrong = {};
  if (!(threshold > 0 && threshold <= 10)) wrong.threshold = "threshold";
  if (!whole(window, LONGEST_WINDOW)) wrong.window_days = "window";
  if (!whole(days, whole(window, LONGEST_WINDOW) ? window : LONGEST_WINDOW)) wrong.min_rated_days = "days";
  return wrong;
}

/** Ask for other settings; resolves to them, or to null. */
export function askSettings(settings) {
  return dialog(t("set.title"), (close) => {
    const typed = (name, step) => h("input", { type: "text", inputmode: step === 1 ? "numeric" : "decimal", autocomplete: "off", value: String(settings[name]).replace(".", document.documentElement.lang === "nl" ? "," : "."), id: `set-${name}` });
    const inputs = { threshold: typed("threshold", 0.5), window_days: typed("window_days", 1), min_rated_days: typed("min_rated_days", 1) };
    const fields = { threshold: field(t("set.threshold"), inputs.threshold), window_days: field(t("set.window"), inputs.window_days), min_rated_days: field(t("set.days"), inputs.min_rated_days) };
    const out = h("input", { type: "checkbox", id: "set-flagged", checked: settings.leave_out_flagged });
    const submit = (event) => {
      event.preventDefault();
      const asked = { ...numbers(inputs), leave_out_flagged: out.checked };
      const wrong = wrongSettings(asked);
      for (const [name, node] of Object.entries(fields)) node.refuse(wrong[name] ? t(`set.wrong.${wrong[name]}`) : null);
      const [first] = Object.keys(wrong);
      if (first) inputs[first].focus();
      else close(asked);
    };
    const form = h("form", { novalidate: true, onsubmit: submit }, h("p", {}, t("set.lead")), Object.values(fields), h("div", { class: "field" }, h("label", { class: "check" }, out, h("span", {}, t("set.flagged")))));
    form.append(buttons(button(t("set.apply"), null, { primary: true, type: "submit", id: "set-apply" }), button(t("set.standard"), () => close(STANDARD)), button(t("common.cancel"), () => close(null))));
    return form;
  });
}

function numbers(inputs) {
  return Object.fromEntries(Object.entries(inputs).map(([name, { value }]) => [name, /^\d+([.,]\d+)?$/.test(value.trim()) ? Number(value.trim().replace(",", ".")) : Number.NaN]));
}
