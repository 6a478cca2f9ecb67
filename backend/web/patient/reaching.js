/** How one is reached: phone or e-mail, quiet hours, language and time zone; saved at the clinic, so with internet. */

import { isOffline, why } from "./asking.js";
import { zone as zoneHere } from "./clock.js";
import { announce, fill, h, notice } from "./dom.js";
import { pushPanel } from "./pushpanel.js";
import { api } from "./session.js";
import { doc } from "./store.js";
import { state, sync } from "./sync.js";
import { busy, button, card, choices, field, trouble } from "./ui.js";
import { language, LANGUAGES, setLanguage, t } from "./words.js";

const NAMES = { nl: "Nederlands", en: "English" };
const NIGHT = { from: "22:00", to: "08:00" };
const ADDRESS = /^[^@\s,;:<>()]+@[^@\s.,;:<>()]+(\.[^@\s.,;:<>()]+)+$/;

/** The card with the form: `node`, and `changed()` to be called when the profile may have been changed elsewhere. */
export function reaching() {
  const body = h("div", {});
  const shown = { profile: null, touched: false };
  body.addEventListener("input", () => {
    shown.touched = true;
  });
  draw(body, shown);
  return { node: card(t("reminders.how"), body), changed: () => redraw(body, shown) };
}

async function draw(body, shown) {
  body.setAttribute("aria-busy", "true");
  try {
    // A phone that has just been paired may not have pulled it yet.
    shown.profile = (await doc("profile")) ?? (await api("GET", "/me/profile"));
    fill(body, formOf(shown));
  } catch (error) {
    fill(body, trouble(isOffline(error) ? t("reminders.how_offline") : why(error)));
  }
  body.removeAttribute("aria-busy");
}

/** Draw it anew when another phone or the clinic changed the profile; what somebody is filling in is left alone. */
async function redraw(body, shown) {
  const profile = await doc("profile");
  if (!profile || shown.touched || profile.version === shown.profile?.version) return;
  await draw(body, shown);
}

function formOf(shown) {
  const { profile } = shown;
  // Somebody who switches messages on wants them there, without looking for a button to save.
  const parts = { ...where(profile, () => form.requestSubmit()), ...quiet(profile), ...elsewhere(profile) };
  const said = h("div", { role: "status" });
  const save = h("button", { class: "primary", id: "reminders-save" }, t("common.save"));
  const form = h("form", { novalidate: true }, parts.channel, parts.panel.node, parts.email, parts.quiet, parts.hours, parts.details, said, save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(save, () => submit(parts, said, shown));
  });
  const offline = h("p", { class: "note", hidden: state().online && navigator.onLine }, t("reminders.how_offline"));
  return [offline, form];
}

function where(profile, turnedOn) {
  const panel = pushPanel({ hasEmail: () => Boolean(address(email)), turnedOn });
  const email = field(t("reminders.email"), h("input", { type: "email", maxlength: 254, value: profile.email ?? "", autocomplete: "email", id: "reminders-email" }));
  const spare = h("p", { class: "hint", id: "reminders-email-spare" }, t("reminders.email_spare"));
  email.querySelector("label").after(spare);
  const chosen = (channel) => {
    panel.node.hidden = spare.hidden = channel !== "push";
    if (channel === "push") panel.look();
  };
  const options = ["push", "email"].map((value) => ({ value, text: t(`reminders.channel.${value}`), hint: value === "push" ? t("reminders.channel.push_hint") : null }));
  const channel = choices(t("reminders.channel"), "channel", options, { value: profile.channel, onchange: chosen });
  chosen(profile.channel);
  return { panel, email, channel };
}

function quiet(profile) {
  const on = Boolean(profile.quiet_from && profile.quiet_to);
  const clock = (key, value, id) => field(t(key), h("input", { type: "time", value, id, required: true }));
  const from = clock("reminders.quiet_from", profile.quiet_from ?? NIGHT.from, "quiet-from");
  const to = clock("reminders.quiet_to", profile.quiet_to ?? NIGHT.to, "quiet-to");
  const hours = h("div", { class: "side-by-side", hidden: !on }, from, to);
  const ticked = choices(t("reminders.quiet"), "quiet", [{ value: "on", text: t("reminders.quiet_on") }], {
    value: on ? ["on"] : [],
    multiple: true,
    hint: t("reminders.quiet_hint"),
    onchange: (values) => {
      hours.hidden = values.length === 0;
    },
  });
  return { quiet: ticked, hours, from, to };
}

