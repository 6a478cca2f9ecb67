/** Table 1 as it is shown: a column for each group, a row for each figure, and below it how they are defined. */

import { h } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { codeName, columnName, datasetName } from "./researchbook.js";
import { empty, table } from "./ui.js";

/** Draw a table of the API with the names of the code book. */
export function tableView(found, book) {
  if (found.withheld) return [heading(found, book), empty(t("table.too_few", { n: found.fewest }))];
  const columns = [{ text: t("table.column") }, ...found.groups.map((group) => ({ text: headOf(group, found, book), number: true }))];
  const rows = found.items.flatMap((item) => rowsOf(item, found, book));
  return [heading(found, book), table({ caption: captionOf(found, book), hideCaption: true, columns, rows }), foot(found)];
}

function heading(found, book) {
  return h("h3", { tabindex: "-1" }, captionOf(found, book));
}

function captionOf({ dataset, by }, book) {
  const name = datasetName(dataset);
  return by ? t("table.caption_by", { dataset: name, by: columnName(book, dataset, by) }) : t("table.caption", { dataset: name });
}

function headOf(group, { dataset, by, several }, book) {
  const name = group.kind === "value" ? codeName(book, dataset, by, group.value) : t(`table.group.${group.kind}`);
  const n = several ? t("table.n_both", { rows: number(group.rows, 0), n: group.subjects }) : t("table.n", { n: group.subjects });
  return [name, h("small", { class: "block" }, n)];
}

function rowsOf(item, found, book) {
  const name = columnName(book, found.dataset, item.name);
  const unit = item.unit && item.unit !== "1" ? `, ${item.unit}` : "";
  const line = (text, figures, told) => [h("span", { class: "figure" }, text), ...figures.map((one) => cell(one, told))];
  const missing = line(t("table.missing"), item.missing, (one) => count(one, found));
  if (item.levels.length) {
    const levels = item.levels.filter(seen).map((level) => line(codeName(book, found.dataset, item.name, level.code), level.counts, (one) => count(one, found)));
    return [[h("strong", {}, name, h("small", {}, ` ${t("table.n_percent")}`)), ...blank(found)], ...levels, missing];
  }
  return [
    [h("strong", {}, name, unit && h("small", {}, unit)), ...blank(found)],
    line(t("table.mean"), item.spreads, ({ mean, sd }) => (mean === null ? "–" : `${figure(mean)} (${figure(sd)})`)),
    line(t("table.median"), item.spreads, ({ median, q1, q3 }) => (median === null ? "–" : `${figure(median)} (${figure(q1)} – ${figure(q3)})`)),
    line(t("table.known"), item.known, (one) => count(one, found)),
    missing,
  ];
}

// A code of the code book that nobody has takes no room.
function seen({ counts }) {
  return counts.some((one) => one.withheld || one.rows > 0);
}

function blank({ groups }) {
  return groups.map(() => "");
}

function cell(one, told) {
  return one.withheld ? h("span", { class: "soft" }, t("table.withheld")) : told(one);
}

function count({ rows, subjects, percent }, { several }) {
  const share = percent === null ? "" : ` (${number(percent)}%)`;
  return [`${number(rows, 0)}${share}`, several && rows > 0 && h("small", { class: "block" }, t("table.patients", { n: subjects }))];
}

function figure(value) {
  return value === null ? "–" : number(value, 2);
}

function foot(found) {
  const { by, groups, several, fewest, sha256, revision } = found;
  const merged = groups.some(({ kind }) => kind === "rest");
  const told = [
    t(several ? "table.foot.several" : "table.foot.one"),
    t("table.foot.withheld", { n: fewest }),
    by && merged && t("table.foot.rest", { n: fewest }),
    by && groups.length === 1 && t("table.foot.no_groups", { n: fewest }),
    t("table.foot.figures"),
    t("table.foot.snapshot", { sha256: sha256.slice(0, 12), revision }),
  ].filter(Boolean);
  return h("div", { class: "footing", role: "note", "aria-label": t("table.foot.title") }, told.map((text) => h("p", {}, text)));
}
