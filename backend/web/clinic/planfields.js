/** The fields of a treatment's plan, as its drug's entry in the catalogue asks; nothing is filled in that it does not say. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { everyText, regimenName, WEEKDAYS } from "./planwords.js";
import { refuse, valueOf } from "./reading.js";
import { choices, field, select } from "./ui.js";

/**
 * Make the fields for a drug; `standing` is the version of the plan that is changed, `slot` the field of the time as it
 * was filled in before another drug was chosen. The node has `read()`, which gives
 * {regimen, route, interval_weeks, slot, weekdays} or null, and `fields()`, by the API's names.
 */
export function planFields(drug, { standing = null, slot = null } = {}) {
  const rest = h("div", { class: "pairs" });
  const made = { slot: slot ?? slotField(standing) };
  const draw = (key) => {
    const found = drug.regimens.find((one) => one.key === key);
    Object.assign(made, { route: null, interval_weeks: null, weekdays: null }, found && asked(drug, found, standing?.regimen === key ? standing : null));
    fill(rest, made.route, made.interval_weeks, made.slot, made.weekdays);
  };
  const first = standing?.regimen ?? (drug.regimens.length === 1 ? drug.regimens[0].key : null);
  made.regimen = choices(t("treat.regimen"), "regimen", drug.regimens.map(option), { value: first, onchange: draw });
  draw(first);
  const node = h("div", {}, made.regimen, rest);
  node.fields = () => Object.fromEntries(Object.entries(made).filter(([, one]) => one));
  node.read = () => read(drug, made);
  return node;
}

function option(regimen) {
  const told = [everyText(regimen.every), regimen.loading_doses > 0 && t("treat.loading", { n: regimen.loading_doses }), !regimen.confirmed && t("treat.unconfirmed")];
  return { value: regimen.key, text: regimenName(regimen), hint: [h("span", { lang: "en" }, regimen.dose_text), told.filter(Boolean).map((one) => ` · ${one}`)] };
}

function slotField(standing) {
  return field(t("treat.slot"), h("input", { type: "time", id: "treat-slot", value: standing?.slot ?? "" }), { hint: t("treat.slot_hint") });
}

function asked(drug, regimen, standing) {
  return {
    route: field(t("treat.route"), select(drug.routes.map((value) => ({ value, text: t(`desk.route.${value}`) })), { value: standing?.route ?? regimen.route, id: "treat-route" })),
    interval_weeks: regimen.personal_interval ? weeksField(regimen, standing) : null,
    weekdays: regimen.pattern === "weekdays" ? daysField(standing) : null,
  };
}

function weeksField({ every }, standing) {
  const hint = every ? t("treat.weeks_hint", { every: everyText(every) }) : t("treat.weeks_needed");
  const node = field(t("treat.weeks"), h("input", { type: "text", inputmode: "numeric", id: "treat-weeks", autocomplete: "off", value: standing?.interval_weeks ?? "" }), { hint });
  node.needed = !every;
  return node;
}

function daysField(standing) {
  const boxes = WEEKDAYS.map((day) => h("input", { type: "checkbox", value: day, checked: (standing?.weekdays ?? []).includes(day) }));
  const wrong = h("p", { class: "error", id: "treat-days-error", hidden: true });
  const node = h("fieldset", { id: "treat-days" }, h("legend", {}, t("treat.weekdays")), h("p", { class: "hint" }, t("treat.weekdays_hint")), WEEKDAYS.map((day, at) => h("label", { class: "check" }, boxes[at], h("span", {}, t(`treat.day.${day}`)))), wrong);
  node.refuse = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
    if (text) node.setAttribute("aria-describedby", wrong.id);
    else node.removeAttribute("aria-describedby");
  };
  node.chosen = () => WEEKDAYS.filter((day, at) => boxes[at].checked);
  return node;
}

function read(drug, { regimen, route, interval_weeks: weeks, slot, weekdays }) {
  const key = regimen.chosen();
  const typed = weeks ? valueOf(weeks) : "";
  const texts = {
    regimen: key ? null : t("treat.wrong.regimen"),
    interval_weeks: typed && !/^\d{1,2}$/.test(typed) ? t("treat.wrong.interval_weeks") : weeks?.needed && !typed ? t("desk.required") : null,
    slot: valueOf(slot) ? null : t("desk.required"),
    weekdays: null,
  };
  if (refuse({ regimen, slot, ...(weeks && { interval_weeks: weeks }), ...(weekdays && { weekdays }) }, texts)) return null;
  return { regimen: key, route: valueOf(route), interval_weeks: typed ? Number(typed) : null, slot: valueOf(slot), weekdays: weekdays?.chosen() ?? [] };
}
