/** Asking the server on screens that need it: the answer, or the one from last time, and in plain words why not. */

import { h } from "./dom.js";
import { api } from "./session.js";
import { cached } from "./store.js";
import { t } from "./words.js";

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

/** Return in the reader's language why something did not work; a fault of our own is reported besides. */
export function why(error) {
  if (isOffline(error)) return t("common.offline");
  if (!error?.status) reportError(error);
  return t("common.failed");
}
