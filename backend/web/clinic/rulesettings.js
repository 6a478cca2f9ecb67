/** What a study may set of a dosing rule: whole weeks, and the table from level to weeks; empty until somebody fills it. */

import { fill, h } from "/static/shared/dom.js";
import { language, number, t } from "/static/shared/words.js";

import { valueOf } from "./reading.js";
import { button, field } from "./ui.js";

const WHOLE = /^\d{1,2}$/;
const LEVEL = /^\d{1,3}([.,]\d{1,3})?$/;
const MOST_BANDS = 20;

/** Make the fields of what a rule lets a study set; `read()` gives the settings, or null once the fields say what is wrong. */
export function settingFields(rule, standing) {
  const fields = {};
  for (const name of rule.can_set) fields[name] = name === "bands" ? bandsField(standing.bands ?? []) : weeksField(name, rule, standing[name] ?? null);
  const node = h("div", {}, Object.values(fields));
  node.fields = fields;
  node.read = () => {
    const told = Object.entries(fields).map(([name, one]) => [name, one.read()]);
    return told.some(([, value]) => value === undefined) ? null : Object.fromEntries(told.filter(([, value]) => value !== null));
  };
  return node;
}

/** Return settings in words: [[label, text]]. */
export function settingTexts(settings) {
  return Object.entries(settings).map(([name, value]) => [t(`studies.${name}`), name === "bands" ? value.map(bandText).join("; ") : String(value)]);
}

function bandText({ below_ug_ml: below, weeks }) {
  return below === null ? t("studies.band_told_rest", { weeks }) : t("studies.band_told", { below: number(below, 3), weeks });
}

function weeksField(name, { bounds: { min_weeks: min, max_weeks: max } }, value) {
  const hint = t(`studies.${name}_hint`, { min: min === null ? "–" : String(min), max: max === null ? "–" : String(max) });
  const node = field(t(`studies.${name}`), h("input", { type: "text", inputmode: "numeric", id: `set-${name}`, autocomplete: "off", value: value ?? "" }), { hint });
  node.read = () => {
    const typed = valueOf(node);
    const wrong = typed !== "" && !WHOLE.test(typed);
    node.refuse(wrong ? t(`studies.wrong.${name}`) : null);
    if (wrong) node.querySelector("input").focus();
    return wrong ? undefined : typed ? Number(typed) : null;
  };
  return node;
}

function bandsField(standing) {
  const list = h("div", {});
  const wrong = h("p", { class: "error", id: "set-bands-error", role: "alert", hidden: true });
  const rows = standing.map((band) => bandRow(band));
  const add = button(t("studies.band_add"), () => {
    // The last row is for all above: another one goes before it.
    rows.splice(Math.max(rows.length - 1, 0), 0, ...(rows.length ? [bandRow(null)] : [bandRow(null), bandRow(null)]));
    draw();
    rows.at(-2).below.focus();
  }, { id: "set-bands-add" });
  const draw = () => {
    fill(list, rows.map((row, at) => bandNode(row, at, rows.length, () => drop(at))));
    add.disabled = rows.length >= MOST_BANDS;
  };
  const drop = (at) => {
    rows.splice(at, rows.length === 2 ? 2 : 1);
    draw();
    add.focus();
  };
  draw();
  const node = h("fieldset", { class: "bands", id: "set-bands" }, h("legend", {}, t("studies.bands")), h("p", { class: "hint" }, t("studies.bands_hint")), list, wrong, add);
  node.refuse = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
  };
  node.read = () => {
    const told = rows.map((row, at) => readBand(row, at === rows.length - 1));
    node.refuse(told.includes(undefined) ? t("studies.wrong.bands") : null);
    return told.includes(undefined) ? undefined : told.length ? told : null;
  };
  return node;
}

function bandRow(band) {
  const typed = (value) => (value === null || value === undefined ? "" : String(value).replace(".", language() === "nl" ? "," : "."));
  const input = (mode, value) => h("input", { type: "text", inputmode: mode, autocomplete: "off", value: typed(value) });
  return { below: input("decimal", band?.below_ug_ml), weeks: input("numeric", band?.weeks) };
}

function bandNode({ below, weeks }, at, count, drop) {
  const n = String(at + 1);
  const last = at === count - 1;
  const upTo = last ? h("p", { class: "rest" }, t("studies.band_rest", { n })) : field(t("studies.band_below", { n }), below);
  return h("div", { class: "row" }, upTo, field(t("studies.band_weeks", { n }), weeks), !last && button("×", drop, { quiet: true, label: t("studies.band_drop", { n }) }));
}

function readBand({ below, weeks }, last) {
  const [level, typed] = [below.value.trim(), weeks.value.trim()];
  if (!WHOLE.test(typed) || (!last && !LEVEL.test(level))) return undefined;
  return { below_ug_ml: last ? null : Number(level.replace(",", ".")), weeks: Number(typed) };
}
