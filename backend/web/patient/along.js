/** Take my data along: everything the clinic holds about somebody, as a file of their own. */

import { announce, fill, h } from "../shared/dom.js";
import { number, t } from "../shared/words.js";

import { words } from "./along.words.js";
import { isOffline, why } from "./asking.js";
import { today } from "./clock.js";
import { api } from "./session.js";
import { state, sync } from "./sync.js";
import { busy, button, buttons, card, trouble } from "./ui.js";

const INSIDE = [1, 2, 3, 4, 5, 6];
const KB = 1000;

export const screen = {
  name: "along",
  words,
  async render(root) {
    const said = h("div", {});
    const made = { address: null };
    const make = button(t("along.make"), () => busy(make, () => fetchFile(said, made)), { primary: true, id: "along-make" });
    fill(
      root,
      h("h1", {}, t("along.title")),
      h("p", { class: "lead" }, t("along.lead")),
      card(t("along.careful"), h("p", {}, t("along.careful_1")), h("p", {}, t("along.careful_2")), make),
      said,
      card(t("along.inside"), h("ul", {}, INSIDE.map((at) => h("li", {}, t(`along.inside_${at}`))))),
      card(t("along.for"), h("p", {}, t("along.for_1"))),
    );
    // The file stays in memory no longer than the screen.
    return () => forget(made);
  },
};

async function fetchFile(said, made) {
  fill(said, h("p", { class: "note" }, t("along.making")));
  announce(t("along.making"));
  forget(made);
  let record;
  try {
    // What still waits on this phone belongs in the file too.
    if (unsent()) await sync("along").catch(() => null);
    record = await api("GET", "/me/record");
  } catch (error) {
    fill(said, trouble(isOffline(error) ? t("along.offline") : why(error)));
    return;
  }
  const name = `uitwerk-${today()}.json`;
  const file = new File([JSON.stringify(record, null, 2)], name, { type: "application/json" });
  made.address = URL.createObjectURL(file);
  ready(said, file, made);
}

function ready(said, file, made) {
  const save = h("a", { class: "button", href: made.address, download: file.name, id: "along-save" }, t("along.again"));
  const done = h("p", { tabindex: "-1" }, h("strong", {}, t("along.done", { name: file.name, size: size(file) })), " ", t("along.where"));
  const waits = unsent();
  fill(
    said,
    h("div", { class: "card calm", role: "status" }, done, waits > 0 && h("p", {}, t("along.waiting", { n: waits })), buttons(save, share(file))),
  );
  save.click();
  done.focus();
}

function share(file) {
  if (!navigator.canShare?.({ files: [file] })) return null;
  // Somebody who closes the sheet has changed their mind, which is no fault.
  return button(t("along.share"), () => navigator.share({ files: [file] }).catch(() => null), { id: "along-share" });
}

function size(file) {
  const kb = Math.max(1, Math.round(file.size / KB));
  return kb < KB ? `${number(kb)} kB` : `${number(kb / KB)} MB`;
}

function forget(made) {
  if (made.address) URL.revokeObjectURL(made.address);
  made.address = null;
}

function unsent() {
  const { waiting, refused } = state();
  return waiting + refused;
}
