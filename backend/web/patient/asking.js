/** What the screens of one's rights share: the answer of now or of last time, why not, a question, calling the clinic. */

import { h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { icon } from "./icons.js";
import { api } from "./session.js";
import { cached } from "./store.js";

/** Return {answer, old}: what the server says now, or what it said last time when there is no internet. */
export async function ask(path) {
  try {
    return { answer: await api("GET", path), old: false };
  } catch (error) {
    const before = isOffline(error) ? await cached(path) : null;
    if (!before) throw error;
    return { answer: before, old: true };
  }
}

/** Tell whether nobody answered, which is no fault of what was asked. */
export function isOffline(error) {
  return error?.name === "Offline";
}

/** Return a question for `confirm`, with what a yes means below it in lighter type. */
export function question(asked, meaning) {
  return [asked, h("span", { style: { display: "block", "margin-top": ".6rem", "font-size": "1rem", "font-weight": "400" } }, meaning)];
}

/** A button that calls the clinic; nothing where its number is not known yet. */
export function call(site) {
  if (!site?.phone) return null;
  const href = `tel:${site.phone.replace(/[^+\d]/g, "")}`;
  const number = h("span", { class: "number" }, site.phone);
  return h("a", { class: "button", href }, icon("phone"), h("span", {}, t("safety.call", { name: site.name }), " ", number));
}

/** Return in the reader's language why something did not work; a fault of our own is reported besides. */
export function why(error) {
  if (isOffline(error)) return t("common.offline");
  if (!error?.status) reportError(error);
  return t("common.failed");
}
