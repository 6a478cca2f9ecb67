/** The treatments of a patient: each with every version of its plan, and what may be done with it. */

import { h, notice } from "/static/shared/dom.js";
import { add, day, moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { drugName, everyDrug, names } from "./catalogue.js";
import { reminders } from "./dosediff.js";
import { nameOf, staffNames } from "./names.js";
import { planTexts } from "./planwords.js";
import { who } from "./session.js";
import { amend, start, stop } from "./treatmentact.js";
import { words } from "./treatment.words.js";
import { button, buttons, empty, load, panel, table } from "./ui.js";

const WRITING = new Set(["nurse", "clinician"]);

add(words);

/** Tell whether whoever is logged in may start, change and stop treatments. */
export function mayTreat() {
  return WRITING.has(who()?.role);
}

/** Draw this part of the page. */
export function draw(root, page) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  const ask = () => Promise.all([api("GET", `/patients/${encodeURIComponent(page.id)}/treatments`), staffNames(), names()]);
  return load(body, ask, ([{ items }, staff]) => {
    const running = items.filter((one) => !one.stopped_on);
    const ordered = [...running, ...items.filter((one) => one.stopped_on).reverse()];
    const another = mayTreat() && buttons(button(t(items.length ? "treat.start_another" : "treat.start"), () => done(page, start(page, everyDrug(), running)), { primary: !running.length, id: "treat-start" }));
    return [moved(page), ordered.length ? ordered.map((one) => treatmentPanel(one, page, staff)) : empty(t("treat.none")), another];
  });
}

function treatmentPanel(one, page, staff) {
  const drug = everyDrug().find(({ key }) => key === one.drug);
  const since = one.stopped_on ? t("treat.ran", { from: day(one.started_on, "date"), to: day(one.stopped_on, "date") }) : t("treat.since", { on: day(one.started_on, "date") });
  const next = one.expected && t(`treat.next.${one.expected.sure}`, { on: day(one.expected.on, "date") });
  return panel(drugName(one.drug), h("p", {}, [since, next].filter(Boolean).join(" · ")), versions(one, drug, staff), !one.stopped_on && mayTreat() && acts(one, page, drug));
}

function acts(one, page, drug) {
  const name = drugName(one.drug);
  return buttons(
    drug && button(t("treat.amend"), () => done(page, amend(page, everyDrug(), one)), { label: t("treat.amend_named", { name }), id: `treat-amend-${one.id}` }),
    button(t("treat.stop"), () => done(page, stop(page, one)), { danger: true, label: t("treat.stop_named", { name }), id: `treat-stop-${one.id}` }),
  );
}

function versions({ plans, stopped_on: stopped }, drug, staff) {
  const last = plans.at(-1).version;
  const rows = plans.toReversed().map((plan) => {
    const told = stopped && plan.version === last ? [t("treat.stopped")] : Object.values(planTexts(plan, drug)).filter(Boolean);
    return [day(plan.valid_from, "date"), told.join(", "), plan.reason, h("span", {}, nameOf(staff, plan.recorded_by), h("small", { class: "block" }, moment(plan.recorded_at, "short")))];
  });
  const columns = ["from", "plan", "reason", "who"].map((key) => ({ text: t(`treat.col.${key}`) }));
  return table({ caption: t("treat.versions"), hideCaption: true, columns, rows });
}

/** What the last act did to the reminders, until the page is left. */
function moved({ moved: told }) {
  return told && panel(t("treat.reminders"), h("ul", {}, reminders(told)));
}

async function done(page, asked) {
  const answer = await asked;
  if (!answer) return;
  page.moved = answer === "gone" ? null : answer.moved;
  await page.again();
  notice(t(answer === "gone" ? "desk.changed" : "treat.saved"));
}
