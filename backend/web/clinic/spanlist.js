/** The intervals one under another: what the diary shows, and apart from it what the patient said afterwards. */

import { h } from "/static/shared/dom.js";
import { day, has, number, t } from "/static/shared/words.js";

import { table, unique } from "./ui.js";

const GROUPS = [
  ["interval", ["n", "dates", "length", "planned", "route"]],
  ["diary", ["rated", "first", "last", "difference", "verdict", "onset", "relief", "flagged"]],
  ["recall", ["experienced", "recall_onset", "recall_relief", "intensity"]],
];
const NUMBERS = new Set(["n", "length", "planned", "rated", "first", "last", "difference", "onset", "relief", "flagged", "recall_onset", "recall_relief", "intensity"]);
const FEWER = new Set(["n", "dates", "length", "planned", "first", "last", "difference", "verdict", "onset", "experienced", "recall_onset"]);

/** Draw the list, the newest first; `most` only the newest so many, `brief` with fewer columns, for paper. */
export function spanList(intervals, { most = Infinity, brief = false } = {}) {
  const groups = GROUPS.map(([group, columns]) => [group, columns.filter((column) => !brief || FEWER.has(column))]);
  const id = unique("spans");
  const rows = [...intervals].reverse().slice(0, most).map((span) => row(span, groups));
  const drawn = h(
    "table",
    { class: "plain spans" },
    h("caption", { id, class: "unseen" }, t("spanlist.caption")),
    h(
      "thead",
      {},
      h("tr", {}, groups.map(([group, columns]) => h("th", { scope: "colgroup", colspan: columns.length, class: `group ${group}` }, t(`spanlist.${group}`)))),
      h("tr", {}, groups.map(([group, columns]) => columns.map((column, at) => h("th", { scope: "col", class: kind(column, group, at) }, t(`spanlist.${column}`))))),
    ),
    h("tbody", {}, rows),
  );
  return h("div", { class: "sideways", tabindex: "0", role: "region", "aria-labelledby": id }, drawn);
}

/** Say what the diary shows of an interval: yes, no, or why it cannot be said. */
export function verdict({ diary }) {
  if (diary.assessable) return t(diary.wearing_off ? "desk.yes" : "desk.no");
  const counts = { "too-few-first-days": diary.n_first, "too-few-last-days": diary.n_last };
  // While an interval runs its last week is still to come: that it runs says enough.
  const running = diary.why_not.includes("open-interval");
  const why = diary.why_not.filter((reason) => !running || reason === "open-interval");
  const told = why.map((reason) => (has(`spanlist.why.${reason}`) ? t(`spanlist.why.${reason}`, { n: counts[reason] ?? 0 }) : reason));
  return `${t("spanlist.unknown")}: ${told.join(", ")}`;
}

/** Draw how often it began when, by either instrument, each by itself. */
export function onsetTable(onsets) {
  const columns = [{ text: t("onset.instrument") }, { text: t("onset.n") }, ...["lt_1wk", "wk1_4", "gt_4wk"].map((band) => ({ text: t(`onset.${band}`), number: true })), { text: t("onset.unknown"), number: true }, { text: t("onset.median") }];
  const rows = ["diary", "recall"].map((instrument) => {
    const { n, n_wearing_off: k, n_unknown: unknown, bands, days_before_dose: before } = onsets[instrument];
    return [t(`onset.${instrument}`), t("onset.of", { k, n }), ...bands.map((band) => String(band.k)), String(unknown), before ? t("onset.median_told", { n: before.median }) : "–"];
  });
  return table({ caption: t("onset.caption"), columns, rows });
}

function row(span, groups) {
  const cells = { ...intervalCells(span), ...diaryCells(span), ...recallCells(span) };
  return h(
    "tr",
    { class: span.closed_on ? null : "running" },
    groups.map(([group, columns]) => columns.map((column, at) => h(column === "n" ? "th" : "td", { scope: column === "n" ? "row" : null, class: kind(column, group, at) }, cells[column] ?? ""))),
  );
}

function kind(column, group, at) {
  return [NUMBERS.has(column) && "number", at === 0 && group !== "interval" && "begins", ["verdict", "dates", "experienced"].includes(column) && column].filter(Boolean).join(" ") || null;
}

function intervalCells({ interval, opened_on: opened, closed_on: closed, length_days: length, planned_weeks: weeks, route, route_switch: switched }) {
  const from = day(opened, "date");
  return {
    n: String(interval),
    dates: closed ? t("spanlist.until", { from, to: day(closed, "date") }) : t("spanlist.until_now", { from }),
    length: length === null ? t("spanlist.running") : String(length),
    planned: weeks === null ? "–" : t("spanlist.weeks", { weeks }),
    route: [t(`spanlist.route.${route}`), switched && h("small", { class: "block" }, t("spanlist.switched"))],
  };
}

function diaryCells(span) {
  const { diary: found, rated_days: rated } = span;
  const points = (value) => (value === null ? "–" : number(value));
  return {
    rated: String(rated),
    first: points(found.first_mean),
    last: points(found.last_mean),
    difference: found.difference === null ? "–" : signed(found.difference),
    verdict: h("span", { class: `said ${found.assessable ? (found.wearing_off ? "yes" : "no") : "unknown"}` }, verdict(span)),
    onset: count(found.onset_days_before_dose),
    relief: count(found.relief_days),
    flagged: found.n_flagged ? String(found.n_flagged) : "",
  };
}

/** Write a difference with its sign: "+2,4". */
export function signed(value) {
  const shown = Math.round(value * 10) / 10; // what would read as −0 is 0
  return `${shown > 0 ? "+" : shown < 0 ? "−" : ""}${number(Math.abs(shown))}`;
}

function count(value) {
  return value === null ? "" : String(value);
}

/** The newest form about the interval; earlier ones stay under Forms. */
function recallCells({ recall }) {
  const told = recall.at(-1);
  if (!told) return { experienced: h("span", { class: "soft" }, t("spanlist.no_form")) };
  const word = (stem, value) => (value !== null && has(`spanlist.${stem}.${value}`) ? t(`spanlist.${stem}.${value}`) : null);
  const frequency = word("frequency", told.frequency);
  return {
    experienced: h("span", { class: `said ${told.experienced === "yes" ? "yes" : told.experienced === "no" ? "no" : "unknown"}` }, [word("experienced", told.experienced) ?? "–", frequency && `, ${frequency}`]),
    recall_onset: count(told.onset_days_before_dose) || (word("band", told.onset_band) ?? ""),
    recall_relief: told.not_resolved ? t("spanlist.not_resolved") : count(told.relief_days),
    intensity: count(told.intensity),
  };
}
