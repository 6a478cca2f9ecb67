/** The complaints of the form: a row for each, that opens to a 0-10 scale in place. */

import { fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { OTHER, WORDS_MAX } from "./diary.js";
import { button, choices, empty, field, scale, unique } from "./ui.js";

const FIRST = 6;

/** Return the complaints; `refuse(text, {field, symptom})` shows what is wrong, and goes there. */
export function ratingRows(page) {
  const { form } = page;
  const symptoms = page.vocabulary?.symptoms ?? [];
  page.rowName = (key) => symptoms.find((one) => one.key === key)?.text ?? key;
  const rows = new Map(symptoms.map((symptom) => [symptom.key, row(page, symptom)]));
  const first = firstOf(page, symptoms);
  const later = symptoms.map(({ key }) => key).filter((key) => !first.includes(key));
  const list = h("div", { class: "rows" }, listed(rows, first), later.length > 0 && more(rows, later));
  const none = choices(t("entry.complaints"), "none", [{ value: "none", text: t("entry.none") }], {
    value: form.no_complaints ? ["none"] : [],
    multiple: true,
    onchange(chosen) {
      form.no_complaints = chosen.length > 0;
      none.refuse(null);
      show();
      page.keep();
    },
  });
  const show = () => {
    list.hidden = form.no_complaints && !Object.values(form.ratings).some(({ intensity }) => intensity !== null);
  };
  show();
  none.append(symptoms.length ? list : empty(t("entry.no_vocabulary")));
  const node = h("div", { class: "complaints" }, none);
  node.refuse = (told, fault) => refuse({ none, rows, later, list }, told, fault);
  return node;
}

function firstOf({ form, recent }, symptoms) {
  const known = symptoms.map(({ key }) => key);
  const rated = Object.keys(form.ratings).filter((key) => known.includes(key));
  const often = recent.filter((key) => known.includes(key));
  const wanted = often.length ? often : known.slice(0, FIRST);
  return [...new Set([...rated, ...wanted])];
}

function listed(rows, keys) {
  return h("ul", { class: "symptoms" }, keys.map((key) => rows.get(key)));
}

function more(rows, keys) {
  const list = listed(rows, keys);
  list.id = unique("more");
  list.hidden = true;
  const opener = button(t("entry.more", { n: keys.length }), () => {
    list.hidden = !list.hidden;
    opener.setAttribute("aria-expanded", String(!list.hidden));
  }, { id: "more-complaints" });
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", list.id);
  return [opener, list];
}

function row(page, { key, text }) {
  const rating = () => (page.form.ratings[key] ??= { intensity: null, words: "", more: {} });
  const given = h("span", { class: "given" });
  const body = h("div", { id: unique("scale"), class: "scale-of", hidden: true });
  const opener = h("button", {
    type: "button", class: "opener", id: `symptom-${key}`, "aria-expanded": "false", "aria-controls": body.id,
    onclick: () => open(body.hidden),
  }, h("span", {}, text), given);
  const told = () => {
    const value = page.form.ratings[key]?.intensity ?? null;
    fill(given, value === null ? "" : [h("span", { class: "unseen" }, ": "), t("entry.given", { n: value })]);
    node.classList.toggle("rated", value !== null);
  };
  const open = (wanted) => {
    body.hidden = !wanted;
    opener.setAttribute("aria-expanded", String(wanted));
    if (wanted && !body.hasChildNodes()) fill(body, asked(page, key, text, rating, told, node));
  };
  const node = h("li", { class: "symptom" }, opener, body);
  node.open = () => open(true);
  if (page.form.ratings[key]) open(true);
  told();
  return node;
}

function asked(page, key, text, rating, told, node) {
  const number = scale(t("entry.how_bad", { symptom: text }), `rating-${key}`, {
    value: page.form.ratings[key]?.intensity ?? null,
    low: t("entry.low"),
    high: t("entry.high"),
    onchange(value) {
      rating().intensity = value;
      if (value === null && !rating().words) delete page.form.ratings[key];
      told();
      page.keep();
    },
  });
  node.number = number;
  if (key !== OTHER) return number;
  const input = h("input", { type: "text", id: "own-words", maxlength: WORDS_MAX, value: page.form.ratings[key]?.words ?? "" });
  input.addEventListener("input", () => {
    rating().words = input.value;
    page.keep();
  });
  node.own = field(t("entry.own_words"), input);
  return [node.own, number];
}

function refuse({ none, rows, later, list }, told, fault) {
  if (!told) {
    none.refuse(null);
    for (const one of rows.values()) for (const part of [one.number, one.own]) part?.refuse(null);
    return;
  }
  const found = rows.get(fault.symptom);
  if (!found) {
    none.refuse(told);
    return;
  }
  list.hidden = false;
  if (later.includes(fault.symptom)) found.closest("ul").hidden = false;
  found.open();
  const part = fault.field === "words" ? found.own : found.number;
  part.refuse(told);
  (part.querySelector("input:checked") ?? part.querySelector("input")).focus();
}
