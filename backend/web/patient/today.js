/** The first screen: where one is in the interval, logging in one tap, and what is due. */

import { announce, fill, h } from "../shared/dom.js";
import { day, t, time } from "../shared/words.js";

import { on } from "./bus.js";
import { today as localToday } from "./clock.js";
import { told } from "./days.js";
import { blank, dataOf, dayOf, daysBetween, newestFirst, sendable } from "./diary.js";
import { dues } from "./due.js";
import { put, retract } from "./queue.js";
import { doc, draft, dropDraft, record, records, saveDraft } from "./store.js";
import { busy, button, buttons, card, empty, link, safety, unique } from "./ui.js";
import { words } from "./today.words.js";

const TYPE = "diary-entry";
/** Where it is kept what was logged last, until that message is closed. */
export const LOGGED = "logged";

export const screen = {
  name: "today",
  words,
  async render(root) {
    const page = { seen: {}, shown: true };
    const parts = { date: h("p", { class: "date" }), place: slot(), logged: slot(), log: slot(), due: slot() };
    fill(root, h("header", {}, h("h1", {}, t("today.title")), parts.date), Object.values(parts).slice(1), await safety());
    const refresh = () => page.shown && drawn(page, parts);
    const woken = () => document.visibilityState === "visible" && refresh();
    page.refresh = refresh;
    await refresh();
    const off = [on("changed", refresh), on("state", refresh)];
    document.addEventListener("visibilitychange", woken);
    return () => {
      page.shown = false;
      for (const stop of off) stop();
      document.removeEventListener("visibilitychange", woken);
    };
  },
};

