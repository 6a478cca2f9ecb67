/** Stretches of days on the calendar, row by row, each from a first to a last day. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { button, field } from "./ui.js";

/** Make the rows, with those that stand filled in. `node.read(go)` gives [{opens_on, closes_on}], or null. */
export function datesField(standing) {
  const list = h("div", { class: "dates" });
  const wrong = h("p", { class: "error", id: "assigned-dates-error", hidden: true });
  const node = h("fieldset", { id: "assigned-dates" }, h("legend", {}, t("assigned.dates")), list, wrong);
  const state = (standing ?? [{ opens_on: "", closes_on: "" }]).map((one) => ({ ...one }));
  const draw = (go = null) => {
    fill(list, state.map((one, at) => row(state, one, at, draw)), button(t("assigned.date_add"), () => {
      state.push({ opens_on: "", closes_on: "" });
      draw(state.length);
    }, { id: "assigned-date-add" }));
    if (go) document.getElementById(`assigned-opens-${go}`)?.focus();
  };
  draw();
  node.refuse = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
    if (text) node.setAttribute("aria-describedby", wrong.id);
    else node.removeAttribute("aria-describedby");
  };
  node.read = (go = true) => {
    const sorted = state.toSorted((one, other) => one.opens_on.localeCompare(other.opens_on));
    const empty = state.find((one) => !one.opens_on || !one.closes_on);
    const bad = empty ?? sorted.find((one, at) => one.closes_on < one.opens_on || (at > 0 && one.opens_on <= sorted[at - 1].closes_on));
    node.refuse(bad ? t(empty ? "desk.required" : "assigned.wrong.dates") : null);
    if (bad && go) document.getElementById(`assigned-${bad.opens_on ? "closes" : "opens"}-${state.indexOf(bad) + 1}`)?.focus();
    return bad ? null : sorted.map((one) => ({ ...one }));
  };
  return node;
}

function row(state, one, at, draw) {
  const input = (name) => field(t(`assigned.date_${name}`, { n: at + 1 }), h("input", { type: "date", id: `assigned-${name}-${at + 1}`, value: one[`${name}_on`], onchange: (event) => (one[`${name}_on`] = event.target.value) }));
  const drop = button("×", () => {
    state.splice(at, 1);
    draw(Math.max(1, at));
  }, { quiet: true, label: t("assigned.date_drop", { n: at + 1 }) });
  return h("div", { class: "row" }, input("opens"), input("closes"), state.length > 1 && drop);
}
