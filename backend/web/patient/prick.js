/** The finger prick: what to do now and when, one clear step at a time, and what became of the blood. */

import { fill, h } from "../shared/dom.js";
import { day, moment, number, t, when } from "../shared/words.js";

import { today } from "./clock.js";
import { icon } from "./icons.js";
import { living, safetyText } from "./living.js";
import { chain, current, doseOf, results, standing, stopped, timing } from "./pricklogic.js";
import { stepScreen } from "./prickstep.js";
import { waiting } from "./queue.js";
import { doc, records } from "./store.js";
import { card, link } from "./ui.js";
import * as words from "./prick.words.js";

const UNITS = { "ug/mL": "µg/ml", "AU/mL": "AU/ml" };
const NEXT = { await_kit: "kit_received", confirm_kit: "kit_received", prick: "collected", post: "posted" };

export const screen = {
  name: "prick",
  words: words.words,
  async render(root, { params, go }) {
    const [view, id, state] = params;
    if (view === "how") return how(root);
    if (view === "new") return stepScreen(root, { go, id: null, state: "collected" });
    if (view === "step" && ["kit_received", "collected", "posted"].includes(state)) {
      return stepScreen(root, { go, id, state });
    }
    const body = h("div");
    fill(root, h("h1", {}, t("prick.title")), body, await safetyText());
    return living(body, load, overview);
  },
};

async function load() {
  const [pulled, queue, plan] = await Promise.all([records("sample"), waiting(), doc("plan")]);
  const refused = queue.some((one) => ["sample", "sample-step"].includes(one.type) && one.state === "refused");
  return { items: standing(pulled, queue), treatments: plan?.treatments ?? [], refused, on: today() };
}

function overview({ items, treatments, refused }) {
  const now = current(items);
  const past = items.filter((item) => item !== now).reverse();
  const last = past.find((item) => item.results.length > 0);
  const before = past.filter((item) => item !== last);
  return [
    refused && h("p", { class: "trouble" }, t("prick.refused"), " ", h("a", { href: "#/trouble" }, t("common.look"))),
    now ? going(now, doseOf(now, treatments)) : nothing(doseOf(null, treatments)),
    last && newest(last),
    before.length > 0 && card(t("prick.before"), before.map(earlier)),
    card(t("prick.questions"), h("ul", { class: "menu" }, [
      now?.to_do !== "prick" && entry("prick", "#/prick/how", "how"),
      entry("pen", "#/prick/new", "unordered"),
      entry("contact", "#/contact", "ask"),
    ])),
  ];
}

function going(item, dose) {
  const state = NEXT[item.to_do];
  const phase = item.to_do === "prick" && dose ? timing(dose, today()).phase : "now";
  const what = phase === "now" ? item.to_do : `prick_${phase}`;
  return [
    card(
      t(`prick.do.${what}`),
      item.to_do === "post" && posting(item),
      item.to_do === "prick" && dose && [when_(dose, phase), phase !== "past" && h("p", {}, t("prick.before_dose"))],
      item.to_do !== "prick" && h("p", {}, t(`prick.do.${item.to_do}.more`)),
      state && h("div", { class: "buttons" },
        step(item, state, { primary: phase !== "early" }),
        state === "kit_received" && step(item, "collected", {}),
        item.to_do === "prick" && link(t("prick.how"), "#/prick/how")),
    ),
    state === "kit_received" && dose && card(t("prick.how.when"), when_(dose, timing(dose, today()).phase), h("p", {}, t("prick.before_dose"))),
    card(t("prick.chain"), rows(item)),
  ];
}

function step(item, state, { primary }) {
  return link(t(`prick.button.${state}`), `#/prick/step/${item.id}/${state}`, { primary, id: primary ? "next-step" : null });
}

function entry(drawing, href, key) {
  return h("li", {}, h("a", { href }, icon(drawing), h("span", {}, t(`prick.${key}`)), icon("next")));
}

/** Tell on which day to prick for a dose. */
function when_(dose, phase) {
  const { from, days } = timing(dose, today());
  const vars = { day: day(from), dose: day(dose.on), n: days };
  if (phase === "past") return h("p", {}, t("prick.when.past", vars));
  const morning = dose.at ? t("prick.when.morning_at", { time: moment(dose.at) }) : t("prick.when.morning", vars);
  return [
    phase === "early" && h("p", { class: "strong" }, t("prick.when.early", vars)),
    h("ul", {}, h("li", {}, t("prick.when.before", vars)), h("li", {}, morning)),
  ];
}

