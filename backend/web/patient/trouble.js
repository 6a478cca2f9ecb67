/** The "trouble" screen: what waits, what was refused, what is contradicted. */
import { fill, h } from "./dom.js";
import { words } from "./trouble.words.js";
import { t } from "./words.js";

export const screen = {
  name: "trouble",
  words,
  async render(root) {
    fill(root, h("h1", { tabindex: "-1" }, t("trouble.title")));
  },
};
