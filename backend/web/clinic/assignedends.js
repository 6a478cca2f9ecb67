/** The fields of how often something is asked within its days, how long after it still is, and when it ends. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { numberField, numbers, whole } from "./assigneddays.js";
import { refuse, valueOf } from "./reading.js";
import { choices, field } from "./ui.js";

/** Make them, with those of an assignment that stands filled in; the node has `read()`, `fields()` and `wrong(name)`. */
export function assignmentEnds(standing) {
  const made = {
    grace_days: numberField("grace", standing?.grace_days ?? 0, "grace_hint"),
    cycles: numberField("cycles", standing?.cycles ?? "", "cycles_hint"),
    until: field(t("assigned.until"), h("input", { type: "date", id: "assigned-until", value: standing?.until ?? "" }), { hint: t("assigned.until_hint") }),
  };
  const times = numberField("times", standing?.times ?? 2);
  const often = h("div", {});
  const show = (kind) => fill(often, kind === "times" && times);
  const kinds = choices(t("assigned.often"), "assigned-often", ["once", "daily", "times"].map((value) => ({ value, text: t(`assigned.often.${value}`) })), { value: standing?.daily ? "daily" : standing?.times ? "times" : "once", onchange: show });
  show(kinds.chosen());
  const box = h("input", { type: "checkbox", id: "assigned-with-treatment", checked: standing?.ends_with_treatment ?? false });
  const node = h("div", {}, kinds, often, h("div", { class: "pairs" }, Object.values(made)), h("div", { class: "field" }, h("label", { class: "check" }, box, h("span", {}, t("assigned.with_treatment")))));
  node.fields = () => ({ ...made, times });
  node.wrong = (name) => (name === "until" ? t("assigned.wrong.until") : null);
  node.read = ({ go = true } = {}) => {
    const several = kinds.chosen() === "times";
    const wrong = { times: several ? numbers({ times }, 2, 50).times : null, ...numbers({ grace_days: made.grace_days }, 0, 60), cycles: valueOf(made.cycles) ? numbers({ cycles: made.cycles }, 1, 1000).cycles : null };
    if (refuse({ times, ...made }, wrong, { go })) return null;
    return {
      grace_days: whole(made.grace_days),
      daily: kinds.chosen() === "daily",
      times: several ? whole(times) : null,
      cycles: valueOf(made.cycles) ? whole(made.cycles) : null,
      until: valueOf(made.until) || null,
      ends_with_treatment: box.checked,
    };
  };
  return node;
}
