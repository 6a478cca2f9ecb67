/** Opening a record in an emergency: for some hours, with a reason, and loudly. */

import { h } from "/static/shared/dom.js";
import { moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { answered, idFor } from "./once.js";
import { alertLine, onlyRefusals, refuse, valuesOf } from "./reading.js";
import { who } from "./session.js";
import { busy, button, buttons, confirm, explain, field, panel } from "./ui.js";

const PLACE = "emergency";
const TREATING = ["nurse", "clinician"];

/** Tell whether whoever is logged in may do this at all. */
export function mayBreakGlass() {
  return TREATING.includes(who()?.role);
}

/** The part of a page for it; `go` goes to the patient's page once the record is open. */
export function breakGlass(go) {
  const fields = {
    hospital_number: field(t("glass.number"), h("input", { id: "glass-number", autocomplete: "off", maxlength: 40 })),
    birth_on: field(t("glass.birth_on"), h("input", { id: "glass-birth", type: "date" })),
    reason: field(t("glass.reason"), h("textarea", { id: "glass-reason", rows: 2, maxlength: 2000 }), { hint: t("glass.reason_hint") }),
  };
  const wrong = alertLine("glass-error");
  const press = button(t("glass.go"), null, { danger: true, type: "submit", id: "glass-go" });
  const form = h("form", { novalidate: true }, Object.values(fields), wrong, buttons(press));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(press, () => asked(fields, wrong, go));
  });
  return h("details", { class: "panel", id: "glass" }, h("summary", {}, t("glass.title")), panel(null, h("p", {}, t("glass.lead")), form));
}

async function asked(fields, wrong, go) {
  wrong.say(null);
  const body = read(fields);
  if (!body || !(await confirm(t("glass.sure"), t("glass.sure_text"), t("glass.go"), { danger: true }))) return;
  try {
    const opened = await api("POST", "/emergency-access", { id: idFor(PLACE, body), ...body });
    answered(PLACE);
    await confirm(t("glass.opened"), t("glass.until", { when: moment(opened.ends_at, "short") }), t("glass.open"));
    go(`patient/${encodeURIComponent(opened.patient_id)}`);
  } catch (error) {
    onlyRefusals(error);
    if (error.name === "Refused") answered(PLACE);
    wrong.say(told(error));
  }
}

function read(fields) {
  const said = valuesOf(fields);
  const missing = Object.entries(said).map(([name, text]) => [name, text ? null : t("desk.required")]);
  return refuse(fields, Object.fromEntries(missing)) ? null : said;
}

function told(error) {
  if (error.status === 404) return t("glass.nobody");
  if (error.problem?.code === "emergency-limit") return t("glass.limit");
  if (error.status === 409) return t("glass.yours");
  if (error.status === 429) return t("glass.too_many", { n: Math.max(1, Math.ceil((error.retry_after ?? 60) / 60)) });
  return explain(error);
}
