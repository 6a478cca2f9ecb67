/**
 * Starts the staff's pages: who is logged in, which page the address asks for, its heading and focus, and what to show
 * when it fails.
 *
 * A page is `{name, words, roles, async render(root, {params, go, again})}`. `params` are the parts of the address after
 * the name ("#/patient/019a/history" gives ["019a", "history"]); `go("patients")` goes to a page; `again()` draws this one
 * anew and leaves the focus where it was; `roles` are those it is for, all who treat where it names none. What `render`
 * returns is called when the page is left. Patients are named behind the "#", which never reaches a server's log.
 */

import { fill, h, notice } from "/static/patient/dom.js";
import { add, language, onLanguage, t } from "/static/patient/words.js";
import { watchSilence } from "/static/shared/silence.js";

import { askAgainBy } from "./api.js";
import { screen as cohort } from "./cohort.js";
import { words } from "./desk.words.js";
import { screen as doses } from "./doses.js";
import { screen as enrol } from "./enrol.js";
import { drawFrame } from "./frame.js";
import { onKeys } from "./keys.js";
import { startIdle, stopIdle } from "./idle.js";
import { loginAgain, loginPage, words as loginWords } from "./login.js";
import { screen as patient } from "./patient.js";
import { screen as patients } from "./patients.js";
import { restore, when, who } from "./session.js";
import { explain, link, trouble } from "./ui.js";
import { screen as worklist } from "./worklist.js";

const ALL = [worklist, patients, patient, doses, cohort, enrol];
const SCREENS = Object.fromEntries(ALL.map((screen) => [screen.name, screen]));
const TREATING = ["nurse", "clinician", "coordinator"];
const HOME = "worklist";

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
  for (const one of [words, loginWords, ...ALL.map((screen) => screen.words)]) add(one);
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
  const screen = who() ? SCREENS[name] : { name: "login", render: (root) => loginPage(root, { done: entered, why }) };
  const root = h("div", { class: `screen screen-${screen.name}` });
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  fill(main, root);
  frame(screen.name);
  const left = await drawn(screen, root, params);
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
    if (who() && !mayUse(screen)) return notForYou(root);
    const left = await screen.render(root, { params, go, again });
    return typeof left === "function" ? left : null;
  } catch (error) {
    if (error?.name !== "Offline" && error?.name !== "Refused") reportError(error);
    fill(root, h("h1", {}, t("desk.broken")), trouble(explain(error), { again: () => void again() }));
    return null;
  }
}

function mayUse(screen) {
  return (screen.roles ?? TREATING).includes(who().role);
}

/** The places this person may go to, in the order of the frame. */
function places() {
  const order = ["worklist", "patients", "doses", "cohort", "enrol"];
  return order.filter((name) => who() && SCREENS[name] && mayUse(SCREENS[name]));
}

function notForYou(root) {
  const role = t(`desk.role.${who().role}`);
  const treats = TREATING.includes(who().role);
  fill(
    root,
    h("h1", {}, t("desk.nothing_here")),
    h("p", {}, t(treats ? "desk.not_for_role" : "desk.nothing_here.text", { role })),
    treats ? link(t("desk.to_worklist"), "#/worklist", { primary: true }) : link(t("desk.nothing_here.docs"), "/api/v1/docs"),
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
  else go(HOME);
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
  return Object.hasOwn(SCREENS, name) ? { name, params } : { name: HOME, params: [] };
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
