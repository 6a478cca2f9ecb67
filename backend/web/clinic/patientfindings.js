/** The findings of a patient as a list: relapses, tests, scans, blood values; their names come from the catalogue. */

import { h, notice } from "/static/shared/dom.js";
import { add, day, language, number, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { enter, retract } from "./findingform.js";
import { words as formWords } from "./findingform.words.js";
import { button, buttons, empty, load, panel, table } from "./ui.js";

add(formWords);

/** Draw this part of the page: the list, and what is entered, corrected or retracted from it. */
export function draw(root, page) {
  const { findings } = page.overview;
  const body = h("div", {});
  root.append(panel(t("patient.part.findings"), body));
  return load(body, () => api("GET", "/catalogue/findings"), (catalogue) => {
    const more = button(t("finding.add"), () => void enter(page, catalogue).then((done) => after(page, done)), { primary: true, id: "finding-add" });
    const acts = (finding) => actions(page, catalogue, finding);
    return [buttons(more), findings.length ? findingTable(findings, catalogue, { acts }) : empty(t("patient.finding.none"))];
  });
}

function actions(page, catalogue, finding) {
  const named_as = { kind: kindOf(catalogue, finding.kind)?.[language()] ?? finding.kind, on: day(dayOf(finding), "date") };
  return h("span", { class: "acts" },
    button(t("finding.edit"), () => void enter(page, catalogue, finding).then((done) => after(page, done)), { quiet: true, label: t("finding.edit_named", named_as) }),
    button(t("finding.retract"), () => void retract(page, finding).then((done) => after(page, done)), { quiet: true, label: t("finding.retract_named", named_as) }),
  );
}

async function after(page, done) {
  if (!done) return;
  await page.again();
  notice(t(done === "gone" ? "desk.changed" : "finding.saved"));
}

/** Draw the findings as a table, the newest first; `acts` draws what may be done with each. */
export function findingTable(findings, catalogue, { most = Infinity, acts = null } = {}) {
  const rows = findings
    .toSorted((one, another) => dayOf(another).localeCompare(dayOf(one)))
    .slice(0, most)
    .map((finding) => [h("span", { class: "nowrap" }, dates(finding)), named(finding, catalogue), values(finding, catalogue), place(finding), ...(acts ? [acts(finding)] : [])]);
  const columns = ["day", "kind", "values", "place"].map((column) => ({ text: t(`patient.finding.${column}`) }));
  if (acts) columns.push({ text: t("patient.finding.acts") });
  return table({ caption: t("patient.finding.caption"), hideCaption: true, columns, rows });
}

/** Write the values of a finding: "Score: 2,5", "ALAT: < 20 U/L". */
export function values(finding, catalogue) {
  const { kind, values: told, note } = finding;
  const parts = kind === "lab" ? [lab(told, kindOf(catalogue, kind))] : Object.entries(told).map(([key, value]) => written(kindOf(catalogue, kind)?.fields.find((one) => one.key === key), key, value));
  return [parts.filter(Boolean).join("; "), note && h("small", { class: "block" }, note)];
}

function lab({ analyte, value, unit, comparator, status }, kind) {
  const known = kind?.analytes.find(({ key }) => key === analyte)?.[language()] ?? analyte;
  const outcome = kind?.fields.find(({ key }) => key === "status")?.choices.find(({ key }) => key === status)?.[language()] ?? status;
  const sign = comparator && comparator !== "=" ? `${comparator} ` : "";
  const measured = value === null || value === undefined ? null : `${sign}${number(value, 3)}${unit && unit !== "1" ? ` ${unit.replace(/^u|(?<=\/)u/, "µ")}` : ""}`;
  return `${known}: ${[outcome, measured].filter(Boolean).join(", ")}`;
}

function written(field, key, value) {
  if (value === null || value === undefined || field?.type === "dose") return null;
  const name = field?.[language()] ?? key;
  if (typeof value === "boolean") return `${name}: ${t(value ? "desk.yes" : "desk.no")}`;
  const listed = (Array.isArray(value) ? value : [value]).map((one) => choice(field, one)).join(", ");
  return `${name}: ${listed}${field?.unit && field.unit !== "1" ? ` ${field.unit}` : ""}`;
}

function choice(field, value) {
  if (typeof value === "number") return number(value, 2);
  return field?.choices.find(({ key }) => key === value)?.[language()] ?? String(value);
}

function kindOf(catalogue, kind) {
  return catalogue?.items.find(({ key }) => key === kind);
}

function named(finding, catalogue) {
  const name = kindOf(catalogue, finding.kind)?.[language()] ?? t(`line.mark.${finding.kind}`);
  const said = finding.retracted ? t("patient.finding.retracted") : finding.version > 1 ? t("patient.finding.corrected") : null;
  return [name, said && h("small", { class: "block" }, said)];
}

function dates(finding) {
  const from = day(dayOf(finding), "date");
  return finding.ended_on ? t("patient.finding.until", { from, to: day(finding.ended_on, "date") }) : from;
}

function place({ place: found }) {
  if (!found || found.interval === null) return t("line.told.before");
  return t("line.told.interval", { day: found.day_since_dose, interval: found.interval });
}

function dayOf({ occurred }) {
  return occurred.on;
}