/** Draw each part whose facts changed, so that a choice just made, or the focus, is not taken away. */
async function drawn(page, parts) {
  const now = localToday();
  const [plan, vocabulary, entries, due, logged, begun] = await Promise.all([
    doc("plan"), doc("vocabulary"), records(TYPE), dues(now), justLogged(), draft("entry"),
  ]);
  const here = entries.filter(({ data }) => dayOf(data) === now).sort(newestFirst);
  const others = here.filter(({ id }) => id !== logged?.id);
  const facts = { here, others, vocabulary, begun: Boolean(begun) };
  const draws = [
    ["date", now, () => day(now, "short")],
    ["place", { now, plan }, () => place(plan, now)],
    ["logged", { logged, vocabulary }, () => logged && bar(page, logged, vocabulary)],
    ["log", facts, () => (here.length ? hereToday(others, vocabulary) : quick(page, begun))],
    ["due", due, () => dueCard(due)],
  ];
  for (const [name, told_of, draw] of draws) {
    const said = JSON.stringify(told_of ?? null);
    if (page.seen[name] === said) continue;
    page.seen[name] = said;
    const focused = parts[name].contains(document.activeElement) ? document.activeElement.id : null;
    fill(parts[name], draw());
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

function slot() {
  return h("div", { class: "slot" });
}

function place(plan, now) {
  if (!plan) return card(null, h("p", {}, t("today.no_plan")));
  const { interval, treatments } = plan;
  const coming = treatments
    .filter(({ expected }) => expected)
    .sort((one, another) => one.expected.on.localeCompare(another.expected.on));
  return h(
    "section",
    { class: "card place", "aria-label": t("today.place") },
    interval ? number(interval, now) : h("p", {}, t("today.no_interval")),
    coming.map((treatment) => next(treatment, now, coming.length > 1)),
    interval && !coming.length && !interval.stopped && h("p", {}, t("today.next.none")),
  );
}

function number({ opened_on, stopped }, now) {
  const n = Math.max(daysBetween(opened_on, now), 0);
  const of = stopped ? t("today.after_last") : t("today.of_interval");
  return h("p", { class: "day-number" }, h("strong", {}, t("today.day", { n })), " ", h("span", {}, of));
}

function next({ route, name, expected }, now, several) {
  const away = daysBetween(now, expected.on);
  const planned = expected.sure === "planned";
  const at = planned && expected.at ? t("today.next.at", { time: time(expected.at) }) : "";
  return h(
    "p",
    { class: "next" },
    h("span", {}, several && name ? `${t(`today.next.${route}`)} (${name})` : t(`today.next.${route}`), " · ", distance(away)),
    h("strong", {}, day(expected.on), at),
    h("span", { class: planned ? "sure" : "unsure" }, away < 0 ? t("today.next.past") : t(`today.next.${expected.sure}`)),
  );
}

function distance(days) {
  if (days === 0) return t("today.away.today");
  if (days === 1) return t("today.away.tomorrow");
  return days > 0 ? t("today.away.days", { n: days }) : t("today.away.ago", { n: -days });
}

function quick(page, begun) {
  const none = button(t("today.none"), () => busy(none, () => logged(page)), { primary: true, id: "no-complaints" });
  const log = link(t(begun ? "today.log_on" : "today.log"), "#/entry", { id: "log" });
  const box = card(t("today.how"), h("div", { class: "stack" }, none, log), earlier());
  box.classList.add("quick");
  return box;
}

async function logged(page) {
  const id = await put(TYPE, dataOf({ ...blank(), no_complaints: true }));
  await saveDraft(LOGGED, { id, kind: "new", quick: true });
  await page.refresh();
  document.getElementById("logged")?.focus();
}

async function justLogged() {
  const last = await draft(LOGGED);
  if (!last) return null;
  const entry = await record(TYPE, last.id);
  return entry || last.kind === "removed" ? { ...last, entry } : null;
}

/** What was saved last, with a way back that stays for as long as the reader likes. */
function bar(page, { id, kind, quick: asks, entry }, vocabulary) {
  const sent = kind === "removed" || !entry.waiting ? t("today.sent") : t("today.on_phone");
  const what = kind === "removed" ? t("today.removed") : told(entry.data, vocabulary).join(" · ");
  const undo = button(t("today.undo"), () => busy(undo, () => undone(page, id)), { id: "undo" });
  const close = button(t("common.close"), () => closed(page), { quiet: true, id: "logged-close" });
  return h(
    "section",
    { class: "logged", id: "logged", tabindex: "-1", "aria-label": t("today.logged_label") },
    h("p", {}, h("strong", {}, t(`today.logged.${kind}`)), " ", what),
    h("p", { class: "hint" }, sent),
    asks && !entry.data.wearing_off && wearing(page, entry),
    buttons(kind === "new" && undo, kind !== "removed" && link(t("common.change"), `#/entry/${id}`, { id: "logged-change" }), close),
  );
}

/** The one question that may follow: its answer is added to what was just saved. */
function wearing(page, { id, version, data }) {
  const name = unique("wearing");
  const answer = (value) => async () => {
    await put(TYPE, { ...sendable(data), wearing_off: value, reason: t("today.added_reason") }, { id, base_version: version });
    await page.refresh();
    document.getElementById("logged")?.focus();
  };
  const one = (value) => button(t(`common.${value}`), answer(value), { id: `wearing-${value}` });
  return h("div", { class: "follow", role: "group", "aria-labelledby": name }, h("p", { id: name }, t("today.wearing")), h("div", { class: "thirds" }, ["yes", "no", "unsure"].map(one)));
}

async function undone(page, id) {
  const entry = await record(TYPE, id);
  if (entry) await retract(TYPE, id, entry.version, t("today.undone_reason"));
  await closed(page);
  announce(t("today.undone"));
}

async function closed(page) {
  await dropDraft(LOGGED);
  await page.refresh();
  (document.getElementById("no-complaints") ?? document.querySelector("h1"))?.focus();
}

function hereToday(entries, vocabulary) {
  return card(
    t("today.logged_today"),
    entries.length > 0 && h("ul", { class: "entries" }, entries.map((entry) => item(entry, vocabulary))),
    link(t("today.another"), "#/entry", { id: "another" }),
    earlier(),
  );
}

function earlier() {
  return h("p", { class: "earlier" }, h("a", { href: "#/days", id: "days" }, t("today.earlier")));
}

function item({ id, data, waiting }, vocabulary) {
  const at = data.occurred.at ? time(data.occurred.at) : t("today.all_day");
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, at), ": ", told(data, vocabulary).join(" · ")),
    waiting && h("p", { class: "hint" }, t("today.on_phone")),
    h("a", { class: "button", href: `#/entry/${id}`, id: `change-${id}`, "aria-label": t("today.change_of", { at }) }, t("common.change")),
  );
}

function dueCard(due) {
  if (!due.length) return card(t("today.due"), empty(t("today.nothing_due")));
  const one = ({ href, key, vars, hint }) =>
    h("li", {}, h("a", { href }, h("span", {}, t(key, told_days(vars))), hint && h("small", {}, t(hint, told_days(vars)))));
  return card(t("today.due"), h("ul", { class: "due" }, due.map(one)));
}

function told_days(vars) {
  return { ...vars, ...(vars.on ? { on: day(vars.on) } : {}) };
}
