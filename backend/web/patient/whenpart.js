/** The part of the form that asks when it was: as it stood, today, yesterday, or another day. */

import { fill, h } from "../shared/dom.js";
import { t, time, when as told } from "../shared/words.js";

import { nowIso, today } from "./clock.js";
import { button, choices, field } from "./ui.js";

/** Return the question; `refuse(text)` shows what is wrong with the answer. */
export function whenPart(page) {
  return page.form.when.kind === "kept" ? standing(page) : asked(page);
}

/** The moment an entry has, until another is asked for. */
function standing(page) {
  const node = h("div", { class: "when-kept" });
  const other = () => {
    const question = asked(page);
    node.replaceWith(question);
    page.parts.when = question;
    question.querySelector("input").focus();
  };
  const change = button(t("entry.other_moment"), other, { quiet: true, id: "other-moment" });
  fill(node, h("p", {}, h("strong", {}, t("entry.when_it_was")), " ", told(page.form.when.kept, "short")), change);
  node.refuse = () => {};
  return node;
}

function asked({ form, keep }) {
  const { when } = form;
  const more = h("div", { class: "when-more" });
  const options = ["today", "yesterday", "other"].map((value) => ({ value, text: t(`entry.when.${value}`) }));
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
