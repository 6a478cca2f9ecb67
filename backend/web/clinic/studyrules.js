/** The dosing rules of a study: what they say and where that stands, whether each is shown, who switched what and why. */

import { h, notice } from "/static/shared/dom.js";
import { add, language, moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { nameOf, staffNames } from "./names.js";
import { words as ruleWords } from "./patientprotocols.words.js";
import { settingTexts } from "./rulesettings.js";
import { switchRule } from "./ruleswitch.js";
import { who } from "./session.js";
import { button, buttons, load, panel } from "./ui.js";

add(ruleWords);

const SWITCHING = new Set(["clinician", "admin"]);

/** Draw this part of a study. */
export function draw(root, study) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  return show(body, study);
}

function show(body, study) {
  const ask = () => Promise.all([api("GET", `/studies/${encodeURIComponent(study.id)}/protocols`), api("GET", "/protocols"), staffNames()]);
  return load(body, ask, ([{ items }, { items: rules }, staff]) => {
    const on = items.filter(({ enabled }) => enabled).length;
    const told = SWITCHING.has(who()?.role) ? null : h("p", { class: "soft" }, t("studies.only"));
    const lead = [h("p", { class: "note" }, t("studies.rules_lead")), h("p", { class: "soft" }, t("studies.count", { k: on, n: items.length })), told];
    const again = () => show(body, study);
    return [lead, ruled(items, rules).map(([said, rule]) => rulePanel(said, rule, { study, staff, again }))];
  });
}

function ruled(items, rules) {
  return items.map((said) => [said, rules.find(({ key }) => key === said.key)]).filter(([, rule]) => rule);
}

function rulePanel(said, rule, about) {
  const settings = settingTexts(said.settings);
  return panel(
    h("span", { class: "row" }, rule.title[language()], h("span", { class: said.enabled ? "tag" : "tag plain" }, t(said.enabled ? "studies.on" : "studies.off"))),
    h("p", {}, rule.text[language()]),
    h("p", { class: "soft" }, t("rule.source", { source: rule.source, version: rule.version, status: t(`rule.status.${rule.status}`) }), rule.registry && !rule.source.includes(rule.registry) && ` · ${rule.registry}`),
    rule.unverified && h("p", { class: "note" }, rule.unverified[language()]),
    rule.can_set.length === 0 && h("p", { class: "soft" }, t("studies.shown_only")),
    more(rule),
    settings.length > 0 && h("ul", {}, settings.map(([label, text]) => h("li", {}, t("look.new", { label, to: text })))),
    h("p", {}, since(said, about)),
    SWITCHING.has(who()?.role) && acts(said, rule, about),
  );
}

function since({ version, enabled, changed_by: by, changed_at: at, reason }, { staff }) {
  return version === 0 ? t("studies.never") : t(`studies.by.${enabled}`, { who: nameOf(staff, by), when: moment(at, "short"), reason: reason ?? "" });
}

function more({ entry, follow, observed }) {
  const two = (text) => text[language()];
  const parts = [entry.length > 0 && [t("studies.entry"), entry.map(two)], follow && [t("studies.follow"), [two(follow)]], observed && [t("studies.observed"), [two(observed)]]].filter(Boolean);
  return parts.length > 0 && h("details", {}, h("summary", {}, t("studies.more")), h("dl", {}, parts.map(([name, told]) => [h("dt", {}, name), told.map((one) => h("dd", {}, one))])));
}

function acts(said, rule, about) {
  const act = (key, enabled, look = {}) => {
    const name = t("studies.act", { act: t(`studies.${key}`), rule: rule.title[language()] });
    return button(t(`studies.${key}`), () => void switchRule(said, rule, about.study, { enabled, title: name }).then((done) => after(done, about)), { ...look, label: name, id: `${key}-${rule.key}` });
  };
  if (!said.enabled) return buttons(act("switch_on", true));
  return buttons(rule.can_set.length > 0 && act("settings", true), act("switch_off", false, { danger: true }));
}

async function after(done, { again }) {
  if (!done) return;
  await again();
  notice(done === "gone" ? t("desk.changed") : t(`studies.saved.${done.enabled}`));
  document.getElementById(`${done.enabled ? "switch_off" : "switch_on"}-${done.key}`)?.focus();
}
