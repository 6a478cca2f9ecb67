/** One dose and what may be done with it; before anything is kept, the difference it makes is shown. */

import { fill, h } from "/static/shared/dom.js";
import { t, when } from "/static/shared/words.js";

import { api } from "./api.js";
import { drugName } from "./catalogue.js";
import { difference } from "./dosediff.js";
import { clockIn, dayIn, here, occurredAt, whenFields } from "./dosewhen.js";
import { who } from "./session.js";
import { busy, button, buttons, choices, dialog, explain, field } from "./ui.js";

/** What may be done with a dose in each state; `undo` takes the last act back. */
const MAY = { planned: ["record", "move", "miss", "cancel"], given: ["undo"], missed: ["record", "cancel", "undo"], cancelled: ["undo"] };
const LATE_MS = 86_400_000;

/** Open a dose. Resolves to the act that was kept, "gone" where somebody else changed it first, null for nothing. */
export function act(dose) {
  return dialog(dose.name ?? t("desk.unknown"), (close) => {
    const part = h("div", {});
    const acts = MAY[dose.status] ?? [];
    const which = choices(t("doseact.which"), "act", acts.map((value) => ({ value, text: t(`doseact.${value}`), hint: t(`doseact.${value}.hint`) })), {
      value: acts.length === 1 ? acts[0] : null,
      onchange: (chosen) => fill(part, asked(dose, chosen, close)),
    });
    if (acts.length === 1) fill(part, asked(dose, acts[0], close));
    return [facts(dose), which, part, buttons(away(dose, close))];
  });
}

function away(dose, close) {
  return h("a", { class: "button quiet", href: `#/patient/${encodeURIComponent(dose.patient_id)}`, onclick: () => close() }, t("doseact.patient"));
}

function facts(dose) {
  const rows = [
    [t("doseact.drug"), `${drugName(dose.drug)}, ${t(`desk.route.${dose.route}`)}`],
    [t("doseact.status"), t(`doses.status.${dose.status}`)],
    dose.planned && [t("doseact.planned"), when(dose.planned)],
    dose.given && [t("doseact.given"), when(dose.given)],
  ];
  return h("dl", {}, rows.filter(Boolean).map(([name, told]) => [h("dt", {}, name), h("dd", {}, told)]));
}

function asked(dose, which, close) {
  const whenNode = which === "record" || which === "move" ? whenFields(first(dose, which)) : null;
  const reason = field(t("doseact.reason"), h("textarea", { id: "act-reason", rows: 2, maxlength: 500 }), { hint: which === "record" ? t("doseact.reason_late") : null });
  const override = field(t("doseact.override"), h("textarea", { id: "act-override", rows: 2, maxlength: 500 }));
  override.hidden = true;
  const wrong = h("p", { class: "trouble", id: "act-error", role: "alert", hidden: true });
  const shown = h("div", { id: "act-difference", role: "status" });
  const look = button(t("doseact.look"), null, { primary: true, type: "submit", id: "act-look" });
  const form = h("form", { novalidate: true }, whenNode, reason, override, wrong, shown, buttons(look, button(t("common.cancel"), () => close())));
  const parts = { dose, which, whenNode, reason, override, wrong, shown, close };
  // What is changed after the difference was shown has another difference.
  form.addEventListener("input", () => fill(shown));
  // Why it may be sooner than allowed is said of one moment; another moment is another question.
  whenNode?.addEventListener("input", () => {
    override.hidden = true;
    override.querySelector("textarea").value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(look, () => preview(parts));
  });
  return form;
}

function first(dose, which) {
  const slot = dose.planned ?? dose.given;
  const zone = slot?.zone ?? here();
  const [now, moment] = [Date.now(), slot?.at ?? null];
  const planned = { on: slot?.on ?? dayIn(now, zone), at: moment ? clockIn(moment, zone) : "", zone };
  // A dose of today is being given now; an earlier one, most likely in its slot.
  const late = moment && now - Date.parse(moment) > LATE_MS;
  return which === "move" || late ? planned : { on: dayIn(now, zone), at: clockIn(now, zone), zone };
}

async function preview(parts) {
  const { dose, which, shown } = parts;
  parts.wrong.hidden = true;
  const body = read(parts);
  if (!body) return;
  try {
    const found = await api("POST", at(dose, `/${which}/preview`), body, { version: dose.version });
    const keep = button(t(`doseact.keep.${which}`), () => void busy(keep, () => kept(parts, body)), { primary: true, id: "act-keep" });
    fill(shown, difference(dose, found), buttons(keep));
    keep.focus();
  } catch (error) {
    refused(error, parts);
  }
}

// The version that was seen is named with it: sent twice, the second is refused and nothing is done twice.
async function kept(parts, body) {
  const { dose, which, close } = parts;
  try {
    await api("POST", at(dose, `/${which}`), body, { version: dose.version });
    close(which);
  } catch (error) {
    if (parts.unsure && error.problem?.code === "stale-version") return close((await stands(dose, which)) ? which : "gone");
    parts.unsure = error.name === "Offline";
    refused(error, parts);
  }
  return undefined;
}

/** Tell whether what was sent without an answer is what stands now. */
async function stands(dose, which) {
  const now = await api("GET", at(dose, ""));
  return now.version === dose.version + 1 && now.act === which && now.recorded_by === who()?.staff_id;
}

function refused(error, parts) {
  if (error.name !== "Offline" && error.name !== "Refused") throw error;
  const { wrong, reason, override, close } = parts;
  const code = error.problem?.code;
  if (["stale-version", "not-found", "wrong-state"].includes(code)) return close("gone");
  // Sooner than the drug allows: only with a reason of its own.
  const soon = code === "too-soon";
  if (soon) override.hidden = false;
  const aboutReason = error.problem?.pointers?.some(({ pointer }) => pointer === "/reason");
  wrong.textContent = soon ? t("doseact.too_soon") : aboutReason ? t("doseact.reason_missing") : error.name === "Offline" ? t("desk.no_answer") : explain(error);
  wrong.hidden = false;
  if (soon || aboutReason) (soon ? override : reason).querySelector("textarea").focus();
  return undefined;
}

function read({ which, whenNode, reason, override }) {
  const why = reason.querySelector("textarea").value.trim();
  const sooner = override.hidden ? null : override.querySelector("textarea").value.trim();
  const moment = whenNode ? occurredAt(whenNode) : null;
  const missing = [which !== "record" && !why && reason, sooner === "" && override].filter(Boolean);
  reason.refuse(missing.includes(reason) ? t("desk.required") : null);
  override.refuse(missing.includes(override) ? t("desk.required") : null);
  missing[0]?.querySelector("textarea").focus();
  if (missing.length || (whenNode && !moment)) return null;
  if (which === "record") return { occurred: moment, reason: why };
  if (which !== "move") return { reason: why };
  return { planned: moment, reason: why, ...(sooner ? { override_reason: sooner } : {}) };
}

function at({ patient_id: patient, dose_id: id }, more) {
  return `/patients/${encodeURIComponent(patient)}/doses/${encodeURIComponent(id)}${more}`;
}
