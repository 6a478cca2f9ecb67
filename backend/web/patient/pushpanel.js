/** How messages stand on this phone, in words, with the one thing to do about it. */

import { fill, h, notice } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { isOffline, question, why } from "./asking.js";
import { icon } from "./icons.js";
import { isApple } from "./install.js";
import { standing, turnOff, turnOffOther, turnOn } from "./pushing.js";
import { busy, button, confirm, trouble } from "./ui.js";

const INSTALL = [1, 2, 3, 4];

/**
 * Return the panel: `node`; `look()` finds out how it stands; `ensure()` resolves to true when some phone gets messages
 * or there is another way, and otherwise asks its owner to switch them on. `instead()` names that other way (null for
 * none), and `turnedOn()` is called when somebody switched them on here.
 */
export function pushPanel({ instead, turnedOn }) {
  const panel = { node: h("div", { class: "card calm", id: "push-panel" }), found: null, instead, turnedOn };
  fill(panel.node, h("p", {}, t("common.busy")));
  panel.look = () => look(panel);
  panel.ensure = () => ensure(panel);
  return panel;
}

async function look(panel) {
  panel.node.setAttribute("aria-busy", "true");
  try {
    panel.found = await standing();
    draw(panel);
  } catch (error) {
    complain(panel, error);
  }
  panel.node.removeAttribute("aria-busy");
}

/** Draw it; what was just done is said besides. */
function draw(panel, said = null) {
  const { state, others } = panel.found;
  const shape = { on, off, denied, install, unsupported }[state];
  fill(panel.node, said && h("p", {}, h("strong", {}, said)), shape(panel), others.length > 0 && elsewhere(panel));
}

function on(panel) {
  const off_ = button(t("reminders.push.turn_off"), () => busy(off_, () => switchOff(panel)), { id: "push-off" });
  return [h("p", { class: "row", style: { "flex-wrap": "nowrap" } }, icon("sent"), h("span", {}, t("reminders.push.on"))), off_];
}

function off(panel) {
  const on_ = button(t("reminders.push.turn_on"), () => busy(on_, async () => void ((await switchOn(panel)) && panel.turnedOn())), { id: "push-on" });
  return [h("p", {}, h("strong", {}, t("reminders.push.off"))), h("p", {}, t("reminders.push.off_how")), on_];
}

function denied(panel) {
  const device = isApple() ? "apple" : /Android/.test(navigator.userAgent) ? "android" : "desk";
  const check = button(t("reminders.push.checked"), () => busy(check, () => checkAgain(panel)), { id: "push-check" });
  return [h("p", {}, h("strong", {}, t("reminders.push.denied"))), h("p", {}, t(`reminders.push.denied_${device}`)), check];
}

function install() {
  return [h("p", {}, h("strong", {}, t("reminders.push.install"))), h("ol", {}, INSTALL.map((at) => h("li", {}, t(`reminders.push.install_${at}`))))];
}

function unsupported() {
  return h("p", {}, t("reminders.push.unsupported"));
}

function elsewhere(panel) {
  const line = (one) => {
    const away = button(t("reminders.push.other_off"), () => busy(away, () => switchOther(panel, one)), { quiet: true, id: `push-off-${one.id}` });
    away.setAttribute("aria-label", t("reminders.push.other_off_named", { name: one.device }));
    return h("li", {}, h("div", { class: "row apart" }, h("span", {}, one.device), away));
  };
  return [h("p", {}, t("reminders.push.others")), h("ul", { class: "list" }, panel.found.others.map(line))];
}

async function switchOn(panel) {
  try {
    const state = await turnOn();
    panel.found = { ...panel.found, state };
    if (state === "on") notice(t("reminders.push.turned_on"));
    await look(panel);
    settle(panel);
    return state === "on";
  } catch (error) {
    complain(panel, error);
    return false;
  }
}

async function switchOff(panel) {
  const way = panel.instead();
  const key = panel.found.others.length ? "ask_off_others" : way ? `ask_off_${way}` : "ask_off_last";
  if (!(await confirm(question(t("reminders.push.ask"), t(`reminders.push.${key}`)), t("reminders.push.turn_off"), undefined, { danger: true }))) return;
  try {
    await turnOff();
    notice(t("reminders.push.turned_off"));
    await look(panel);
    settle(panel);
  } catch (error) {
    complain(panel, error);
  }
}

async function switchOther(panel, { id }) {
  try {
    await turnOffOther(id);
    await look(panel);
    settle(panel);
  } catch (error) {
    complain(panel, error);
  }
}

async function checkAgain(panel) {
  await look(panel);
  if (panel.found?.state === "denied") draw(panel, t("reminders.push.still_denied"));
  settle(panel);
}

async function ensure(panel) {
  if (panel.found === null) await look(panel);
  const { state, others } = panel.found ?? { state: "unsupported", others: [] };
  if (state === "on" || others.length > 0) return true;
  // Saving is a tap as well, so the phone may ask now.
  if (state === "off" && (await switchOn(panel))) return true;
  if (panel.instead()) return true;
  if (!panel.node.querySelector(".trouble")) panel.node.prepend(trouble(t("reminders.push.needed")));
  settle(panel);
  return false;
}

/** Put the focus on what is to be done next, since what was pressed is gone. */
function settle(panel) {
  const next = panel.node.querySelector("button") ?? panel.node;
  if (next === panel.node) next.setAttribute("tabindex", "-1");
  next.focus();
}

function complain(panel, error) {
  const said = isOffline(error) ? t("reminders.push.offline") : error?.name === "Unable" ? t("reminders.push.failed") : why(error);
  panel.node.querySelector(".trouble")?.remove();
  panel.node.prepend(trouble(said));
}
