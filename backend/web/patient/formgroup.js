/** A group of questions that is answered any number of times: its instances are added, filled in and taken away. */

import { announce, fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { formField, spoken } from "./formfields.js";
import { answered, asked, counting, initials, isInstances, kept, put, questions } from "./formlogic.js";
import { button, confirm, unique } from "./ui.js";

const MOST = 100;

/**
 * Return the field of any question of a form or of an instance. As `formField`, and `node.show()` looks again at what
 * is put, after an answer outside it (`outer()`: the answers that count there) has changed.
 */
export function anyField(items, item, value, outer, tell) {
  return isInstances(item) ? groupField(items, item, value ?? [], outer, tell) : Object.assign(formField(item, value, tell), { show() {} });
}

/** Write any answer as its patient would say it; of instances, a list. */
export function anySpoken(items, item, value, outer) {
  if (!isInstances(item)) return spoken(item, value);
  return h("ol", { class: "instances" }, value.map((one) => {
    const answers = kept(items, one, item.key, outer);
    const said = asked(items, one, item.key, outer).filter(({ key }) => answered(answers[key]));
    const line = (inner) => h("li", {}, h("span", { class: "soft" }, inner.text), " ", anySpoken(items, inner, answers[inner.key], { ...outer, ...answers }));
    return h("li", {}, said.length ? h("ul", {}, said.map(line)) : t("forms.none"));
  }));
}

/** Return what is wrong with a field as it stands, or null. */
export function faultIn(item, node, isAnswered) {
  return node.fault() ?? (item.required && !isAnswered ? t("forms.missing") : null);
}

/** Draw what stands in a form, or an instance, in its order: texts, headings, and the fields of its questions. */
export function drawnInOrder(items, group, fields, level = 3) {
  const inner = new Set(questions(items, group).map(({ key }) => key));
  const here = (key) => key === group || (key !== null && !inner.has(key) && here(items.find((one) => one.key === key)?.parent ?? null));
  const shown = items.filter((item) => here(item.parent) && (inner.has(item.key) || item.text));
  return new Map(shown.map((item) => {
    if (inner.has(item.key)) return [item.key, h(group === null ? "section" : "div", { class: group === null ? "card" : "asked" }, fields.get(item.key))];
    return [item.key, item.type === "group" ? h(`h${level}`, {}, item.text) : h("p", { class: "display" }, item.text)];
  }));
}

function groupField(items, group, value, outer, tell) {
  const name = group.text || t("forms.group");
  const told = h("p", { class: "hint", id: unique("hint") }, [group.help, t(group.required ? "forms.required" : "forms.optional")].filter(Boolean).join(" "));
  const wrong = h("p", { class: "error", id: unique("error"), hidden: true });
  const list = h("div", { class: "instances" });
  const add = button(t("forms.add", { name }), added);
  const node = h("fieldset", { class: "group", "aria-describedby": told.id }, h("legend", {}, name), told, list, add, wrong);
  let instances = value.map((one) => instance(items, group, { ...one }, outer, heard));
  if (!instances.length && group.required) instances.push(fresh());
  node.fault = () => instances.map((one) => one.fault()).find(Boolean) ?? null;
  node.refuse = (text) => {
    const faults = text ? instances.filter((one) => one.fault()) : instances;
    // Last first, so that the first of them has the focus in the end.
    for (const one of [...faults].reverse()) one.refuse(text);
    wrong.textContent = text && !faults.length ? text : "";
    wrong.hidden = !wrong.textContent;
    node.setAttribute("aria-describedby", wrong.hidden ? told.id : `${told.id} ${wrong.id}`);
    if (!wrong.hidden) add.focus();
  };
  node.show = () => instances.forEach((one) => one.show());
  show();
  return node;

  function fresh() {
    return instance(items, group, initials(items, group.key), outer, heard);
  }

  function show() {
    const heading = (at) => h("legend", { tabindex: "-1" }, t("forms.nth", { text: name, n: at + 1 }));
    fill(list, instances.map((one, at) => {
      const away = button(t("forms.remove"), () => removed(one), { quiet: true });
      away.setAttribute("aria-label", t("forms.remove_nth", { text: name, n: at + 1 }));
      return h("fieldset", { class: "instance" }, heading(at), one.body, away);
    }));
    add.hidden = instances.length >= MOST;
    node.show();
  }

  function added() {
    const one = fresh();
    instances.push(one);
    show();
    heard();
    list.lastElementChild.querySelector("legend").focus();
  }

  async function removed(one) {
    const at = instances.indexOf(one);
    const sure = !one.holds() || (await confirm(t("forms.remove_sure", { text: name, n: at + 1 }), t("forms.remove"), t("common.cancel"), { danger: true }));
    if (!sure) return;
    instances = instances.filter((other) => other !== one);
    show();
    heard();
    announce(t("forms.removed"));
    (list.children[Math.min(at, instances.length - 1)]?.querySelector("legend") ?? add).focus();
  }

  function heard() {
    wrong.hidden = true;
    // One that was added and left empty says nothing.
    const said = instances.filter((one) => one.holds()).map((one) => one.answers);
    tell(said.length ? said.map((one) => ({ ...one })) : null);
  }
}

/** One instance: its fields, of which those are shown that are put. */
function instance(items, group, answers, outer, heard) {
  const around = () => counting(items, answers, group.key, outer());
  const fields = new Map(questions(items, group.key).map((item) => [item.key, anyField(items, item, answers[item.key], around, (value) => told(item, value))]));
  const rows = drawnInOrder(items, group.key, fields, 4);
  const one = { answers, show, fault: () => faults()[0]?.[1] ?? null, holds: () => answered(Object.keys(answers)), body: h("div", {}, [...rows.values()]) };
  one.refuse = (text) => {
    for (const field of fields.values()) if (!text) field.refuse(null);
    if (text) for (const [field, fault] of faults().reverse()) field.refuse(fault);
  };
  show();
  return one;

  function told(item, value) {
    if (value === null) delete answers[item.key];
    else answers[item.key] = value;
    show();
    heard();
  }

  function show() {
    const now = put(items, answers, group.key, outer());
    for (const [key, row] of rows) row.hidden = !now.has(key);
    for (const field of fields.values()) field.show();
  }

  function faults() {
    const now = asked(items, answers, group.key, outer());
    const found = now.map((item) => [fields.get(item.key), faultIn(item, fields.get(item.key), item.key in answers)]);
    return found.filter(([, fault]) => fault);
  }
}
