/** Starting, changing and stopping a treatment: what it comes to is shown first, and then kept, with a reason. */

import { fill, h } from "/static/shared/dom.js";
import { day, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { drugName } from "./catalogue.js";
import { change, lookFirst } from "./lookfirst.js";
import { answered, idFor } from "./once.js";
import { planFields } from "./planfields.js";
import { planTexts } from "./planwords.js";
import { refuse, valuesOf } from "./reading.js";
import { who } from "./session.js";
import { dialog, field, select } from "./ui.js";

/** Start a treatment; `running` are those that run. Resolves to the API's answer, "gone", or null for nothing. */
export function start(page, drugs, running) {
  return dialog(t("treat.start"), (close) => {
    const state = { plan: null };
    const body = h("div", {});
    const drug = field(t("treat.drug"), select([{ value: "", text: t("treat.choose") }, ...drugs.map(({ key }) => ({ value: key, text: drugName(key) }))], { id: "treat-drug", onchange: (key) => choose(key) }));
    const own = { drug, started_on: field(t("treat.started_on"), h("input", { type: "date", id: "treat-started" }), { hint: t("treat.started_hint") }), reason: reasonField() };
    const choose = (key) => {
      drug.refuse(null);
      state.plan = key ? planFields(drugs.find((one) => one.key === key), { slot: state.plan?.fields().slot }) : null;
      fill(body, state.plan);
    };
    return lookFirst({
      name: "treat",
      children: [drug, body, own.started_on, own.reason],
      fields: () => ({ ...own, ...state.plan?.fields() }),
      wrong: wrongText,
      read: () => readStart(own, state.plan),
      look: (told) => startLines(told, drugs, running),
      keep: (told) => begun(page, told),
      text: t("treat.start"),
      close,
    });
  }, { wide: true });
}

/** Change the plan of a treatment from a day on. Resolves as `start`. */
export function amend(page, drugs, treatment) {
  const drug = drugs.find(({ key }) => key === treatment.drug);
  const standing = treatment.plans.at(-1);
  return dialog(t("treat.amend_named", { name: drugName(treatment.drug) }), (close) => {
    const plan = planFields(drug, { standing });
    const own = { valid_from: field(t("treat.valid_from"), h("input", { type: "date", id: "treat-from", min: treatment.started_on }), { hint: t("decision.from_hint") }), reason: reasonField() };
    return lookFirst({
      name: "treat",
      children: [plan, own.valid_from, own.reason],
      fields: () => ({ ...own, ...plan.fields() }),
      wrong: wrongText,
      read: () => readAmend(own, plan),
      look: (told) => amendLines(told, drug, standing, page, treatment),
      keep: (told) => api("POST", at(page, treatment, "/plans"), told, { version: standing.version }),
      stands: (told) => stood(page, treatment, told.reason),
      text: t("treat.amend"),
      close,
    });
  }, { wide: true });
}

/** Stop a treatment, today or on an earlier day. Resolves as `start`. */
export function stop(page, treatment) {
  return dialog(t("treat.stop_named", { name: drugName(treatment.drug) }), (close) => {
    const { today } = page.overview;
    const own = { stopped_on: field(t("treat.stopped_on"), h("input", { type: "date", id: "treat-stopped", min: treatment.started_on, max: today }), { hint: t("treat.stopped_hint") }), reason: reasonField() };
    return lookFirst({
      name: "treat",
      children: [own.stopped_on, own.reason],
      fields: () => own,
      wrong: wrongText,
      read: () => readAll(own),
      look: ({ stopped_on: on }) => [t("treat.stops", { on: day(on, "date") }), t("treat.last_open"), treatment.expected && t("treat.not_expected", { on: day(treatment.expected.on, "date") }), planned(page, treatment)],
      keep: (told) => api("POST", at(page, treatment, "/stop"), told, { version: treatment.version }),
      stands: (told) => stood(page, treatment, told.reason),
      text: t("treat.stop"),
      danger: true,
      close,
    });
  });
}

function reasonField() {
  return field(t("treat.reason"), h("textarea", { id: "treat-reason", rows: 2, maxlength: 500 }));
}

function wrongText(name) {
  return t(`treat.wrong.${name}`);
}

function readAll(own, { empty = [], go = true } = {}) {
  const said = valuesOf(own);
  const texts = Object.entries(said).map(([name, text]) => [name, text || empty.includes(name) ? null : t("desk.required")]);
  return refuse(own, Object.fromEntries(texts), { go }) ? null : said;
}

function readStart(own, plan) {
  if (!plan) return void refuse(own, { drug: t("treat.wrong.drug") });
  const told = plan.read();
  const said = readAll(own, { go: told !== null });
  return told && said && { ...said, ...told };
}

function readAmend(own, plan) {
  const told = plan.read();
  const said = readAll(own, { empty: ["valid_from"], go: told !== null });
  return told && said && { ...told, valid_from: said.valid_from || null, reason: said.reason };
}

function startLines(told, drugs, running) {
  const drug = drugs.find(({ key }) => key === told.drug);
  const plan = Object.entries(planTexts(told, drug)).filter(([, text]) => text);
  return [
    change(t("treat.drug"), null, drugName(told.drug)),
    ...plan.map(([label, text]) => change(label, null, text)),
    change(t("treat.started_on"), null, day(told.started_on, "full")),
    ...running.map((one) => ({ warm: t("treat.runs_already", { name: drugName(one.drug) }) })),
  ];
}

function amendLines(told, drug, standing, page, treatment) {
  const [before, after] = [planTexts(standing, drug), planTexts(told, drug)];
  const lines = Object.keys(after).filter((label) => before[label] !== after[label]).map((label) => change(label, before[label] ?? t("desk.none"), after[label] ?? t("desk.none")));
  return lines.length ? [...lines, change(t("treat.valid_from"), null, day(told.valid_from ?? page.overview.today, "full")), planned(page, treatment)] : null;
}

/** What is planned stays where it is: only somebody moves or cancels a dose. */
function planned({ overview }, { id }) {
  const n = overview.doses.filter((dose) => dose.status === "planned" && dose.treatment_id === id).length;
  return n > 0 && { warm: t("treat.planned_stays", { n }) };
}

async function begun(page, told) {
  const place = `treatment:${page.id}`;
  try {
    const answer = await api("POST", at(page), { id: idFor(place, told), ...told });
    answered(place);
    return answer;
  } catch (error) {
    if (error.name === "Refused") answered(place);
    throw error;
  }
}

/** Tell whether what was sent without an answer is what stands now: the version after the one that was seen, our own. */
async function stood(page, treatment, reason) {
  const now = (await api("GET", at(page))).items.find(({ id }) => id === treatment.id);
  const last = now?.plans.at(-1);
  const ours = last?.version === treatment.version + 1 && last.reason === reason && last.recorded_by === who()?.staff_id;
  return ours ? { treatment: now, moved: null } : null;
}

function at({ id }, treatment = null, more = "") {
  const all = `/patients/${encodeURIComponent(id)}/treatments`;
  return treatment ? `${all}/${encodeURIComponent(treatment.id)}${more}` : all;
}
