/** Assignments one below the other: what is asked, when, by whom decided, what it was before; and how to change or end one. */

import { h } from "/static/shared/dom.js";
import { add, day, moment, t } from "/static/shared/words.js";

import { words } from "./assigned.words.js";
import { change, end } from "./assignedform.js";
import { daysText, endTexts } from "./assignedwords.js";
import { nameOf } from "./names.js";
import { mayDraft, titleOf } from "./questionnairewords.js";
import { button, buttons, empty } from "./ui.js";

add(words);

/**
 * Draw assignments, those that run first. `about` holds {forms, staff, owner, done}; `owner` as for the forms;
 * `more(one, at)` gives what else stands with one, `where(one)` where it was decided if that is not here (a node, or null).
 */
export function assignmentList(items, about) {
  const sorted = items.toSorted((one, other) => Number(one.ended_on !== null) - Number(other.ended_on !== null) || one.starts_on.localeCompare(other.starts_on));
  return sorted.length ? h("div", { class: "assignments" }, sorted.map((one, at) => drawn(one, at, about))) : empty(t("assigned.none"));
}

function drawn(one, at, about) {
  const title = titleOf(about.forms, one.questionnaire);
  const elsewhere = about.where?.(one) ?? null;
  return h(
    "article",
    { class: one.ended_on ? "assignment ended" : "assignment" },
    h("h3", { class: "row" }, title, h("span", { class: one.ended_on ? "tag plain" : "tag" }, one.ended_on ? t("assigned.ended", { on: day(one.ended_on, "date") }) : t("assigned.runs", { on: day(one.starts_on, "date") }))),
    h("p", { class: "when" }, daysText(one.assignment)),
    endTexts(one.assignment).map((text) => h("p", { class: "soft" }, text)),
    one.retired_version && h("p", { class: "asks-retired" }, h("span", { class: "tag warm" }, t("assigned.retired", { n: one.retired_version })), " ", t("assigned.retired_told")),
    elsewhere,
    about.more?.(one, at),
    history(one, about),
    !elsewhere && !one.ended_on && mayDraft() && acts(one, title, about),
  );
}

function history({ versions }, { staff }) {
  const last = versions.at(-1);
  const earlier = versions.slice(0, -1).toReversed();
  return [
    h("p", { class: "soft" }, decided(last, staff)),
    earlier.length > 0 && h("details", {}, h("summary", {}, t("assigned.earlier", { n: earlier.length })), h("ul", {}, earlier.map((one) => h("li", {}, [daysText(one.assignment), ...endTexts(one.assignment)].join("; "), ". ", decided(one, staff))))),
  ];
}

function decided({ from_on: from, template, reason, recorded_by: by, recorded_at: at, ends }, staff) {
  const told = { who: nameOf(staff, by), when: moment(at, "short"), from: day(from, "date") };
  return [t(ends ? "assigned.ended_by" : "assigned.decided_by", told), template && t("assigned.by_template", { name: template }), reason && t("assigned.because", { reason })].filter(Boolean).join(" ");
}

function acts(one, title, about) {
  const act = (name, run, look = {}) => button(t(`assigned.${name}`), () => void run(one, title, about).then((done) => done && about.done(done, name)), { ...look, id: `assigned-${name}-${one.id}`, label: t(`assigned.${name}_named`, { title }) });
  return buttons(act("change", change), act("end", end, { danger: true }));
}
