/** How one is reached: by which ways, quiet hours, language and time zone; saved at the clinic, so with internet. */

import { announce, fill, h, notice } from "../shared/dom.js";
import { day, language, LANGUAGES, localDay, setLanguage, t } from "../shared/words.js";

import { isOffline, why } from "./asking.js";
import { zone as zoneHere } from "./clock.js";
import { pushPanel } from "./pushpanel.js";
import { api } from "./session.js";
import { doc } from "./store.js";
import { state, sync } from "./sync.js";
import { busy, button, card, choices, field, trouble } from "./ui.js";
import { waysField } from "./ways.js";

const NAMES = { nl: "Nederlands", en: "English" };
const NIGHT = { from: "22:00", to: "08:00" };
const ADDRESS = /^[^@\s,;:<>()]+@[^@\s.,;:<>()]+(\.[^@\s.,;:<>()]+)+$/;
const NUMBER = /^\+[1-9]\d{7,14}$/;
const DUTCH = "Europe/Amsterdam";

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
    const kept = await doc("profile");
    shown.profile = kept?.channels ? kept : await api("GET", "/me/profile");
    fill(body, formOf(shown));
  } catch (error) {
    fill(body, trouble(isOffline(error) ? t("reminders.how_offline") : why(error)));
  }
  body.removeAttribute("aria-busy");
}

/** Draw it anew when another phone or the clinic changed the profile; what somebody is filling in is left alone. */
async function redraw(body, shown) {
  const profile = await doc("profile");
  if (!profile?.channels || shown.touched || profile.version === shown.profile?.version) return;
  await draw(body, shown);
}

function formOf(shown) {
  const { profile } = shown;
  // Somebody who switches messages on wants them there, without looking for a button to save.
  const parts = { ...where(profile, () => form.requestSubmit()), ...quiet(profile), ...elsewhere(profile) };
  const said = h("div", { role: "status" });
  const save = h("button", { class: "primary", id: "reminders-save" }, t("common.save"));
  const form = h("form", { novalidate: true }, parts.ways, parts.panel.node, parts.email, parts.phone, parts.quiet, parts.hours, parts.details, said, save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(save, () => submit(parts, said, shown));
  });
  const offline = h("p", { class: "note", hidden: state().online && navigator.onLine }, t("reminders.how_offline"));
  return [offline, form];
}

function where(profile, turnedOn) {
  const filled = (way) => ({ email, sms: phone })[way];
  const instead = () => ways.chosen().find((way) => filled(way) && typed(filled(way))) ?? null;
  const panel = pushPanel({ instead, turnedOn });
  const email = addressed("email", { type: "email", maxlength: 254, autocomplete: "email" }, profile);
  const phone = addressed("phone", { type: "tel", maxlength: 30, autocomplete: "tel" }, profile, t("reminders.phone_hint"));
  const chosen = (on) => {
    panel.node.hidden = !on.includes("push");
    email.hidden = !on.includes("email");
    phone.hidden = !on.includes("sms");
    if (on.includes("push")) panel.look();
  };
  const ways = waysField(profile.channels_offered ?? profile.channels, profile.channels, chosen);
  chosen(profile.channels);
  return { panel, email, phone, ways };
}

/** The field of an address or number, which says so when the provider knows no such address. */
function addressed(name, props, profile, hint = null) {
  const node = field(t(`reminders.${name}`), h("input", { ...props, value: profile[name] ?? "", id: `reminders-${name}` }), { hint });
  warn(node, name, profile);
  return node;
}

function warn(place, name, profile) {
  const since = profile[`${name}_refused_at`];
  if (since) place.refuse(t(`reminders.${name}_refused`, { when: day(localDay(new Date(since)), "tight") }));
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

function typed(place) {
  return place.querySelector("input").value.trim();
}

/** Return a number as the network writes it: "06 12 34 56 78" is +31612345678 to who lives in the Netherlands. */
function dialled(place, zone) {
  const number = typed(place).replace(/[\s().\/-]/g, "").replace(/^00/, "+");
  return zone === DUTCH ? number.replace(/^0(?=[1-9]\d{8}$)/, "+31") : number;
}

async function submit(parts, said, shown) {
  fill(said);
  const told = read(parts, shown.profile);
  if (!(await fits(parts, told))) {
    announce(t("reminders.not_saved"));
    return;
  }
  let moved;
  try {
    shown.profile = await api("PUT", "/me/profile", told);
    moved = shown.profile.reminders;
    shown.touched = false;
    parts.phone.querySelector("input").value = shown.profile.phone ?? "";
    for (const name of ["email", "phone"]) warn(parts[name], name, shown.profile);
  } catch (error) {
    refused(parts, said, error);
    return;
  }
  const n = Math.max(moved?.created.length ?? 0, moved?.cancelled.length ?? 0);
  const done = n ? t("reminders.saved_moved", { n }) : t("common.saved");
  sync("profile");
  if (told.language === language()) return void fill(said, h("p", { class: "note" }, done));
  // The whole screen is drawn anew in the other language, so this is said beside it.
  setLanguage(told.language);
  notice(done);
}

function read({ ways, email, phone, quiet: ticked, from, to, tongue, zones }, profile) {
  const still = ticked.chosen().length > 0;
  // What is out of sight and cannot be right stays what it was.
  const seen = (place, value, right, before) => (place.hidden && value && !right.test(value) ? before : value || null);
  return {
    channels: ways.chosen(),
    email: seen(email, typed(email), ADDRESS, profile.email),
    phone: seen(phone, dialled(phone, zones.value), NUMBER, profile.phone),
    quiet_from: still ? from.querySelector("input").value || null : null,
    quiet_to: still ? to.querySelector("input").value || null : null,
    zone: zones.value,
    language: tongue.value,
  };
}

/** Tell whether this can be saved; what cannot is said where it is, and the first of it gets the focus. */
async function fits({ panel, ways, email, phone, quiet: ticked, from, to }, told) {
  for (const place of [ways, email, phone, to]) place.refuse(null);
  if (!told.channels.length) return deny(ways, ways.querySelector("input"), "reminders.ways_none");
  const wrong = [
    [email, !email.hidden && (!told.email ? "reminders.email_needed" : !ADDRESS.test(told.email) && "reminders.email_wrong")],
    [phone, !phone.hidden && (!told.phone ? "reminders.phone_needed" : !NUMBER.test(told.phone) && "reminders.phone_wrong")],
  ].find(([, key]) => key);
  if (wrong) return deny(wrong[0], wrong[0].querySelector("input"), wrong[1]);
  const still = ticked.chosen().length > 0;
  if (still && (!told.quiet_from || !told.quiet_to || told.quiet_from === told.quiet_to)) {
    return deny(to, (told.quiet_from ? to : from).querySelector("input"), "reminders.quiet_both");
  }
  return !told.channels.includes("push") || panel.ensure();
}

function deny(place, input, key) {
  place.refuse(t(key));
  input.focus();
  return false;
}

function refused({ ways, email, phone, to }, said, error) {
  const pointers = (error.problem?.pointers ?? []).map(({ pointer }) => pointer);
  const wrong = [
    ["/email", email, "reminders.email_wrong"],
    ["/phone", phone, "reminders.phone_wrong"],
    ["/channels", ways, "reminders.ways_wrong"],
    ["/quiet", to, "reminders.quiet_both"],
  ].find(([stem]) => pointers.some((one) => one.startsWith(stem)));
  if (wrong) return deny(wrong[1], wrong[1].querySelector("input"), wrong[2]);
  fill(said, trouble(isOffline(error) ? t("reminders.how_offline") : why(error)));
  return false;
}
