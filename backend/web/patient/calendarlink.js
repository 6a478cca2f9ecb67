/** The secret link that puts one's appointments into one's own calendar: made, shown once, copied, ended. */

import { fill, h, notice } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { question, why } from "./asking.js";
import { isApple } from "./install.js";
import { api } from "./session.js";
import { busy, button, buttons, confirm, field, trouble } from "./ui.js";

const PATH = "/me/calendar";

/** The card with what the link is, and what can be done with it. */
export function calendarLink() {
  const said = h("div", {});
  const make = button(t("reminders.calendar_make"), () => busy(make, () => makeLink(said)), { id: "calendar-make" });
  const stop = button(t("reminders.calendar_stop"), () => busy(stop, () => stopLink(said)), { quiet: true, id: "calendar-stop" });
  return h(
    "details",
    { class: "card" },
    h("summary", {}, t("reminders.calendar")),
    h("p", {}, t("reminders.calendar_text")),
    h("p", {}, t("reminders.calendar_secret")),
    said,
    buttons(make, stop),
  );
}

async function makeLink(said) {
  // Whether there is a link nobody but its owner's calendar knows, so it is asked every time.
  if (!(await confirm(question(t("reminders.calendar_again"), t("reminders.calendar_again_more")), t("reminders.make_yes")))) return;
  try {
    show(said, (await api("POST", PATH)).url);
  } catch (error) {
    fill(said, trouble(why(error)));
  }
}

function show(said, url) {
  const input = h("input", { type: "text", readOnly: true, value: url, id: "calendar-url", autocomplete: "off", spellcheck: "false" });
  input.addEventListener("focus", () => input.select());
  const copy = button(t("reminders.calendar_copy"), () => copied(input), { id: "calendar-copy" });
  const open = isApple() && h("a", { class: "button", href: url.replace(/^https?:/, "webcal:") }, t("reminders.calendar_open"));
  fill(said, field(t("reminders.calendar_link"), input, { hint: t("reminders.calendar_once") }), buttons(copy, open), h("p", {}, t("reminders.calendar_how")));
  input.focus();
}

async function copied(input) {
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    notice(t("reminders.calendar_copied"));
  } catch {
    notice(t("reminders.calendar_not_copied"));
  }
}

async function stopLink(said) {
  if (!(await confirm(question(t("reminders.calendar_stop_ask"), t("reminders.calendar_stop_more")), t("reminders.calendar_stop_yes"), undefined, { danger: true }))) return;
  try {
    await api("DELETE", PATH);
    fill(said, h("p", { class: "note", role: "status" }, t("reminders.calendar_stopped")));
  } catch (error) {
    fill(said, trouble(why(error)));
  }
}
