/** One purpose that a study asks one to agree to: its text as it is read, and the two buttons that answer it. */

import { fill, h } from "../shared/dom.js";
import { language, t } from "../shared/words.js";

import { ask, isOffline, why } from "./asking.js";
import { api } from "./session.js";
import { busy, button, trouble } from "./ui.js";

export const PATH = "/me/consents";
/** The text was overtaken, or somebody else answered: what stands is asked for anew. */
const OVERTAKEN = new Set([404, 409, 422]);

/** Fetch a text: {answer, old}; without a version the newest. Throws Offline where it was never read on this phone. */
export function textOf({ study_id }, purpose, version = null) {
  return ask(`${PATH}/${study_id}/texts/${purpose}${version === null ? "" : `?version=${version}`}`);
}

/**
 * Draw the question of a purpose: its text and the buttons. `no` is {text, act(pressed)}, what the second button does;
 * without it there is only a yes. `page.changed(consent, said)` is called once it was answered.
 */
export async function question(page, consent, purpose, no) {
  const node = h("div", { class: "consent-question" });
  try {
    const { answer: read } = await textOf(consent, purpose);
    fill(node, reading(read), pair(page, consent, read, no));
  } catch (error) {
    fill(node, trouble(isOffline(error) ? t("consents.text_offline") : why(error)));
  }
  return node;
}

/** A text as it is read, with its version, and in which language where that is not the reader's. */
export function reading({ text, language: written, version }) {
  const paragraphs = text.split(/\n\s*\n/).map((one) => h("p", { class: "said" }, one.trim()));
  const other = written === language() ? "" : ` ${t(`consents.only.${written}`)}`;
  return [h("div", { class: "reading", lang: written }, paragraphs), h("p", { class: "hint" }, `${t("consents.version", { n: String(version) })}${other}`)];
}

/** Send an answer to what was read. */
export function answer(page, pressed, consent, { purpose, version, language: read, hash }, yes) {
  const said = { purpose, yes, version, language: read, hash };
  return told(page, pressed, async () => {
    const changed = await api("POST", `${PATH}/${consent.study_id}/answer`, said);
    page.changed(changed, t(`consents.said.${yes}.${purpose}`, { name: consent.name }));
  });
}

/** Do something about a consent behind a button, and say beside it what went wrong. */
export function told(page, pressed, act) {
  return busy(pressed, async () => {
    const row = pressed.closest(".answers-row") ?? pressed;
    row.parentElement.querySelector(":scope > .trouble")?.remove();
    try {
      await act();
    } catch (error) {
      if (OVERTAKEN.has(error?.status)) return page.overtaken();
      row.before(trouble(isOffline(error) ? t("consents.offline") : why(error)));
    }
    return undefined;
  });
}

function pair(page, consent, read, no) {
  const name = `${t(`consents.purpose.${read.purpose}`)}, ${consent.name}`;
  const yes = button(t("consents.agree"), () => answer(page, yes, consent, read, true), { id: `agree-${read.purpose}-${consent.study_id}` });
  const other = no && button(no.text, () => no.act(other, read), { id: `decline-${read.purpose}-${consent.study_id}` });
  for (const one of [yes, other].filter(Boolean)) one.setAttribute("aria-label", `${one.textContent}: ${name}`);
  return h("div", { class: "answers-row" }, yes, other);
}
