/** Recording a clinician's decision under a dosing rule: nothing is chosen before, and what it changes is shown first. */

import { fill, h } from "/static/shared/dom.js";
import { day, t, when } from "/static/shared/words.js";

import { api } from "./api.js";
import { reminders } from "./dosediff.js";
import { clockIn, occurredAt, whenFields } from "./dosewhen.js";
import { answered, idFor } from "./once.js";
import { busy, button, buttons, choices, dialog, explain, field } from "./ui.js";

const CHOICES = ["change", "keep", "other"];

/** Ask for a decision on a rule as it is shown. Resolves to the choice, "gone" where things changed, null for nothing. */
export function decide(page, rule) {
  return dialog(t("decision.title"), (close) => {
    const change = h("div", {});
    const reason = field(t("decision.reason"), h("textarea", { id: "decision-reason", rows: 3, maxlength: 500 }));
    const wrong = h("p", { class: "trouble", id: "decision-error", role: "alert", hidden: true });
    const shown = h("div", { id: "decision-difference", role: "status" });
    const parts = { page, rule, reason, wrong, shown, close, weeks: null, from: null, move: null };
    // A rule that is only shown, without conditions, changes nothing.
    const possible = CHOICES.filter((value) => value !== "change" || rule.current);
    const which = choices(t("decision.which"), "decision", possible.map((value) => ({ value, text: t(`decision.choice.${value}`), hint: t(`decision.choice.${value}.hint`) })), {
      value: null,
      onchange: (chosen) => fill(change, chosen === "change" && changing(parts)),
    });
    parts.which = which;
    const look = button(t("doseact.look"), null, { primary: true, type: "submit", id: "decision-look" });
    const form = h("form", { novalidate: true }, which, change, reason, wrong, shown, buttons(look, button(t("common.cancel"), () => close())));
    form.addEventListener("input", () => fill(shown));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(look, () => preview(parts));
    });
    return form;
  }, { wide: true });
}

// The fields are empty: neither the rule nor the page proposes an interval.
function changing(parts) {
  const { rule, page } = parts;
  const { min_weeks: min, max_weeks: max } = rule.bounds;
  const hint = min !== null || max !== null ? t("decision.weeks_hint", { min: min === null ? "–" : String(min), max: max === null ? "–" : String(max) }) : null;
  parts.weeks = field(t("decision.weeks"), h("input", { type: "text", inputmode: "numeric", id: "decision-weeks", autocomplete: "off" }), { hint });
  parts.from = field(t("decision.from"), h("input", { type: "date", id: "decision-from" }), { hint: t("decision.from_hint") });
  parts.move = movable(page, rule);
  return [h("div", { class: "pairs" }, parts.weeks, parts.from), parts.move];
}

/** The next planned dose, which may move in the same act. */
function movable(page, rule) {
  const next = page.overview.doses.find((dose) => dose.status === "planned" && dose.treatment_id === rule.current?.treatment_id);
  if (!next) return null;
  const ticked = h("input", { type: "checkbox", id: "decision-move" });
  const at = whenFields({ on: next.planned.on, at: next.planned.at ? clockIn(next.planned.at, next.planned.zone) : "", zone: next.planned.zone });
  at.hidden = true;
  ticked.addEventListener("change", () => {
    at.hidden = !ticked.checked;
  });
  const node = h("fieldset", {}, h("legend", {}, t("decision.dose")), h("label", { class: "check" }, ticked, h("span", {}, t("decision.move", { on: when(next.planned) }))), at);
  node.read = () => (ticked.checked ? { dose_id: next.id, version: next.version, planned: occurredAt(at) } : null);
  return node;
}

async function preview(parts) {
  parts.wrong.hidden = true;
  const body = read(parts);
  if (!body) return;
  try {
    const { difference, decision } = await api("POST", at(parts, "/preview"), body);
    const keep = button(t("decision.keep"), () => void busy(keep, () => kept(parts, body)), { primary: true, id: "decision-keep" });
    fill(parts.shown, drawn(difference, decision), buttons(keep));
    keep.focus();
  } catch (error) {
    refused(error, parts);
  }
}

async function kept(parts, body) {
  try {
    await api("POST", at(parts, ""), body);
    answered(place(parts));
    parts.close(body.choice);
  } catch (error) {
    if (error.name === "Refused") answered(place(parts));
    refused(error, parts);
  }
}

function refused(error, { wrong, close }) {
  if (error.name !== "Offline" && error.name !== "Refused") throw error;
  if (["stale-version", "not-found", "wrong-state"].includes(error.problem?.code)) return close("gone");
  const said = error.problem?.pointers?.map(({ pointer }) => pointer.split("/")[1]).find((name) => ["interval_weeks", "move", "valid_from"].includes(name));
  const early = error.problem?.code === "too-soon";
  wrong.textContent = early ? t("decision.too_soon") : said ? t(`decision.wrong.${said}`) : error.name === "Offline" ? t("desk.no_answer") : explain(error);
  wrong.hidden = false;
  return undefined;
}

function read({ page, rule, which, reason, weeks, from, move, ...parts }) {
  const choice = which.chosen();
  const why = reason.querySelector("textarea").value.trim();
  which.refuse(choice ? null : t("decision.none"));
  reason.refuse(why ? null : t("desk.required"));
  if (!choice || !why) return null;
  const body = { study_id: rule.study_id, protocol: rule.key, choice, reason: why, state_mark: rule.state_mark, treatment_version: rule.treatment_version };
  if (choice !== "change") return named(body, { page, rule, ...parts });
  const typed = weeks.querySelector("input").value.trim();
  const moved = move?.read() ?? null;
  const wrong = typed && !/^\d{1,2}$/.test(typed);
  weeks.refuse(wrong ? t("finding.number") : !typed && !moved ? t("decision.something") : null);
  if (wrong || (!typed && !moved) || (moved && !moved.planned)) return null;
  return named({ ...body, interval_weeks: typed ? Number(typed) : null, valid_from: from.querySelector("input").value || null, move: moved }, { page, rule });
}

function named(body, parts) {
  return { id: idFor(place(parts), body), ...body };
}

function place({ page, rule }) {
  return `decision:${page.id}:${rule.study_id}:${rule.key}`;
}

function at({ page }, more) {
  return `/patients/${encodeURIComponent(page.id)}/decisions${more}`;
}

function drawn({ plan, dose, ...moved }, { flags }) {
  return h("section", { class: "difference", "aria-label": t("dosediff.title") },
    h("h3", {}, t("dosediff.title")),
    h("ul", {},
      h("li", {}, planLine(plan)),
      expectedLine(plan),
      dose && h("li", {}, t("dosediff.planned", { from: slot(dose.before.planned), to: slot(dose.after.planned) })),
      flags.map((flag) => h("li", { class: "warm" }, t(`decision.flag.${flag}`))),
      reminders(moved),
    ),
  );
}

function planLine({ before, after }) {
  if (!before || !after || before.version === after.version) return t("decision.plan_same");
  return t("decision.plan", { from: weeksOf(before), to: weeksOf(after), on: day(after.valid_from, "date") });
}

function expectedLine({ before, after }) {
  const [from, to] = [before?.expected?.on, after?.expected?.on];
  return from && to && from !== to ? h("li", {}, t("decision.expected", { from: day(from, "date"), to: day(to, "date") })) : null;
}

function weeksOf({ interval_weeks: weeks }) {
  return weeks === null ? "?" : String(weeks);
}

function slot(moment) {
  return moment ? when(moment) : t("desk.none");
}
