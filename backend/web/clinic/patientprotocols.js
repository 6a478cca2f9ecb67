/** What the dosing rules of a patient's studies say: text and source, measured values, which condition holds and why not. */

import { h, notice } from "/static/shared/dom.js";
import { add, day, language, moment, number, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { decide } from "./decision.js";
import { words as decisionWords } from "./decision.words.js";
import { words } from "./patientprotocols.words.js";
import { who } from "./session.js";
import { button, buttons, empty, load, panel, table } from "./ui.js";

const SIGNS = { true: "✓", false: "✕", null: "?" };

for (const one of [words, decisionWords]) add(one);

/** Draw this part of the page. */
export function draw(root, page) {
  const body = h("div", {});
  root.append(body);
  return show(body, page);
}

function show(body, page) {
  const at = `/patients/${encodeURIComponent(page.id)}`;
  const ask = () => Promise.all([api("GET", `${at}/protocols`), api("GET", `${at}/decisions`), api("GET", "/protocols")]);
  return load(body, ask, ([rules, decisions, catalogue]) => {
    const shown = rules.items.map((rule) => rulePanel(rule, catalogue.words, page, () => show(body, page)));
    const lead = h("p", { class: "note" }, t("rule.lead"));
    return [lead, shown.length ? shown : empty(t("rule.none")), panel(t("rule.decisions"), decided(decisions.items, rules.items, catalogue.items))];
  });
}

function rulePanel(rule, coded, page, fresh) {
  const two = (text) => text?.[language()] ?? null;
  return panel(
    `${two(rule.title)} · ${rule.study}`,
    h("p", {}, two(rule.text)),
    h("p", { class: "soft" }, t("rule.source", { source: rule.source, version: rule.version, status: t(`rule.status.${rule.status}`) }), rule.registry && ` · ${rule.registry}`),
    rule.unverified && h("p", { class: "note" }, two(rule.unverified)),
    bounds(rule),
    bands(rule),
    rule.measured.length ? values(rule, coded) : empty(t("rule.no_value")),
    rule.conditions.length > 0 && conditions(rule),
    h("p", { class: "answer" }, h("strong", {}, t(`rule.met.${rule.met}`)), " ", rule.statement[`text_${language()}`]),
    rule.outside.length > 0 && h("p", { class: "note" }, rule.outside.map((code) => coded.outside[code]?.[language()] ?? code).join(" ")),
    h("p", { class: "soft" }, t("rule.no_advice")),
    last(rule),
    buttons(who()?.role === "clinician" ? button(t("rule.decide"), () => void decide(page, rule).then((done) => after(done, page, fresh)), { id: `decide-${rule.key}` }) : h("p", { class: "soft" }, t("rule.only_clinician"))),
  );
}

async function after(done, page, fresh) {
  if (!done) return;
  if (done === "gone") await fresh();
  else await page.again();
  notice(t(done === "gone" ? "rule.changed" : `decision.done.${done}`));
}

function bounds({ bounds: { min_weeks: min, max_weeks: max }, current }) {
  const told = [
    current ? t("rule.current", { weeks: current.interval_weeks === null ? "?" : String(current.interval_weeks), route: t(`desk.route.${current.route}`) }) : t("rule.no_treatment"),
    min !== null && t("rule.min", { n: min }),
    max !== null && t("rule.max", { n: max }),
  ];
  return h("p", {}, told.filter(Boolean).join(" · "));
}

/** The table a site filled in: which band of levels goes with which interval. */
function bands({ settings }) {
  if (!settings.bands?.length) return null;
  const rows = settings.bands.map((band) => [band.below_ug_ml === null ? t("rule.band.rest") : t("rule.band.below", { value: band.below_ug_ml }), t("rule.weeks", { n: band.weeks })]);
  return table({ caption: t("rule.bands"), columns: [{ text: t("rule.level") }, { text: t("rule.interval") }], rows });
}

function values({ measured }, coded) {
  const columns = ["value", "when", "interval", "trough", "valid", "used"].map((key) => ({ text: t(`rule.col.${key}`) }));
  const rows = [...measured].reverse().map((one) => [
    `${one.comparator === "=" ? "" : `${one.comparator} `}${number(one.value, 3)} ${one.unit.replace(/^u|(?<=\/)u/, "µ")}`,
    one.collected_at ? moment(one.collected_at, "short") : one.on ? day(one.on, "date") : t("desk.unknown"),
    one.interval === null ? "–" : t("rule.interval_of", { n: String(one.interval), weeks: one.planned_weeks === null ? "?" : String(one.planned_weeks), route: one.route ? t(`desk.route.${one.route}`) : "" }),
    one.trough_class ? t(`desk.trough.${one.trough_class}`) : "–",
    [t(`rule.valid.${one.valid}`), (one.why_not.length > 0 || one.outside.length > 0) && h("small", { class: "block" }, [...one.why_not.map((code) => coded.unusable[code]?.[language()] ?? code), ...one.outside.map((code) => coded.outside[code]?.[language()] ?? code)].join(" "))],
    one.used ? t("rule.used") : "",
  ]);
  return table({ caption: t("rule.measured"), columns, rows });
}

function conditions({ conditions: told }) {
  const rows = told.map((one) => [one[`text_${language()}`], h("span", { class: `holds ${one.holds}` }, `${SIGNS[one.holds]} ${t(`rule.holds.${one.holds}`)}`), one[`why_${language()}`] ?? ""]);
  return table({ caption: t("rule.conditions"), columns: [{ text: t("rule.condition") }, { text: t("rule.holds") }, { text: t("rule.why"), wide: true }], rows });
}

function last({ last_decision: one }) {
  return one && h("p", { class: "soft" }, t("rule.last", { choice: t(`decision.choice.${one.choice}`), when: moment(one.decided_at, "short") }));
}

function decided(decisions, rules, catalogue) {
  if (!decisions.length) return empty(t("rule.no_decision"));
  const titles = new Map(catalogue.map((rule) => [rule.key, rule.title[language()]]));
  const columns = ["when", "rule", "choice", "reason", "plan"].map((key) => ({ text: t(`rule.decided.${key}`) }));
  const rows = [...decisions].reverse().map((one) => [
    moment(one.decided_at, "short"),
    titles.get(one.protocol) ?? one.protocol,
    [t(`decision.choice.${one.choice}`), one.flags.length > 0 && h("small", { class: "block" }, one.flags.map((flag) => t(`decision.flag.${flag}`)).join(" "))],
    one.reason,
    one.plan_before === one.plan_after ? t("rule.plan_same") : t("rule.plan_changed", { from: String(one.plan_before), to: String(one.plan_after) }),
  ]);
  return table({ caption: t("rule.decisions"), hideCaption: true, columns, rows });
}
