/** Setting up a study: its name, and how its data are to tell days, which stays so for good. */

import { h, notice } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { lookFirst } from "./lookfirst.js";
import { valueOf } from "./reading.js";
import { dialog, field, select } from "./ui.js";

const DAYS = ["since-first-dose", "since-last-dose", "calendar"];
const LONGEST = 200;

/** Ask for a new study, and show it once it is there: `again(id)` draws the page anew. */
export async function setUp(again) {
  const made = await dialog(t("snew.do"), (close) => form(close));
  if (!made) return;
  await again(made.id);
  notice(t("snew.made", { name: made.name }));
  document.getElementById("study-new")?.focus();
}

function form(close) {
  const name = field(t("snew.name"), h("input", { id: "study-name", maxlength: LONGEST, autocomplete: "off" }));
  const days = field(t("snew.days"), select(DAYS.map((value) => ({ value, text: t(`sparts.days.${value}`) })), { value: DAYS[0], id: "study-days" }), { hint: t("snew.days_hint") });
  return lookFirst({
    name: "study-new",
    children: [name, days],
    fields: () => ({ name, days }),
    wrong: (of) => t(of === "name" ? "snew.taken" : "desk.look_again"),
    read: () => read(name, days),
    look: (body) => [t("snew.new", { name: body.name }), { warm: t(`snew.look.${body.days}`) }],
    keep: (body) => api("POST", "/studies", body),
    text: t("snew.keep"),
    close,
  });
}

function read(name, days) {
  const said = valueOf(name);
  name.refuse(said ? null : t("desk.required"));
  if (said) return { name: said, days: valueOf(days) };
  name.querySelector("input").focus();
  return null;
}
