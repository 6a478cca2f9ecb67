/** What questionnaires are called, where their versions stand, and who may do what with them. */

import { h } from "/static/shared/dom.js";
import { LANGUAGES, language } from "/static/shared/words.js";

import { who } from "./session.js";

/** Tell whether whoever is logged in drafts questionnaires, and decides what is asked when. */
export function mayDraft() {
  return ["clinician", "coordinator"].includes(who()?.role);
}

/** Tell whether whoever is logged in publishes. */
export function mayPublish() {
  return who()?.role === "clinician";
}

/** Return a text of a questionnaire as a node in the language asked for, or else in another one that it is told in. */
export function said(text, wanted = language()) {
  const told = [wanted, ...LANGUAGES].find((one) => text?.[one]);
  if (!told) return null;
  return told === language() ? text[told] : h("span", { lang: told }, text[told]);
}

/** Return the same as plain text, for where no element can stand. */
export function plain(text, wanted = language()) {
  return [wanted, ...LANGUAGES].map((one) => text?.[one]).find(Boolean) ?? "";
}

/** The address of a version on this page. */
export function versionHash({ key, version }) {
  return `#/questionnaires/list/${encodeURIComponent(key)}/${version}`;
}

/**
 * Return the questionnaires that may be asked, [{key, title, versions, newest}], by title: those of which a version is
 * published and not retired. `newest` tells whether the newest may be asked, else a version has to be named.
 */
export function askable(items) {
  const found = new Map();
  for (const one of items.filter(({ published }) => published)) {
    const before = found.get(one.key);
    const newest = one.status === "published";
    found.set(one.key, { key: one.key, title: one.title, built_in: one.built_in, newest, versions: [...(before?.versions ?? []), ...(newest ? [one.version] : [])] });
  }
  return [...found.values()].filter(({ versions }) => versions.length > 0).sort((one, other) => plain(one.title).localeCompare(plain(other.title)));
}

/** Return what a questionnaire is called, of its newest version; its key where it is not known. */
export function titleOf(items, key) {
  return plain(items.filter((one) => one.key === key).at(-1)?.title) || key;
}
