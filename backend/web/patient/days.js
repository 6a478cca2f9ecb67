/** The diary as one wrote it: own entries by day, the newest first, to change or take back. */

import { announce, fill, h } from "../shared/dom.js";
import { add, day, t, time } from "../shared/words.js";

import { on } from "./bus.js";
import { today } from "./clock.js";
import { byDay, daysBefore } from "./diary.js";
import { retract, waiting } from "./queue.js";
import { doc, records } from "./store.js";
import { button, buttons, confirm, empty, link, safety } from "./ui.js";
import { words } from "./days.words.js";

const TYPE = "diary-entry";
const PAGE = 30;

// Today tells of entries in these words too.
add(words);

export const screen = {
  name: "days",
  words,
  async render(root) {
    const list = h("div", { class: "days" });
    const page = { list, shown: PAGE, seen: "" };
    fill(root, h("h1", {}, t("days.title")), link(t("days.log"), "#/entry", { id: "log" }), list, await safety());
    await draw(page);
    const off = [on("changed", () => draw(page)), on("state", () => draw(page))];
    return () => off.forEach((stop) => stop());
  },
};

/** Say in short what an entry tells: ["Fatigue 6", "wearing off: yes", ...]; never empty. */
export function told(data, vocabulary) {
  const named = (list, key) => list?.find((one) => one.key === key)?.text ?? key;
  const ratings = data.ratings.map(({ symptom, intensity, words: own }) =>
    t("days.rated", { symptom: own || named(vocabulary?.symptoms, symptom), n: intensity }),
  );
  const parts = [
    data.no_complaints && t("days.none"),
    ...ratings,
    data.wearing_off && t(`days.wearing.${data.wearing_off}`),
    data.other_causes.length > 0 && t("days.causes", { causes: data.other_causes.map((key) => named(vocabulary?.causes, key)).join(", ") }),
    data.note && t("days.note", { note: short(data.note) }),
  ];
  return parts.filter(Boolean);
}

async function draw(page) {
  const [entries, queued, vocabulary] = await Promise.all([records(TYPE), waiting(), doc("vocabulary")]);
  const states = new Map(queued.filter(({ type }) => type === TYPE).map(({ id, state }) => [id, state]));
  const seen = JSON.stringify([entries, [...states], vocabulary, page.shown]);
  if (seen === page.seen) return;
  page.seen = seen;
  const focused = page.list.contains(document.activeElement) ? document.activeElement.id : null;
  const newest = byDay(entries).flatMap(({ entries: found }) => found);
  const facts = { states, vocabulary, page };
  fill(
    page.list,
    newest.length === 0 && empty(t("days.empty")),
    byDay(newest.slice(0, page.shown)).map((one) => oneDay(one, facts)),
    newest.length > page.shown && button(t("days.more", { n: newest.length - page.shown }), () => further(page, newest), { id: "further" }),
  );
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** Show thirty more, and go to the first of them. */
async function further(page, newest) {
  const first = newest[page.shown].id;
  page.shown += PAGE;
  await draw(page);
  document.getElementById(`entry-${first}`)?.focus();
}

function oneDay({ on: isoDay, entries }, facts) {
  return h(
    "section",
    { class: "card a-day", "aria-labelledby": `day-${isoDay}` },
    h("h2", { id: `day-${isoDay}` }, dayName(isoDay)),
    entries.map((entry) => oneEntry(entry, isoDay, facts)),
  );
}

function dayName(isoDay) {
  const near = { [today()]: "common.today", [daysBefore(today(), 1)]: "common.yesterday" }[isoDay];
  return near ? `${day(isoDay)} (${t(near)})` : day(isoDay);
}

function oneEntry({ id, version, data, waiting: unsent }, isoDay, { states, vocabulary, page }) {
  const at = data.occurred.at ? time(data.occurred.at) : t("days.all_day");
  const name = `${at}, ${day(isoDay)}`;
  const remove = button(t("common.remove"), () => removed(page, { id, version, name }), { quiet: true, id: `remove-${id}` });
  remove.setAttribute("aria-label", t("days.remove_of", { name }));
  return h(
    "article",
    { class: "an-entry", id: `entry-${id}`, tabindex: "-1", "aria-label": name },
    h("p", { class: "at" }, h("strong", {}, at), place(data.place)),
    h("ul", { class: "told" }, told(data, vocabulary).map((one) => h("li", {}, one))),
    mark(states.get(id) ?? (unsent ? "waiting" : null)),
    buttons(
      h("a", { class: "button", href: `#/entry/${id}`, id: `change-${id}`, "aria-label": t("days.change_of", { name }) }, t("common.change")),
      remove,
    ),
  );
}

function place(where) {
  const n = where?.day_since_dose;
  return n === null || n === undefined ? null : h("span", { class: "hint" }, " ", t("days.day", { n }));
}

function mark(state) {
  if (!state) return null;
  if (state === "waiting") return h("p", { class: "mark waiting" }, t("days.waiting"));
  return h("p", { class: "mark refused" }, t(`days.${state}`), " ", h("a", { href: "#/trouble" }, t("days.look")));
}

async function removed(page, { id, version, name }) {
  const sure = await confirm(t("days.remove_sure", { name }), t("common.remove_yes"), t("common.cancel"), { danger: true });
  if (!sure) return;
  await retract(TYPE, id, version, t("common.remove_reason"));
  await draw(page);
  announce(t("days.removed"));
  document.querySelector("h1")?.focus();
}

function short(text) {
  return text.length > 120 ? `${text.slice(0, 119).trimEnd()}…` : text;
}
