/** The finger prick: what to do now and when, one clear step at a time, and what became of the blood. */

import { on } from "./bus.js";
import { today, zone } from "./clock.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { chain, current, doseOf, results, standing, stopped, timing } from "./pricklogic.js";
import { stepScreen } from "./prickstep.js";
import { waiting } from "./queue.js";
import { doc, records } from "./store.js";
import { card, link, safety } from "./ui.js";
import { day, moment, number, t, when } from "./words.js";
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
    await overview(root);
    return on("changed", () => overview(root));
  },
};

async function overview(root) {
  const [pulled, queue, plan, told] = await Promise.all([records("sample"), waiting(), doc("plan"), safety()]);
  const items = standing(pulled, queue);
  const treatments = plan?.treatments ?? [];
  const now = current(items);
  const before = items.filter((item) => item !== now).reverse();
  fill(
    root,
    h("h1", {}, t("prick.title")),
    refusals(queue),
    now ? going(now, doseOf(now, treatments)) : nothing(doseOf(null, treatments)),
    before.length > 0 && card(t("prick.before"), before.map(earlier)),
    card(
      t("prick.questions"),
      h("ul", { class: "menu" }, [["prick", "#/prick/how", "how"], ["pen", "#/prick/new", "unordered"], ["contact", "#/contact", "ask"]].map(entry)),
    ),
    told,
  );
}

function going(item, dose) {
  const state = NEXT[item.to_do];
  return [
    card(
      t(`prick.do.${item.to_do}`),
      item.to_do === "post" ? posting(item) : timed(item, dose),
      t(`prick.do.${item.to_do}.more`) && h("p", {}, t(`prick.do.${item.to_do}.more`)),
      state && h("div", { class: "buttons" }, link(t(`prick.button.${state}`), `#/prick/step/${item.id}/${state}`, { primary: !early(item, dose), id: "next-step" })),
      state === "kit_received" && h("p", {}, h("a", { href: `#/prick/step/${item.id}/collected` }, t("prick.already"))),
    ),
    card(t("prick.chain"), rows(item)),
  ];
}

function entry([drawing, href, key]) {
  return h("li", {}, h("a", { href }, icon(drawing), h("span", {}, t(`prick.${key}`)), icon("next")));
}

function early(item, dose) {
  return item.to_do === "prick" && dose !== null && timing(dose, today()).phase === "early";
}

function timed(item, dose) {
  if (item.to_do === "await_result" || !dose) return null;
  const when_ = timing(dose, today());
  const vars = { day: day(when_.from), dose: day(dose.on), n: when_.days };
  const morning = dose.at ? t("prick.when.morning_at", { ...vars, time: moment(dose.at) }) : t("prick.when.morning", vars);
  if (when_.phase === "past") return h("p", { class: "strong" }, t("prick.when.past", vars));
  return [
    h("p", { class: "strong" }, t(when_.phase === "early" ? "prick.when.early" : "prick.when.now", vars)),
    h("ul", {}, h("li", {}, t("prick.when.before", vars)), h("li", {}, morning)),
  ];
}

function posting(item) {
  const collected = item.steps.find((step) => step.state === "collected")?.occurred;
  const on_ = collected?.on ?? (collected?.at && today(new Date(collected.at)));
  return h("p", { class: "strong" }, t(on_ && on_ < today() ? "prick.post.late" : "prick.post.today"));
}

function nothing(dose) {
  return card(t("prick.none"), h("p", {}, t("prick.none.more")), dose && h("p", {}, t("prick.none.dose", { day: day(dose.on) })));
}

function rows(item) {
  return h("ol", { class: "chain" }, chain(item).map((row) =>
    h("li", { class: row.stopped ? "stopped" : row.done ? "done" : row.now ? "now" : "later", "aria-current": row.now ? "step" : null },
      h("span", { class: "mark", "aria-hidden": "true" }, row.stopped ? icon("attention") : row.done ? icon("sent") : null),
      h("span", {}, t(`prick.chain.${row.state}`), h("span", { class: "unseen" }, `, ${t(row.done ? "prick.done" : row.now ? "prick.next" : "prick.later")}`),
        h("small", {}, row.occurred ? when(local(row.occurred), "short") : row.now ? t("prick.next") : null,
          row.waiting && ` · ${t("prick.waiting")}`)))));
}

/** A moment stored with another zone than this phone's is shown by its own day. */
function local(occurred) {
  return occurred.at && (occurred.zone ?? zone()) === zone() ? occurred : occurred.at ? { at: occurred.at } : { on: occurred.on };
}

function earlier(item) {
  const found = results(item);
  const taken = item.steps.find((step) => step.state === "collected")?.occurred;
  const title = taken ? t("prick.taken", { when: when(taken, "short") }) : t(`prick.chain.${item.state}`);
  return h(
    "details",
    { open: false },
    h("summary", {}, title, found.level && ` · ${value(found.level)}`, stopped(item) && ` · ${t("prick.unusable")}`),
    found.level && h("p", { class: "figure" }, t("prick.level", { value: value(found.level) })),
    found.level && h("p", {}, t("prick.level.means")),
    found.antibodies && h("p", {}, t("prick.antibodies", { value: value(found.antibodies) })),
    found.antibodies && h("p", {}, t("prick.antibodies.means")),
    !found.level && !stopped(item) && h("p", {}, t("prick.no_result")),
    stopped(item) && h("p", {}, t("prick.stopped")),
    rows(item),
  );
}

function value(result) {
  const sign = { "<": t("prick.less"), ">": t("prick.more") }[result.comparator] ?? "";
  return [sign, number(result.value, 2), UNITS[result.unit] ?? result.unit].filter(Boolean).join(" ");
}

function refusals(queue) {
  const refused = queue.some((one) => ["sample", "sample-step"].includes(one.type) && one.state === "refused");
  return refused && h("p", { class: "trouble" }, t("prick.refused"), " ", h("a", { href: "#/trouble" }, t("prick.refused.look")));
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
