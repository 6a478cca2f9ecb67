/** The menu of what is not used every day: records, clinic, settings, who sees what. */

import { fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { icon } from "./icons.js";
import { canInstall, install, isApple, isInstalled } from "./install.js";
import { languages } from "./languages.js";
import { words } from "./more.words.js";
import { doc } from "./store.js";
import { state } from "./sync.js";
import { unread } from "./told.js";
import { button, busy, card } from "./ui.js";

export const screen = {
  name: "more",
  words,
  async render(root, { again }) {
    const [plan, site, fresh] = await Promise.all([doc("plan"), doc("site"), unread()]);
    const atHome = plan?.treatments?.some((treatment) => treatment.at_home && !treatment.stopped_on);
    const now = state();
    fill(
      root,
      h("h1", {}, t("more.title")),
      menu("clinic", site?.phone && call(site), item("messages", fresh), item("contact"), item("move")),
      menu("diary", item("days"), item("forms"), atHome && item("dose"), item("trouble", now.waiting + now.refused)),
      menu("settings", item("reminders"), item("phones")),
      menu("privacy", item("looked"), item("consents"), item("along")),
      card(t("more.language"), languages()),
      homeScreen(again),
      h("p", { class: "soft" }, t("more.about")),
    );
  },
};

function menu(name, ...items) {
  return card(t(`more.${name}`), h("ul", { class: "menu" }, items.filter(Boolean).map((one) => h("li", {}, one))));
}

function item(name, count = 0) {
  return h(
    "a",
    { href: `#/${name}`, id: `to-${name}` },
    icon(name === "trouble" ? "waiting" : name),
    h("span", {}, t(`more.${name}`), h("small", {}, t(`more.${name}_hint`))),
    count > 0 && h("span", { class: "tag" }, String(count)),
    icon("next"),
  );
}

function call(site) {
  return h(
    "a",
    { href: `tel:${site.phone.replace(/[^+\d]/g, "")}` },
    icon("phone"),
    h("span", {}, t("safety.call", { name: site.name }), h("small", {}, site.phone)),
  );
}

function homeScreen(again) {
  if (isInstalled()) return null;
  if (isApple()) return card(t("more.install_title"), h("p", {}, t("more.install_text")), h("p", {}, t("more.install_ios")));
  if (!canInstall()) return null;
  const ask = button(t("more.install"), () => busy(ask, async () => void (await install(), again())), { id: "install" });
  return card(t("more.install_title"), h("p", {}, t("more.install_text")), ask);
}
