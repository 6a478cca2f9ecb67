/** The choice of language: on this phone at once, and in the profile so that messages follow. */

import { fill, h } from "../shared/dom.js";
import { chosen, LANGUAGES, language, setLanguage, t } from "../shared/words.js";

import { api, paired } from "./session.js";
import { doc } from "./store.js";
import { sync } from "./sync.js";

const NAMES = { nl: "Nederlands", en: "English" };
const UNTOLD = "language-untold";

let telling = false;

/** Two buttons; the language that is spoken is pressed. */
export function languages() {
  const group = h("div", { class: "languages", role: "group", "aria-label": t("languages.legend") });
  return fill(
    group,
    LANGUAGES.map((one) =>
      h(
        "button",
        { type: "button", id: `language-${one}`, lang: one, "aria-pressed": String(one === language()), onclick: () => choose(one) },
        NAMES[one],
      ),
    ),
  );
}

/** One button: to the other language, where there is no room for more. */
export function otherLanguage() {
  const other = LANGUAGES.find((one) => one !== language());
  return h("button", { type: "button", class: "quiet", id: "language-other", lang: other, onclick: () => choose(other) }, NAMES[other]);
}

/** Tell the server of a choice it has not heard of; does nothing when there is none, or no answer. */
export async function tellLanguage() {
  if (telling || localStorage.getItem(UNTOLD) === null || !(await paired())) return;
  telling = true;
  try {
    await told();
  } finally {
    telling = false;
  }
}

async function told() {
  const profile = await doc("profile");
  // A profile pulled before the app was renewed tells too little to be sent back whole; the next pull brings the rest.
  if (!profile?.channels) return;
  const { email, phone, zone, quiet_from, quiet_to, channels } = profile;
  const said = language();
  try {
    await api("PUT", "/me/profile", { email, phone, zone, quiet_from, quiet_to, channels, language: said });
  } catch (error) {
    if (error.name === "Offline" || error.status >= 500) return;
  }
  if (said !== language()) return void (await told());
  localStorage.removeItem(UNTOLD);
  // What the server words itself (the safety text, symptoms, reminders) comes anew in this language.
  sync("start");
}

function choose(wanted) {
  // Who presses the language that is spoken already wants to keep it, whatever the profile will say.
  if (wanted === language() && chosen()) return;
  localStorage.setItem(UNTOLD, wanted);
  setLanguage(wanted);
  tellLanguage();
}
