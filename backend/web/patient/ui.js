/** The pieces that screens are built from: buttons, fields, choices, the 0-10 scale, cards, questions. */

import { announce, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { icon } from "./icons.js";
import { doc } from "./store.js";

let made = 0;

/** Make an id that nothing else on the page has. */
export function unique(stem = "f") {
  made += 1;
  return `${stem}-${made}`;
}

/** A button; `primary` for the one thing this screen is for, `danger` for what cannot be undone. */
export function button(text, onclick, { primary = false, danger = false, id = null, quiet = false } = {}) {
  const kind = [primary && "primary", danger && "danger", quiet && "quiet"].filter(Boolean).join(" ");
  return h("button", { type: "button", class: kind || null, id, onclick }, text);
}

/** A link that looks like a button: it goes to another screen. */
export function link(text, href, { primary = false, id = null } = {}) {
  return h("a", { class: primary ? "button primary" : "button", href, id }, text);
}

/** A row of buttons. */
export function buttons(...children) {
  return h("div", { class: "buttons" }, ...children);
}

/** A labelled field. `node.refuse(text)` shows what is wrong with it, `node.refuse(null)` takes that away. */
export function field(label, input, { hint = null, error = null } = {}) {
  input.id ||= unique("field");
  const told = hint && h("p", { class: "hint", id: `${input.id}-hint` }, hint);
  const wrong = h("p", { class: "error", id: `${input.id}-error`, hidden: true });
  const node = h("div", { class: "field" }, h("label", { for: input.id }, label), told, input, wrong);
  node.refuse = refusing(input, wrong, told);
  node.refuse(error);
  return node;
}

/** A question with cards to tick; `node.chosen()` is the value, or the list of values when `multiple`. */
export function choices(legend, name, options, { value = null, multiple = false, onchange = null, hint = null } = {}) {
  const group = unique(name);
  const on = new Set(multiple ? value ?? [] : value === null || value === undefined ? [] : [value]);
  const inputs = options.map((option) =>
    h("input", { type: multiple ? "checkbox" : "radio", name: group, value: option.value, checked: on.has(option.value) }),
  );
  const cards = options.map((option, at) =>
    h("label", { class: "choice" }, inputs[at], h("span", {}, option.text, option.hint && h("small", {}, option.hint))),
  );
  const node = group_of(legend, hint, h("div", { class: "choices" }, cards), inputs[0]);
  node.chosen = () => {
    const ticked = options.filter((_, at) => inputs[at].checked).map((option) => option.value);
    return multiple ? ticked : ticked[0] ?? null;
  };
  node.addEventListener("change", () => onchange?.(node.chosen()));
  return node;
}

/** A 0-10 scale of eleven big buttons; `node.chosen()` is the number, or null. */
export function scale(legend, name, { value = null, low = "", high = "", onchange = null, hint = null } = {}) {
  const group = unique(name);
  const ends = { 0: low, 10: high };
  const inputs = Array.from({ length: 11 }, (_, at) =>
    h("input", { type: "radio", name: group, value: at, checked: value === at }),
  );
  const steps = inputs.map((input, at) =>
    h("label", { class: "step" }, input, h("span", {}, String(at), ends[at] && h("span", { class: "unseen" }, ` (${ends[at]})`))),
  );
  const clear = button(t("common.clear"), () => wipe(), { quiet: true });
  const node = group_of(
    legend,
    hint,
    h("div", { class: "scale" }, steps),
    inputs[0],
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, low && `0 = ${low}`), h("span", {}, high && `10 = ${high}`)),
    clear,
  );
  node.setAttribute("role", "radiogroup");
  node.chosen = () => inputs.findIndex((input) => input.checked) >= 0 ? inputs.findIndex((input) => input.checked) : null;
  const told = () => {
    clear.hidden = node.chosen() === null;
    onchange?.(node.chosen());
  };
  const wipe = () => {
    for (const input of inputs) input.checked = false;
    inputs[0].focus();
    announce(t("scale.none"));
    told();
  };
  clear.hidden = value === null || value === undefined;
  node.addEventListener("change", told);
  return node;
}

/** A card with its title (level 2; null for none). */
export function card(title, ...children) {
  if (title === null || title === undefined) return h("section", { class: "card" }, ...children);
  const id = unique("card");
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

/** The fixed text of who watches and whom to call. */
export async function safety() {
  const [fixed, site] = [await doc("safety"), await doc("site")];
  const lines = fixed?.lines ?? [t("safety.line")];
  const id = unique("safety");
  return h(
    "aside",
    { class: "safety", "aria-labelledby": id },
    h("h2", { id }, fixed?.title ?? t("safety.title")),
    lines.map((line) => h("p", {}, line)),
    site?.phone && telephone(site, lines.some((line) => line.includes(site.phone))),
  );
}

function telephone({ name, phone }, known) {
  const number = known ? null : [" ", h("span", { class: "number" }, phone)];
  return h("a", { class: "button", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, icon("phone"), h("span", {}, t("safety.call", { name }), number));
}

/** What to say where there is nothing. */
export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/** What went wrong, said at once to who cannot see it. */
export function trouble(text) {
  return h("p", { class: "trouble", role: "alert" }, text);
}

/** Ask before something is done; resolves to true or false. */
export function confirm(text, yes = t("common.yes"), no = t("common.cancel"), { danger = false } = {}) {
  const id = unique("ask");
  return new Promise((resolve) => {
    const box = h("dialog", { "aria-labelledby": id });
    const answer = (said) => () => box.close(said);
    box.append(
      h("p", { id, class: "question" }, text),
      buttons(button(yes, answer("yes"), { primary: !danger, danger }), button(no, answer("no"))),
    );
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue === "yes");
    });
    document.body.append(box);
    box.showModal();
  });
}

/** Run something that takes a while behind a button, which cannot be pressed twice meanwhile. */
export async function busy(pressed, fn) {
  if (pressed.getAttribute("aria-busy") === "true") return undefined;
  pressed.setAttribute("aria-busy", "true");
  try {
    return await fn();
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}

function group_of(legend, hint, body, first, ...rest) {
  const id = unique("group");
  const told = hint && h("p", { class: "hint", id: `${id}-hint` }, hint);
  const wrong = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const node = h("fieldset", { id }, h("legend", {}, legend), told, body, ...rest, wrong);
  const refuse = refusing(node, wrong, told);
  node.refuse = (text) => {
    refuse(text);
    if (text) first?.focus();
  };
  refuse(null);
  return node;
}

function refusing(input, wrong, told) {
  return (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
    if (input.tagName !== "FIELDSET") input.toggleAttribute("aria-invalid", false);
    if (text && input.tagName !== "FIELDSET") input.setAttribute("aria-invalid", "true");
    const described = [told?.id, text && wrong.id].filter(Boolean).join(" ");
    if (described) input.setAttribute("aria-describedby", described);
    else input.removeAttribute("aria-describedby");
  };
}
