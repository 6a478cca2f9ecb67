/** Entering, correcting and retracting a finding: the fields follow the catalogue, so that a new kind needs no page. */

import { fill, h } from "/static/shared/dom.js";
import { language, localDay, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { fieldOf } from "./findingfields.js";
import { answered, idFor } from "./once.js";
import { alertLine, onlyRefusals, pointedAt, valueOf } from "./reading.js";
import { busy, button, buttons, dialog, explain, field, select } from "./ui.js";

/**
 * Ask for a finding of a patient `page`, new or (with `standing`) in the place of one. Resolves to true when it is on
 * record, "gone" where somebody else changed it first, null for nothing.
 */
export function enter(page, catalogue, standing = null) {
  return dialog(t(standing ? "finding.correct" : "finding.new"), (close) => {
    const state = { page, standing, close, kind: null, fields: [] };
    const body = h("div", {});
    const choose = (key) => {
      state.kind = catalogue.items.find((one) => one.key === key);
      fill(body, form(state));
    };
    if (standing) {
      choose(standing.kind);
      return [h("p", {}, h("strong", {}, state.kind[language()])), body];
    }
    const kinds = catalogue.items.map((one) => ({ value: one.key, text: one[language()] }));
    const which = field(t("finding.kind"), select([{ value: "", text: t("finding.choose") }, ...kinds], { id: "finding-kind", onchange: (key) => (key ? choose(key) : fill(body)) }));
    return [which, body];
  }, { wide: true });
}

/** Retract a finding, with a reason. Resolves like `enter`. */
export function retract(page, finding) {
  return dialog(t("finding.retract"), (close) => {
    const reason = reasonField();
    const wrong = alertLine("finding-error");
    const go = button(t("finding.retract"), () => void busy(go, () => retracted({ page, finding, reason, wrong, close })), { danger: true, id: "finding-retract" });
    return [h("p", {}, t("finding.retract_text")), reason, wrong, buttons(go, button(t("common.cancel"), () => close()))];
  });
}

async function retracted({ page, finding, reason, wrong, close }) {
  const why = valueOf(reason);
  reason.refuse(why ? null : t("desk.required"));
  if (!why) return;
  await tried({ wrong, close }, () => api("POST", `${at(page)}/${encodeURIComponent(finding.id)}/retraction`, { reason: why }, { version: finding.version }));
}

function form(state) {
  const { kind, standing } = state;
  const on = field(t("finding.on"), h("input", { type: "date", id: "finding-on", value: standing?.occurred.on ?? localDay(new Date()), max: localDay(new Date()) }));
  const end = kind.lasts ? field(t("finding.until"), h("input", { type: "date", id: "finding-until", value: standing?.ended_on ?? "" }), { hint: t("finding.until_hint") }) : null;
  state.fields = kind.fields.map((one) => fieldOf(one, kind, standing?.values[one.key] ?? null, state.page.overview));
  const note = field(t("finding.note"), h("textarea", { id: "finding-note", rows: 2, maxlength: 2000 }, standing?.note ?? ""), { hint: t("finding.note_hint") });
  const reason = standing ? reasonField() : null;
  const wrong = alertLine("finding-error");
  const save = button(t("desk.save"), null, { primary: true, type: "submit", id: "finding-save" });
  const node = h("form", { novalidate: true, class: "finding" }, h("div", { class: "pairs" }, on, end, state.fields), note, reason, wrong, buttons(save, button(t("common.cancel"), () => state.close())));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(save, () => send({ ...state, on, end, note, reason, wrong }));
  });
  return node;
}

async function send(parts) {
  const { page, standing } = parts;
  const body = read(parts);
  if (!body) return;
  const place = `finding:${page.id}`;
  await tried(parts, async () => {
    if (standing) await api("POST", `${at(page)}/${encodeURIComponent(standing.id)}/correction`, body, { version: standing.version });
    else await api("POST", at(page), { id: idFor(place, body), ...body });
    answered(place);
  });
}

async function tried({ wrong, close, fields = [] }, act) {
  wrong.say(null);
  try {
    await act();
    close(true);
  } catch (error) {
    onlyRefusals(error);
    if (["stale-version", "retracted", "not-found"].includes(error.problem?.code)) return close("gone");
    const pointed = new Map(pointedAt(error).map(({ below, detail }) => [below, detail]));
    const meant = fields.filter(({ key }) => pointed.has(key));
    for (const one of meant) one.refuse(pointed.get(one.key) ?? t("desk.look_again"));
    wrong.say(error.name === "Offline" ? t("desk.no_answer") : meant.length ? t("desk.look_again") : explain(error));
  }
  return undefined;
}

function read({ page, kind, fields, on, end, note, reason, standing }) {
  const day = valueOf(on);
  const until = end ? valueOf(end) || null : null;
  const why = reason && valueOf(reason);
  on.refuse(day ? null : t("desk.required"));
  end?.refuse(until && until < day ? t("finding.until_before") : null);
  reason?.refuse(why ? null : t("desk.required"));
  const complete = fields.map((one) => one.complete()).every(Boolean);
  if (!day || (until && until < day) || (reason && !why) || !complete) return null;
  const same = standing && standing.occurred.on === day;
  const occurred = same && standing.occurred.at ? { at: standing.occurred.at, zone: standing.occurred.zone } : { on: day, zone: page.overview.patient.zone };
  const values = Object.fromEntries(fields.map((one) => [one.key, one.read()]).filter(([, value]) => value !== null));
  return { kind: kind.key, occurred, ended_on: until, values, note: valueOf(note) || null, ...(standing ? { reason: why } : {}) };
}

function at(page) {
  return `/patients/${encodeURIComponent(page.id)}/findings`;
}

function reasonField() {
  return field(t("finding.reason"), h("textarea", { id: "finding-reason", rows: 2, maxlength: 500 }));
}
