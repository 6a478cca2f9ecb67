/** Logs out whoever walked away: warned two minutes before, in every tab that is open. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { busyHere, keepAlive, logOut, when } from "./session.js";
import { button, buttons, dialog } from "./ui.js";

const WARN_MS = 2 * 60_000;
const LOOK_MS = 1000;
const TELL_MS = 10_000;
const SIGNS = ["pointerdown", "keydown", "wheel", "touchstart", "input"];

let idleMs = 0;
let seen = 0;
let told = 0;
let timer = null;
let warning = null;

for (const sign of SIGNS) addEventListener(sign, () => active(), { capture: true, passive: true });
// A machine that slept may have been away for hours; a page from the back-button's memory too.
for (const woken of ["pageshow", "focus"]) addEventListener(woken, () => look());
document.addEventListener("visibilitychange", () => look());
when("active", () => {
  seen = Date.now();
  warning?.close(true);
});

/** Watch from now on, for who is logged in. */
export function startIdle(holder) {
  stopIdle();
  idleMs = holder.idle_minutes * 60_000;
  seen = Date.now();
  timer = setInterval(look, LOOK_MS);
}

/** Stop watching. */
export function stopIdle() {
  clearInterval(timer);
  timer = null;
  warning?.close(null);
}

function active() {
  // While one is warned only the answer counts, and looking at the warning with the mouse does not.
  if (timer === null || warning) return;
  look();
  if (timer === null || warning) return;
  seen = Date.now();
  if (seen - told < TELL_MS) return;
  told = seen;
  busyHere();
  void keepAlive();
}

function look() {
  if (timer === null) return;
  const left = seen + idleMs - Date.now();
  if (left <= 0) {
    stopIdle();
    void logOut("idle");
  } else if (warning) warning.say(left);
  else if (left <= Math.min(WARN_MS, idleMs / 2)) void warn(left);
}

async function warn(left) {
  const text = h("p", { id: "idle-left" });
  const say = (ms) => {
    text.textContent = t("idle.text", { n: Math.ceil(ms / 1000) });
  };
  say(left);
  const stay = await dialog(t("idle.title"), (close) => {
    warning = { close, say };
    const here = button(t("idle.stay"), () => close(true), { primary: true, id: "stay" });
    here.setAttribute("autofocus", "");
    return [text, buttons(here, button(t("desk.log_out"), () => close(false)))];
  });
  warning = null;
  if (timer === null) return;
  if (stay === false) return void logOut();
  seen = Date.now();
  told = seen;
  busyHere();
  void keepAlive();
}
