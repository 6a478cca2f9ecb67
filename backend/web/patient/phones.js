/** My phones: which hold the patient's data, when they were last used, and sending one away. */

import { fill, h, notice } from "../shared/dom.js";
import { moment, t } from "../shared/words.js";

import { ask, call, isOffline, question, why } from "./asking.js";
import { words } from "./phones.words.js";
import { turnOff } from "./pushing.js";
import { api, leave } from "./session.js";
import { doc } from "./store.js";
import { state, sync } from "./sync.js";
import { busy, button, card, confirm, trouble } from "./ui.js";

const PATH = "/me/devices";

export const screen = {
  name: "phones",
  words,
  async render(root, { again }) {
    const site = await doc("site");
    const list = h("div", { "aria-busy": "true" }, h("p", { class: "soft" }, t("common.busy")));
    fill(root, h("h1", {}, t("phones.title")), h("p", { class: "lead" }, t("phones.lead")), list, lost(site), another());
    await drawList(list, again);
  },
};

async function drawList(list, again) {
  try {
    const { answer, old } = await ask(PATH);
    const [past, present] = [answer.items.filter((one) => one.revoked_at), answer.items.filter((one) => !one.revoked_at)];
    present.sort((one, other) => other.this - one.this);
    fill(
      list,
      old && h("p", { class: "note" }, t("phones.old")),
      present.map((device) => onePhone(device, old, again)),
      past.length > 0 && sentAway(past),
    );
  } catch (error) {
    const said = isOffline(error) ? t("common.list_offline") : why(error);
    fill(list, trouble(said), h("p", {}, button(t("common.again"), () => again(), { id: "phones-retry" })));
  }
  list.removeAttribute("aria-busy");
}

function onePhone(device, old, again) {
  const facts = [
    ["phones.seen", device.seen_at],
    ["phones.synced", device.synced_at],
    ["phones.paired", device.paired_at],
  ];
  const told = h("dl", {}, facts.map(([key, at]) => [h("dt", {}, t(key)), h("dd", {}, at ? moment(at, "short") : t("phones.never"))]));
  const node = card(device.name, told, !old && away(device, again));
  if (device.this) node.querySelector("h2").append(" ", h("span", { class: "tag" }, t("phones.this")));
  return node;
}

function away(device, again) {
  const said = t(device.this ? "phones.leave" : "phones.send_away");
  const act = device.this ? () => leaveHere(pressed) : () => sendAway(pressed, device, again);
  const pressed = button(said, () => busy(pressed, act), { danger: true, id: `away-${device.id}` });
  // Several buttons of one name would leave somebody who only hears them guessing.
  if (!device.this) pressed.setAttribute("aria-label", t("phones.send_away_named", { name: device.name }));
  return pressed;
}

async function sendAway(pressed, device, again) {
  if (!(await confirm(question(t("phones.ask_away", { name: device.name }), t("phones.ask_away_more")), t("phones.away_yes"), undefined, { danger: true }))) return;
  try {
    await api("DELETE", `${PATH}/${device.id}`);
  } catch (error) {
    complain(pressed, error);
    return;
  }
  notice(t("phones.gone", { name: device.name }));
  await again();
}

async function leaveHere(pressed) {
  // What waits is sent first; what cannot be sent now is told before anything is forgotten.
  if (unsent()) await sync("leaving").catch(() => null);
  const n = unsent();
  const [meaning, yes] = n ? [t("phones.ask_leave_waiting", { n }), t("phones.leave_anyway")] : [t("phones.ask_leave_more"), t("phones.leave_yes")];
  if (!(await confirm(question(t("phones.ask_leave"), meaning), yes, undefined, { danger: true }))) return;
  if (!navigator.onLine) return complain(pressed, null);
  await turnOff().catch(() => null);
  await leave();
  notice(t("phones.left"));
}

function unsent() {
  const { waiting, refused } = state();
  return waiting + refused;
}

function complain(pressed, error) {
  pressed.parentElement.querySelector(".trouble")?.remove();
  pressed.before(trouble(error ? why(error) : t("common.offline")));
}

function sentAway(past) {
  const line = (device) => h("li", {}, device.name, h("br"), h("small", {}, `${t("phones.revoked")}: ${moment(device.revoked_at, "short")}`));
  return h("details", { class: "card" }, h("summary", {}, t("phones.past")), h("ul", { class: "list" }, past.map(line)));
}

function lost(site) {
  return card(t("phones.lost"), h("p", {}, t("phones.lost_1")), h("p", {}, t("phones.lost_2")), call(site));
}

function another() {
  return card(t("phones.another"), h("p", {}, t("phones.another_1")));
}
