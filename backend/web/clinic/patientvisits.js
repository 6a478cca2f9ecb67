/** A patient's arm in a study, and its visits: on which days, how each stands, and what became of it. */

import { h, notice } from "/static/shared/dom.js";
import { day, localDay, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { at } from "./patientconsents.js";
import { onlyRefusals, valueOf } from "./reading.js";
import { sendForm } from "./sendform.js";
import { named } from "./studytold.js";
import { busy, button, empty, explain, field, select, table } from "./ui.js";

const WARM = new Set(["open", "overdue"]);
const PLAIN = new Set(["ahead", "missed"]);

/** The arm, to be chosen of those the study has. */
export function armOf({ arm }, about) {
  const arms = about.plan?.arms ?? [];
  if (!arms.length && !arm) return null;
  const { study } = about;
  const options = [...(arm ? [] : [{ value: "", text: t("pstudy.no_arm") }]), ...arms.map(({ key, names }) => ({ value: key, text: named(names) }))];
  const which = field(t("pstudy.arm"), select(options, { value: arm ?? "", id: `arm-${study.id}` }), { hint: t("pstudy.arm_hint") });
  const put = button(t("pstudy.arm_put"), () => void busy(put, () => allocate(which, about)), { id: `arm-put-${study.id}`, label: `${t("pstudy.arm_put")}: ${study.name}` });
  return h("div", { class: "row arm" }, which, put);
}

async function allocate(which, about) {
  const arm = valueOf(which);
  which.refuse(arm ? null : t("pstudy.choose"));
  if (arm) await put(about, "arm", { arm }, t("pstudy.arm_saved"), `arm-${about.study.id}`);
}

/** The visits in order, with what may be said of each while the patient takes part. */
export function visitsOf({ visits }, about, here) {
  const title = h("h3", {}, t("pstudy.visits"));
  if (!visits.length) return [title, empty(t("pstudy.no_visits"))];
  const columns = ["visit", "days", "grace", "state", "do"].map((key) => ({ text: t(`pstudy.visit.${key}`) }));
  const rows = visits.map((one) => [nameOf(one), days(one), one.grace_on === one.closes_on ? "–" : day(one.grace_on, "date"), state(one), here ? acts(one, about) : ""]);
  return [title, table({ caption: t("pstudy.visits_of", { study: about.study.name }), hideCaption: true, columns, rows })];
}

function nameOf({ names, interval }) {
  return [named(names), interval !== null && h("small", { class: "block" }, t("pstudy.visit.interval", { n: String(interval) }))];
}

function days({ opens_on: from, closes_on: to }) {
  return from === to ? day(from, "date") : t("pstudy.visit.until", { from: day(from, "date"), to: day(to, "date") });
}

function state({ state: stands, on, timing }) {
  const kind = WARM.has(stands) ? "tag warm" : PLAIN.has(stands) ? "tag plain" : "tag";
  const told = on && `${day(on, "date")}${timing === "within" ? "" : `, ${t(`pstudy.timing.${timing}`)}`}`;
  return [h("span", { class: kind }, t(`pstudy.stands.${stands}`)), told && h("small", { class: "block" }, told)];
}

function acts(one, about) {
  const id = `${about.study.id}-${one.key}-${one.turn}`;
  const name = `${named(one.names)}, ${days(one)}`;
  const held = button(t("pstudy.held"), () => void tellHeld(one, about, `held-${id}`, name), { quiet: true, id: `held-${id}`, label: `${t("pstudy.held")}: ${name}` });
  const missed = button(t("pstudy.missed"), () => void busy(missed, () => tell(one, about, { fate: "missed" }, `held-${id}`)), { quiet: true, id: `missed-${id}`, label: `${t("pstudy.missed")}: ${name}` });
  return h("span", { class: "acts" }, held, one.state !== "ahead" && one.state !== "missed" && missed);
}

async function tellHeld(one, about, id, name) {
  const today = localDay(new Date());
  const said = await sendForm(`${t("pstudy.held_title")}: ${name}`, { name: "held", text: t("pstudy.held_do"), build: () => {
    const on = field(t("pstudy.held_on"), h("input", { type: "date", id: "held-on", max: today, value: one.on ?? today }));
    return {
      children: on,
      fields: { on },
      read: () => {
        const day_ = valueOf(on);
        on.refuse(day_ && day_ <= today ? null : t("pstudy.held_wrong"));
        return day_ && day_ <= today ? { fate: "held", on: day_ } : null;
      },
      send: (body) => api("PUT", addressOf(one, about), body),
    };
  } });
  await about.after(said, t("pstudy.visit_saved"), id);
}

function tell(one, about, body, id) {
  return put(about, below(one), body, t("pstudy.visit_saved"), id);
}

async function put(about, where, body, said, id) {
  try {
    await api("PUT", at(about, where), body);
  } catch (error) {
    onlyRefusals(error);
    if (error.status !== 409 && error.status !== 404) return notice(explain(error));
    return about.after("gone");
  }
  return about.after(true, said, id);
}

function below({ key, turn }) {
  return `visits/${encodeURIComponent(key)}/${encodeURIComponent(turn)}`;
}

function addressOf(one, about) {
  return at(about, below(one));
}
