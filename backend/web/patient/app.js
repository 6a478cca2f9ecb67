/**
 * Starts the app: which screen the address asks for, its heading and focus, and what to show when it fails.
 *
 * A screen is `{name, words, async render(root, {params, go, again})}`, and comes from `screens.js`. `params` are the
 * parts of the address after the name ("#/entry/019a/late" gives ["019a", "late"]); `go("days")` goes to a screen;
 * `again()` draws this one anew and leaves the focus where it was. What `render` returns is called when it is left.
 */

import { fill, h, notice } from "../shared/dom.js";
import { chosen, language, onLanguage, setLanguage, t } from "../shared/words.js";

import { on } from "./bus.js";
import { drawFrame, startFrame } from "./frame.js";
import { tellLanguage } from "./languages.js";
import { start as startNotices } from "./notices.js";
import { begin, fetched, isScreen, needsFreshPage, whole } from "./screens.js";
import { paired, sentAway } from "./session.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";
import { link, trouble as alarm } from "./ui.js";
import { register, standing } from "./worker.js";

const HOME = "today";
/** Long enough for a worker to be in place, and for what somebody opened the app for. */
const AHEAD_MS = 10_000;

let leave = null;
let turn = 0;
let timer = 0;

/** Go to a screen: "days", "entry/019a…" or "#/days"; going where one is draws it anew. */
export function go(where) {
  const hash = where.startsWith("#") ? where : `#/${where}`;
  if (location.hash === hash) show();
  else location.hash = hash;
}

async function start() {
  document.documentElement.lang = language();
  addEventListener("hashchange", () => show());
  addEventListener("unhandledrejection", failed);
  addEventListener("online", () => {
    tellLanguage();
    ahead();
  });
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
  asked().then(({ name }) => begin(name), () => null);
  await speakAsProfile();
  await show({ first: true });
  register();
  startNotices();
  if (await paired()) sync("start");
  ahead();
  tellLanguage();
}

/** In a while, fetch the screens that are not here yet where no worker keeps them: later there may be no internet. */
function ahead() {
  clearTimeout(timer);
  timer = setTimeout(() => void fetchAhead(), AHEAD_MS);
}

async function fetchAhead() {
  const worker = await standing();
  if (worker === "coming") ahead();
  // Without internet now it is tried again once there is, and a screen that is gone to meanwhile says so.
  if (worker === "none" && (await paired())) await whole().catch(() => null);
}

async function show({ first = false, kept = null } = {}) {
  const mine = ++turn;
  const { name, params } = await asked();
  const reloading = !first && (await needsFreshPage(name));
  if (mine !== turn) return;
  if (reloading) return void location.reload();
  leave?.();
  leave = null;
  const root = h("div", { class: `screen screen-${name}` });
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  fill(main, root);
  drawFrame(name);
  const left = await drawn(name, root, { params, mine });
  if (mine !== turn) return void left?.();
  leave = left;
  main.removeAttribute("aria-busy");
  settle(root, { first, kept });
}

function again() {
  return show({ kept: { id: document.activeElement?.id ?? "", at: scrollY } });
}

async function drawn(name, root, { params, mine }) {
  try {
    const screen = await fetched(name);
    if (mine !== turn) return null;
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
  return isScreen(name) ? { name, params } : { name: HOME, params: [] };
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
