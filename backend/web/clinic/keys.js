/** The shortcuts of every page, the window that lists them, and the switch that turns them off. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { dialog, table } from "./ui.js";

const KEPT = "clinic-shortcuts";
const PATIENCE_MS = 1500;
const WAYS = { worklist: "w", patients: "p", doses: "d", cohort: "c", studies: "s", questionnaires: "q", research: "r", enrol: "e" };

let open = false;

/** Listen to keys from now on. `places()` names where one may go. */
export function onKeys({ go, places }) {
  let began = 0;
  addEventListener("keydown", (event) => {
    if (!wanted() || typing(event) || document.querySelector("dialog[open]") || places().length === 0) return;
    const to = places().find((name) => WAYS[name] === event.key);
    const after = Date.now() - began < PATIENCE_MS;
    began = 0;
    if (after && to) return taken(event, () => go(to));
    if (event.key === "g") began = Date.now();
    if (event.key === "?") taken(event, () => void help(places()));
    const search = event.key === "/" && document.querySelector("main input[type=search]");
    if (search) taken(event, () => search.focus());
  });
}

/** Show the shortcuts. */
export async function help(places) {
  if (open) return;
  open = true;
  await dialog(t("desk.help.title"), () => [list(places), theSwitch()]);
  open = false;
}

function list(places) {
  const key = (text) => h("kbd", {}, text);
  const arrow = (sign, name) => h("kbd", {}, h("span", { "aria-hidden": "true" }, sign), h("span", { class: "unseen" }, t(name)));
  const rows = [
    ["desk.help.help", key("?")],
    ["desk.help.search", key("/")],
    ["desk.help.rows", [arrow("↓", "desk.key.down"), " ", arrow("↑", "desk.key.up")]],
    ["desk.help.ends", [key("Home"), " ", key("End")]],
    ["desk.help.enter", key("Enter")],
    ["desk.help.open", key("o")],
    ["desk.help.letters", [key("a"), " … ", key("z")]],
    ["desk.help.escape", key("Esc")],
  ].map(([told, keys]) => [keys, t(told)]);
  const ways = places.map((name) => [
    [key("g"), " ", key(WAYS[name])],
    t("desk.help.go", { place: t(`desk.place.${name}`) }),
  ]);
  return table({
    caption: t("desk.help.title"),
    hideCaption: true,
    columns: [{ text: t("desk.help.key") }, { text: t("desk.help.does"), wide: true }],
    rows: [...ways, ...rows],
  });
}

function theSwitch() {
  const box = h("input", { type: "checkbox", id: "shortcuts", checked: wanted(), "aria-describedby": "shortcuts-hint" });
  box.addEventListener("change", () => keep(box.checked));
  return h(
    "div",
    { class: "field" },
    h("label", { class: "check" }, box, h("span", {}, t("desk.help.off"))),
    h("p", { class: "hint", id: "shortcuts-hint" }, t("desk.help.off_hint")),
  );
}

function taken(event, act) {
  event.preventDefault();
  act();
}

function typing(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return true;
  return event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select") !== null;
}

function wanted() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

function keep(on) {
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    // a browser that keeps nothing has them on again at the next visit
  }
}
