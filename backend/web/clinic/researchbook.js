/** The code book: what the datasets and their columns and codes are called, and a list of it that can be searched. */

import { announce, fill, h } from "/static/shared/dom.js";
import { language, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { empty, field, panel } from "./ui.js";

const MOST_CODES = 12;

let kept = null;

/** Return the code book, fetched once. */
export function codeBook() {
  kept ??= api("GET", "/research/codebook").catch((error) => {
    kept = null;
    throw error;
  });
  return kept;
}

/** The columns of a dataset in the code book. */
export function columnsOf(book, dataset) {
  return book.datasets[dataset].columns;
}

/** What a column is called. */
export function columnName(book, dataset, name) {
  return columnsOf(book, dataset).find((one) => one.name === name)?.label[language()] ?? name;
}

/** What a code of a column is called; a code the book does not know is called as it is. */
export function codeName(book, dataset, name, code) {
  const column = columnsOf(book, dataset).find((one) => one.name === name);
  return column?.codes.find((one) => one.code === code)?.label[language()] ?? code;
}

/** What a dataset is called. */
export function datasetName(dataset) {
  return t(`research.dataset.${dataset}`);
}

/** Draw the code book with its search. */
export function bookPart(root, book) {
  const list = h("div", { class: "stacked" });
  const search = h("input", { type: "search", id: "book-search", autocomplete: "off" });
  const count = h("p", { class: "soft count" });
  const draw = () => {
    const found = sought(book, search.value);
    const n = found.reduce((sum, [, columns]) => sum + columns.length, 0);
    count.textContent = t("research.book.count", { n });
    fill(list, n ? found.map(([dataset, columns]) => datasetPart(book, dataset, columns, Boolean(search.value.trim()))) : empty(t("research.book.none")));
    return n;
  };
  search.addEventListener("input", () => {
    draw();
    announce(count.textContent);
  });
  draw();
  fill(root, panel(t("research.book"), h("p", { class: "soft" }, t("research.book.lead")), field(t("research.book.search"), search), count), list);
}

/** Return the columns in which every word of a search stands, by dataset. */
function sought(book, text) {
  const wanted = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const has = (dataset, one) => {
    const told = [dataset, datasetName(dataset), one.name, one.label.nl, one.label.en, one.meaning, one.type, ...one.codes.flatMap(({ code, label }) => [code, label.nl, label.en])].join(" ").toLocaleLowerCase();
    return wanted.every((word) => told.includes(word));
  };
  return Object.keys(book.datasets).map((dataset) => [dataset, columnsOf(book, dataset).filter((one) => has(dataset, one))]).filter(([, columns]) => columns.length > 0);
}

function datasetPart(book, dataset, columns, open) {
  const name = datasetName(dataset);
  const key = t("research.book.key", { key: book.datasets[dataset].key.join(", ") });
  return h(
    "details",
    { class: "panel book", open },
    h("summary", {}, h("span", {}, name, " "), h("code", {}, dataset), h("span", { class: "soft" }, ` · ${t("research.book.columns", { n: columns.length })}`)),
    h("p", { class: "soft" }, key),
    h("dl", { class: "columns" }, columns.map(described)),
  );
}

function described(one) {
  const kind = [t(`research.kind.${one.type}`), one.unit].filter(Boolean).join(", ");
  const codes = one.codes.slice(0, MOST_CODES).map(({ code, label }) => h("li", {}, h("code", {}, code), label[language()] === code ? null : ` ${label[language()]}`));
  const more = one.codes.length > MOST_CODES && h("details", {}, h("summary", {}, t("research.book.more", { n: one.codes.length - MOST_CODES })), h("ul", { class: "codes" }, one.codes.slice(MOST_CODES).map(({ code, label }) => h("li", {}, h("code", {}, code), ` ${label[language()]}`))));
  return [
    h("dt", {}, h("code", {}, one.name), h("span", { class: "soft" }, kind)),
    h("dd", {}, h("strong", {}, one.label[language()]), h("p", { lang: "en" }, one.meaning), codes.length > 0 && h("ul", { class: "codes" }, codes), more),
  ];
}
