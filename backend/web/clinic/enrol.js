/** Enrolling a patient and pairing a phone at the desk; and opening a record in an emergency. */

import { fill, h, notice } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { breakGlass, mayBreakGlass } from "./breakglass.js";
import { words as glassWords } from "./breakglass.words.js";
import { words } from "./enrol.words.js";
import { answered, idFor } from "./once.js";
import { pair } from "./pairing.js";
import { words as pairingWords } from "./pairing.words.js";
import { alertLine, onlyRefusals, pointedAt, refuse, valuesOf } from "./reading.js";
import { busy, button, choices, explain, field, link, panel, select } from "./ui.js";

const PLACE = "enrol";
const EMAIL = /^\S+@\S+\.\S+$/;
const PHONE = /^\+[0-9][0-9 -]{6,30}[0-9]$/;

for (const one of [glassWords, pairingWords]) add(one);

export const screen = { words, render };

async function render(root, { go }) {
  const { node, first } = form((patient) => done(root, patient));
  fill(
    root,
    h("h1", {}, t("enrol.title")),
    panel(t("enrol.new"), h("p", { class: "soft" }, t("enrol.lead")), node),
    mayBreakGlass() && breakGlass(go),
  );
  first.focus({ preventScroll: true });
}

/** What stands there once somebody is enrolled: pair the phone now, or go on. */
function done(root, patient) {
  const page = `#/patient/${encodeURIComponent(patient.id)}`;
  const go = button(t("enrol.pair_now"), () => void pair(patient), { primary: true, id: "pair-now" });
  const another = button(t("enrol.another"), () => location.reload(), { quiet: true });
  fill(
    root,
    h("h1", { tabindex: "-1" }, t("enrol.done", { name: patient.name })),
    panel(null, h("p", {}, t("enrol.next")), h("div", { class: "buttons" }, go, link(t("enrol.open"), page), another)),
  );
  go.focus();
}

function form(enrolled) {
  const fields = {
    name: field(t("enrol.name"), h("input", { id: "enrol-name", autocomplete: "off", maxlength: 200 })),
    birth_on: field(t("enrol.birth_on"), h("input", { id: "enrol-birth", type: "date", min: "1900-01-01", max: new Date().toISOString().slice(0, 10) })),
    hospital_number: field(t("enrol.number"), h("input", { id: "enrol-number", autocomplete: "off", maxlength: 40 })),
    email: field(t("enrol.email"), h("input", { id: "enrol-email", type: "email", autocomplete: "off", maxlength: 254 }), { hint: t("enrol.email_hint") }),
    phone: field(t("enrol.phone"), h("input", { id: "enrol-phone", type: "tel", autocomplete: "off", maxlength: 33 }), { hint: t("enrol.phone_hint") }),
    language: field(t("enrol.language"), select(["nl", "en"].map((value) => ({ value, text: t(`enrol.language.${value}`) })), { value: "nl", id: "enrol-language" })),
  };
  const ways = choices(t("enrol.ways"), "ways", ["email", "sms"].map((value) => ({ value, text: t(`enrol.way.${value}`) })), { value: "email" });
  const wrong = alertLine("enrol-error");
  const press = button(t("enrol.go"), null, { primary: true, type: "submit", id: "enrol-go" });
  const node = h("form", { novalidate: true, class: "columns" }, Object.values(fields), ways, wrong, h("div", { class: "buttons" }, press));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(press, () => send(fields, ways, wrong, enrolled));
  });
  return { node, first: fields.name.querySelector("input") };
}

async function send(fields, ways, wrong, enrolled) {
  wrong.say(null);
  const body = read(fields, ways);
  if (!body) return;
  try {
    const patient = await api("POST", "/patients", { id: idFor(PLACE, body), ...body });
    answered(PLACE);
    notice(t("enrol.saved"));
    enrolled(patient);
  } catch (error) {
    onlyRefusals(error);
    if (error.name === "Refused") answered(PLACE);
    const there = error.problem?.code === "already-exists";
    refuse(fields, Object.fromEntries(pointedAt(error).map(({ name }) => [name, t("desk.look_again")])));
    if (there) refuse(fields, { hospital_number: t("enrol.number_taken") });
    wrong.say(there ? t("enrol.number_taken") : error.name === "Offline" ? t("enrol.unknown") : explain(error));
  }
}

function read(fields, ways) {
  const told = Object.fromEntries(Object.entries(valuesOf(fields)).map(([name, text]) => [name, text || null]));
  const way = ways.chosen();
  const missing = {
    name: told.name ? null : t("desk.required"),
    hospital_number: null,
    email: told.email && !EMAIL.test(told.email) ? t("enrol.email_wrong") : way === "email" && !told.email ? t("enrol.email_missing") : null,
    phone: told.phone && !PHONE.test(told.phone) ? t("enrol.phone_wrong") : way === "sms" && !told.phone ? t("enrol.phone_missing") : null,
  };
  return refuse(fields, missing) ? null : { ...told, channels: [way] };
}
