/** What staff do about a patient's consents: ask on the phone, record paper, take back, and say that a study is over. */

import { fill, h, notice } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { onlyRefusals } from "./reading.js";
import { sendForm } from "./sendform.js";
import { PURPOSES, textNode } from "./studytold.js";
import { choices, dialog, explain, field, select } from "./ui.js";

const REASONS = ["completed", "lost", "ended", "moved", "other"];
const AGREED = new Set(["given", "renewing", "lapsed"]);

/** The address of something of the patient's place in the study. */
export function at({ page, study }, below) {
  return `/patients/${encodeURIComponent(page.id)}/studies/${encodeURIComponent(study.id)}/${below}`;
}

/** Ask on the patient's phone for all that the study asks for and that does not stand yet. */
export async function askOnPhone(about) {
  try {
    await api("POST", at(about, "invitation"));
    await about.after(true, t("pstudy.asked"), `record-${about.study.id}`);
  } catch (error) {
    onlyRefusals(error);
    notice(error.problem?.code === "wrong-state" ? t("pstudy.no_text") : explain(error));
  }
}

/** Record a consent that was given on paper: which purpose, which version, in which language. */
export async function recordPaper(place, about) {
  const title = `${t("pstudy.record")}: ${about.study.name}`;
  const found = await texts(title, about);
  if (!found) return;
  const said = await sendForm(title, { name: "paper", text: t("pstudy.record_do"), build: () => paper(place, about, found) });
  await about.after(said, t("pstudy.recorded"), `record-${about.study.id}`);
}

/** The texts of the study that may still be agreed to, by purpose, the newest first; null where there is no answer. */
async function texts(title, { study }) {
  try {
    const { items } = await api("GET", `/studies/${encodeURIComponent(study.id)}/consent-texts`);
    const now = Date.now();
    const overtaken = (one) => items.some((other) => other.purpose === one.purpose && other.version > one.version && other.needed_from && Date.parse(other.needed_from) <= now);
    const standing = items.filter((one) => !overtaken(one)).toReversed();
    return new Map(PURPOSES.map((purpose) => [purpose, standing.filter((one) => one.purpose === purpose)]).filter(([, versions]) => versions.length));
  } catch (error) {
    onlyRefusals(error);
    await dialog(title, () => h("p", { class: "trouble", role: "alert" }, explain(error)));
    return null;
  }
}

function paper(place, about, found) {
  const here = place?.consent.consented_at && !place.consent.withdrawn_at;
  const purposes = PURPOSES.filter((one) => one === "study" || (here && found.has(one)));
  const rest = h("div", {});
  const state = { purpose: "study", version: null, language: null };
  const ask = () => fill(rest, versionFields(state, found.get(state.purpose) ?? [], about));
  const which = field(t("pstudy.col.purpose"), select(purposes.map((value) => ({ value, text: t(`study.purpose.${value}`) })), { value: "study", id: "paper-purpose", onchange: (value) => {
    state.purpose = value;
    ask();
  } }), { hint: here ? null : t("pstudy.study_first") });
  ask();
  return {
    children: [h("p", { class: "soft" }, t("pstudy.record_lead")), which, rest],
    fields: { purpose: which },
    read: () => (state.version === null ? { purpose: state.purpose } : { ...state }),
    send: (body) => api("POST", at(about, "consent"), body),
  };
}

/** Which version and language were read, with the text to hold against the paper. */
function versionFields(state, versions, { page }) {
  Object.assign(state, { version: versions[0]?.version ?? null, language: null });
  if (!versions.length) return h("p", { class: "note" }, t("pstudy.own_paper"));
  const rest = h("div", {});
  const chosen = () => versions.find(({ version }) => version === state.version);
  const shown = h("details", {}, h("summary", {}, t("pstudy.read_text")));
  const text = () => {
    shown.lastChild.nodeName === "DIV" && shown.lastChild.remove();
    shown.append(textNode(state.language, chosen().texts[state.language].text));
  };
  const languages = () => {
    const there = Object.keys(chosen().texts);
    const spoken = page.overview.patient.language;
    state.language = there.includes(spoken) ? spoken : there[0];
    fill(rest, field(t("pstudy.read_in"), select(there.map((value) => ({ value, text: t(`study.language.${value}`) })), { value: state.language, id: "paper-language", onchange: (value) => {
      state.language = value;
      text();
    } })));
    text();
  };
  languages();
  const which = select(versions.map(({ version }) => ({ value: String(version), text: t("study.version", { n: String(version) }) })), { value: String(state.version), id: "paper-version", onchange: (value) => {
    state.version = Number(value);
    languages();
  } });
  return [field(t("pstudy.col.version"), which), rest, shown];
}

/** Record that the patient takes back the study, or one purpose of it; each says what follows. */
export async function withdraw(place, about) {
  const there = place.consent.purposes.filter(({ purpose, state }) => purpose === "study" || AGREED.has(state)).map(({ purpose }) => purpose);
  const title = `${t("pstudy.withdraw")}: ${about.study.name}`;
  const said = await sendForm(title, { name: "withdraw", text: t("pstudy.withdraw_do"), danger: true, build: () => {
    const which = choices(t("pstudy.withdraw_what"), "withdraw", there.map((value) => ({ value, text: t(`pstudy.withdraw.${value}`), hint: t(`pstudy.follows.${value}`) })));
    return {
      children: which,
      read: () => {
        const purpose = which.chosen();
        which.refuse(purpose ? null : t("pstudy.choose"));
        return purpose && { purpose };
      },
      send: (body) => api("POST", at(about, "withdrawal"), body),
    };
  } });
  await about.after(said, t("pstudy.withdrawn"), `record-${about.study.id}`);
}

/** Say that the study is over for the patient, and why. */
export async function finish(about) {
  const title = `${t("pstudy.finish")}: ${about.study.name}`;
  const said = await sendForm(title, { name: "finish", text: t("pstudy.finish_do"), build: () => {
    const why = choices(t("pstudy.why"), "why", REASONS.map((value) => ({ value, text: t(`pstudy.why.${value}`) })));
    return {
      children: [h("p", {}, t("pstudy.finish_follows")), why],
      read: () => {
        why.refuse(why.chosen() ? null : t("pstudy.choose"));
        return why.chosen() && { why: why.chosen() };
      },
      send: (body) => api("POST", at(about, "finish"), body),
    };
  } });
  await about.after(said, t("pstudy.finished"), `record-${about.study.id}`);
}
