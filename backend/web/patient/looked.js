/** Who looked: others' reads and changes of the record, day by day, and whom to ask about them. */

import { announce, fill, h } from "../shared/dom.js";
import { day, has, localDay, t, time } from "../shared/words.js";

import { ask, call, isOffline, why } from "./asking.js";
import { words } from "./looked.words.js";
import { api } from "./session.js";
import { doc } from "./store.js";
import { busy, button, card, empty, trouble } from "./ui.js";

const FIRST = "/me/access-log?limit=200";
const ABOVE = /^.*?\/api\/v1(?=\/)/;

export const screen = {
  name: "looked",
  words,
  async render(root, { again }) {
    const list = h("div", { "aria-busy": "true" }, h("p", { class: "soft" }, t("common.busy")));
    fill(root, h("h1", {}, t("looked.title")), h("p", { class: "lead" }, t("looked.lead")), about(), list, await whomToAsk());
    // The frame of the screen stands at once; the list follows when the server has answered.
    begin(list, again);
  },
};

/** Put looks into days, the newest first, and within a day by who it was: [{on, people: [{name, role, looks}]}]. */
export function byDay(looks) {
  const days = new Map();
  for (const look of looks) {
    const on = localDay(new Date(look.at));
    const people = days.get(on) ?? new Map();
    const key = `${look.role} ${look.who ?? ""}`;
    const found = people.get(key) ?? { name: look.who, role: look.role, looks: [] };
    found.looks.push(look);
    days.set(on, people.set(key, found));
  }
  return [...days].map(([on, people]) => ({ on, people: [...people.values()] }));
}

/** Say one act in plain words; an act this app does not know of is said in general. */
export function inWords(look) {
  const [noun, verb] = look.act.split(":");
  const what = has(`looked.what.${noun}`) ? t(`looked.what.${noun}`) : t("looked.what");
  if (look.refused) return t("looked.did.refused", { what });
  if (has(`looked.act.${look.act}`)) return t(`looked.act.${look.act}`);
  return t(has(`looked.did.${verb}`) ? `looked.did.${verb}` : "looked.did.other", { what });
}

async function begin(list, again) {
  try {
    const { answer, old } = await ask(FIRST);
    draw(list, { looks: answer.items, next: old ? null : answer.next, old });
  } catch (error) {
    const said = isOffline(error) ? t("common.list_offline") : why(error);
    fill(list, trouble(said), h("p", {}, button(t("common.again"), () => again(), { id: "looked-retry" })));
  }
  list.removeAttribute("aria-busy");
}

function draw(list, page) {
  const days = byDay(page.looks);
  fill(
    list,
    page.old && h("p", { class: "note" }, t("looked.old")),
    days.length ? days.map(oneDay) : empty(t("looked.none")),
    page.next && further(list, page),
    days.length > 0 && !page.next && !page.old && h("p", { class: "soft" }, t("looked.end")),
  );
}

function further(list, page) {
  const more = button(t("common.more"), () => busy(more, () => fetchMore(list, page, more)), { id: "looked-more" });
  more.classList.add("wide");
  return more;
}

async function fetchMore(list, page, more) {
  let answer;
  try {
    answer = await api("GET", page.next.replace(ABOVE, ""));
  } catch (error) {
    list.querySelector(".trouble")?.remove();
    more.before(trouble(why(error)));
    return;
  }
  const before = byDay(page.looks).length;
  draw(list, { looks: [...page.looks, ...answer.items], next: answer.next, old: false });
  const headings = list.querySelectorAll("h2");
  // The reader goes on where the list was cut: at the first day that is new, or the one that grew.
  const at = headings[Math.min(before, headings.length - 1)];
  at?.setAttribute("tabindex", "-1");
  at?.focus();
  announce(t("looked.shown", { n: headings.length }));
}

function oneDay({ on, people }) {
  return card(day(on), h("ul", { class: "list" }, people.map((person) => h("li", {}, onePerson(person)))));
}

function onePerson({ name, role, looks }) {
  const who = h("div", { class: "row apart" }, h("strong", { class: "strong" }, name ?? unnamed(role)), h("span", { class: "soft" }, span(looks)));
  const what = has(`looked.role.${role}`) && h("p", { class: "soft" }, t(`looked.role.${role}`));
  return [who, what, h("ul", {}, counted(looks).map(oneAct))];
}

function unnamed(role) {
  return has(`looked.who.${role}`) ? t(`looked.who.${role}`) : t("looked.who.unknown");
}

function span(looks) {
  const [from, to] = [time(looks.at(-1).at), time(looks[0].at)];
  return from === to ? from : t("looked.span", { from, to });
}

function counted(looks) {
  const acts = new Map();
  for (const look of looks) {
    const said = inWords(look);
    const found = acts.get(said) ?? { said, refused: look.refused, n: 0 };
    acts.set(said, { ...found, n: found.n + 1 });
  }
  return [...acts.values()];
}

function oneAct({ said, refused, n }) {
  const often = n > 1 && h("span", { class: "soft" }, ` (${t("looked.times", { n })})`);
  return h("li", {}, said, often, refused && [" ", h("span", { class: "tag warm" }, t("looked.refused"))]);
}

function about() {
  const lines = ["looked.about_1", "looked.about_2", "looked.about_3"].map((key) => h("p", {}, t(key)));
  return h("details", { class: "card" }, h("summary", {}, t("looked.about")), lines);
}

async function whomToAsk() {
  return card(t("looked.ask"), h("p", {}, t("looked.ask_1")), h("p", {}, t("looked.ask_2")), call(await doc("site")));
}
