/** Which published instrument a questionnaire of the site is, by what licence, and what its scores need still. */

import { fill, h, notice } from "/static/shared/dom.js";
import { day, language, localDay, moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { nameOf } from "./names.js";
import { mayPublish } from "./questionnairewords.js";
import { alertLine, onlyRefusals, pointedAt, refuse, valueOf, valuesOf } from "./reading.js";
import { busy, button, buttons, dialog, explain, field, load, panel, select } from "./ui.js";

const HOW_TO = "docs/how-to/import-a-questionnaire.md";
const API_DOCS = "/api/v1/docs";

/** Draw what is said of this questionnaire, and how to say it. */
export function instrumentPanel(one, about) {
  const node = h("div", {});
  const path = `/sites/own/questionnaires/${encodeURIComponent(one.key)}/instrument`;
  const known = about.all.some(({ instrument }) => instrument);
  const draw = (claimed) => load(node, () => Promise.all([claimed ? api("GET", path) : null, api("GET", "/instruments"), api("GET", "/sites/own/instruments")]), ([claim, { items: instruments }, { items: supplied }]) => [
    claim ? told(claim, instruments, supplied, about.staff) : h("p", {}, t("claim.none")),
    mayPublish() ? buttons(button(t(claim ? "claim.change" : "claim.say"), () => void say(path, claim, instruments).then((done) => done && draw(true).then(said)), { id: "claim-say" })) : h("p", { class: "soft" }, t("claim.only")),
  ]);
  void draw(known);
  return panel(t("claim.title"), h("p", { class: "soft" }, t("claim.lead")), node);
}

function said() {
  notice(t("claim.saved"));
  document.getElementById("claim-say")?.focus();
}

function told({ instrument: key, licence, claimed_by: by, claimed_at: at }, instruments, supplied, staff) {
  const found = instruments.find((one) => one.key === key);
  const needs = supplied.find(({ instrument }) => instrument === key)?.needs ?? found?.needs ?? [];
  const rows = [
    [t("claim.instrument"), found ? `${found.name} (${key})` : key],
    [t("claim.licence"), licence ? t("claim.evidence", { reference: licence.reference, who: licence.seen_by, on: day(licence.seen_on, "date") }) : free(found)],
    [t("claim.by"), t("claim.by_when", { who: nameOf(staff, by), when: moment(at, "short") })],
    [t("claim.needs"), needs.length ? h("ul", {}, needs.map((need) => h("li", {}, t(`claim.need.${need}`)))) : t("claim.needs_nothing")],
  ];
  return [h("dl", {}, rows.map(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])), needs.length > 0 && h("p", { class: "note" }, t("claim.supply"), " ", h("code", {}, HOW_TO), " · ", h("a", { href: API_DOCS }, t("claim.api")))];
}

function free(found) {
  return found?.text_in.length ? t("claim.free", { languages: found.text_in.map((one) => t(`quest.in.${one}`)).join(", ") }) : t("claim.no_evidence");
}

/** Ask which instrument it is, and what shows that the site may use it. Resolves to true when it is on record. */
function say(path, claim, instruments) {
  return dialog(t("claim.title"), (close) => {
    const asked = instruments.filter(({ kind }) => kind !== "test");
    const own = {
      instrument: field(t("claim.instrument"), select([{ value: "", text: t("claim.choose") }, ...asked.map(({ key, name }) => ({ value: key, text: `${name} (${key})` }))], { value: claim?.instrument ?? "", id: "claim-instrument", onchange: (key) => show(key) })),
      reference: field(t("claim.reference"), h("input", { type: "text", id: "claim-reference", maxlength: 400, value: claim?.licence?.reference ?? "" }), { hint: t("claim.reference_hint") }),
      seen_by: field(t("claim.seen_by"), h("input", { type: "text", id: "claim-by", maxlength: 200, value: claim?.licence?.seen_by ?? "" })),
      seen_on: field(t("claim.seen_on"), h("input", { type: "date", id: "claim-on", max: localDay(new Date()), value: claim?.licence?.seen_on ?? "" })),
    };
    const about = h("div", { role: "status" });
    const show = (key) => {
      const found = asked.find((one) => one.key === key);
      fill(about, found && [h("p", { class: "soft", lang: "en" }, found.licence.text), h("p", { class: "soft" }, found.text_in.includes(language()) ? free(found) : t("claim.needs_licence"))]);
    };
    show(claim?.instrument ?? "");
    const line = alertLine("claim-error");
    const save = button(t("desk.save"), null, { primary: true, type: "submit", id: "claim-save" });
    const form = h("form", { novalidate: true }, own.instrument, about, own.reference, h("div", { class: "pairs" }, own.seen_by, own.seen_on), line, buttons(save, button(t("common.cancel"), () => close())));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(save, () => send(path, own, line, close));
    });
    return form;
  }, { wide: true });
}

/** Evidence is told whole, or not at all where the text is free. */
function read(own) {
  const { instrument, ...licence } = valuesOf(own);
  const any = Object.values(licence).some(Boolean);
  const texts = { instrument: instrument ? null : t("desk.required"), ...Object.fromEntries(Object.entries(licence).map(([name, text]) => [name, any && !text ? t("desk.required") : null])) };
  if (!texts.seen_on && licence.seen_on > localDay(new Date())) texts.seen_on = t("claim.not_ahead");
  return refuse(own, texts) ? null : { instrument, licence: any ? licence : null };
}

async function send(path, own, line, close) {
  line.say(null);
  const body = read(own);
  if (!body) return;
  try {
    await api("PUT", path, body);
    close(true);
  } catch (error) {
    onlyRefusals(error);
    for (const { name, below } of pointedAt(error)) own[below ?? name]?.refuse(t("desk.look_again"));
    line.say(valueOf(own.instrument) && explain(error));
  }
}
