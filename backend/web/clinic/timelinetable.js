/** The timeline as tables, for who does not see the figure or wants the numbers: made when it is opened. */

import { fill, h } from "/static/shared/dom.js";
import { day, number, t } from "/static/shared/words.js";

import { isoDay } from "./daynumbers.js";
import { levelValue, place, toldDose, toldMark } from "./timelinetold.js";
import { tellDay } from "./timeline.js";
import { table } from "./ui.js";

/** Return what is opened to see the tables; `shown()` gives the first and last day of the period as it stands then. */
export function timelineTables(line, shown) {
  const body = h("div", {});
  const node = h("details", { class: "as-table" }, h("summary", { id: "line-table" }, t("desk.as_table")), body);
  node.again = () => node.open && fill(body, h("p", { class: "soft" }, t("line.table.note")), tables(line, shown()));
  node.addEventListener("toggle", () => (node.open ? node.again() : fill(body)));
  return node;
}

function tables(line, { from, to }) {
  const within = ({ x }) => x >= from && x <= to;
  const date = (x) => (x === null ? "" : day(isoDay(x), "date"));
  const { symptoms } = line.heat;
  const marks = line.rows.flatMap((row) => row.marks.filter((mark) => mark.to >= from && mark.from <= to)).sort((one, another) => one.from - another.from);
  return [
    listed("doses", ["day", "what", "planned", "route"], line.doses.filter(within), (dose) => [date(dose.x), toldDose(dose), date(dose.planned), dose.route ? t(`line.route.${dose.route}`) : ""]),
    listed("levels", ["day", "value", "place", "matrix", "trough", "released"], line.levels.filter(within), (one) => [
      date(one.x),
      `${levelValue(one.told)} µg/mL`,
      place(tellDay(line, one.x)) ?? t("line.told.before"),
      t(`line.matrix.${one.told.matrix}`),
      [t(`line.trough.${one.told.trough_class}`), one.told.provisional && t("line.provisional"), !one.usable && t("line.unusable")].filter(Boolean).join(", "),
      t(one.released ? "desk.yes" : "desk.no"),
    ]),
    listed("marks", ["day", "until", "what"], marks, (mark) => [date(mark.from), mark.to > mark.from ? date(mark.to) : "", toldMark(mark)]),
    days(line, within, symptoms, date),
  ];
}

function days(line, within, symptoms, date) {
  const names = symptoms.map((symptom) => ({ text: t(`line.short.${symptom}`), number: true }));
  const columns = [{ text: t("line.col.day") }, { text: t("line.col.mean"), number: true }, ...names, { text: t("line.short.felt") }, { text: t("line.col.what") }];
  const rows = line.heat.days
    .map((one, at) => ({ ...one, rating: line.ratings[at] }))
    .filter(within)
    .map(({ x, values, felt, none, flagged, rating }) => [
      date(x),
      number(rating.y),
      ...values.map((value) => (value === null ? "" : number(value))),
      felt ? t(`line.told.felt.${felt}`) : "",
      [none && t("line.told.none"), flagged && t("line.told.flagged")].filter(Boolean).join(", "),
    ]);
  return titled("days", columns, rows);
}

function listed(name, columns, found, cells) {
  return titled(name, columns.map((column) => ({ text: t(`line.col.${column}`) })), found.map(cells));
}

function titled(name, columns, rows) {
  if (!rows.length) return [h("h4", {}, t(`line.table.${name}`)), h("p", { class: "soft" }, t("line.table.none"))];
  return table({ caption: t(`line.table.${name}`), columns, rows });
}
