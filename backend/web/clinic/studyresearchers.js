/** Who may pull a study's data: admitting a researcher, until a day or without end, and ending an admission. */

import { h, notice } from "/static/shared/dom.js";
import { day, localDay, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { lookFirst } from "./lookfirst.js";
import { valueOf } from "./reading.js";
import { button, buttons, confirm, dialog, empty, explain, field, load, panel, select, table } from "./ui.js";

/** Draw this part of a study. */
export function draw(root, study) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  return show(body, study);
}

function show(body, study) {
  const path = `/studies/${encodeURIComponent(study.id)}/researchers`;
  return load(body, () => Promise.all([api("GET", path), api("GET", "/staff")]), ([{ items }, { items: staff }]) => {
    const about = { path, study, items, known: staff.filter((one) => one.role === "researcher" && !one.left_at), again: () => show(body, study) };
    const add = button(t("snew.admit"), () => void admit(about), { id: "researcher-admit" });
    return [h("p", { class: "note" }, t("snew.admit_lead")), panel(t("sparts.part.researchers"), items.length ? listed(about) : empty(t("snew.nobody")), about.known.length ? buttons(add) : h("p", { class: "soft" }, t("snew.no_researchers")))];
  });
}

function listed(about) {
  const columns = ["name", "since", "until", "state", "act"].map((name) => ({ text: t(`snew.column.${name}`) }));
  return table({ caption: t("sparts.part.researchers"), hideCaption: true, columns, rows: about.items.map((one) => row(one, about)) });
}

function row(one, about) {
  const over = ended(one);
  const state = h("span", { class: over ? "tag plain" : "tag" }, t(over ? "snew.state.over" : "snew.state.open"));
  const act = over ? null : button(t("snew.end"), () => void end(one, about), { danger: true, label: t("snew.end_of", { name: one.name }), id: `end-${one.staff_id}` });
  return [one.name, on(one.starts_at), one.ends_at ? on(one.ends_at) : t("snew.without_end"), state, act];
}

function ended({ ends_at: at }) {
  return at !== null && Date.parse(at) <= Date.now();
}

function on(instant) {
  return h("span", { class: "nowrap" }, day(localDay(new Date(instant)), "date"));
}

async function admit(about) {
  const done = await dialog(t("snew.admit"), (close) => form(about, close));
  if (!done) return;
  await about.again();
  notice(t("snew.admitted"));
  document.getElementById("researcher-admit")?.focus();
}

function form({ path, known, study, items }, close) {
  const whom = field(t("snew.researcher"), select(known.map(({ id, name }) => ({ value: id, text: name })), { value: known[0].id, id: "researcher-whom" }));
  const until = field(t("snew.until"), h("input", { type: "date", id: "researcher-until" }), { hint: t("snew.until_hint") });
  return lookFirst({
    name: "researcher",
    children: [whom, until],
    fields: () => ({ staff_id: whom, ends_at: until }),
    wrong: () => t("desk.look_again"),
    read: () => read(whom, until),
    look: (body) => [standing(items.find((one) => one.staff_id === body.staff_id)), t(body.ends_at ? "snew.look_until" : "snew.look_open", { name: known.find(({ id }) => id === body.staff_id).name, study: study.name, on: body.ends_at ? day(localDay(new Date(body.ends_at)), "date") : "" })],
    keep: (body) => api("POST", path, body).then(() => true),
    text: t("snew.admit_do"),
    close,
  });
}

/** What a new admission replaces, if it does. */
function standing(one) {
  if (!one || ended(one)) return false;
  return { warm: one.ends_at ? t("snew.now_until", { name: one.name, on: day(localDay(new Date(one.ends_at)), "date") }) : t("snew.now_open", { name: one.name }) };
}

function read(whom, until) {
  const last = valueOf(until);
  const past = Boolean(last) && last < localDay(new Date());
  until.refuse(past ? t("snew.past") : null);
  if (past) until.querySelector("input").focus();
  return past ? null : { staff_id: valueOf(whom), ends_at: last ? new Date(`${last}T23:59:59`).toISOString() : null };
}

async function end(one, { path, again }) {
  if (!(await confirm(t("snew.end_of", { name: one.name }), t("snew.end_text"), t("snew.end"), { danger: true }))) return;
  try {
    await api("DELETE", `${path}/${encodeURIComponent(one.staff_id)}`);
    notice(t("snew.ended", { name: one.name }));
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    notice(explain(error));
  }
  await again();
  document.getElementById("researcher-admit")?.focus();
}
