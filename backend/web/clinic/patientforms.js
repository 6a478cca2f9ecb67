/** The forms of a patient: how it stands with the one about each interval, and all that were filled in. */

import { h } from "/static/shared/dom.js";
import { day, has, t } from "/static/shared/words.js";

import { empty, panel, table } from "./ui.js";

const ASKED = new Set(["in_time", "late", "partial", "missed"]);

/** Draw this part of the page. */
export function draw(root, { overview: { intervals, forms } }) {
  root.append(panel(t("patient.form.adherence"), intervals.length ? adherence(intervals) : empty(t("spanlist.none"))), panel(t("patient.form.all"), forms.length ? all(forms) : empty(t("patient.form.none"))));
}

function adherence(intervals) {
  const known = intervals.filter(({ adherence: state }) => state !== null);
  const count = (test) => known.filter(({ adherence: state }) => test(state)).length;
  const rows = known.toReversed().map(({ interval, opened_on: opened, closed_on: closed, adherence: state }) => {
    const from = day(opened, "date");
    const dates = closed ? t("spanlist.until", { from, to: day(closed, "date") }) : t("spanlist.until_now", { from });
    return [String(interval), dates, h("span", { class: `state ${state}` }, t(`patient.form.state.${state}`))];
  });
  const columns = [{ text: t("patient.form.interval"), number: true }, { text: t("patient.form.dates") }, { text: t("patient.form.state") }];
  const told = t("patient.form.count", { n: count((state) => ASKED.has(state)), in_time: count((state) => state === "in_time"), late: count((state) => state === "late") });
  return [h("p", {}, told), table({ caption: t("patient.form.adherence.caption"), hideCaption: true, columns, rows })];
}

function all(forms) {
  const name = (form) => (has(`patient.form.name.${form}`) ? t(`patient.form.name.${form}`) : form);
  const rows = forms.toReversed().map(({ on, form, interval, completed }) => [
    day(on, "date"),
    name(form),
    interval === null ? t("patient.form.about.none") : t("patient.form.about.interval", { interval }),
    t(completed ? "desk.yes" : "desk.no"),
  ]);
  const columns = [{ text: t("patient.form.day") }, { text: t("patient.form.form") }, { text: t("patient.form.about") }, { text: t("patient.form.completed") }];
  return table({ caption: t("patient.form.all.caption"), hideCaption: true, columns, rows });
}
