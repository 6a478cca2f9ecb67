/** Whose check of JC-virus antibodies is overdue: the longest first, by the days alone. */

import { fill, h } from "/static/shared/dom.js";
import { day, t } from "/static/shared/words.js";

import { nameOf, patientNames } from "./names.js";
import { empty, loading, table } from "./ui.js";

/** Draw the list; names come when it is opened. */
export function overdueList({ items }) {
  if (!items.length) return empty(t("cohort.jc.none"));
  const body = h("div", {});
  const node = h("details", { class: "as-table", id: "jc-overdue" }, h("summary", {}, t("cohort.jc.n", { n: items.length })), body);
  node.addEventListener("toggle", async () => {
    if (!node.open) return fill(body);
    fill(body, loading());
    return fill(body, list(items, await patientNames()));
  });
  return node;
}

function list(items, names) {
  const columns = [{ text: t("cohort.col.patient") }, { text: t("cohort.jc.due") }, { text: t("cohort.jc.days"), number: true }, { text: t("cohort.jc.last") }];
  const rows = items.map((one) => [
    h("a", { href: `#/patient/${encodeURIComponent(one.patient_id)}` }, nameOf(names, one.patient_id)),
    day(one.due_on, "date"),
    String(one.days_overdue),
    one.last_done_on ? day(one.last_done_on, "date") : t("desk.none"),
  ]);
  return table({ caption: t("cohort.jc"), hideCaption: true, columns, rows });
}
