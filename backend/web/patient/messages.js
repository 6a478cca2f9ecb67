/** Messages: what one was told, the newest first; each leads to where it is done, and can be heard again later. */

import { announce, h } from "../shared/dom.js";
import { add, day, has, localDay, moment, t, time } from "../shared/words.js";

import { isOffline, why } from "./asking.js";
import { tell } from "./bus.js";
import { putOff } from "./later.js";
import { words as kinds } from "./kinds.words.js";
import { living } from "./living.js";
import { words } from "./messages.words.js";
import { patient } from "./phone.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";
import { laterTimes, placeOf, read, thingOf, told } from "./told.js";
import { busy, button, empty, link, trouble } from "./ui.js";

const ABOUT_NOTHING = new Set(["correction", "test"]);
const NOT_SENT = { failed: "missed", expired: "missed", due: "going", claimed: "going" };

add(kinds);

export const screen = {
  name: "messages",
  words,
  async render(root) {
    const body = h("div");
    const agreed = {};
    root.append(h("h1", {}, t("messages.title")), h("p", { class: "lead" }, t("messages.lead")), body);
    root.append(h("p", {}, link(t("messages.settings"), "#/reminders", { id: "messages-settings" })));
    const load = async () => ({ items: (await doc("reminders")) ? await told() : null, agreed: { ...agreed } });
    return living(body, load, (found) => drawn(found, agreed));
  },
};

/** `agreed` holds by id when something is heard again, as it was said here. */
function drawn({ items }, agreed) {
  if (!items) return empty(t("messages.unknown"));
  if (!items.length) return empty(t("messages.none"));
  const fresh = items.filter((one) => !one.read);
  // Of several messages about one thing only the last can be put off.
  const things = items.map(thingOf);
  const last = (one, at) => things.indexOf(things[at]) === at;
  return [
    fresh.length > 1 && button(t("messages.all_read"), () => allRead(fresh), { id: "messages-read" }),
    h("ul", { class: "told-list" }, items.map((one, at) => h("li", { class: "card" }, oneMessage(one), last(one, at) && later(one, agreed)))),
  ];
}

function oneMessage(one) {
  const { kind, text, due_on, due_at, at, state } = one;
  const known = has(`reminders.kind.${kind}`);
  const about = !ABOUT_NOTHING.has(kind) && (due_at ? moment(due_at) : day(due_on));
  return h(
    "a",
    { href: `#/${placeOf(one)}`, id: `message-${one.id}`, onclick: () => read([one]) },
    !one.read && h("span", { class: "tag" }, t("messages.new")),
    h("strong", {}, known ? t(`reminders.kind.${kind}`) : text.title),
    !known && h("span", {}, text.body),
    about && h("span", {}, about),
    has(`messages.hint.${kind}`) && h("span", {}, t(`messages.hint.${kind}`)),
    h("small", {}, t(`messages.at.${NOT_SENT[state] ?? "sent"}`, { when: moment(at, "short") })),
  );
}

async function allRead(fresh) {
  await read(fresh);
  announce(t("messages.all_read_done"));
}

function later(one, agreed) {
  const times = laterTimes(one);
  const said = h("div", {}, agreed[one.id] && h("p", { class: "note" }, agreed[one.id]));
  if (!times.length) return said;
  const choice = ({ key, at }) => {
    const pressed = button(t(`messages.later.${key}`, { time: time(at) }), () => busy(pressed, () => put(one, at, said, agreed)), { id: `later-${key}-${one.id}` });
    return pressed;
  };
  return h("details", {}, h("summary", { id: `later-${one.id}` }, t("messages.later")), said, h("div", { class: "buttons" }, times.map(choice)));
}

async function put(one, at, said, agreed) {
  said.replaceChildren();
  try {
    await putOff(await patient(), one.id, at.getTime());
  } catch (error) {
    said.append(trouble(isOffline(error) ? t("messages.later_offline") : error.status < 500 && error.status !== 429 ? t("messages.later_over") : why(error)));
    return;
  }
  const on = localDay(at) === localDay(new Date()) ? t("common.today") : day(localDay(at));
  agreed[one.id] = t("messages.later_done", { day: on, time: time(at) });
  await read([one]);
  tell("changed", null);
  announce(agreed[one.id]);
  sync("snoozed");
}
