/** A button that copies a text, and says whether it could. */

import { notice } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { button } from "./ui.js";

/** Make it: `label` is what it is called for who does not see what it stands beside. */
export function copyButton(text, what, { primary = false, quiet = false, id = null, label = null } = {}) {
  return button(text, () => void copied(what), { primary, quiet, id, label });
}

async function copied(what) {
  try {
    await navigator.clipboard.writeText(what);
    notice(t("copied.done"));
  } catch {
    notice(t("copied.not")); // a browser that does not allow it; the text stands there to be selected
  }
}
