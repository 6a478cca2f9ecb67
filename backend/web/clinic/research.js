/** A researcher's page: the studies they may pull, with snapshots, the code book, and keys for scripts. */

import { fill, h } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { words as copiedWords } from "./copied.words.js";
import { words } from "./research.words.js";
import { bookPart, codeBook } from "./researchbook.js";
import { keysPart, words as keysWords } from "./researchkeys.js";
import { snapshotPart, words as snapshotWords } from "./researchsnapshot.js";
import { snapshotsPart } from "./researchsnapshots.js";
import { tableWords } from "./researchtable.js";
import { tabs } from "./tabs.js";
import { empty, explain, field, load, select } from "./ui.js";

for (const one of [copiedWords, keysWords, snapshotWords, tableWords]) add(one);

export const screen = { words, render };

const PARTS = ["snapshots", "book", "keys"];

async function render(root, { params, go }) {
  const body = h("div", { class: "stacked" });
  const end = { show: null, leave: null };
  fill(root, h("h1", {}, t("research.title")), h("p", { class: "note" }, t("research.lead")), body);
  const ask = () => Promise.all([api("GET", "/research/studies"), codeBook()]);
  await load(body, ask, ([{ items }, book]) => (items.length ? shown(items, { book, params, go, end }) : empty(t("research.none"))), told);
  return () => end.leave?.();
}

/** Say in a researcher's words what went wrong. */
function told(error) {
  if (error?.status === 404) return t("research.not_found");
  if (error?.status === 409) return t("research.not_ready");
  return explain(error);
}

async function shown(studies, about) {
  const nodes = chosen(studies, about);
  await about.end.show();
  return nodes;
}

function chosen(studies, { book, params: [id, part, snapshot, shows], go, end }) {
  const study = studies.find((one) => one.id === id) ?? studies[0];
  const at = (...more) => `research/${[study.id, ...more].map(encodeURIComponent).join("/")}`;
  const about = { study, book, told, at, go };
  const which = studies.length > 1 && field(t("research.study"), select(studies.map((one) => ({ value: one.id, text: one.name })), { value: study.id, id: "study", onchange: (value) => go(`research/${encodeURIComponent(value)}`) }));
  const head = h("header", {}, h("h2", {}, study.name), h("p", { class: "soft" }, t(`research.days.${study.days}`)));
  if (part === "snapshot" && snapshot) {
    const node = h("div", { class: "stacked" });
    end.show = () => snapshotPart(node, snapshot, shows, about);
    return [head, node];
  }
  const parts = PARTS.map((name) => ({ name, text: t(`research.tab.${name}`), draw: (node) => drawn(name, node, about) }));
  // Where one is goes into the address, so that it can be gone back to.
  const view = tabs(study.name, parts, PARTS.includes(part) ? part : PARTS[0], (name) => history.replaceState(history.state, "", `#/${at(name)}`));
  end.show = view.show;
  end.leave = view.leave;
  return [which, head, view.node];
}

function drawn(name, node, about) {
  node.classList.add("stacked");
  if (name === "book") return bookPart(node, about.book);
  return name === "keys" ? keysPart(node, about.study, told) : snapshotsPart(node, about);
}
