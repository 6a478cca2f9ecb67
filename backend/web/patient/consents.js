/** Research: the studies that ask one, those somebody takes part in, what the researchers get, and withdrawing. */

import { fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { isOffline } from "./asking.js";
import { answer, PATH, question } from "./consentask.js";
import { asks, takesPart } from "./consentlogic.js";
import { dayOf, standing } from "./consentstudy.js";
import { words } from "./consents.words.js";
import { api } from "./session.js";
import { cached, doc } from "./store.js";
import { sync } from "./sync.js";
import { button, card, empty } from "./ui.js";

export const screen = {
  name: "consents",
  words,
  async render(root) {
    const page = { list: h("div", {}), all: await consents(), anew: new Set() };
    page.changed = (consent, ...said) => void changed(page, consent, said);
    page.overtaken = () => void overtaken(page);
    fill(root, h("h1", {}, t("consents.title")), h("p", { class: "lead" }, t("consents.lead")), page.list);
    await draw(page);
  },
};

/** Return the consents: the server's word where it can be had, for this is no place for yesterday's. */
async function consents() {
  try {
    return every(await api("GET", PATH));
  } catch (error) {
    const kept = (await doc("consents")) ?? (isOffline(error) ? await cached(PATH) : null);
    if (!kept) throw error;
    return every(kept);
  }
}

function every({ items, asked = [] }) {
  return [...asked, ...items];
}

async function draw(page, said = null) {
  const { all } = page;
  const asking = all.filter((one) => asks(one) || page.anew.has(one.study_id));
  const rest = all.filter((one) => !asking.includes(one));
  const drawn = await Promise.all([
    ...asking.map((one) => asked(page, one)),
    ...rest.filter(takesPart).map((one) => standing(page, one)),
  ]);
  const past = rest.filter((one) => one.withdrawn_at).map(left);
  const declined = rest.filter((one) => !one.consented_at).map((one) => notNow(page, one));
  const none = drawn.length === 0 && declined.length === 0;
  fill(page.list, said, none && empty(t("consents.none")), drawn, declined, past, all.length > 0 && [what(all), stopping()]);
  // The button that was pressed is gone; the reader goes on at what was done.
  said?.focus();
}

async function changed(page, consent, [done, more = t("consents.at_once")]) {
  page.anew.delete(consent.study_id);
  page.all = page.all.map((one) => (one.study_id === consent.study_id ? consent : one));
  await draw(page, note(h("strong", {}, done), " ", more));
  sync("consents");
}

/** What was answered stood otherwise already: nothing was stored, and what stands now is shown. */
async function overtaken(page) {
  page.all = await consents();
  await draw(page, note(t("consents.overtaken")));
}

function note(...told) {
  return h("p", { class: "note", role: "status", tabindex: "-1" }, told);
}

/** A study that asks: its own question first; what else it asks for comes once that is agreed to. */
async function asked(page, consent) {
  const no = { text: t("consents.decline"), act: (pressed, read) => answer(page, pressed, consent, read, false) };
  const node = card(consent.name, h("p", {}, t("consents.asks")), await question(page, consent, "study", no));
  node.querySelector("h2").append(" ", h("span", { class: "tag warm" }, t("consents.asking")));
  return node;
}

function notNow(page, consent) {
  const anew = button(t("consents.anew"), () => {
    page.anew.add(consent.study_id);
    return draw(page, note(t("consents.asks")));
  }, { id: `anew-${consent.study_id}` });
  return card(consent.name, h("p", {}, t("consents.declined")), anew);
}

function left(consent) {
  const [from, to] = [consent.consented_at, consent.withdrawn_at].map(dayOf);
  const node = card(consent.name, h("p", {}, t("consents.until", { from, to })), h("p", { class: "soft" }, t("consents.back")));
  node.querySelector("h2").append(" ", h("span", { class: "tag warm" }, t("consents.stopped")));
  return node;
}

/** What the researchers get, and how the study tells days: of several that differ, each by its name. */
function what(all) {
  const here = all.filter((one) => !one.withdrawn_at);
  const shown = here.length ? here : all;
  const ways = [...new Set(shown.map(({ days }) => days).filter(Boolean))];
  const named = (way) => shown.filter(({ days }) => days === way).map(({ name }) => name).join(", ");
  const days = ways.map((way) => h("p", {}, ways.length > 1 && h("strong", {}, `${named(way)}: `), t(`consents.days.${way}`)));
  return card(t("consents.what"), h("p", {}, t("consents.what_1")), days, h("p", {}, t("consents.what_2")));
}

function stopping() {
  const lines = ["consents.stop_1", "consents.stop_2", "consents.stop_3"].map((key) => h("li", {}, t(key)));
  return card(t("consents.stop_means"), h("ul", {}, lines));
}
