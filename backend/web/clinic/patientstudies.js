/** The part of a patient's page for studies: the place in each, with its consents, arm, visits, end, and what was done. */

import { h, notice } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { staffNames } from "./names.js";
import { askOnPhone, finish, recordPaper, withdraw } from "./patientconsents.js";
import { words } from "./patientstudies.words.js";
import { historyOf } from "./patientstudyhistory.js";
import { armOf, visitsOf } from "./patientvisits.js";
import { onlyRefusals } from "./reading.js";
import { dayOf, stateOf } from "./studytold.js";
import { button, buttons, empty, field, load, panel, select, table } from "./ui.js";

add(words);

const TAKEN = new Set(["given", "renewing", "lapsed"]);

/** Draw this part of the page. */
export function draw(root, page) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  return show(body, page);
}

function show(body, page) {
  return load(body, () => fetched(page), ({ places, studies, plans, staff }) => {
    const about = (study) => ({ page, study, plan: plans.get(study.id), staff, after: (...told) => after(body, page, ...told) });
    const shown = places.map((place) => placePanel(place, about({ id: place.consent.study_id, name: place.consent.name })));
    const others = studies.filter(({ id }) => !places.some(({ consent }) => consent.study_id === id));
    return [places.length ? shown : panel(t("patient.part.studies"), empty(t("pstudy.none"))), others.length > 0 && another(others, about)];
  });
}

async function fetched(page) {
  const at = `/patients/${encodeURIComponent(page.id)}/studies`;
  const [{ items: places }, { items: studies }, staff] = await Promise.all([api("GET", at), api("GET", "/studies"), staffNames()]);
  const known = places.map(({ consent }) => consent.study_id);
  const plans = await Promise.all(known.map(planOf));
  return { places, studies, staff, plans: new Map(known.map((id, at_) => [id, plans[at_]])) };
}

/** The arms of a study; of one at another site nothing is known here. */
async function planOf(id) {
  try {
    return await api("GET", `/studies/${encodeURIComponent(id)}/plan`);
  } catch (error) {
    onlyRefusals(error);
    return null;
  }
}

/** Draw what stands by now, say what was done, and go on where one was. */
async function after(body, page, done, said, id = null) {
  if (!done) return;
  await show(body, page);
  notice(done === "gone" ? t("pstudy.gone") : said);
  (id && document.getElementById(id) ? document.getElementById(id) : document.getElementById(`tab-studies`))?.focus();
}

function placePanel(place, about) {
  const { consent } = place;
  const here = Boolean(consent.consented_at) && !consent.withdrawn_at;
  return panel(
    h("span", { class: "row" }, consent.name, standing(consent)),
    h("p", { class: "soft" }, since(consent)),
    consents(place),
    acts(place, about, here),
    here && armOf(place, about),
    Boolean(consent.consented_at) && visitsOf(place, about, here),
    historyOf(place, about),
  );
}

function standing({ consented_at: joined, withdrawn_at: left, finished_at: over, purposes }) {
  const state = purposes.find(({ purpose }) => purpose === "study").state;
  const key = state === "asked" || state === "declined" || state === "lapsed" ? state : left ? "left" : !joined ? "none" : over ? "over" : "here";
  return h("span", { class: ["here"].includes(key) ? "tag" : key === "asked" || key === "lapsed" ? "tag warm" : "tag plain" }, t(`pstudy.is.${key}`));
}

function since({ consented_at: from, withdrawn_at: to, finished_at: over }) {
  if (!from) return t("pstudy.not_in");
  const told = to ? t("pstudy.was_in", { from: dayOf(from), to: dayOf(to) }) : t("pstudy.in_since", { from: dayOf(from) });
  return over ? `${told} ${t("pstudy.over_since", { on: dayOf(over) })}` : told;
}

function consents({ consent, history }) {
  const columns = ["purpose", "state", "version", "day", "where"].map((key) => ({ text: t(`pstudy.col.${key}`) }));
  const rows = consent.purposes.map((one) => [t(`study.purpose.${one.purpose}`), stateOf(one), version(one), one.since ? dayOf(one.since) : "–", where(one, history)]);
  return table({ caption: t("pstudy.consents", { study: consent.name }), hideCaption: true, columns, rows });
}

function version({ agreed, language, asks }) {
  const told = agreed ? `${agreed} (${t(`study.language.${language}`)})` : agreed === 0 ? t("study.paper") : "–";
  return asks ? [told, h("small", { class: "block" }, t("pstudy.asks", { n: String(asks) }))] : told;
}

/** Where the word that stands was said: the last yes of who agreed, else the last thing that was done. */
function where({ purpose, state }, history) {
  if (state === "asked") return "–";
  const said = history.filter(({ kind, told }) => kind === "consent" && told.purpose === purpose);
  const last = TAKEN.has(state) ? said.findLast(({ told }) => told.act === "given") : said.at(-1);
  return last ? t(last.by_patient ? "pstudy.on_phone" : "pstudy.by_clinic") : "–";
}

function acts(place, about, here) {
  const { study } = about;
  const left = place.consent.purposes.some(({ state }) => !["given", "renewing", "asked"].includes(state));
  const act = (key, work, look = {}) => button(t(`pstudy.${key}`), () => void work(), { ...look, id: `${key}-${study.id}`, label: `${t(`pstudy.${key}`)}: ${study.name}` });
  return buttons(
    left && act("ask", () => askOnPhone(about)),
    act("record", () => recordPaper(place, about)),
    here && !place.consent.finished_at && act("finish", () => finish(about)),
    here && act("withdraw", () => withdraw(place, about), { danger: true }),
  );
}

/** A study that the patient has no place in yet. */
function another(studies, about) {
  const which = field(t("pstudy.which"), select(studies.map(({ id, name }) => ({ value: id, text: name })), { value: studies[0].id, id: "pstudy-which" }));
  const chosen = () => about(studies.find(({ id }) => id === which.querySelector("select").value));
  const ask = button(t("pstudy.ask"), () => void askOnPhone(chosen()), { id: "pstudy-ask" });
  const record = button(t("pstudy.record"), () => void recordPaper(null, chosen()), { id: "pstudy-record" });
  return panel(t("pstudy.another"), h("p", { class: "soft" }, t("pstudy.another_lead")), which, buttons(ask, record));
}
