/** The "reminders" screen. */
import { fill, h } from "./dom.js";
import { t } from "./words.js";
import { words } from "./reminders.words.js";

export const screen = {
  name: "reminders",
  words,
  async render(root) {
    fill(root, h("h1", {}, t("reminders.title")));
  },
};
