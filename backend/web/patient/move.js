/** The "move" screen. */
import { h, fill } from "./dom.js";
import { t } from "./words.js";
import * as words from "./move.words.js";

export const screen = {
  name: "move",
  words: words.words,
  async render(root) {
    fill(root, h("h1", { tabindex: "-1" }, t("move.title")));
  },
};
