/** The ledger of a patient's reminders: what they were told and when, why, and what became of it. */

import { fill, h } from "/static/shared/dom.js";
import { day, has, moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { button, empty, filters, load, panel, table } from "./ui.js";

const RECENT_DAYS = 92;
const AT_ONCE = 60;
const DAY_MS = 86_400_000;

/** Draw this part of the page. */
export function draw(root, { id }) {
  const body = h("div", {});
  const options = () => ["recent", "all"].map((value) => ({ value, text: t(`ledger.span.${value}`) }));
  const span = filters(t("ledger.span"), options(), "recent", (value) => {
    span.set(options(), value);
    void loaded(body, id, value);
  });
  root.append(panel(t("ledger.title"), h("p", { class: "soft" }, t("ledger.lead")), span, body));
  return loaded(body, id, "recent");
}

function loaded(body, id, span) {
  const since = span === "recent" ? `?${new URLSearchParams({ since: new Date(Date.now() - RECENT_DAYS * DAY_MS).toISOString() })}` : "";
  return load(body, () => api("GET", `/patients/${id}/reminders${since}`), ({ items }) => (items.length ? listed(items.toReversed()) : empty(t("ledger.none"))));
}

/** A list that grows by the button under it, so that years of reminders cost nothing until somebody wants them. */
function listed(items) {
  const node = h("div", {});
  const show = (most) => {
    const rest = items.length - most;
    const more = rest > 0 && button(t("ledger.more", { n: Math.min(rest, AT_ONCE) }), () => show(most + AT_ONCE), { id: "ledger-more" });
    fill(node, rows(items.slice(0, most)), more);
    if (most > AT_ONCE) document.getElementById("ledger-more")?.focus();
  };
  show(AT_ONCE);
  return node;
}

function rows(items) {
  const columns = ["when", "what", "due", "status", "channel", "because"].map((column) => ({ text: t(`ledger.${column}`) }));
  return table({ caption: t("ledger.caption"), hideCaption: true, columns, rows: items.map(row) });
}

function row({ kind, due_on: due, send_at: at, status, why_text: why, channel, because, changes, attempts, receipts }) {
  const steps = stepsOf(changes, attempts, receipts);
  return [
    h("span", { class: "nowrap" }, moment(at, "short")),
    word("kind", kind),
    h("span", { class: "nowrap" }, day(due, "tight")),
    [h("span", { class: `state ${status}` }, word("status", status)), why && h("small", { class: "block" }, why)],
    h("span", { class: "nowrap" }, channel && word("channel", channel)),
    [because.rule, steps.length > 0 && h("details", { class: "steps" }, h("summary", {}, t("ledger.show")), h("ol", {}, steps.map((told) => h("li", {}, told))))],
  ];
}

/** Everything that happened to a reminder, in the order in which it did. */
function stepsOf(changes, attempts, receipts) {
  return [
    ...changes.map(({ state, at, by, why }) => ({ at, told: `${word("status", state)} ${word("by", by)}${why ? ` (${why})` : ""}` })),
    ...attempts.map(({ attempt: n, channel, started_at: at, outcome }) => ({ at, told: t("ledger.attempt", { n, way: word("channel", channel), outcome: word("outcome", outcome) }) })),
    ...receipts.map(({ state, at, source }) => ({ at, told: `${word("receipt", state)} (${word("channel", source)})` })),
  ]
    .toSorted((one, another) => Date.parse(one.at) - Date.parse(another.at))
    .map(({ at, told }) => `${moment(at, "short")}: ${told}`);
}

function word(stem, code) {
  return has(`ledger.${stem}.${code}`) ? t(`ledger.${stem}.${code}`) : code;
}
