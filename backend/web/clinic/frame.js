/** The frame around every page: the places to go, who is logged in, what did not arrive, language, help, log out. */

import { fill, h } from "/static/shared/dom.js";
import { language, setLanguage, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { help } from "./keys.js";
import { logOut, who } from "./session.js";
import { button } from "./ui.js";

const COUNT_MS = 60_000;
const byId = (id) => document.getElementById(id);

let place = "";
let standing = null;
let counted = 0;

/** Draw the frame around the page of this name (or the one that stands), with the places somebody may go to. */
export function drawFrame({ name = place, places, failed }) {
  place = name;
  byId("skip").textContent = t("desk.skip");
  drawPlaces(places);
  drawMe(places, failed);
  // What did not arrive is for who can do something about it there.
  if (places.includes("worklist")) void count();
  else standing = null;
}

function drawPlaces(places) {
  const nav = byId("places");
  nav.hidden = places.length === 0;
  nav.setAttribute("aria-label", t("desk.places"));
  fill(nav, h("ul", {}, places.map((name) => h("li", {}, way(name)))));
}

function way(name) {
  const within = name === "patients" && place === "patient";
  const current = name === place ? "page" : within ? "true" : null;
  return h("a", { href: `#/${name}`, id: `place-${name}`, "aria-current": current }, t(`desk.place.${name}`));
}

function drawMe(places, failed) {
  const me = byId("me");
  const held = me.contains(document.activeElement) ? document.activeElement.id : null;
  const other = language() === "nl" ? "en" : "nl";
  const switched = h("button", { type: "button", class: "quiet", id: "language-other", lang: other, onclick: () => setLanguage(other) }, t("desk.language"));
  fill(
    me,
    h("span", { id: "standing" }),
    who() && h("span", { class: "who" }, h("strong", {}, who().name), h("small", {}, t(`desk.role.${who().role}`))),
    switched,
    who() && h("button", { type: "button", class: "quiet", id: "help", "aria-haspopup": "dialog", onclick: () => void help(places) }, "? ", t("desk.help")),
    who() && button(t("desk.log_out"), () => void logOut().catch(failed), { quiet: true, id: "log-out" }),
  );
  if (held) byId(held)?.focus();
  drawStanding();
}

// Asked when somebody goes to a page, and not by itself: asking keeps a session alive that nobody uses.
async function count() {
  if (Date.now() - counted < COUNT_MS) return;
  counted = Date.now();
  standing = await api("GET", "/reminders/standing").catch(() => standing);
  drawStanding();
}

function drawStanding() {
  const told = byId("standing");
  if (!told) return;
  const kinds = who() && standing ? ["undelivered", "unowned"].filter((kind) => standing[kind] > 0) : [];
  fill(told, kinds.map((kind) => h("a", { class: "tag warm", href: "#/worklist/undelivered" }, t(`desk.${kind}`, { n: standing[kind] }))));
}
