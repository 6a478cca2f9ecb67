/** The "forms" screen. */
import { h, fill } from "./dom.js";
import { t } from "./words.js";
import * as words from "./forms.words.js";

export const screen = {
  name: "forms",
  words: words.words,
  async render(root) {
    fill(root, h("h1", { tabindex: "-1" }, t("forms.title")));
  },
};
