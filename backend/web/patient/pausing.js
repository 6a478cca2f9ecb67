/** What one wants to hear: a pause, kinds of messages that stay away, a question in the evening; each saved at once. */

import { fill, h } from "../shared/dom.js";
import { add, day, localDay, t } from "../shared/words.js";

import { isOffline, why } from "./asking.js";
import { nowIso, today } from "./clock.js";
import { daysBefore } from "./diary.js";
import { api } from "./session.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";
import { busy, button, card, choices, field, trouble } from "./ui.js";
import { words } from "./pausing.words.js";

const PATH = "/me/reminder-wishes";
const GROUPS = {
  dose: ["dose", "dose-expected", "dose-late"],
  home: ["home-dose", "home-dose-late", "checklist"],
  sample: ["sample-kit", "sample", "sample-post"],
  form: ["form"],
  monitoring: ["monitoring"],
};
const WEEK = 7;

add(words);

/** Return the pause that is on or to come, {from, until} as Dates (`until` null for without end), else null. */
export function pauseOf(wishes, now = new Date()) {
  const until = wishes?.paused_until ? new Date(wishes.paused_until) : null;
  if (!wishes?.paused_from || (until && until <= now)) return null;
  return { from: new Date(wishes.paused_from), until };
}

/** Say a pause in one line. */
export function pauseText({ from, until }) {
  const vars = { from: day(localDay(from)), until: until && day(localDay(new Date(until - 1))) };
  if (from > new Date()) return t(until ? "reminders.pause_coming" : "reminders.pause_coming_on", vars);
  return t(until ? "reminders.pause_now" : "reminders.pause_now_on", vars);
}

/** The two cards: `node`, and `changed()` to be called when the wishes may have been changed elsewhere. */
export function pausing() {
  const page = { wishes: null, atHome: false, touched: false, turn: Promise.resolve(), pause: part(), about: part() };
  page.fold = h("details", { class: "card" }, h("summary", { id: "about" }, t("reminders.about")), page.about.body, page.about.said);
  const node = h("div", {}, card(t("reminders.pause"), page.pause.body, page.pause.said), page.fold);
  page.pause.body.addEventListener("input", () => (page.touched = true));
  begin(page);
  return { node, changed: () => renewed(page) };
}

function part() {
  return { body: h("div"), said: h("div", { role: "status" }) };
}

async function begin(page) {
  try {
    const [profile, plan] = await Promise.all([doc("profile"), doc("plan")]);
    page.atHome = Boolean(plan?.treatments?.some((one) => one.at_home && !one.stopped_on));
    page.wishes = profile?.reminder_wishes ?? (await api("GET", PATH));
    page.fold.open = page.wishes.stopped.length > 0;
    draw(page);
  } catch (error) {
    complain(page.pause, error);
  }
}

/** Draw anew what another phone changed; what somebody is filling in is left alone. */
async function renewed(page) {
  const found = (await doc("profile"))?.reminder_wishes;
  if (!page.wishes || page.touched || !found || found.version <= page.wishes.version) return;
  page.wishes = found;
  draw(page);
}

function draw(page) {
  drawPause(page);
  fill(page.about.body, nudges(page), kinds(page));
}

function drawPause(page) {
  const found = pauseOf(page.wishes);
  page.touched = false;
  fill(page.pause.body, found ? standing(page, found) : h("p", {}, t("reminders.pause_text")), asking(page, found));
}

function standing(page, found) {
  const stop = button(t("reminders.pause_stop"), () => busy(stop, () => paused(page, null, null)), { id: "pause-stop" });
  return [h("p", { class: "note" }, pauseText(found)), h("p", {}, stop)];
}

function asking(page, found) {
  const from = h("input", { type: "date", id: "pause-from", min: today(), value: later(found?.from) ?? today() });
  const last = found?.until ? localDay(new Date(found.until - 1)) : daysBefore(today(), -WEEK);
  const until = h("input", { type: "date", id: "pause-until", min: today(), value: last });
  const [first, end] = [field(t("reminders.pause_from"), from), field(t("reminders.pause_until"), until)];
  const days = ["day", "on"].map((value) => ({ value, text: t(`reminders.pause_end.${value}`) }));
  const open = choices(t("reminders.pause_end"), "pause-end", days, {
    value: found && !found.until ? "on" : "day",
    onchange: (chosen) => (end.hidden = chosen === "on"),
  });
  end.hidden = open.chosen() === "on";
  const save = button(t("reminders.pause_save"), () => busy(save, () => asked(page, first, end, open.chosen() === "on")), { id: "pause-save" });
  return h("details", {}, h("summary", { id: "pause-set" }, t(found ? "reminders.pause_change" : "reminders.pause_set")), first, open, end, save);
}

