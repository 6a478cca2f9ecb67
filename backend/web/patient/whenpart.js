/** The part of the form that asks when it was: today, yesterday, another day, or as it stood. */

import { nowIso, today } from "./clock.js";
import { fill, h } from "./dom.js";
import { button, choices, field } from "./ui.js";
import { t, time, when as told } from "./words.js";

/** Return the question; `refuse(text)` shows what is wrong with the answer. */
export function whenPart({ form, keep }) {
  const { when } = form;
  const more = h("div", { class: "when-more" });
  const options = [...(when.kept ? ["kept"] : []), "today", "yesterday", "other"].map((value) => ({
    value,
    text: value === "kept" ? told(when.kept, "short") : t(`entry.when.${value}`),
  }));
  const node = choices(t("entry.when"), "when", options, {
    value: when.kind,
    onchange(kind) {
      Object.assign(when, { kind, time: null, on: kind === "other" ? when.on : null });
      keep();
      draw();
    },
  });
  node.classList.add("in-a-row");
  const draw = () => fill(more, when.kind === "today" && clock(when, keep), when.kind === "other" && calendar(form, keep));
  draw();
  node.append(more);
  return node;
}

function clock(when, keep) {
  const box = h("div", { class: "clock" });
  const asked = () => {
    const input = h("input", { type: "time", id: "time", value: when.time ?? time(nowIso()) });
    input.addEventListener("input", () => {
      when.time = input.value || null;
      keep();
    });
    fill(box, field(t("entry.time"), input));
    return input;
  };
  if (when.time) asked();
  else fill(box, h("p", {}, t("entry.now")), button(t("entry.other_time"), () => asked().focus(), { quiet: true, id: "other-time" }));
  return box;
}

function calendar({ when }, keep) {
  const input = h("input", { type: "date", id: "on", max: today(), min: "2000-01-01", value: when.on ?? "" });
  input.addEventListener("input", () => {
    when.on = input.value || null;
    keep();
  });
  return field(t("entry.on"), input);
}
