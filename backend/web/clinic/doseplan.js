/** Planning a dose that a plan expects: on the day and at the time it expects it, or another. */

import { h } from "/static/patient/dom.js";
import { t, time } from "/static/patient/words.js";

import { api } from "./api.js";
import { occurredAt, whenFields } from "./dosewhen.js";
import { answered, idFor } from "./once.js";
import { busy, button, buttons, dialog, explain, field } from "./ui.js";

/** Plan a dose {patient_id, treatment_id, name, on, at}. Resolves to true when it is on record. */
export function plan(expected) {
  return dialog(t("doseplan.title", { name: expected.name ?? t("desk.unknown") }), (close) => {
    const whenNode = whenFields({ on: expected.on, at: time(expected.at) });
    const reason = field(t("doseact.reason"), h("textarea", { id: "plan-reason", rows: 2, maxlength: 500 }), { hint: t("desk.optional") });
    const wrong = h("p", { class: "trouble", id: "plan-error", role: "alert", hidden: true });
    const save = button(t("doseplan.save"), null, { primary: true, type: "submit", id: "plan-save" });
    const form = h("form", { novalidate: true }, whenNode, reason, wrong, buttons(save, button(t("desk.cancel"), () => close())));
    const parts = { expected, whenNode, reason, wrong, close, override: false };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(save, () => send(parts));
    });
    return form;
  });
}

async function send(parts) {
  const { expected, whenNode, reason, wrong, close } = parts;
  wrong.hidden = true;
  const planned = occurredAt(whenNode);
  const why = reason.querySelector("textarea").value.trim();
  if (!planned) return;
  const body = { treatment_id: expected.treatment_id, status: "planned", planned, reason: why, ...(parts.override && why ? { override_reason: why } : {}) };
  const place = `plan:${expected.treatment_id}`;
  try {
    await api("POST", `/patients/${encodeURIComponent(expected.patient_id)}/doses`, { id: idFor(place, body), ...body });
    answered(place);
    close(true);
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    if (error.name === "Refused") answered(place);
    parts.override = error.problem?.code === "too-soon";
    wrong.textContent = parts.override ? t("doseact.too_soon") : error.name === "Offline" ? t("doseact.unknown") : explain(error);
    wrong.hidden = false;
  }
}
