/** The frame around every screen: the state of the queue, the bars with news, and the four places to go. */

import { fill, h } from "../shared/dom.js";
import { add, day, localDay, t, time } from "../shared/words.js";

import { on } from "./bus.js";
import { words } from "./frame.words.js";
import { icon } from "./icons.js";
import { otherLanguage } from "./languages.js";
import { doc } from "./store.js";
import { state } from "./sync.js";
import { unread } from "./told.js";
import { button, link } from "./ui.js";

const PLACES = {
  today: ["today", "entry", "forms", "dose"],
  intervals: ["intervals"],
  prick: ["prick"],
  more: ["more", "days", "contact", "move", "messages", "reminders", "looked", "consents", "along", "phones", "trouble"],
};
const byId = (id) => document.getElementById(id);

let place = "";
let reloaded = false;

add(words);

/** Draw the frame from now on whenever something it shows changes. */
export function startFrame() {
  on("state", () => drawFrame());
  on("changed", () => void drawBanners().then(drawNews));
  addEventListener("online", () => drawQueue());
  addEventListener("offline", () => drawQueue());
}

/** Draw the frame around the screen of this name (or the one that stands). */
export function drawFrame(name = place) {
  place = name;
  byId("skip").textContent = t("app.skip");
  drawTabs();
  drawLanguages();
  drawQueue();
  drawNews();
  return drawBanners();
}

function drawTabs() {
  const tabs = byId("tabs");
  tabs.hidden = place === "pair";
  // Tabs that stand are left alone: who is on one with a keyboard stays there.
  const fresh = `${place} ${t("app.tabs")} ${t("app.tab.more")}`;
  if (tabs.dataset.said === fresh) return;
  tabs.dataset.said = fresh;
  tabs.setAttribute("aria-label", t("app.tabs"));
  fill(tabs, h("ul", {}, Object.keys(PLACES).map((name) => h("li", {}, tab(name)))));
}

function tab(name) {
  const current = name === place ? "page" : PLACES[name].includes(place) ? "true" : null;
  return h(
    "a",
    { href: `#/${name}`, id: `tab-${name}`, "aria-current": current },
    h("span", { class: "mark" }, icon(name)),
    h("span", {}, t(`app.tab.${name}`)),
    name === "more" && h("span", { id: "news" }),
  );
}

/** How many messages nobody has read yet, at the way to them. */
async function drawNews() {
  const n = await unread();
  const news = byId("news");
  if (news) fill(news, n > 0 && [h("span", { class: "count", "aria-hidden": "true" }, n), h("span", { class: "unseen" }, t("app.news", { n }))]);
}

function drawLanguages() {
  const before = byId("languages");
  const held = before.contains(document.activeElement);
  before.hidden = place !== "pair";
  fill(before, place === "pair" && otherLanguage());
  if (held) byId("language-other")?.focus();
}

function drawQueue() {
  const queue = byId("queue");
  const now = state();
  queue.hidden = place === "pair" && !now.waiting && !now.refused;
  const { kind, said, since } = told(now);
  queue.className = `queue ${kind}`;
  fill(
    queue,
    icon(kind),
    h("span", {}, h("span", { class: "unseen" }, `${t("app.queue")}: `), h("strong", {}, said), " ", since && h("small", {}, since)),
  );
}

function told(now) {
  const since = now.last_sync_at ? t("app.queue.last", { when: briefly(now.last_sync_at) }) : t("common.not_sent");
  if (now.refused) return { kind: "attention", said: t("app.queue.refused", { n: now.refused }) };
  if (!now.online || !navigator.onLine) {
    const key = now.waiting ? "app.queue.offline_waiting" : "app.queue.offline";
    return { kind: "offline", said: t(key, { n: now.waiting }), since };
  }
  if (now.waiting) return { kind: "waiting", said: t("app.queue.waiting", { n: now.waiting }), since };
  if (!now.last_sync_at) return { kind: "waiting", said: t("common.not_sent") };
  return { kind: "sent", said: t("app.queue.sent"), since: briefly(now.last_sync_at) };
}

function briefly(instant) {
  const on = localDay(new Date(instant));
  return on === localDay(new Date()) ? time(instant) : `${day(on, "short")} ${time(instant)}`;
}

async function drawBanners() {
  const now = state();
  const delayed = (await doc("bootstrap"))?.reminders_delayed_since ?? null;
  const bars = [now.unpaired && unpaired(now), now.outdated && outdated(), delayed && bar("delayed", t("app.delayed"))];
  const drawn = bars.filter(Boolean);
  const banners = byId("banners");
  // A bar that stands is left alone, so that a button somebody is on does not vanish beneath them.
  const fresh = drawn.map((one) => one.textContent).join("\n");
  if (banners.dataset.said === fresh) return;
  banners.dataset.said = fresh;
  fill(banners, drawn);
}

function unpaired(now) {
  const waits = now.waiting + now.refused;
  const more = waits ? t("app.unpaired.waiting", { n: waits }) : t("app.unpaired.none");
  const again = place === "pair" ? null : link(t("app.unpaired.pair"), "#/pair", { id: "pair-again" });
  return bar("unpaired", [h("strong", {}, t("app.unpaired")), ` ${more}`], again);
}

function outdated() {
  return bar("outdated", t("app.outdated"), button(t("app.outdated.reload"), reload, { id: "reload" }));
}

async function reload(event) {
  if (reloaded) return;
  reloaded = true;
  event.currentTarget.setAttribute("aria-busy", "true");
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => null);
  await worker?.update().catch(() => null);
  worker?.waiting?.postMessage("take-over");
  location.reload();
}

function bar(kind, said, action = null) {
  return h("div", { class: `banner ${kind}`, role: "status" }, icon("attention"), h("p", {}, said), action);
}
