/** How it stands with the forms of a patient's last intervals: a mark for each of eight states, by shape and letter. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

export const STATES = ["in_time", "late", "partial", "missed", "begun", "open", "not_open", "not_asked"];

/** The marks of some intervals, oldest first: [{interval, state}]; heard as one sentence. */
export function marks(adherence) {
  if (adherence.length === 0) return h("span", { class: "soft" }, t("marks.none"));
  const said = adherence.map((one) => t("marks.one", { n: String(one.interval), state: t(`marks.${one.state}`) })).join("; ");
  return h("span", { class: "form-marks" }, h("span", { class: "unseen" }, said), h("span", { "aria-hidden": "true", title: said }, adherence.map((one) => mark(one.state))));
}

/** What each mark means. */
export function legend() {
  return h(
    "p",
    { class: "list-legend" },
    h("span", {}, t("marks.legend")),
    STATES.map((state) => h("span", { class: "key" }, h("span", { "aria-hidden": "true" }, mark(state)), t(`marks.${state}`))),
  );
}

function mark(state) {
  return h("span", { class: `form-mark ${state}` }, t(`marks.letter.${state}`));
}