function later(from) {
  return from && from > new Date() ? localDay(from) : null;
}

async function asked(page, first, end, on) {
  const [from, until] = [first, end].map((one) => one.querySelector("input").value);
  const faults = [[first, !from || from < today()], [end, !on && (!until || until < from)]];
  for (const [place, wrong] of faults) place.refuse(wrong ? t(place === first ? "reminders.pause_wrong" : "reminders.pause_wrong_end") : null);
  const wrong = faults.find(([, is]) => is);
  if (wrong) return wrong[0].querySelector("input").focus();
  const begins = from === today() ? new Date() : new Date(`${from}T00:00`);
  return paused(page, nowIso(begins), on ? null : nowIso(new Date(`${daysBefore(until, -1)}T00:00`)));
}

async function paused(page, paused_from, paused_until) {
  if (!(await save(page, page.pause, () => ({ paused_from, paused_until })))) return;
  drawPause(page);
  // What was pressed is gone or folded away.
  document.getElementById("pause-set")?.focus();
  const found = pauseOf(page.wishes);
  say(page.pause, found ? t("reminders.pause_saved") : t("reminders.pause_stopped"));
}

function kinds(page) {
  const off = (group) => GROUPS[group].every((kind) => page.wishes.stopped.includes(kind));
  const groups = Object.keys(GROUPS).filter((group) => group !== "home" || page.atHome || off(group));
  let on = groups.filter((group) => !off(group));
  const node = choices(t("reminders.kinds"), "kinds", groups.map((value) => ({ value, text: t(`reminders.group.${value}`) })), {
    value: on,
    multiple: true,
    hint: t("reminders.kinds_hint"),
    onchange: async (told) => {
      const group = groups.find((one) => told.includes(one) !== on.includes(one));
      on = told;
      if (await heard(page, group, told.includes(group))) return;
      node.querySelector(`[value=${group}]`).checked = !off(group);
      on = node.chosen();
    },
  });
  return node;
}

async function heard(page, group, wanted) {
  const rest = (stopped) => stopped.filter((kind) => !GROUPS[group].includes(kind));
  const change = ({ stopped }) => ({ stopped: [...rest(stopped), ...(wanted ? [] : GROUPS[group])] });
  if (!(await save(page, page.about, change))) return false;
  say(page.about, t(wanted ? "reminders.kind_back" : "reminders.kind_stopped", { what: t(`reminders.group.${group}`) }));
  return true;
}

function nudges(page) {
  const node = choices(t("reminders.nudges"), "nudges", [{ value: "on", text: t("reminders.nudges_on") }], {
    value: page.wishes.nudges ? ["on"] : [],
    multiple: true,
    hint: t("reminders.nudges_hint"),
    onchange: async ([on]) => {
      if (await save(page, page.about, () => ({ nudges: Boolean(on) }))) say(page.about, t(on ? "reminders.nudges_set" : "reminders.nudges_off"));
      node.querySelector("input").checked = page.wishes.nudges;
    },
  });
  return node;
}

/** Save a change of what stands by then, one after another; returns whether it was saved. */
function save(page, place, change) {
  const turn = async () => {
    fill(place.said);
    const before = pauseOf(page.wishes) ? page.wishes : { ...page.wishes, paused_from: null, paused_until: null };
    const { paused_from, paused_until, stopped, nudges } = { ...before, ...change(before) };
    try {
      page.wishes = await api("PUT", PATH, { paused_from, paused_until, stopped, nudges });
      sync("wishes");
      return true;
    } catch (error) {
      complain(place, error);
      return false;
    }
  };
  return (page.turn = page.turn.then(turn));
}

function say({ said }, text) {
  fill(said, h("p", { class: "note" }, text));
}

function complain({ said }, error) {
  fill(said, trouble(isOffline(error) ? t("reminders.how_offline") : why(error)));
}
