/** A questionnaire as a patient would read it: its texts, what can be answered, and in words when each is put. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { conditionText } from "./conditiontold.js";
import { plain } from "./questionnairewords.js";
import { empty } from "./ui.js";

/** Draw the items of a definition in a language; our own remarks are in the reader's. */
export function outline(definition, wanted) {
  const about = { wanted, known: new Map(flat(definition.items).map((one) => [one.key, one])), counted: { n: 0 } };
  return definition.items.length ? h("ol", { class: "outline" }, definition.items.map((item) => drawn(item, about))) : empty(t("outline.nothing"));
}

function flat(items) {
  return items.flatMap((one) => [one, ...flat(one.items ?? [])]);
}

function drawn(item, about) {
  const { wanted } = about;
  const asks = !["group", "display"].includes(item.type);
  const text = plain(item.text, wanted);
  const number = asks ? `${(about.counted.n += 1)}. ` : "";
  return h(
    "li",
    { class: `asked type-${item.type}` },
    text && h("p", { class: item.type === "display" ? "read" : "question" }, number, text, item.required && h("span", { class: "needed" }, " (", ours(t("outline.required")), ")")),
    !text && asks && h("p", { class: "question" }, number, h("code", {}, item.key)),
    item.help && h("p", { class: "soft" }, plain(item.help, wanted)),
    conditions(item, about),
    item.type === "group" && item.repeats && remark(t("outline.repeats_group")),
    asks && answer(item, wanted),
    item.items?.length > 0 && h("ol", { class: "outline" }, item.items.map((one) => drawn(one, about))),
  );
}

function conditions(item, about) {
  const found = item.enable_when ?? [];
  if (!found.length) return null;
  const told = found.map((one) => conditionText(one, about));
  const joined = told.join(t(item.enable_behavior === "any" ? "outline.or" : "outline.and"));
  return remark(t("outline.only_if", { what: joined }), "only-if");
}

/** What can be answered: options as they are read, and of everything else what it is and between which ends. */
function answer(item, wanted) {
  const told = [kind(item), bounds(item), item.repeats && t("outline.several"), item.initial?.length > 0 && t("outline.initial", { what: item.initial.map((one) => initial(one, item, wanted)).join(", ") }), item.band_of && t("outline.band")];
  const ends = item.ends && h("p", { class: "ends" }, `${item.low ?? ""} = ${plain(item.ends.low, wanted)} · ${item.high ?? ""} = ${plain(item.ends.high, wanted)}`);
  const options = item.options?.length > 0 && h("ul", { class: "options" }, item.options.map((one) => h("li", {}, plain(one.text, wanted) || one.code)), item.type === "open-choice" && h("li", {}, ours(t("outline.other"))));
  return [remark(told.filter(Boolean).join(" · ")), ends, options];
}

function kind({ type, unit }) {
  return t(`outline.type.${type}`) + (unit ? ` (${unit})` : "");
}

function bounds({ low, high, max_length: most }) {
  if (most !== undefined && most !== null) return t("outline.longest", { n: most });
  const [from, to] = [low ?? null, high ?? null];
  if (from !== null && to !== null) return t("outline.between", { from: String(from), to: String(to) });
  if (from !== null) return t("outline.from", { from: String(from) });
  return to !== null && t("outline.to", { to: String(to) });
}

function initial(value, item, wanted) {
  const option = item.options?.find(({ code }) => code === value);
  if (option) return plain(option.text, wanted) || option.code;
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  return typeof value === "object" ? String(value.other ?? value.value) : String(value);
}

function remark(text, kind = "") {
  return h("p", { class: `remark soft ${kind}`, lang: document.documentElement.lang }, text);
}

function ours(text) {
  return h("span", { lang: document.documentElement.lang }, text);
}
