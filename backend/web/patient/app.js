/**
 * Starts the app: which screen the address asks for, its heading and focus, and what to show when it fails.
 *
 * A screen is `{name, words, async render(root, {params, go, again})}`. `params` are the parts of the address after the
 * name ("#/entry/019a/late" gives ["019a", "late"]); `go("days")` goes to a screen; `again()` draws this one anew and
 * leaves the focus where it was. What `render` returns is called when the screen is left.
 */

import { fill, h, notice } from "../shared/dom.js";
import { add, chosen, language, onLanguage, setLanguage, t } from "../shared/words.js";

import { screen as along } from "./along.js";
import { on } from "./bus.js";
import { screen as consents } from "./consents.js";
import { screen as contact } from "./contact.js";
import { screen as days } from "./days.js";
import { screen as dose } from "./dose.js";
import { screen as entry } from "./entry.js";
import { fetchForms, screen as forms } from "./forms.js";
import { drawFrame, startFrame } from "./frame.js";
import { screen as intervals } from "./intervals.js";
import { tellLanguage } from "./languages.js";
import { screen as looked } from "./looked.js";
import { screen as messages } from "./messages.js";
import { screen as more } from "./more.js";
import { screen as move } from "./move.js";
import { start as startNotices } from "./notices.js";
import { screen as pair } from "./pair.js";
import { screen as phones } from "./phones.js";
import { screen as prick } from "./prick.js";
import { screen as reminders } from "./reminders.js";
import { paired, sentAway } from "./session.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";
import { screen as today } from "./today.js";
import { screen as trouble } from "./trouble.js";
import { link, trouble as alarm } from "./ui.js";
import { register } from "./worker.js";

const ALL = [
  today, entry, days, intervals, prick, forms, dose, messages, reminders, looked, consents, along, contact, move, phones,
  trouble, more, pair,
];
const SCREENS = Object.fromEntries(ALL.map((screen) => [screen.name, screen]));
const HOME = "today";

let leave = null;
let turn = 0;

/** Go to a screen: "days", "entry/019a…" or "#/days"; going where one is draws it anew. */
export function go(where) {
  const hash = where.startsWith("#") ? where : `#/${where}`;
  if (location.hash === hash) show();
  else location.hash = hash;
}

async function start() {
  for (const screen of ALL) add(screen.words);
  document.documentElement.lang = language();
  addEventListener("hashchange", () => show());
  addEventListener("unhandledrejection", failed);
  addEventListener("online", () => tellLanguage());
  onLanguage(() => {
    drawFrame();
    again();
  });
  on("unpaired", () => show());
  on("paired", () => {
    drawFrame();
    ahead();
  });
  on("changed", () => void speakAsProfile().then(tellLanguage));
  startFrame();
  await speakAsProfile();
  await show({ first: true });
  register();
  startNotices();
  if (await paired()) {
    sync("start");
    ahead();
  }
  tellLanguage();
}

/** Fetch what is drawn later: who opens a form then may have no internet. Without any now, the screen will say so. */
function ahead() {
  fetchForms().catch(() => null);
}

async function show({ first = false, kept = null } = {}) {
  const mine = ++turn;
  const { name, params } = await asked();
  if (mine !== turn) return;
  leave?.();
  leave = null;
  const root = h("div", { class: `screen screen-${name}` });
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  fill(main, root);
  drawFrame(name);
  const left = await drawn(SCREENS[name], root, params);
  if (mine !== turn) return void left?.();
  leave = left;
  main.removeAttribute("aria-busy");
  settle(root, { first, kept });
}

function again() {
  return show({ kept: { id: document.activeElement?.id ?? "", at: scrollY } });
}

async function drawn(screen, root, params) {
  try {
    const left = await screen.render(root, { params, go, again });
    return typeof left === "function" ? left : null;
  } catch (error) {
    if (error?.name !== "Offline") reportError(error);
    const told = error?.name === "Offline" ? t("common.offline") : t("app.broken");
    fill(root, h("h1", {}, t("app.broken_title")), alarm(told), link(t("app.to_today"), `#/${HOME}`, { primary: true }));
    return null;
  }
}

function settle(root, { first, kept }) {
  const heading = root.querySelector("h1");
  document.title = heading ? `${heading.textContent} · ${t("common.name")}` : t("common.name");
  if (kept) {
    scrollTo({ top: kept.at, behavior: "instant" });
    if (kept.id) document.getElementById(kept.id)?.focus({ preventScroll: true });
    return;
  }
  scrollTo({ top: 0, behavior: "instant" });
  heading?.setAttribute("tabindex", "-1");
  // The first screen leaves the focus at the top, as any page does.
  if (!first) heading?.focus({ preventScroll: true });
}

async function asked() {
  const [name, ...params] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (!(await paired()) && !sentAway()) {
    if (name !== "pair") history.replaceState(null, "", "#/pair");
    return { name: "pair", params: [] };
  }
  return Object.hasOwn(SCREENS, name) ? { name, params } : { name: HOME, params: [] };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function speakAsProfile() {
  const profile = await doc("profile");
  if (profile && !chosen()) setLanguage(profile.language, { remember: false });
}

function failed(event) {
  // What nobody caught still gets an answer on the screen; a lost connection is not a fault.
  notice(event.reason?.name === "Offline" ? t("common.offline") : (event.reason?.problem?.detail || t("common.failed")));
  if (event.reason?.name === "Offline") event.preventDefault();
}

start();
