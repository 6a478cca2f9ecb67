/** Research: the studies somebody takes part in, what the researchers get, and withdrawing. */

import { fill, h } from "../shared/dom.js";
import { day, localDay, t } from "../shared/words.js";

import { ask, isOffline, question, why } from "./asking.js";
import { words } from "./consents.words.js";
import { api } from "./session.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";
import { busy, button, card, confirm, empty, trouble } from "./ui.js";

const PATH = "/me/consents";

export const screen = {
  name: "consents",
  words,
  async render(root) {
    const list = h("div", {});
    const items = await consents();
    const explained = items.length > 0 && [what(), stopping()];
    fill(root, h("h1", {}, t("consents.title")), h("p", { class: "lead" }, t("consents.lead")), list, explained);
    draw(list, items);
  },
};

/** Return the consents: the server's word where it can be had, for this is no place for yesterday's. */
async function consents() {
  try {
    return (await ask(PATH)).answer.items;
  } catch (error) {
    const pulled = await doc("consents");
    if (!pulled) throw error;
    return pulled.items;
  }
}

function draw(list, items) {
  const standing = items.filter((one) => !one.withdrawn_at);
  const past = items.filter((one) => one.withdrawn_at);
  const others = (changed) => items.map((one) => (one.study_id === changed.study_id ? changed : one));
  fill(
    list,
    standing.length === 0 && empty(t("consents.none")),
    standing.map((consent) => oneStudy(consent, (changed) => stopped(list, others(changed), changed))),
    past.map((consent) => oneStudy(consent)),
  );
}

function oneStudy(consent, done = null) {
  const on = (at) => day(localDay(new Date(at)), "date");
  const [from, to] = [on(consent.consented_at), consent.withdrawn_at && on(consent.withdrawn_at)];
  const said = to ? t("consents.until", { from, to }) : t("consents.since", { day: from });
  const tag = h("span", { class: to ? "tag warm" : "tag" }, t(to ? "consents.stopped" : "consents.joined"));
  const stop = done && button(t("consents.withdraw"), () => busy(stop, () => withdraw(stop, consent, done)), { danger: true, id: `stop-${consent.study_id}` });
  stop?.setAttribute("aria-label", `${t("consents.withdraw")}: ${consent.name}`);
  const node = card(consent.name, h("p", {}, said), stop, to && h("p", { class: "soft" }, t("consents.back")));
  node.querySelector("h2").append(" ", tag);
  return node;
}

async function withdraw(stop, consent, done) {
  const { name } = consent;
  if (!(await confirm(question(t("consents.ask", { name }), t("consents.ask_more")), t("consents.yes"), t("consents.no"), { danger: true }))) return;
  try {
    done(await api("POST", `${PATH}/${consent.study_id}/withdrawal`));
  } catch (error) {
    stop.parentElement.querySelector(".trouble")?.remove();
    stop.before(trouble(isOffline(error) ? t("consents.offline") : why(error)));
    return;
  }
  sync("consents");
}

function stopped(list, items, { name }) {
  draw(list, items);
  const said = h("p", { class: "note", role: "status", tabindex: "-1" }, h("strong", {}, t("consents.done", { name })), " ", t("consents.done_more"));
  list.prepend(said);
  // The button that was pressed is gone; the reader goes on at what was done.
  said.focus();
}

function what() {
  return card(t("consents.what"), h("p", {}, t("consents.what_1")), h("p", {}, t("consents.what_2")));
}

function stopping() {
  const lines = ["consents.stop_1", "consents.stop_2", "consents.stop_3"].map((key) => h("li", {}, t(key)));
  return card(t("consents.stop_means"), h("ul", {}, lines));
}
