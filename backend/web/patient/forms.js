/** The forms: which are asked now, filling one in, and what was sent before. */

import { fill, h } from "../shared/dom.js";
import { day, has, moment, t } from "../shared/words.js";

import { on } from "./bus.js";
import { asked, coming, finished, opened, reopened } from "./formdraft.js";
import { asked as put, beside, kept, questions } from "./formlogic.js";
import { ONE_PAGE, onePage, overview, question } from "./formfill.js";
import { living, safetyText } from "./living.js";
import { draft } from "./store.js";
import { card, empty, link } from "./ui.js";
import { words } from "./forms.words.js";

const SHOWN = 10;

/** `params` are the form, which of it, and the question (or "all", "check"). */
export const screen = {
  name: "forms",
  words,
  async render(root, { params, go }) {
    const [form, which, view] = params;
    if (form === "thanks") return thanks(root);
    if (form) return filled(root, () => (form === "sent" ? reopened(which) : opened(form, which ?? null)), view, go);
    const body = h("div");
    fill(root, h("h1", {}, t("forms.title")), body, await safetyText());
    return living(body, async () => ({ open: await asked(), next: await coming(), done: await finished() }), list);
  },
};

async function filled(root, open, view, go) {
  const filling = await open();
  if (!filling) return gone(root, open, go);
  if (view === "check") return overview(root, filling, go);
  if (view === "all") return onePage(root, filling, go);
  if (view) return question(root, filling, view, go);
  return start(root, open);
}

/** The first page of a form: what it is about, how long it is, and where one was (on another phone too). */
async function start(root, open) {
  const body = h("div");
  const heading = h("h1");
  fill(root, heading, body, await safetyText());
  return living(body, async () => ({ filling: await open(), all: await draft(ONE_PAGE) }), ({ filling, all }) => {
    if (!filling) return null;
    fill(heading, filling.form.title);
    return beginning(filling, all);
  });
}

function beginning({ form, answers, at, base, fresh }, all) {
  const begun = fresh ? 0 : Object.keys(kept(form.items, answers)).length;
  const first = put(form.items, answers).find((item) => item.key === at) ?? beside(form.items, answers, null);
  const next = form.correcting ? "check" : all ? "all" : first.key;
  return [
    !form.correcting && until(form, "lead"),
    h("p", {}, t("forms.about", { n: questions(form.items).length })),
    begun > 0 && h("p", { class: "note" }, t(form.correcting ? "forms.again" : "forms.begun", { n: begun })),
    h("div", { class: "buttons" },
      link(t(form.correcting ? "forms.look_over" : begun ? "forms.go_on" : "forms.begin"), `#/forms/${base}/${next}`, { primary: true, id: "begin" }),
      !form.correcting && !all && link(t("forms.one_page"), `#/forms/${base}/all`),
      link(t("common.back"), "#/forms")),
  ];
}

/** Until when it can be filled in; who is late is not blamed. */
function until({ closes_on, grace_on, late }, kind = null) {
  if (!closes_on) return null;
  return h("p", { class: kind }, late ? t("forms.late", { day: day(closes_on), until: day(grace_on) }) : t("forms.until", { day: day(closes_on) }));
}

function list({ open, next, done }) {
  const todo = open.filter((one) => one.state !== "waiting");
  return [
    todo.length ? todo.map(invitation) : empty(t("forms.nothing")),
    next.length > 0 && card(t("forms.coming"), h("ul", { class: "list" }, next.map(later))),
    done.length > 0 && card(t("forms.sent_before"), h("ul", { class: "list" }, done.slice(0, SHOWN).map(sent))),
  ];
}

function later({ title, opens_on, closes_on }) {
  const days = opens_on === closes_on ? t("forms.on", { day: day(opens_on) }) : t("forms.from_to", { from: day(opens_on), to: day(closes_on) });
  return h("li", {}, h("strong", {}, title), h("br"), h("small", {}, days));
}

function invitation(one) {
  if (one.state === "unread") return card(one.title, until(one), h("p", { class: "note" }, t("forms.unread")));
  return card(
    one.title,
    until(one),
    one.state === "begun" && h("p", {}, h("span", { class: "tag" }, t("forms.is_begun"))),
    h("div", { class: "buttons" }, link(t(one.state === "begun" ? "forms.go_on" : "forms.begin"), `#/forms/${one.base}`, { primary: true })),
  );
}

function sent({ id, data, waiting, refused, form, title: told }) {
  const title = form?.title ?? told ?? (has(`forms.form.${data.form}`) ? t(`forms.form.${data.form}`) : t("forms.some"));
  const state = refused ? "common.refused" : waiting ? "common.unsent" : null;
  return h("li", {},
    h("strong", {}, title), h("br"), h("small", {}, t("forms.sent_on", { when: moment(data.recorded_at, "short") })),
    state && h("p", {}, t(state), refused && [" ", h("a", { href: "#/trouble" }, t("common.look"))]),
    form && !refused && h("p", {}, h("a", { href: `#/forms/sent/${id}` }, t("forms.change_sent"), h("span", { class: "unseen" }, title))));
}

async function thanks(root) {
  fill(
    root,
    h("h1", {}, t("forms.thanks")),
    card(null, h("p", { class: "lead" }, t("forms.thanks_more")), h("p", {}, t("forms.thanks_read"))),
    h("div", { class: "buttons" }, link(t("forms.to_today"), "#/today", { primary: true }), link(t("forms.to_forms"), "#/forms")),
    await safetyText(),
  );
}

/** A form that is not there now may be on its way: a phone that was just paired has yet to fetch it. */
async function gone(root, open, go) {
  fill(root, h("h1", {}, t("forms.title")), empty(t("forms.gone")), h("div", { class: "buttons" }, link(t("forms.to_forms"), "#/forms", { primary: true })), await safetyText());
  return on("changed", async () => {
    if (await open()) go(location.hash);
  });
}
