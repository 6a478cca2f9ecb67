/** The "contact" screen. */
import { h, fill } from "./dom.js";
import { t } from "./words.js";
import * as words from "./contact.words.js";

export const screen = {
  name: "contact",
  words: words.words,
  async render(root) {
    fill(root, h("h1", { tabindex: "-1" }, t("contact.title")));
  },
};
