/** Pairing this phone: with the secret that a scanned link carries, or with the code somebody types over. */

import { fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { on } from "./bus.js";
import { icon } from "./icons.js";
import { isApple, isInstalled } from "./install.js";
import { words } from "./pair.words.js";
import { leftBehind } from "./queue.js";
import { pair, paired } from "./session.js";
import { state } from "./sync.js";
import { busy, button, card, field, safety } from "./ui.js";

const LENGTH = 12;
const NEVER = /[^0-9A-HJKMNP-TV-Z]/;

// A secret is taken out of the address before anything else runs, so that no history or screenshot keeps it.
let scanned = takeSecret();
let welcoming = false;

export const screen = {
  name: "pair",
  words,
  async render(root, { go, again }) {
    const had = await paired();
    if (welcoming && had) return welcome(root, go);
    const typing = typed();
    const device = field(t("pair.device"), h("input", { type: "text", maxlength: 100, value: deviceName(), autocomplete: "off" }), {
      hint: t("pair.device_hint"),
    });
    const code = scanned ? null : typing.node;
    const form = h("form", { class: "card", novalidate: true }, code, device);
    const send = h("button", { class: "primary wide", id: "pair-go" }, t("pair.go"));
    form.append(send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(send, () => attempt({ typing, device, root, go, again }));
    });
    const waits = await leftBehind();
    fill(
      root,
      h("h1", {}, t(state().unpaired ? "pair.again_title" : "pair.title")),
      h("p", { class: "lead" }, t(scanned ? "pair.scanned" : "pair.intro")),
      had && h("p", { class: "note" }, t("pair.already"), " ", h("a", { href: "#/today" }, t("app.to_today"))),
      waits > 0 && h("p", { class: "note" }, t("pair.waiting", { n: waits })),
      h("div", { id: "pair-said" }),
      !scanned && isApple() && !isInstalled() && card(t("pair.ios_title"), h("p", {}, t("pair.ios"))),
      form,
      scanned
        ? button(t("pair.type"), () => forget(again), { quiet: true })
        : h("details", { class: "card" }, h("summary", {}, t("pair.get_code")), h("p", {}, t("pair.get_code_text"))),
    );
  },
};

/** Return a typed code as the server reads it: capitals, no spaces or dashes, O as 0, I and L as 1. */
export function asCode(text) {
  return text.toUpperCase().replace(/[\s\-–—_.]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
}

function typed() {
  const input = h("input", {
    type: "text", class: "code", autocomplete: "one-time-code", autocapitalize: "characters", autocorrect: "off", spellcheck: "false",
    enterkeyhint: "go", maxlength: 40, id: "pair-code",
  });
  const node = field(t("pair.code"), input, { hint: t("pair.code_hint") });
  input.addEventListener("blur", () => {
    const read = asCode(input.value);
    if (read.length === LENGTH && !NEVER.test(read)) input.value = read.match(/.{4}/g).join("-");
  });
  return { node, input, wrong: () => wrongWith(asCode(input.value)) };
}

function wrongWith(code) {
  if (!code) return t("pair.empty");
  const sign = NEVER.exec(code)?.[0];
  if (sign) return t("pair.sign", { sign });
  return code.length === LENGTH ? null : t("pair.length", { n: code.length });
}

async function attempt({ typing, device, root, go, again }) {
  const name = device.querySelector("input");
  device.refuse(name.value.trim() ? null : t("pair.name_missing"));
  if (!name.value.trim()) return void name.focus();
  const wrong = scanned ? null : typing.wrong();
  typing.node.refuse(wrong);
  if (wrong) return void typing.input.focus();
  const proof = scanned ? { secret: scanned } : { code: asCode(typing.input.value).match(/.{4}/g).join("-") };
  try {
    await pair({ ...proof, device_name: name.value.trim() });
  } catch (error) {
    await refused(error, { typing, again });
    return;
  }
  scanned = null;
  welcoming = true;
  await again();
  scrollTo({ top: 0, behavior: "instant" });
  document.querySelector("h1")?.focus({ preventScroll: true });
}

async function refused(error, { typing, again }) {
  const said = sayWhy(error);
  if (scanned && error?.status === 410) {
    // A used link never works again: what is left is typing a new code.
    scanned = null;
    await again();
  } else if (!scanned) {
    typing.node.refuse(said);
    typing.input.focus();
    return;
  }
  const place = document.getElementById("pair-said");
  if (place) fill(place, h("p", { class: "trouble", role: "alert" }, said));
}

function sayWhy(error) {
  if (error?.name === "Offline") return t("pair.offline");
  if (error?.status === 410) return t("pair.used");
  if (error?.status === 429) return t("pair.too_many", { n: Math.max(1, Math.ceil((error.retry_after ?? 60) / 60)) });
  if (!error?.status) reportError(error);
  return t("pair.failed");
}

async function welcome(root, go) {
  const fixed = h("div", {}, await safety());
  // The clinic's name and number come with the first answer, a moment after pairing.
  const heard = on("changed", async () => void fill(fixed, await safety()));
  const part = (name, drawn) =>
    h("li", {}, icon(drawn), h("p", {}, h("strong", {}, t(`pair.welcome_${name}_title`)), h("br"), t(`pair.welcome_${name}`)));
  fill(
    root,
    h("h1", { tabindex: "-1" }, t("pair.welcome")),
    h("p", { class: "lead" }, t("pair.welcome_done")),
    card(null, h("ul", { class: "points" }, part("log", "pen"), part("offline", "offline"), part("private", "looked"))),
    fixed,
    button(t("pair.begin"), () => begin(go), { primary: true, id: "begin" }),
  );
  return heard;
}

function begin(go) {
  welcoming = false;
  go("today");
}

async function forget(again) {
  scanned = null;
  await again();
  document.getElementById("pair-code")?.focus();
}

function takeSecret() {
  const held = location.hash.slice(1);
  if (location.pathname !== "/pair") return null;
  history.replaceState(null, "", "/app#/pair");
  return held && !held.startsWith("/") ? held : null;
}

function deviceName() {
  const agent = navigator.userAgent;
  const found = (pairs) => pairs.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = found([
    [/SamsungBrowser/, "Samsung Internet"], [/Edg/, "Edge"], [/Firefox|FxiOS/, "Firefox"], [/Chrome|CriOS/, "Chrome"], [/Safari/, "Safari"],
  ]);
  const system = found([
    [/Android/, "Android"], [/iPad/, "iPad"], [/iPhone/, "iPhone"], [/Windows/, "Windows"], [/Mac OS X/, "Mac"], [/Linux/, "Linux"],
  ]);
  if (browser && system) return t("pair.browser_on", { browser, system });
  return t("pair.this");
}
