/** Switching a dosing rule of a study on or off, or changing its settings: seen first, then kept, with a reason. */

import { h } from "/static/shared/dom.js";
import { language, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { change, lookFirst } from "./lookfirst.js";
import { valueOf } from "./reading.js";
import { settingFields, settingTexts } from "./rulesettings.js";
import { dialog, field } from "./ui.js";

/**
 * Ask for it; `said` is what the study says of the rule as it was seen. Resolves to what the study then says, "gone"
 * where somebody changed it meanwhile, null for nothing.
 */
export function switchRule(said, rule, study, { enabled, title }) {
  return dialog(title, (close) => {
    const settings = enabled ? settingFields(rule, said.settings) : null;
    const reason = field(t("studies.reason"), h("textarea", { id: "switch-reason", rows: 2, maxlength: 500 }), { hint: t("studies.reason_hint") });
    return [
      ...told(rule, study, enabled),
      lookFirst({
        name: "switch",
        children: [settings, reason],
        fields: () => ({ reason, ...settings?.fields }),
        wrong: (name) => t(`studies.wrong.${name}`),
        read: () => read({ enabled, settings, reason, said }),
        look: (body) => lines(body, said, rule, study),
        keep: (body) => api("PUT", at(study, `/${encodeURIComponent(rule.key)}`), body),
        text: t(enabled ? (said.enabled ? "studies.settings" : "studies.switch_on") : "studies.switch_off"),
        danger: !enabled,
        close,
      }),
    ];
  }, { wide: enabled });
}

function told(rule, study, enabled) {
  return [
    h("p", { class: "soft" }, t("studies.in", { study: study.name })),
    enabled && h("p", {}, rule.text[language()]),
    enabled && h("p", { class: "soft" }, t("rule.source", { source: rule.source, version: rule.version, status: t(`rule.status.${rule.status}`) })),
    enabled && rule.unverified && h("p", { class: "note" }, rule.unverified[language()]),
  ];
}

function read({ enabled, settings, reason, said }) {
  const why = valueOf(reason);
  const set = settings ? settings.read() : said.settings;
  reason.refuse(why ? null : t("desk.required"));
  if (set && !why) reason.querySelector("textarea").focus();
  return set && why ? { enabled, settings: set, reason: why } : null;
}

/** What would change, held against what stands at this moment and not against what the page showed. */
async function lines(body, said, rule, study) {
  const { items } = await api("GET", at(study, ""));
  if (items.find(({ key }) => key === rule.key)?.version !== said.version) return "gone";
  const changed = differences(said.settings, body.settings);
  if (body.enabled === said.enabled && !changed.length) return null;
  return [
    body.enabled !== said.enabled && change(t("studies.state"), state(said), state(body)),
    ...changed,
    body.enabled && rule.can_set.includes("bands") && !body.settings.bands && { warm: t("studies.no_table") },
    t(body.enabled ? "studies.sees" : "studies.sees_not"),
    t("studies.no_plan"),
  ];
}

function differences(before, after) {
  const [from, to] = [new Map(settingTexts(before)), new Map(settingTexts(after))];
  const names = [...new Set([...from.keys(), ...to.keys()])];
  return names.filter((name) => from.get(name) !== to.get(name)).map((name) => change(name, from.get(name) ?? t("desk.none"), to.get(name) ?? t("desk.none")));
}

function state({ enabled }) {
  return t(enabled ? "studies.on" : "studies.off");
}

function at({ id }, more) {
  return `/studies/${encodeURIComponent(id)}/protocols${more}`;
}
