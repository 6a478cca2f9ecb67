/** The pieces that the staff's pages are built from: panels, tables, fields, choices, dialogs, and what goes wrong. */

import { announce, fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

let made = 0;

/** Make an id that nothing else on the page has. */
export function unique(stem = "f") {
  made += 1;
  return `${stem}-${made}`;
}

/** A button; `primary` for the one thing this place is for, `danger` for what cannot be undone, `quiet` for the rest. */
export function button(text, onclick, { primary = false, danger = false, quiet = false, id = null, type = "button", label = null } = {}) {
  const kind = [primary && "primary", danger && "danger", quiet && "quiet"].filter(Boolean).join(" ");
  return h("button", { type, class: kind || null, id, onclick, "aria-label": label }, text);
}

/** A link that looks like a button: it goes to another page. */
export function link(text, href, { primary = false, id = null } = {}) {
  return h("a", { class: primary ? "button primary" : "button", href, id }, text);
}

/** A row of buttons. */
export function buttons(...children) {
  return h("div", { class: "buttons" }, ...children);
}

/** A part of a page with its title (level 2; null for none). */
export function panel(title, ...children) {
  if (title === null || title === undefined) return h("section", { class: "panel" }, ...children);
  const id = unique("panel");
  return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

/**
 * A plain table within a frame that scrolls sideways where it must. `columns` are `{text, number, wide}`, `rows` lists of cells (text,
 * node or null) of which the first heads its row.
 */
export function table({ caption, columns, rows, hideCaption = false }) {
  const head = columns.map((column) => h("th", { scope: "col", class: kindOf(column) }, column.text));
  const body = rows.map((cells) =>
    h("tr", {}, cells.map((cell, at) => h(at === 0 ? "th" : "td", { scope: at === 0 ? "row" : null, class: kindOf(columns[at]) }, cell))),
  );
  const drawn = h(
    "table",
    { class: "plain" },
    h("caption", { class: hideCaption ? "unseen" : null }, caption),
    h("thead", {}, h("tr", {}, head)),
    h("tbody", {}, body),
  );
  return h("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": t("desk.table", { caption }) }, drawn);
}

/** A labelled field. `node.refuse(text)` shows what is wrong with it, `node.refuse(null)` takes that away. */
export function field(label, input, { hint = null } = {}) {
  input.id ||= unique("field");
  const told = hint && h("p", { class: "hint", id: `${input.id}-hint` }, hint);
  const wrong = h("p", { class: "error", id: `${input.id}-error`, hidden: true });
  const node = h("div", { class: "field" }, h("label", { for: input.id }, label), told, input, wrong);
  node.refuse = refusing(input, wrong, told);
  node.refuse(null);
  return node;
}

/** A question with radio buttons; `options` are `{value, text, hint}`; `node.chosen()` is the value, or null. */
export function choices(legend, name, options, { value = null, onchange = null } = {}) {
  const group = unique(name);
  const inputs = options.map((option) => h("input", { type: "radio", name: group, value: option.value, checked: option.value === value }));
  const cards = options.map((option, at) =>
    h("label", { class: "choice" }, inputs[at], h("span", {}, option.text, option.hint && h("small", {}, option.hint))),
  );
  const wrong = h("p", { class: "error", id: `${group}-error`, hidden: true });
  const node = h("fieldset", { id: group }, h("legend", {}, legend), h("div", { class: "choices" }, cards), wrong);
  const refuse = refusing(node, wrong, null);
  node.refuse = (text) => {
    refuse(text);
    if (text) inputs[0].focus();
  };
  node.chosen = () => options.find((_, at) => inputs[at].checked)?.value ?? null;
  node.addEventListener("change", () => onchange?.(node.chosen()));
  return node;
}

/** A drop-down list; `options` are `{value, text}`. */
export function select(options, { value = "", onchange = null, id = null } = {}) {
  const list = options.map((option) => h("option", { value: option.value }, option.text));
  return h("select", { id, value, onchange: onchange && ((event) => onchange(event.target.value)) }, list);
}

/**
 * Buttons of which one is pressed, to narrow a list. `options` are `{value, text, count}`; `node.set(options, value)`
 * draws them anew and leaves the focus where it was.
 */
export function filters(label, options, value, onchange) {
  const node = h("div", { class: "filters", role: "group", "aria-label": label });
  const stem = unique("filter");
  node.set = (now, chosen) => {
    const held = node.contains(document.activeElement) ? document.activeElement.id : null;
    fill(node, now.map((option) => chip(stem, option, chosen, onchange)));
    if (held) document.getElementById(held)?.focus();
  };
  node.set(options, value);
  return node;
}

function chip(stem, option, chosen, onchange) {
  const count = option.count === undefined ? null : h("span", { class: "count" }, String(option.count));
  const pressed = String(option.value === chosen);
  return h("button", { type: "button", id: `${stem}-${option.value}`, "aria-pressed": pressed, onclick: () => onchange(option.value) }, option.text, count);
}

/** What to say where there is nothing. */
export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/** What went wrong, said at once to who cannot see it; `again` is what the button to retry does. */
export function trouble(text, { again = null } = {}) {
  const retry = again && button(t("common.again"), again, { id: "again" });
  return h("div", { class: "trouble", role: "alert" }, h("p", {}, text), retry);
}

/** That something is on its way, for what takes longer than a moment. */
export function loading(text = t("desk.loading")) {
  return h("p", { class: "loading", role: "status" }, text);
}

/** Say in words what an error of the API comes to. */
export function explain(error) {
  if (error?.name === "Offline") return t("desk.offline");
  if (error?.status === 409 || error?.status === 428) return t("desk.changed");
  const said = { 401: "desk.ended", 403: "desk.forbidden", 404: "desk.not_found", 422: "desk.invalid", 429: "desk.busy_server", 503: "desk.down" };
  return t(said[error?.status] ?? "common.failed");
}

/**
 * Load something into a node: says that it is on its way, draws it, or says what went wrong and offers to try again.
 * `draw` gets what `ask` brought, `told` says an error in words; resolves to true when it is there.
 */
export async function load(node, ask, draw, told = explain) {
  node.setAttribute("aria-busy", "true");
  fill(node, loading());
  try {
    const found = await ask();
    fill(node, await draw(found));
    return true;
  } catch (error) {
    if (error?.name !== "Offline" && error?.name !== "Refused") reportError(error);
    fill(node, trouble(told(error), { again: () => void load(node, ask, draw, told) }));
    return false;
  } finally {
    node.removeAttribute("aria-busy");
  }
}

/**
 * Open a window over the page. `build(close)` returns what is in it; Escape and the cross close it with null, where it
 * is `closable`; `cover` hides all that is behind it.
 * Resolves to what it was closed with. The focus goes back to where it was.
 */
export function dialog(title, build, { wide = false, closable = true, cover = false } = {}) {
  const id = unique("dialog");
  const back = document.activeElement;
  return new Promise((resolve) => {
    const box = h("dialog", { class: [wide && "wide", cover && "cover"].filter(Boolean).join(" ") || null, "aria-labelledby": id });
    let result = null;
    const close = (value = null) => {
      result = value;
      box.close();
    };
    const cross = closable && h("button", { type: "button", class: "quiet cross", "aria-label": t("common.close"), onclick: () => close() }, "×");
    box.append(h("header", {}, h("h2", { id, tabindex: "-1" }, title), cross || ""), h("div", { class: "body" }, build(close)));
    box.addEventListener("cancel", (event) => {
      if (!closable) event.preventDefault();
    });
    box.addEventListener("close", () => {
      box.remove();
      if (back?.isConnected) back.focus({ preventScroll: true });
      resolve(result);
    });
    document.body.append(box);
    box.showModal();
    (box.querySelector("[autofocus]") ?? box.querySelector("h2")).focus();
  });
}

/** Ask before something is done; resolves to true or false. */
export async function confirm(title, text, yes, { danger = false } = {}) {
  const said = await dialog(title, (close) => [
    h("p", {}, text),
    buttons(button(yes, () => close(true), { primary: !danger, danger }), button(t("common.cancel"), () => close(null))),
  ]);
  return said === true;
}

/** Run something that takes a while behind a button, which cannot be pressed twice meanwhile. */
export async function busy(pressed, work) {
  if (pressed.getAttribute("aria-busy") === "true") return undefined;
  pressed.setAttribute("aria-busy", "true");
  announce(t("common.busy"));
  try {
    return await work();
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}

function kindOf(column) {
  return [column.number && "number", column.wide && "wide"].filter(Boolean).join(" ") || null;
}

function refusing(input, wrong, told) {
  const fields = input.tagName === "FIELDSET" ? [] : [input];
  return (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
    for (const one of fields) {
      if (text) one.setAttribute("aria-invalid", "true");
      else one.removeAttribute("aria-invalid");
    }
    const described = [told?.id, text && wrong.id].filter(Boolean).join(" ");
    if (described) input.setAttribute("aria-describedby", described);
    else input.removeAttribute("aria-describedby");
  };
}
