/** The history of a patient: every change with who made it and why, a page at a time. */

import { announce, fill, h } from "/static/shared/dom.js";
import { day, has, moment, number, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { button, busy, empty, explain, load, panel, table, trouble } from "./ui.js";

const PAGE = 50;

/** Draw this part of the page. */
export function draw(root, { id }) {
  const body = h("div", {});
  root.append(panel(t("past.title"), h("p", { class: "soft" }, t("past.lead")), body));
  const ask = (cursor = null) => api("GET", `/patients/${id}/history?${new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) })}`);
  return load(body, ask, (page) => (page.items.length ? listed(page, ask) : empty(t("past.none"))));
}

function listed(first, ask) {
  const node = h("div", {});
  const items = [...first.items];
  const drawn = (next) => {
    const columns = ["at", "what", "change", "who", "reason"].map((column) => ({ text: t(`past.${column}`) }));
    fill(node, table({ caption: t("past.caption"), hideCaption: true, columns, rows: items.map(row) }), next && older(next));
  };
  const older = (next) => {
    const wrong = h("div", {});
    const more = button(t("past.more"), () => void busy(more, () => added(next, wrong)), { id: "past-more" });
    return h("div", {}, wrong, more);
  };
  const added = async (next, wrong) => {
    try {
      const page = await ask(cursorOf(next));
      items.push(...page.items);
      drawn(page.next);
      announce(t("past.caption"));
      document.getElementById("past-more")?.focus();
    } catch (error) {
      fill(wrong, trouble(explain(error)));
    }
  };
  drawn(first.next);
  return node;
}

function cursorOf(next) {
  return new URL(next, location.origin).searchParams.get("cursor");
}

function row({ at, what, act, version, by, reason, before, after }) {
  return [h("span", { class: "nowrap" }, moment(at, "short")), [`${word("of", what)} ${word("act", act)}`, version > 1 && h("small", { class: "block" }, t("past.version", { n: version }))], difference(before, after), person(by), reason ?? ""];
}

function word(stem, code) {
  return has(`past.${stem}.${code}`) ? t(`past.${stem}.${code}`) : code;
}

function person(by) {
  if (!by) return t("past.nobody");
  if (by.role === "patient") return t("past.patient");
  return [by.name ?? t("past.nobody"), h("small", { class: "block" }, has(`desk.role.${by.role}`) ? t(`desk.role.${by.role}`) : by.role)];
}

/** What differs, field by field: only fields that have a name here, and that were not the same before. */
export function difference(before, after) {
  const now = after ?? {};
  // A decision tells which plan it made of which.
  if (now.plan_after) return difference(now.plan_before ?? null, now.plan_after);
  if (Array.isArray(now.fields)) return t("past.fields", { names: now.fields.join(", ") });
  const names = Object.keys(now).filter((name) => has(`past.field.${name}`) && JSON.stringify(before?.[name] ?? null) !== JSON.stringify(now[name] ?? null));
  // What a first version leaves empty says nothing.
  const told = names.map((name) => h("li", {}, `${t(`past.field.${name}`)}: `, before && `${value(before[name])} → `, value(now[name])));
  return told.length ? h("ul", { class: "bare inline" }, told) : "";
}

function value(told) {
  if (told === null || told === undefined || told === "") return t("past.empty");
  if (typeof told === "boolean") return t(told ? "desk.yes" : "desk.no");
  if (typeof told === "number") return number(told, 3);
  if (typeof told === "object") return told.at ? moment(told.at, "short") : told.on ? day(told.on, "date") : t("past.empty");
  if (/^\d{4}-\d\d-\d\dT/.test(told)) return moment(told, "short");
  if (/^\d{4}-\d\d-\d\d$/.test(told)) return day(told, "date");
  const known = ["past.value", "line.route", "line.mark", "past.act"].map((stem) => `${stem}.${told}`).find(has);
  return known ? t(known) : told;
}
