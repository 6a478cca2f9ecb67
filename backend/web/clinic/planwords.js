/** A treatment's plan in words: its regimen, how often, which way, on which days, at what time. */

import { has, t } from "/static/shared/words.js";

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

/** Return what a regimen is called: in our words where we have them, else as the catalogue's key has it. */
export function regimenName({ key }) {
  return has(`treat.regimen.${key}`) ? t(`treat.regimen.${key}`) : key;
}

/** Return how often, of the catalogue's "4 wk" or "6 mo"; null where it does not say. */
export function everyText(every) {
  if (!every) return null;
  const [n, unit] = every.split(" ");
  return t(`treat.every.${unit}`, { n: Number(n) });
}

/** Return a plan as {label: text}, in the order in which it is read; `drug` is the catalogue's entry, if it knows it. */
export function planTexts(plan, drug) {
  const regimen = drug?.regimens.find(({ key }) => key === plan.regimen);
  const usual = everyText(regimen?.every);
  const told = {
    regimen: regimenName(regimen ?? { key: plan.regimen }),
    route: t(`desk.route.${plan.route}`),
    interval_weeks: plan.interval_weeks ? t("treat.every.wk", { n: plan.interval_weeks }) : usual && t("treat.usual", { every: usual }),
    weekdays: plan.weekdays.length ? plan.weekdays.map((day) => t(`treat.day.${day}`)).join(", ") : null,
    slot: plan.slot,
  };
  const labels = { regimen: t("treat.regimen"), route: t("treat.route"), interval_weeks: t("treat.interval"), weekdays: t("treat.weekdays"), slot: t("treat.slot") };
  return Object.fromEntries(Object.entries(labels).map(([key, label]) => [label, told[key] || null]));
}
