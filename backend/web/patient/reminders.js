/** Reminders: what is coming, how one is reached, what one wants to hear, whether it arrives, and who else sees it. */

import { fill, h } from "../shared/dom.js";
import { add, day, has, moment, t } from "../shared/words.js";

import { why } from "./asking.js";
import { on } from "./bus.js";
import { calendarLink } from "./calendarlink.js";
import { icon } from "./icons.js";
import { words as kinds } from "./kinds.words.js";
import { pauseOf, pauseText, pausing } from "./pausing.js";
import { reaching } from "./reaching.js";
import { words } from "./reminders.words.js";
import { api } from "./session.js";
import { doc } from "./store.js";
import { unread } from "./told.js";
import { busy, button, card, empty, link, trouble } from "./ui.js";

const AT_FIRST = 4;
const MINUTE_S = 60;
const NO_THING = new Set(["dose-late", "home-dose-late", "correction"]);
const WOKEN = new Set(["push", "fcm", "apns"]);

add(kinds);

export const screen = {
  name: "reminders",
  words,
  async render(root) {
    const coming = h("div", {});
    const [how, wishes] = [reaching(), pausing()];
    fill(
      root,
      h("h1", {}, t("reminders.title")),
      h("p", { class: "lead" }, t("reminders.lead")),
      coming,
      how.node,
      wishes.node,
      test(),
      lockScreen(),
      calendarLink(),
    );
    await drawComing(coming);
    return on("changed", () => {
      drawComing(coming);
      how.changed();
      wishes.changed();
    });
  },
};

/**
 * Put reminders of one thing together: [{kind, due_on, due_at, title, next}], by day; `next` is the coming message. What
 * would be said only if the thing were not done by then, or takes back an earlier message, is no thing of its own.
 */
export function things(items, now = new Date()) {
  const found = new Map();
  for (const item of items) {
    if (new Date(item.expires_at) <= now || NO_THING.has(item.kind)) continue;
    const key = [item.kind, item.due_on, item.due_at].join(" ");
    const { kind, due_on, due_at, send_at } = item;
    const before = found.get(key)?.next ?? send_at;
    const next = new Date(before) <= new Date(send_at) ? before : send_at;
    found.set(key, { kind, due_on, due_at, title: item.text.title, next });
  }
  return [...found.values()].sort((one, other) => one.due_on.localeCompare(other.due_on));
}

async function drawComing(place) {
  const [reminders, bootstrap, profile, n] = await Promise.all([doc("reminders"), doc("bootstrap"), doc("profile"), unread()]);
  const since = bootstrap?.reminders_delayed_since ?? null;
  const pause = pauseOf(profile?.reminder_wishes);
  fill(
    place,
    since && h("p", { class: "note" }, t("reminders.delayed", { when: moment(since, "short") })),
    profile && nowhere(profile) && h("p", { class: "note" }, t("reminders.nowhere")),
    pause && h("p", { class: "note" }, pauseText(pause)),
    h("p", {}, link(n ? t("reminders.messages_new", { n }) : t("reminders.messages"), "#/messages", { id: "to-messages" })),
    card(t("reminders.coming"), list(things(reminders?.items ?? []))),
  );
}

/** Tell whether no chosen way leads anywhere; whether a phone lets itself be woken is not known here. */
function nowhere({ channels = [], email, email_refused_at, phone, phone_refused_at }) {
  const leads = { push: true, email: email && !email_refused_at, sms: phone && !phone_refused_at };
  return channels.length > 0 && !channels.some((way) => leads[way]);
}

function list(found) {
  if (found.length === 0) return empty(t("reminders.none"));
  const items = found.map((thing, at) => h("li", { hidden: at >= AT_FIRST }, oneThing(thing)));
  const node = h("ul", { class: "list" }, items);
  if (found.length <= AT_FIRST) return node;
  const all = button(t("reminders.all"), () => showAll(items, all), { id: "reminders-all" });
  return [node, all];
}

function showAll(items, all) {
  for (const item of items) item.hidden = false;
  items[AT_FIRST].setAttribute("tabindex", "-1");
  items[AT_FIRST].focus();
  all.remove();
}

function oneThing({ kind, title, due_on, due_at, next }) {
  const what = has(`reminders.kind.${kind}`) ? t(`reminders.kind.${kind}`) : title;
  const told = h("small", {}, t("reminders.message_at", { when: moment(next, "short") }));
  return [h("strong", {}, what), h("br"), due_at ? moment(due_at) : day(due_on), h("br"), told];
}

function test() {
  const said = h("div", { role: "status" });
  const send = button(t("reminders.test_send"), () => busy(send, () => sendTest(said)), { id: "reminders-test" });
  return card(t("reminders.test"), h("p", {}, t("reminders.test_text")), said, send);
}

async function sendTest(said) {
  fill(said);
  try {
    const { channel } = await api("POST", "/me/test-message");
    const { email, phone } = (await doc("profile")) ?? {};
    const told = t(`reminders.test_${WOKEN.has(channel) ? "push" : channel}`, { email, phone });
    fill(said, h("p", { class: "note" }, told));
  } catch (error) {
    fill(said, trouble(whyNot(error)));
  }
}

function whyNot(error) {
  if (error.status === 409) return t("reminders.test_none");
  if (error.status === 429) return t("reminders.test_often", { n: Math.max(1, Math.ceil((error.retry_after ?? MINUTE_S) / MINUTE_S)) });
  return why(error);
}

function lockScreen() {
  const message = h("span", {}, h("strong", {}, t("common.name")), h("br"), t("reminders.lock_title"));
  return h(
    "details",
    { class: "card" },
    h("summary", {}, t("reminders.lock")),
    h("p", {}, t("reminders.lock_text")),
    h("div", { class: "card calm row" }, icon("reminders"), message),
    h("p", {}, t("reminders.lock_more")),
  );
}
