/** Questions with an answer of one's own beside the options, and questions that are answered several times. */

import { announce, fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { button, choices, field, unique } from "./ui.js";

const OTHER = "\u0000other";
const LONGEST = 255;
const MOST = 100;

/** Return a question with options and words of one's own; several of them where it repeats. It tells as `formField` does. */
export function openChoice(item, value, tell, hint) {
  const said = item.repeats ? value ?? [] : value === null ? [] : [value];
  const codes = said.filter((one) => typeof one === "string");
  const input = h("input", { type: "text", maxlength: item.max_length ?? LONGEST, value: said.find((one) => one.other)?.other ?? "" });
  const more = said.filter((one) => one.other).slice(1);
  const own = field(t("forms.other_what"), input);
  const options = [...item.options.map(({ code, text }) => ({ value: code, text })), { value: OTHER, text: t("forms.other") }];
  const ticked = said.length > codes.length ? [...codes, OTHER] : codes;
  const node = choices(item.text, item.key, options, { value: item.repeats ? ticked : ticked[0] ?? null, multiple: item.repeats, hint, onchange: heard });
  const clear = button(t("common.clear"), wipe, { quiet: true });
  node.querySelector(".choices").after(own, clear);
  input.addEventListener("input", heard);
  const refuse = node.refuse;
  node.fault = () => (chosen().includes(OTHER) && !input.value.trim() ? t("forms.other_missing") : null);
  node.refuse = (text) => {
    const ours = text && node.fault();
    own.refuse(ours ? text : null);
    refuse(ours ? null : text);
    if (ours) input.focus();
  };
  show();
  return node;

  function chosen() {
    return [node.chosen() ?? []].flat();
  }

  function show() {
    own.hidden = !chosen().includes(OTHER);
    clear.hidden = item.repeats || chosen().length === 0;
  }

  function heard() {
    show();
    node.refuse(null);
    const other = input.value.trim() ? [{ other: input.value }, ...more] : [];
    const now = chosen().flatMap((one) => (one === OTHER ? other : [one]));
    tell(now.length ? (item.repeats ? now : now[0]) : null);
  }

  function wipe() {
    const inputs = [...node.querySelectorAll("input[type=radio]")];
    for (const one of inputs) one.checked = false;
    inputs[0].focus();
    heard();
  }
}

/** Return a question that is answered any number of times; `one(item, value, tell)` makes the field of one answer. */
export function severalTimes(item, value, tell, hint, one) {
  const told = h("p", { class: "hint", id: unique("hint") }, hint);
  const wrong = h("p", { class: "error", id: unique("error"), hidden: true });
  const list = h("ul", { class: "several" });
  const add = button(t("forms.add_answer"), added);
  const node = h("fieldset", { "aria-describedby": told.id }, h("legend", {}, item.text), told, list, add, wrong);
  let fields = (value ?? [null]).map((said) => ({ value: said }));
  node.fault = () => fields.map(({ input }) => input.fault()).find(Boolean) ?? null;
  node.refuse = (text) => {
    const faults = text ? fields.filter(({ input }) => input.fault()) : fields;
    // Last first, so that the first of them has the focus in the end.
    for (const { input } of [...faults].reverse()) input.refuse(text && input.fault());
    wrong.textContent = text && !faults.length ? text : "";
    wrong.hidden = !wrong.textContent;
    node.setAttribute("aria-describedby", wrong.hidden ? told.id : `${told.id} ${wrong.id}`);
    if (!wrong.hidden) focus(fields[0] ?? null);
  };
  show();
  return node;

  function drawn(mine, at) {
    const text = t("forms.nth", { text: item.text, n: at + 1 });
    mine.input = one({ ...item, text, required: false, repeats: false, bare: true }, mine.value, (now) => {
      mine.value = now;
      heard();
    });
    mine.away = button(t("forms.remove_answer"), () => removed(mine), { quiet: true });
    mine.away.setAttribute("aria-label", t("forms.remove_nth", { text: item.text, n: at + 1 }));
    return h("li", {}, mine.input, mine.away);
  }

  function counted() {
    for (const { away } of fields) away.hidden = fields.length < 2;
    add.hidden = fields.length >= MOST;
  }

  function show() {
    fill(list, fields.map(drawn));
    counted();
  }

  function added() {
    fields.push({ value: null });
    // Those before stay as they are: what stands in them may be half typed.
    list.append(drawn(fields.at(-1), fields.length - 1));
    counted();
    focus(fields.at(-1));
  }

  function removed(mine) {
    fields = fields.filter((other) => other !== mine);
    show();
    heard();
    announce(t("forms.removed"));
    focus(fields.at(-1));
  }

  function focus(mine) {
    (mine?.input.querySelector("input, textarea, button") ?? add).focus();
  }

  function heard() {
    wrong.hidden = true;
    const said = fields.map(({ value: now }) => now).filter((now) => now !== null);
    tell(said.length ? said : null);
  }
}
