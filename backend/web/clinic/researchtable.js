/** The builder of Table 1: of which table, by which column, with which columns; shown here and taken as CSV. */

import { fill, h, notice } from "/static/shared/dom.js";
import { language, t } from "/static/shared/words.js";

import { api, file } from "./api.js";
import { columnsOf, datasetName } from "./researchbook.js";
import { save } from "./download.js";
import { words } from "./researchtable.words.js";
import { tableView } from "./researchtableview.js";
import { busy, button, buttons, field, load, select } from "./ui.js";

export { words as tableWords };

const COUNTED = new Set(["code", "boolean"]);
const MEASURED = new Set(["integer", "decimal"]);
const GROUPING = new Set(["code", "boolean", "integer"]);

/** Draw it. `about` is {book, path, told}. */
export function builder(one, about) {
  const choice = h("div", {});
  const shown = h("div", { class: "made", id: "table-one" });
  const draw = (dataset) => {
    fill(shown);
    fill(choice, form(dataset, shown, about));
  };
  const options = one.datasets.map((name) => ({ value: name, text: datasetName(name) }));
  const first = one.datasets.includes("subjects") ? "subjects" : one.datasets[0];
  draw(first);
  return [h("p", { class: "soft" }, t("table.lead")), field(t("table.dataset"), select(options, { value: first, id: "table-dataset", onchange: draw })), choice, shown];
}

function form(dataset, shown, about) {
  const columns = columnsOf(about.book, dataset);
  const name = (column) => column.label[language()];
  const groups = [{ value: "", text: t("table.by_none") }, ...columns.filter(({ type }) => GROUPING.has(type)).map((one) => ({ value: one.name, text: name(one) }))];
  const chosen = picker(columns.filter(({ type }) => COUNTED.has(type) || MEASURED.has(type)), name);
  const list = select(groups, { id: "table-by", onchange: chosen.without });
  const wrong = h("p", { class: "trouble", id: "table-error", role: "alert", hidden: true });
  const press = button(t("table.make"), null, { primary: true, type: "submit", id: "table-make" });
  const node = h("form", { novalidate: true }, field(t("table.by"), list), chosen.node, wrong, buttons(press));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    const names = chosen.names();
    wrong.hidden = names.length > 0;
    wrong.textContent = names.length ? "" : t("table.choose");
    const query = new URLSearchParams({ dataset, columns: names.join(","), ...(list.value ? { by: list.value } : {}) });
    if (names.length) void busy(press, () => made(query, shown, about));
  });
  return node;
}

/** Boxes for the columns; the one that makes the groups cannot be ticked. */
function picker(columns, name) {
  const inputs = columns.map((one) => h("input", { type: "checkbox", value: one.name, id: `column-${one.name}` }));
  const labels = columns.map((one, at) => h("label", { class: "check" }, inputs[at], h("span", {}, name(one), one.unit && h("small", {}, ` (${one.unit})`))));
  const tick = (on) => {
    for (const input of inputs) if (!input.disabled) input.checked = on;
  };
  const node = h("fieldset", { class: "boxes many" }, h("legend", {}, t("table.columns")), h("div", {}, labels), buttons(button(t("table.all"), () => tick(true), { quiet: true, id: "table-all" }), button(t("table.none"), () => tick(false), { quiet: true })));
  const without = (by) => {
    for (const input of inputs) {
      input.disabled = input.value === by;
      if (input.disabled) input.checked = false;
    }
  };
  return { node, without, names: () => inputs.filter((input) => input.checked).map((input) => input.value) };
}

async function made(query, shown, about) {
  const refused = (error) => (error?.status === 422 ? t(error.problem.pointers.some(({ pointer }) => pointer === "/query/by") ? "table.many_groups" : "table.many_columns") : about.told(error));
  await load(shown, () => api("GET", `${about.path}/table-one?${query}`), (found) => [tableView(found, about.book), buttons(csv(query, found, about))], refused);
  shown.querySelector("h3")?.focus({ preventScroll: true });
}

function csv(query, found, about) {
  const press = button(t("table.csv"), () => void busy(press, () => taken(query, found, about)), { id: "table-csv" });
  return press;
}

async function taken(query, { dataset }, about) {
  const name = `table-one-${dataset}.csv`;
  try {
    save(await file(`${about.path}/table-one.csv?${query}`), name);
    notice(t("files.got", { name }));
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    notice(about.told(error));
  }
}
