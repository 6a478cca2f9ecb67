/** The day ward's calendar: a week of doses, planned and given; a dose is recorded, moved or taken back from its card. */

import { fill, h, notice } from "/static/shared/dom.js";
import { add, day, localDay, t, time } from "/static/shared/words.js";

import { api } from "./api.js";
import { drugName, names } from "./catalogue.js";
import { act } from "./doseact.js";
import { words as actWords } from "./doseact.words.js";
import { mayTakeIn, takeIn } from "./doseintake.js";
import { words as intakeWords } from "./doseintake.words.js";
import { plan } from "./doseplan.js";
import { words } from "./doses.words.js";
import { button, field, load } from "./ui.js";

const DAY_MS = 86_400_000;
const WEEK = 7;
const SHAPES = { planned: "◇", given: "◆", missed: "✕", cancelled: "–" };

for (const one of [actWords, intakeWords]) add(one);

export const screen = { words, render };

async function render(root, { params: [from], go }) {
  const first = monday(isDay(from) ? from : localDay(new Date()));
  const last = after(first, WEEK - 1);
  const body = h("div", {});
  const fresh = () =>
    load(body, async () => (await Promise.all([api("GET", `/ward?first=${first}&last=${last}`), names()]))[0], (found) => [
      found.projected.length > 0 && toPlan(found.projected, fresh),
      h("ol", { class: "week" }, found.days.map((one) => column(one, fresh))),
      legend(found),
    ]);
  fill(
    root,
    h("div", { class: "row apart" }, h("div", {}, h("h1", {}, t("doses.title")), h("p", { class: "soft" }, t("doses.week", { first: day(first, "date"), last: day(last, "date") }))), steps(first, go)),
    body,
  );
  await fresh();
}

function steps(first, go) {
  const pick = h("input", { type: "date", id: "doses-on", value: first });
  pick.addEventListener("change", () => isDay(pick.value) && go(`doses/${pick.value}`));
  return h(
    "div",
    { class: "row steps" },
    button("←", () => go(`doses/${after(first, -WEEK)}`), { id: "doses-before", label: t("doses.before") }),
    button(t("doses.this_week"), () => go("doses"), { id: "doses-now" }),
    button("→", () => go(`doses/${after(first, WEEK)}`), { id: "doses-after", label: t("doses.after") }),
    field(t("doses.on"), pick),
    mayTakeIn() && button(t("doses.take_in"), () => void takeIn().then((stored) => stored && go(`doses/${first}`)), { id: "doses-take-in" }),
  );
}

function column({ on, doses }, fresh) {
  const today = on === localDay(new Date());
  const rows = doses.map((dose) => h("li", {}, card(dose, fresh)));
  const said = doses.length ? t("doses.of_day", { n: doses.length }) : t("doses.no_dose");
  return h(
    "li",
    { class: today ? "day today" : "day", "aria-current": today ? "date" : null },
    h("h2", {}, h("span", {}, day(on, "short")), h("small", {}, today ? `${t("doses.today")} · ${said}` : said)),
    rows.length > 0 && h("ul", {}, rows),
  );
}

function card(dose, fresh) {
  const name = dose.name ?? t("desk.unknown");
  const facts = [t(`doses.status.${dose.status}`), drugName(dose.drug), span(dose)].filter(Boolean);
  return h(
    "button",
    { type: "button", class: `dose ${dose.status}`, id: `dose-${dose.dose_id}`, onclick: () => void opened(dose, fresh) },
    h("span", { class: "shape", "aria-hidden": "true" }, SHAPES[dose.status] ?? "·"),
    h("span", { class: "at" }, clock(dose)),
    h("strong", {}, name),
    h("small", {}, facts.join(" · ")),
  );
}

async function opened(dose, fresh) {
  const done = await act(dose);
  if (!done) return;
  await fresh();
  notice(t(done === "gone" ? "desk.changed" : `doseact.done.${done}`));
  document.getElementById(`dose-${dose.dose_id}`)?.focus();
}

function span({ interval_weeks: weeks, days_since_last: days }) {
  if (weeks === null && days === null) return null;
  const planned = weeks === null ? null : t("doses.weeks", { n: weeks });
  return [planned, days === null ? null : t("doses.days_since", { n: days })].filter(Boolean).join(", ");
}

function clock({ given, planned }) {
  const moment = given ?? planned;
  return moment?.at ? time(moment.at) : t("doses.no_time");
}

/** What a plan expects and nobody planned yet. */
function toPlan(projected, fresh) {
  const rows = projected.map((one) =>
    h("li", {},
      h("a", { href: `#/patient/${encodeURIComponent(one.patient_id)}` }, one.name ?? t("desk.unknown")),
      h("span", { class: "soft" }, ` ${day(one.on, "short")} · ${drugName(one.drug)} `),
      button(t("doses.plan"), () => void plan(one).then((done) => done && fresh()), { label: t("doses.plan_for", { name: one.name ?? "" }) }),
    ),
  );
  return h("details", { class: "panel to-plan", open: true }, h("summary", {}, t("doses.to_plan", { n: projected.length })), h("ul", {}, rows));
}

function legend({ days }) {
  const present = new Set(days.flatMap((one) => one.doses.map((dose) => dose.status)));
  const keys = Object.keys(SHAPES).filter((status) => present.has(status));
  return h("p", { class: "soft key" }, keys.map((status) => h("span", {}, `${SHAPES[status]} ${t(`doses.status.${status}`)}  `)));
}

function monday(on) {
  const date = at(on);
  return after(on, -((date.getUTCDay() + 6) % WEEK));
}

function after(on, days) {
  return new Date(at(on).getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

// Days of the calendar are counted in UTC, where every one of them is 24 hours long.
function at(on) {
  return new Date(`${on}T00:00:00Z`);
}

function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(at(text).getTime());
}
