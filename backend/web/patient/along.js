/** The "along" screen. */
import { fill, h } from "./dom.js";
import { t } from "./words.js";
import { words } from "./along.words.js";

export const screen = {
  name: "along",
  words,
  async render(root) {
    fill(root, h("h1", {}, t("along.title")));
  },
};
