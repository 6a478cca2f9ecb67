/** The "dose" screen. */
import { h, fill } from "./dom.js";
import { t } from "./words.js";
import * as words from "./dose.words.js";

export const screen = {
  name: "dose",
  words: words.words,
  async render(root) {
    fill(root, h("h1", { tabindex: "-1" }, t("dose.title")));
  },
};
