/** Which patients and intervals the figures of the cohort are about, and the settings they rest on. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { askSettings, settingsQuery, STANDARD } from "./figuresettings.js";
import { settingsLine } from "./footing.js";
import { button, field, select } from "./ui.js";

const SUBSTANCES = ["natalizumab", "ocrelizumab", "ofatumumab", "alemtuzumab"];
const ROUTES = ["iv", "sc"];

export const FIRST = { drug: "", route: "", study: "", settings: STANDARD };

/** The query of what was chosen. */
export function query({ drug, route, study, settings }) {
  const told = new URLSearchParams(settingsQuery(settings));
  for (const [name, value] of Object.entries({ drug, route, study_id: study })) if (value) told.set(name, value);
  const text = told.toString();
  return text ? `?${text}` : "";
}

/** The tools to choose with; `changed` hears what is chosen from then on. */
export async function cohortFilters(first, changed) {
  let now = first;
  const studies = await known();
  const line = h("p", { class: "soft", id: "cohort-settings" }, settingsLine(now.settings));
  const choose = (some) => {
    now = { ...now, ...some };
    line.textContent = settingsLine(now.settings);
    changed(now);
  };
  const all = { value: "", text: t("desk.all") };
  const list = (name, options, value) => select([all, ...options], { value, id: `cohort-${name}`, onchange: (chosen) => choose({ [name]: chosen }) });
  const settings = button(t("glance.settings"), async () => {
    const asked = await askSettings(now.settings);
    if (asked) choose({ settings: asked });
    settings.focus();
  }, { id: "cohort-set" });
  return h(
    "div",
    { class: "tools cohort-tools" },
    field(t("cohort.drug"), list("drug", SUBSTANCES.map((value) => ({ value, text: value })), now.drug)),
    field(t("cohort.route"), list("route", ROUTES.map((value) => ({ value, text: t(`desk.route.${value}`) })), now.route)),
    studies.length > 0 && field(t("cohort.study"), list("study", studies.map(({ id, name }) => ({ value: id, text: name })), now.study)),
    settings,
    button(t("cohort.print"), () => print(), { quiet: true }),
    line,
  );
}

// Without the list of studies the figures can be drawn all the same.
async function known() {
  try {
    return (await api("GET", "/studies")).items;
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    return [];
  }
}
