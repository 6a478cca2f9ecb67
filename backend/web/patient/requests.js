/** What was asked of the clinic before, what became of it, and taking it back: for the contact and the move screen. */

import { h, notice } from "../shared/dom.js";
import { add, has, moment, t } from "../shared/words.js";

import { retract } from "./queue.js";
import { records } from "./store.js";
import { busy, button, card, confirm } from "./ui.js";
import { words } from "./requests.words.js";

const MOST = 20;

add(words);

/** Return one's requests of a kind, newest first. */
export async function asked(kind) {
  const found = (await records("request")).filter((one) => one.data.kind === kind);
  return found.sort((a, b) => Date.parse(b.data.recorded_at) - Date.parse(a.data.recorded_at)).slice(0, MOST);
}

/** Tell whether the clinic has still to do something about a request. */
export function isOpen({ data, refused }) {
  return !refused && (data.status ?? "open") === "open";
}

/** Return a card with these requests; null where there are none. `about` says more of each, `after` is told of a withdrawal. */
export function requestList(found, { about = () => null, after = () => {} } = {}) {
  if (!found.length) return null;
  return card(t("requests.title"), h("ul", { class: "list requests" }, found.map((one) => h("li", {}, told(one, about, after)))));
}

function told(one, about, after) {
  const { data } = one;
  const when = moment(data.recorded_at, "short");
  const take = button(t("requests.withdraw"), () => busy(take, () => withdraw(one, after)), { id: `withdraw-${one.id}` });
  take.setAttribute("aria-label", t("requests.withdraw_what", { when }));
  return [
    h("p", { class: "soft" }, t("requests.on", { when })),
    about(data),
    data.words ? h("p", { class: "said" }, data.words) : h("p", { class: "soft" }, t("requests.empty_words")),
    standing(one),
    data.answer && h("blockquote", { class: "said" }, h("span", { class: "soft" }, t("requests.answer")), h("br"), data.answer),
    isOpen(one) && take,
  ];
}

function standing({ data, waiting, refused }) {
  if (refused) return h("p", { class: "strong" }, t("common.refused"), " ", h("a", { href: "#/trouble" }, t("common.look")));
  if (waiting) return h("p", {}, h("strong", {}, t("common.unsent")));
  const key = data.status === "withdrawn" ? "withdrawn" : data.outcome ?? data.status;
  const text = t(has(`requests.${key}`) ? `requests.${key}` : "requests.closed");
  return h("p", {}, h("strong", {}, text), data.closed_at && ` ${t("requests.closed_on", { when: moment(data.closed_at, "short") })}`);
}

async function withdraw({ id, version }, after) {
  const sure = await confirm(t("requests.withdraw_sure"), t("requests.withdraw_yes"), t("requests.withdraw_no"), { danger: true });
  if (!sure) return;
  await retract("request", id, version, null);
  notice(t("requests.withdrawn_now"));
  after();
}
