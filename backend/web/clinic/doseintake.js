/** Reading a list of doses in: what is new is shown first, with every row that is refused, and stored only then. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { who } from "./session.js";
import { busy, button, buttons, choices, dialog, explain, field, table } from "./ui.js";

const LARGEST = 1_000_000;
const SHOWN = 200;

/** Tell whether whoever is logged in may read lists in. */
export function mayTakeIn() {
  return ["nurse", "clinician"].includes(who()?.role);
}

/** Ask for a file and take it in. Resolves to true when something was stored. */
export function takeIn() {
  return dialog(t("intake.title"), (close) => {
    const file = field(t("intake.file"), h("input", { type: "file", id: "intake-file", accept: ".csv,text/csv" }), { hint: t("intake.file_hint") });
    const dates = choices(t("intake.dates"), "dates", ["iso", "nl"].map((value) => ({ value, text: t(`intake.dates.${value}`) })), { value: "iso" });
    const found = h("div", { id: "intake-found", role: "status" });
    const wrong = h("p", { class: "trouble", id: "intake-error", role: "alert", hidden: true });
    const look = button(t("intake.look"), null, { primary: true, type: "submit", id: "intake-look" });
    const form = h("form", { novalidate: true }, h("p", { class: "soft" }, t("intake.lead")), file, dates, buttons(look, button(t("common.cancel"), () => close())), wrong, found);
    const parts = { file, dates, found, wrong, close };
    form.addEventListener("change", () => fill(found));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(look, () => looked(parts));
    });
    return form;
  }, { wide: true });
}

async function looked(parts) {
  const chosen = parts.file.querySelector("input").files[0];
  parts.file.refuse(chosen ? (chosen.size > LARGEST ? t("intake.too_large") : null) : t("desk.required"));
  if (!chosen || chosen.size > LARGEST) return;
  const body = { csv: await chosen.text(), dates: parts.dates.chosen() };
  await sent(parts, body, false);
}

// Sent twice it stores nothing twice: what is there already counts as unchanged.
async function sent(parts, body, confirm) {
  parts.wrong.hidden = true;
  try {
    const told = await api("POST", "/intake/doses", { ...body, confirm });
    fill(parts.found, results(told), next(parts, body, told));
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    const whole = ["invalid", "out-of-bounds"].includes(error.problem?.code) && error.problem.detail;
    parts.wrong.textContent = whole || (error.name === "Offline" ? t("intake.unknown") : explain(error));
    parts.wrong.hidden = false;
  }
}

function next(parts, body, told) {
  if (told.confirmed) return buttons(button(t("common.close"), () => parts.close(told.doses > 0), { primary: true, id: "intake-done" }));
  if (!told.doses) return h("p", { class: "note" }, t("intake.nothing_new"));
  const store = button(t("intake.store", { n: told.doses }), () => void busy(store, () => sent(parts, body, true)), { primary: true, id: "intake-store" });
  return buttons(store);
}

function results({ confirmed, patients, doses, unchanged, refused }) {
  const lines = [
    t(confirmed ? "intake.stored" : "intake.would_store", { n: doses, patients }),
    t("intake.unchanged", { n: unchanged }),
    refused.length > 0 && t("intake.refused", { n: refused.length }),
  ].filter(Boolean);
  const columns = [{ text: t("intake.line"), number: true }, { text: t("intake.why"), wide: true }];
  const rows = refused.slice(0, SHOWN).map((row) => [String(row.line), row.sentence]);
  return [
    h("ul", {}, lines.map((line) => h("li", {}, line))),
    rows.length > 0 && table({ caption: t("intake.refused", { n: refused.length }), hideCaption: true, columns, rows }),
    refused.length > SHOWN && h("p", { class: "soft" }, t("intake.more", { n: refused.length - SHOWN })),
  ];
}
