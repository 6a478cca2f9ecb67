/** Reading a form: what stands in its fields, what is wrong at which of them, and the line that says what went wrong. */

import { h } from "/static/shared/dom.js";

const INPUTS = "input, select, textarea";

/** Return what is typed or chosen in a field, without the spaces around it. */
export function valueOf(field) {
  return field.querySelector(INPUTS).value.trim();
}

/** Return what stands in every field of {name: field}, as {name: text}. */
export function valuesOf(fields) {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(field)]));
}

/**
 * Show what is wrong with each field ({name: text, or null for nothing}) and tell whether anything is; with `go`, the
 * first of them has the focus then.
 */
export function refuse(fields, texts, { go = true } = {}) {
  for (const [name, text] of Object.entries(texts)) fields[name]?.refuse(text ?? null);
  const first = Object.keys(texts).find((name) => texts[name] && fields[name]);
  if (first && go) fields[first].querySelector(INPUTS).focus();
  return first !== undefined;
}

/** Return where a refusal of the API points: "/values/score" is {name: "values", below: "score", detail}. */
export function pointedAt(error) {
  return (error.problem?.pointers ?? []).map(({ pointer, detail = null }) => {
    const [name, below = null] = pointer.split("/").slice(1);
    return { name, below, detail };
  });
}

/** A line that says what went wrong, to a screen reader at once; `node.say(null)` takes it away. */
export function alertLine(id) {
  const node = h("p", { class: "trouble", id, role: "alert", hidden: true });
  node.say = (text) => {
    node.textContent = text ?? "";
    node.hidden = !text;
  };
  return node;
}

/** Pass on what is a fault of the page; what the server refused, or no answer, is for the page to say. */
export function onlyRefusals(error) {
  if (error?.name !== "Offline" && error?.name !== "Refused") throw error;
}
