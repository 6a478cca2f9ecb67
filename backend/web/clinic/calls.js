/** Recording what became of a call about something on the worklist: one window, safe to send again. */

import { h } from "/static/shared/dom.js";
import { localDay, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { answered, idFor } from "./once.js";
import { about, kindName, lastCall, quoted } from "./tasks.js";
import { busy, button, buttons, choices, dialog, explain, field } from "./ui.js";

const OUTCOMES = ["reached", "agreed", "later", "removed"];
const NEEDS_DAY = new Set(["agreed", "later"]);
const LONGEST = 2000;

/**
 * Ask what was done about an item and record it. Resolves to {outcome, on}, "gone" where the item does not stand as it
 * did, null when nothing was recorded.
 */
export function record(item, go) {
  return dialog(`${kindName(item.kind)} · ${item.named}`, (close) => {
    const asked = { item, outcome: outcomes(), on: dayField(), note: noteField() };
    const wrong = h("p", { class: "trouble", role: "alert", hidden: true });
    const save = button(t("desk.save"), null, { primary: true, type: "submit", id: "call-save" });
    const form = h("form", { novalidate: true, class: "call" }, asked.outcome, asked.on, asked.note, wrong, ends(save, close, item, go));
    asked.outcome.addEventListener("change", () => fit(asked));
    fit(asked);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(save, () => send(asked, wrong, close));
    });
    return [told(item), form];
  });
}

function told(item) {
  return [
    h("p", {}, about(item)),
    quoted(item) && h("figure", { class: "said" }, h("figcaption", {}, t(item.words ? "worklist.call.words" : "worklist.call.reason")), h("blockquote", {}, quoted(item))),
    item.call && h("p", { class: "soft" }, `${t("worklist.call.last")}: ${lastCall(item.call)}`, item.call.words && [" ", h("q", {}, item.call.words)]),
  ];
}

function outcomes() {
  const options = OUTCOMES.map((value) => ({ value, text: t(`worklist.outcome.${value}`), hint: t(`worklist.outcome.${value}.hint`) }));
  return choices(t("worklist.call.outcome"), "outcome", options);
}

function dayField() {
  return field(t("worklist.call.on.later"), h("input", { type: "date", id: "call-on", min: localDay(new Date()) }));
}

function noteField() {
  return field(t("worklist.call.note"), h("textarea", { id: "call-words", maxlength: LONGEST, rows: 2 }), { hint: t("common.optional") });
}

function ends(save, close, item, go) {
  const leave = button(t("worklist.call.open"), () => {
    close();
    go(`patient/${encodeURIComponent(item.patient_id)}`);
  }, { quiet: true });
  return buttons(save, button(t("common.cancel"), () => close()), leave);
}

// What is asked follows the outcome: a day where one was agreed, a reason where nobody was spoken to.
function fit({ outcome, on, note }) {
  const chosen = outcome.chosen();
  on.hidden = !NEEDS_DAY.has(chosen);
  if (!on.hidden) on.querySelector("label").textContent = t(`worklist.call.on.${chosen}`);
  note.hidden = chosen === null;
  note.querySelector("label").textContent = t(chosen === "removed" ? "worklist.call.reason" : "worklist.call.note");
  note.querySelector(".hint").hidden = chosen === "removed";
  on.refuse(null);
  note.refuse(null);
}

async function send(asked, wrong, close) {
  wrong.hidden = true;
  const body = read(asked);
  if (!body) return;
  const { item } = asked;
  const place = `call:${item.key}`;
  try {
    await api("POST", `/patients/${encodeURIComponent(item.patient_id)}/calls`, { id: idFor(place, body), ...body });
    answered(place);
    close({ outcome: body.outcome, on: body.on });
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    if (error.name === "Refused") answered(place);
    if (error.status === 409 || error.status === 404) return close("gone");
    wrong.textContent = error.name === "Offline" ? t("worklist.call.unknown") : explain(error);
    wrong.hidden = false;
  }
}

function read({ item, outcome, on, note }) {
  const chosen = outcome.chosen();
  const [onDay, words] = [on.querySelector("input").value, note.querySelector("textarea").value.trim()];
  const needsDay = NEEDS_DAY.has(chosen);
  outcome.refuse(chosen ? null : t("worklist.call.none"));
  if (!chosen) return null;
  on.refuse(needsDay && !(onDay >= localDay(new Date())) ? t("worklist.call.on_missing") : null);
  note.refuse(chosen === "removed" && !words ? t("worklist.call.reason_missing") : null);
  const first = [on, note].find((one) => !one.querySelector(".error").hidden);
  if (first) {
    first.querySelector("input, textarea").focus();
    return null;
  }
  return { kind: item.kind, subject: item.subject, version: item.version, outcome: chosen, on: needsDay ? onDay : null, words: words || null };
}
