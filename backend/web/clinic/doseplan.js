/** Planning a dose that a plan expects: on the day and at the time it expects it, or another. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { clockIn, occurredAt, whenFields } from "./dosewhen.js";
import { answered, idFor } from "./once.js";
import { busy, button, buttons, dialog, explain, field } from "./ui.js";

/** Plan a dose {patient_id, treatment_id, name, on, at}. Resolves to true when it is on record. */
export function plan(expected) {
  return dialog(t("doseplan.title", { name: expected.name ?? t("desk.unknown") }), (close) => {
    const whenNode = whenFields({ on: expected.on, at: clockIn(expected.at, expected.zone), zone: expected.zone });
    const reason = field(t("doseact.reason"), h("textarea", { id: "plan-reason", rows: 2, maxlength: 500 }), { hint: t("common.optional") });
    const override = field(t("doseact.override"), h("textarea", { id: "plan-override", rows: 2, maxlength: 500 }));
    override.hidden = true;
    whenNode.addEventListener("input", () => {
      override.hidden = true;
      override.querySelector("textarea").value = "";
    });
    const wrong = h("p", { class: "trouble", id: "plan-error", role: "alert", hidden: true });
    const save = button(t("doseplan.save"), null, { primary: true, type: "submit", id: "plan-save" });
    const form = h("form", { novalidate: true }, whenNode, reason, override, wrong, buttons(save, button(t("common.cancel"), () => close())));
    const parts = { expected, whenNode, reason, override, wrong, close };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(save, () => send(parts));
    });
    return form;
  });
}

async function send(parts) {
  const { expected, whenNode, reason, override, wrong, close } = parts;
  wrong.hidden = true;
  const planned = occurredAt(whenNode);
  const why = reason.querySelector("textarea").value.trim();
  const sooner = override.hidden ? null : override.querySelector("textarea").value.trim();
  override.refuse(sooner === "" ? t("desk.required") : null);
  if (!planned || sooner === "") return;
  const body = { treatment_id: expected.treatment_id, status: "planned", planned, reason: why, ...(sooner ? { override_reason: sooner } : {}) };
  const place = `plan:${expected.treatment_id}`;
  try {
    await api("POST", `/patients/${encodeURIComponent(expected.patient_id)}/doses`, { id: idFor(place, body), ...body });
    answered(place);
    close(true);
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    if (error.name === "Refused") answered(place);
    const soon = error.problem?.code === "too-soon";
    if (soon) override.hidden = false;
    wrong.textContent = soon ? t("doseact.too_soon") : error.name === "Offline" ? t("desk.no_answer") : explain(error);
    wrong.hidden = false;
  }
}
