/** Rounds: how a patient stands with each time that something is asked, and how many stand how. */

import { h } from "/static/shared/dom.js";
import { add, day, t } from "/static/shared/words.js";

import { words } from "./assignedrounds.words.js";
import { table } from "./ui.js";

add(words);

/** The eight states, in the order in which they are told. */
export const STATES = ["open", "begun", "in_time", "late", "partial", "missed", "not_open", "not_asked"];
const SHOWN = 12;

/** Say how many rounds stand in each state, of an object of counts: "3 in time · 1 missed". */
export function countsText(states) {
  const told = STATES.filter((state) => states[state] > 0).map((state) => `${states[state]} ${t(`assigned.state.${state}`)}`);
  return told.length ? told.join(" · ") : t("assigned.no_rounds");
}

/** Count rounds by their state. */
export function counted(rounds) {
  const found = {};
  for (const { state } of rounds) found[state] = (found[state] ?? 0) + 1;
  return found;
}

/** Draw rounds, the newest first; many of them behind a fold. */
export function roundTable(rounds, caption) {
  const sorted = rounds.toReversed();
  const rest = sorted.slice(SHOWN);
  return [sorted.length > 0 && drawn(sorted.slice(0, SHOWN), caption), rest.length > 0 && h("details", {}, h("summary", {}, t("assigned.more_rounds", { n: rest.length })), drawn(rest, t("assigned.more_of", { caption })))];
}

function drawn(rounds, caption) {
  const around = rounds.some(({ interval }) => interval !== null);
  const columns = ["days", "state", ...(around ? ["interval"] : []), "version"].map((name) => ({ text: t(`assigned.col.${name}`), number: name === "interval" }));
  const rows = rounds.map((one) => [days(one), state(one), ...(around ? [one.interval === null ? "–" : String(one.interval)] : []), one.form_version]);
  return table({ caption, hideCaption: true, columns, rows });
}

function days({ opens_on: from, closes_on: to }) {
  return from === to ? day(from, "date") : t("assigned.span", { from: day(from, "date"), to: day(to, "date") });
}

function state(one) {
  const told = t(`assigned.state.${one.state}`);
  const done = one.completed_on && t("assigned.answered_on", { on: day(one.completed_on, "date") });
  const still = ["open", "begun"].includes(one.state) && one.grace_on > one.closes_on && t("assigned.still_until", { on: day(one.grace_on, "date") });
  return h("span", { class: `state ${one.state}` }, [told, done, still].filter(Boolean).join(", "));
}
