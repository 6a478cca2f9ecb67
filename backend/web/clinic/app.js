/**
 * Starts the staff's pages: who is logged in, which page the address asks for, its heading and focus, and what to show
 * when it fails.
 *
 * A page is `{words, async render(root, {params, go, again})}`, and in `screens.js` stands who it is for. `params` are the
 * parts of the address after the name ("#/patient/019a/history" gives ["019a", "history"]); `go("patients")` goes to a
 * page; `again()` draws this one anew and leaves the focus where it was. What `render` returns is called when the page is
 * left. Patients are named behind the "#", which never reaches a server's log.
 */

import { fill, h, notice } from "/static/shared/dom.js";
import { add, language, onLanguage, t } from "/static/shared/words.js";
import { watchSilence } from "/static/shared/silence.js";

import { askAgainBy } from "./api.js";
import { words } from "./desk.words.js";
import { drawFrame } from "./frame.js";
import { onKeys } from "./keys.js";
import { startIdle, stopIdle } from "./idle.js";
import { loginAgain, loginPage, words as loginWords } from "./login.js";
import { ahead, SCREENS, fetched } from "./screens.js";
import { expected, restore, when, who } from "./session.js";
import { explain, link, trouble } from "./ui.js";

const ORDER = ["worklist", "patients", "doses", "cohort", "studies", "questionnaires", "research", "enrol"];

let leave = null;
let turn = 0;
let last = null;

/** Go to a page: "patients", "patient/019a…" or "#/patients"; going where one is draws it anew. */
export function go(where) {
  const hash = where.startsWith("#") ? where : `#/${where}`;
  if (location.hash === hash) void show();
  else location.hash = hash;
}

async function start() {
  for (const one of [words, loginWords]) add(one);
  document.documentElement.lang = language();
  watchSilence();
  addEventListener("hashchange", () => void show());
  addEventListener("unhandledrejection", failed);
  onLanguage(() => {
    frame();
    if (who() || document.getElementById("login")) again();
  });
  onKeys({ go, places });
  document.getElementById("skip").addEventListener("click", skip);
  askAgainBy(() => loginAgain(who()));
  when("out", (why) => loggedOut(why));
  when("in", () => startIdle(who()));
  await begin();
}

async function begin() {
  let trouble = null;
  // The files of the page come while the server is asked who this is.
  if (expected()) ahead(asked().name);
  try {
    await restore();
  } catch (error) {
    trouble = explain(error);
  }
  if (who()) startIdle(who());
  await show({ first: true, why: trouble });
}

async function show({ first = false, kept = null, why = null } = {}) {
  const mine = ++turn;
  leave?.();
  leave = null;
  const { name, params } = asked();
  const place = who() ? name : "login";
  const root = h("div", { class: `screen screen-${place}` });
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  fill(main, root);
  frame(place);
  const left = await (who() ? drawn(name, root, params) : loginPage(root, { done: entered, why }));
  if (mine !== turn) return void left?.();
  leave = left;
  main.removeAttribute("aria-busy");
  settle(root, { first, kept });
}

function again() {
  return show({ kept: { id: document.activeElement?.id ?? "", at: scrollY } });
}

async function drawn(name, root, params) {
  try {
    if (!mayUse(name)) return notForYou(root);
    const screen = await fetched(name);
    const left = await screen.render(root, { params, go, again });
    return typeof left === "function" ? left : null;
  } catch (error) {
    if (error?.name !== "Offline" && error?.name !== "Refused") reportError(error);
    fill(root, h("h1", {}, t("desk.broken")), trouble(explain(error), { again: () => void again() }));
    return null;
  }
}

function mayUse(name) {
  return SCREENS[name].roles.includes(who().role);
}

/** The places this person may go to, in the order of the frame. */
function places() {
  return ORDER.filter((name) => who() && mayUse(name));
}

/** Where somebody begins: the first place they may go to. */
function home() {
  return places()[0] ?? ORDER[0];
}

function notForYou(root) {
  const role = t(`desk.role.${who().role}`);
  const [place] = places();
  fill(
    root,
    h("h1", {}, t("desk.nothing_here")),
    h("p", {}, t("desk.not_for_role", { role })),
    link(t("desk.to_place", { place: t(`desk.place.${place}`) }), `#/${place}`, { primary: true }),
  );
  return null;
}

function frame(name) {
  drawFrame({ name, places: places(), failed: (error) => notice(explain(error)) });
}

// Somebody else begins where they may; the same person goes on where they were.
function entered() {
  const same = last === null || last === who().staff_id;
  last = who().staff_id;
  startIdle(who());
  if (same) void show();
  else go(home());
}

// All that was shown is forgotten: what stands on the screen, in windows over it, and in the title.
function loggedOut(why) {
  stopIdle();
  for (const box of document.querySelectorAll("dialog")) box.close();
  void show({ why: why ? t(`login.why.${why}`) : null });
}

function settle(root, { first, kept }) {
  const heading = root.querySelector("h1");
  // A patient's name stays out of the browser's history.
  const title = heading && (heading.dataset.title ?? heading.textContent);
  document.title = title ? `${title} · ${t("common.name")}` : t("common.name");
  last = who()?.staff_id ?? last;
  if (kept) {
    scrollTo({ top: kept.at, behavior: "instant" });
    if (kept.id) document.getElementById(kept.id)?.focus({ preventScroll: true });
    return;
  }
  scrollTo({ top: 0, behavior: "instant" });
  heading?.setAttribute("tabindex", "-1");
  // The first page leaves the focus at the top, as any page does.
  if (!first && !root.contains(document.activeElement)) heading?.focus({ preventScroll: true });
}

// The address names the page: skipping to its content must not change it.
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function asked() {
  const [name, ...params] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  return Object.hasOwn(SCREENS, name) ? { name, params } : { name: home(), params: [] };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function failed(event) {
  // What nobody caught still gets an answer on the screen; a lost connection is not a fault.
  notice(explain(event.reason));
  if (event.reason?.name === "Offline" || event.reason?.name === "Refused") event.preventDefault();
}

void start();
