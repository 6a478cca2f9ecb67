/** Filling in a form: one question at a time or all on one page, and looking it over before it is sent. */

import { fill, h, notice } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { anyField, anySpoken, drawnInOrder, faultIn } from "./formgroup.js";
import { asked, beside, counting, kept, missing, progress, put, questions, read } from "./formlogic.js";
import { safetyText } from "./living.js";
import { dropDraft, saveDraft } from "./store.js";
import { busy, button, card, link } from "./ui.js";

export const ONE_PAGE = "forms-on-one-page";

/** Draw one question, with how far along it is; the answer is kept at every change. */
export async function question(root, filling, key, go) {
  const { items, title } = filling.form;
  const item = asked(items, filling.answers).find((one) => one.key === key);
  if (!item) return go(`forms/${filling.base}`);
  await filling.see(key);
  const { at, of } = progress(items, filling.answers, key);
  const around = () => counting(items, filling.answers);
  const field = anyField(items, item, filling.answers[key], around, (value) => filling.answer(key, value));
  const before = beside(items, filling.answers, key, -1);
  const next = button(t("forms.next"), forward, { primary: true, id: "next" });
  fill(
    root,
    h("p", { class: "soft" }, title),
    h("h1", {}, t("forms.question", { at, of })),
    h("div", { class: "far" }, h("progress", { value: at, max: of, "aria-label": t("forms.far", { at, of }) })),
    texts(read(items, filling.answers, key)),
    h("form", { novalidate: true, onsubmit: forward }, field, h("div", { class: "buttons" }, next, link(t("common.back"), before ? `#/forms/${filling.base}/${before.key}` : "#/forms", { id: "back" }))),
    later(filling, go),
    h("p", { class: "later" }, h("a", { class: "button quiet", href: `#/forms/${filling.base}/all`, id: "one-page" }, t("forms.one_page"))),
    await safetyText(),
  );

  function forward(event) {
    event.preventDefault();
    const fault = faultIn(item, field, key in filling.answers);
    if (fault) return field.refuse(fault);
    const after = beside(items, filling.answers, key);
    go(`forms/${filling.base}/${after ? after.key : "check"}`);
  }
}

/** What is read before a question: the texts of the groups it stands in, and what is only shown. */
function texts(found) {
  return found.map((item) => (item.type === "group" ? h("h2", {}, item.text) : h("p", { class: "display" }, item.text)));
}

/** Draw every question on one page; those that an answer hides go and come as it changes. */
export async function onePage(root, filling, go) {
  const { items, title } = filling.form;
  await saveDraft(ONE_PAGE, true);
  const around = () => counting(items, filling.answers);
  const fields = new Map(questions(items).map((item) => [item.key, anyField(items, item, filling.answers[item.key], around, (value) => told(item.key, value))]));
  const rows = drawnInOrder(items, null, fields, 2);
  const done = button(t("forms.look_over"), look, { primary: true, id: "next" });
  fill(
    root,
    h("h1", {}, title),
    h("form", { novalidate: true, onsubmit: look }, [...rows.values()], h("div", { class: "buttons" }, done)),
    later(filling, go),
    h("p", { class: "later" }, h("a", { class: "button quiet", href: `#/forms/${filling.base}/${questions(items)[0].key}`, onclick: () => dropDraft(ONE_PAGE) }, t("forms.one_by_one"))),
    await safetyText(),
  );
  show();

  function told(key, value) {
    show();
    return filling.answer(key, value).then(show);
  }

  function show() {
    const now = put(items, filling.answers);
    for (const [key, row] of rows) row.hidden = !now.has(key);
    for (const field of fields.values()) field.show();
  }

  function look(event) {
    event.preventDefault();
    const found = asked(items, filling.answers)
      .map((item) => [fields.get(item.key), faultIn(item, fields.get(item.key), item.key in filling.answers)])
      .filter(([, fault]) => fault);
    // Last first, so that the first of them has the focus in the end.
    for (const [field, fault] of found.reverse()) field.refuse(fault);
    if (!found.length) go(`forms/${filling.base}/check`);
  }
}

/** Draw every answer, to look over and change before it is sent. */
export async function overview(root, filling, go) {
  const { items, title, correcting } = filling.form;
  const answers = kept(items, filling.answers);
  const open = missing(items, filling.answers);
  const around = counting(items, filling.answers);
  const send = button(t("forms.send"), () => busy(send, finish), { primary: true, id: "send" });
  fill(
    root,
    h("p", { class: "soft" }, title),
    h("h1", {}, t("forms.check")),
    texts(read(items, filling.answers, null)),
    open.length > 0 && h("p", { class: "trouble" }, t("forms.open", { n: open.length })),
    card(null, h("dl", { class: "answers" }, asked(items, filling.answers).map((item) => row(item, answers[item.key])))),
    h("div", { class: "buttons" }, open.length ? link(t("forms.to_open"), `#/forms/${filling.base}/${open[0].key}`, { primary: true, id: "to-open" }) : send),
    later(filling, go),
    await safetyText(),
  );

  function row(item, value) {
    const said = value === undefined ? h("span", { class: item.required ? "error" : "soft" }, t(item.required ? "forms.must" : "forms.none")) : h("div", {}, anySpoken(items, item, value, around));
    const change = h("a", { href: `#/forms/${filling.base}/${item.key}` }, t("common.change"), h("span", { class: "unseen" }, item.text || t("forms.group")));
    return h("div", {}, h("dt", {}, item.text || t("forms.group")), h("dd", {}, said, change));
  }

  async function finish() {
    await filling.send({ completed: true, reason: t(correcting ? "forms.reason_corrected" : "forms.reason_further") });
    go("forms/thanks");
  }
}

/** The button that sends what there is, so that another phone can go on with it. */
function later(filling, go) {
  if (filling.form.correcting) return null;
  const save = button(
    t("forms.later"),
    () => busy(save, async () => {
      await filling.send({ completed: false, reason: t("forms.reason_further") });
      notice(t("forms.later_saved"));
      go("forms");
    }),
    { quiet: true, id: "later" },
  );
  return h("p", { class: "later" }, save);
}
