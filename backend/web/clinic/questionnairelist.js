/** The list of questionnaires: what ships and the site's own, by key with their versions, to search and to narrow. */

import { fill, h } from "/static/shared/dom.js";
import { day, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { bringIn } from "./questionnaireimport.js";
import { mayDraft, plain, versionHash } from "./questionnairewords.js";
import { button, empty, filters, load, panel, table } from "./ui.js";

const KINDS = { all: () => true, own: ({ versions }) => !versions[0].built_in, draft: ({ versions }) => versions.some(({ published }) => !published), ships: ({ versions }) => versions[0].built_in };

/** Draw the list. */
export function draw(root, { go }) {
  const body = h("div", { class: "stacked" });
  root.append(h("p", { class: "soft" }, t("quest.lead")), body);
  return load(body, () => api("GET", "/sites/own/questionnaires"), ({ items }) => listed(byKey(items), go)).then(() => null);
}

/** Gather the versions of each questionnaire; the site's own stand first, then by title. */
function byKey(items) {
  const found = new Map();
  for (const one of items) found.set(one.key, [...(found.get(one.key) ?? []), one]);
  const all = [...found].map(([key, versions]) => ({ key, versions, title: plain(versions.at(-1).title), instrument: versions[0].instrument }));
  return all.sort((one, other) => Number(one.versions[0].built_in) - Number(other.versions[0].built_in) || one.title.localeCompare(other.title));
}

function listed(all, go) {
  const state = { kind: "all", typed: "" };
  const shown = h("div", {});
  const search = h("input", { type: "search", id: "quest-search", "aria-label": t("quest.search"), placeholder: t("quest.search"), autocomplete: "off", oninput: () => draw() });
  const chips = filters(t("quest.filter"), options(all), state.kind, (kind) => {
    state.kind = kind;
    draw();
  });
  const draw = () => {
    const text = search.value.trim().toLocaleLowerCase();
    const found = all.filter(KINDS[state.kind]).filter(({ key, title, instrument }) => [key, title, instrument ?? ""].some((one) => one.toLocaleLowerCase().includes(text)));
    chips.set(options(all), state.kind);
    fill(shown, found.length ? drawn(found) : empty(t(all.some(KINDS[state.kind]) ? "quest.none_found" : `quest.none.${state.kind}`)));
  };
  draw();
  const bring = mayDraft() && button(t("quest.import"), () => void bringIn().then((made) => made && go(versionHash(made))), { primary: true, id: "quest-import" });
  return [h("div", { class: "row tools" }, search, chips, bring), panel(null, shown), mayDraft() ? null : h("p", { class: "soft" }, t("quest.only"))];
}

function options(all) {
  return Object.entries(KINDS).map(([value, fits]) => ({ value, text: t(`quest.kind.${value}`), count: all.filter(fits).length }));
}

function drawn(found) {
  const columns = ["title", "versions"].map((name) => ({ text: t(`quest.col.${name}`) }));
  const rows = found.map(({ key, title, versions, instrument }) => [
    [h("a", { href: versionHash(versions.at(-1)) }, title), h("small", { class: "key" }, h("code", {}, key), instrument && instrument !== key && [" · ", t("quest.is"), " ", h("code", {}, instrument)])],
    h("ul", { class: "versions" }, versions.toReversed().map((one) => h("li", {}, h("a", { href: versionHash(one), "aria-label": t("quest.version_of", { n: one.version, title }) }, t("quest.version", { n: one.version })), " ", tag(one)))),
  ]);
  return table({ caption: t("quest.title"), hideCaption: true, columns, rows });
}

/** The state of a version as a label beside it. */
export function tag(one) {
  return h("span", { class: one.published ? "tag plain" : "tag warm" }, stateText(one));
}

function stateText({ built_in: ships, published, published_at: at, retired_at: retired }) {
  if (ships) return t("quest.state.ships");
  if (retired) return t("quest.state.retired", { on: day(retired.slice(0, 10), "date") });
  return published ? t("quest.state.published", { on: day(at.slice(0, 10), "date") }) : t("quest.state.draft");
}