function elsewhere(profile) {
  const tongue = h("select", { id: "reminders-language", value: language() }, LANGUAGES.map((one) => h("option", { value: one, lang: one }, NAMES[one])));
  const zones = h("select", { id: "reminders-zone", value: profile.zone }, known(profile.zone).map((one) => h("option", { value: one }, spoken(one))));
  const details = h(
    "details",
    { open: profile.zone !== zoneHere() },
    h("summary", {}, t("reminders.elsewhere")),
    field(t("reminders.language"), tongue),
    field(t("reminders.zone"), zones, { hint: t("reminders.zone_hint") }),
    profile.zone !== zoneHere() && differs(zones),
  );
  return { tongue, zones, details };
}

function differs(zones) {
  const here = spoken(zoneHere());
  const take = button(t("reminders.zone_take", { zone: here }), () => {
    zones.value = zoneHere();
    zones.focus();
  });
  return h("div", { class: "card calm" }, h("p", {}, t("reminders.zone_differs", { zone: here })), take);
}

function known(mine) {
  const all = Intl.supportedValuesOf?.("timeZone") ?? [];
  return [...new Set([mine, zoneHere(), ...all])].sort();
}

function spoken(zone) {
  return zone.replace(/_/g, " ");
}

function address(email) {
  return email.querySelector("input").value.trim();
}

async function submit(parts, said, shown) {
  fill(said);
  const told = read(parts);
  if (!(await fits(parts, told))) {
    announce(t("reminders.not_saved"));
    return;
  }
  let moved;
  try {
    shown.profile = await api("PUT", "/me/profile", told);
    moved = shown.profile.reminders;
    shown.touched = false;
  } catch (error) {
    refused(parts, said, error);
    return;
  }
  const n = Math.max(moved?.created.length ?? 0, moved?.cancelled.length ?? 0);
  const done = n ? t("reminders.saved_moved", { n }) : t("reminders.saved");
  sync("profile");
  if (told.language === language()) return void fill(said, h("p", { class: "note" }, done));
  // The whole screen is drawn anew in the other language, so this is said beside it.
  setLanguage(told.language);
  notice(done);
}

function read({ channel, email, quiet: ticked, from, to, tongue, zones }) {
  const still = ticked.chosen().length > 0;
  return {
    channel: channel.chosen(),
    email: address(email) || null,
    quiet_from: still ? from.querySelector("input").value || null : null,
    quiet_to: still ? to.querySelector("input").value || null : null,
    zone: zones.value,
    language: tongue.value,
  };
}

/** Tell whether this can be saved; what cannot is said where it is, and the first of it gets the focus. */
async function fits({ panel, email, quiet: ticked, from, to }, told) {
  email.refuse(null);
  to.refuse(null);
  const input = email.querySelector("input");
  if (told.email && !ADDRESS.test(told.email)) return deny(email, input, "reminders.email_wrong");
  if (told.channel === "email" && !told.email) return deny(email, input, "reminders.email_needed");
  const still = ticked.chosen().length > 0;
  if (still && (!told.quiet_from || !told.quiet_to || told.quiet_from === told.quiet_to)) {
    return deny(to, (told.quiet_from ? to : from).querySelector("input"), "reminders.quiet_both");
  }
  return told.channel !== "push" || panel.ensure();
}

function deny(place, input, key) {
  place.refuse(t(key));
  input.focus();
  return false;
}

function refused({ email, to }, said, error) {
  const pointers = (error.problem?.pointers ?? []).map(({ pointer }) => pointer);
  if (pointers.includes("/email")) return deny(email, email.querySelector("input"), "reminders.email_wrong");
  if (pointers.some((one) => one.startsWith("/quiet"))) return deny(to, to.querySelector("input"), "reminders.quiet_both");
  fill(said, trouble(isOffline(error) ? t("reminders.how_offline") : why(error)));
  return false;
}