function posting(item) {
  const collected = item.steps.find((one) => one.state === "collected")?.occurred;
  const taken = collected?.at ? today(new Date(collected.at)) : collected?.on;
  return h("p", { class: "strong" }, t(taken && taken < today() ? "prick.post.late" : "prick.post.today"));
}

function nothing(dose) {
  return card(t("prick.none"), h("p", {}, t("prick.none.more")), dose && h("p", {}, t("prick.none.dose", { day: day(dose.on) })));
}

function rows(item) {
  return h("ol", { class: "chain" }, chain(item).map((row) =>
    h("li", { class: row.stopped ? "stopped" : row.done ? "done" : row.now ? "now" : "later", "aria-current": row.now ? "step" : null },
      h("span", { class: "mark", "aria-hidden": "true" }, row.stopped ? icon("attention") : row.done ? icon("sent") : null),
      h("span", {}, t(`prick.chain.${row.state}`), !row.now && h("span", { class: "unseen" }, `, ${t(row.done ? "prick.done" : "prick.later")}`),
        h("small", {}, row.occurred ? when(shown(row.occurred), "short") : row.now ? t("prick.next") : null,
          row.waiting && ` · ${t("common.not_sent")}`)))));
}

/** The server sends the day with every moment; the time says more. */
function shown({ at, on: date }) {
  return at ? { at } : { on: date };
}

/** The newest result, in full; the older ones are folded. */
function newest(item) {
  const { level, antibodies } = results(item);
  return card(
    t("prick.newest"),
    h("p", { class: "big" }, amount(level ?? antibodies), " ", h("small", {}, unit(level ?? antibodies))),
    h("p", { class: "soft" }, t("prick.taken", { when: taken(item) })),
    meaning(item),
    h("details", {}, h("summary", {}, t("prick.chain")), rows(item)),
  );
}

function earlier(item) {
  const found = results(item);
  return h(
    "details",
    {},
    h("summary", {}, taken(item) ? t("prick.taken", { when: taken(item) }) : t(`prick.chain.${item.state}`), found.level && ` · ${value(found.level)}`, stopped(item) && ` · ${t("prick.unusable")}`),
    found.level && h("p", { class: "figure" }, t("prick.level", { value: value(found.level) })),
    meaning(item),
    !found.level && !stopped(item) && h("p", {}, t("prick.no_result")),
    stopped(item) && h("p", {}, t("prick.stopped")),
    rows(item),
  );
}

function meaning(item) {
  const found = results(item);
  return [
    found.level && h("p", {}, t("prick.level.means")),
    found.antibodies && h("p", { class: found.level ? "strong" : null }, t("prick.antibodies", { value: value(found.antibodies) })),
    found.antibodies && h("p", {}, t("prick.antibodies.means")),
  ];
}

function taken(item) {
  const collected = item.steps.find((one) => one.state === "collected")?.occurred ?? item.collected;
  return collected ? when(shown(collected), "short") : "";
}

function value(result) {
  return `${amount(result)} ${unit(result)}`;
}

function amount({ comparator, value: measured }) {
  const sign = { "<": t("prick.less"), ">": t("prick.more") }[comparator];
  return [sign, number(measured, 2)].filter(Boolean).join(" ");
}

function unit(result) {
  return UNITS[result.unit] ?? result.unit;
}

async function how(root) {
  const steps = ["warm", "wash", "read", "prick", "drops", "close", "post"];
  fill(
    root,
    h("h1", {}, t("prick.how")),
    h("p", {}, t("prick.how.first")),
    h("ol", { class: "steps" }, steps.map((one) => h("li", {}, h("strong", {}, t(`prick.how.${one}`)), h("p", {}, t(`prick.how.${one}.more`))))),
    card(t("prick.how.when"), h("p", {}, t("prick.how.when.more"))),
    card(t("prick.how.wrong"), h("p", {}, t("prick.how.wrong.more")), link(t("prick.ask"), "#/contact")),
    h("div", { class: "buttons" }, link(t("common.back"), "#/prick")),
  );
}
