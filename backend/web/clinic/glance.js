/** The head of a patient's page: who it is, and the answers one comes for, each with what it rests on. */

import { h } from "/static/shared/dom.js";
import { day, has, language, number, t } from "/static/shared/words.js";

import { dayNumber } from "./daynumbers.js";
import { levelValue } from "./timelinetold.js";

const RECENT = 3;
const DEFINITIONS = ["by_infusions", "by_mean", "by_delay"];

/** Return the name of a patient, or what to say where none is known. */
export function nameOf({ name }) {
  return name ?? t("glance.unnamed");
}

/** Return what tells one patient from another: birth date with age, hospital number. */
export function identityLines({ birth_on: born, hospital_number: known }, today) {
  return [born && t("glance.born", { on: day(born, "date"), age: age(born, today) }), known && t("glance.number", { number: known })].filter(Boolean);
}

/** Return the facts: [{key, title, big, more: [texts], kind}], in the order in which they are read. */
export function facts(overview) {
  return [treatment(overview), lastDose(overview), nextDose(overview), lastLevel(overview), felt(overview), stretched(overview), extension(overview)].filter(Boolean);
}

/** Draw the facts; on paper and on the screen alike. */
export function factList(overview) {
  const shown = facts(overview).map(({ key, title, big, more, kind, nodes }) =>
    h("div", { class: `fact ${key}${kind ? ` ${kind}` : ""}` }, h("dt", {}, title), h("dd", {}, big && h("strong", {}, big), (nodes ?? more.filter(Boolean)).map((one) => h("span", {}, one)))),
  );
  return h("dl", { class: "facts", "aria-label": t("glance.facts") }, shown);
}

function treatment({ treatments, today }) {
  const running = treatments.filter(({ stopped_on: stopped }) => !stopped || stopped > today);
  const shown = running.length ? running : treatments.slice(-1);
  const title = t("glance.treatment");
  if (!shown.length) return { key: "treatment", title, big: null, more: [t("glance.no_treatment")] };
  const told = shown.flatMap((one) => {
    const plan = standing(one, today);
    const every = plan?.interval_weeks ? t("glance.every", { route: t(`line.route.${plan.route}`), weeks: plan.interval_weeks }) : plan && t("glance.route", { route: t(`line.route.${plan.route}`) });
    const since = one.stopped_on ? t("glance.stopped", { on: day(one.stopped_on, "date") }) : plan && t("glance.since", { on: day(plan.valid_from, "date") });
    return [every, since];
  });
  return { key: "treatment", title, big: shown.map((one) => one[`name_${language()}`]).join(", "), more: told };
}

/** The plan that holds today: the newest of those that began; before any did, the first. */
export function standing({ plans }, today) {
  const begun = plans.filter(({ valid_from: from }) => from <= today);
  const latest = (begun.length ? begun : plans.slice(0, 1)).toSorted((one, another) => one.valid_from.localeCompare(another.valid_from) || one.version - another.version);
  return latest.at(-1) ?? null;
}

function lastDose({ doses, today, intervals }) {
  const given = doses.filter(({ status, given: at }) => status === "given" && at).toSorted((one, another) => one.given.on.localeCompare(another.given.on));
  const last = given.at(-1);
  const title = t("glance.last");
  if (!last) return { key: "last", title, big: null, more: [t("glance.no_dose")] };
  const ago = dayNumber(today) - dayNumber(last.given.on);
  const at = intervals.at(-1);
  return { key: "last", title, big: day(last.given.on, "date"), more: [ago > 0 ? t("glance.last.ago", { n: ago }) : t("glance.today"), at && !at.closed_on && t("line.told.interval", { day: ago, interval: at.interval })] };
}

function nextDose({ treatments, today }) {
  const coming = treatments.map(({ expected }) => expected).filter(Boolean).toSorted((one, another) => one.on.localeCompare(another.on));
  const title = t("glance.next");
  const [next] = coming;
  if (!next) return { key: "next", title, big: null, more: [t("glance.no_next")] };
  const days = dayNumber(next.on) - dayNumber(today);
  const when = days > 0 ? t("glance.next.in", { n: days }) : days === 0 ? t("glance.today") : t("glance.next.late", { n: -days });
  return { key: "next", title, big: day(next.on, "date"), more: [when, next.sure === "projected" && t("glance.next.projected")], kind: days < 0 ? "late" : null };
}

function lastLevel({ levels, targets }) {
  const troughs = levels.filter(({ trough_class: kind, unusable }) => kind === "trough" && !unusable.length);
  const last = troughs.at(-1);
  const title = t("glance.level");
  if (!last) return { key: "level", title, big: null, more: [t("glance.no_level")] };
  return { key: "level", title, big: `${levelValue(last)} µg/mL`, more: [day(last.on, "date"), targets.length > 0 && targets.map(({ ug_ml: value }) => t("glance.level.target", { value })).join(", "), !last.released && t("line.unreleased")] };
}

/** The last closed intervals, by either instrument, side by side and never merged. */
function felt({ intervals }) {
  const recent = intervals.filter(({ closed_on: closed }) => closed).slice(-RECENT);
  if (!recent.length) return { key: "felt", title: t("glance.felt.any"), big: null, more: [t("glance.felt.no_interval")] };
  const judged = recent.filter(({ diary }) => diary.assessable);
  const forms = recent.map(({ recall }) => recall.at(-1)).filter((form) => form && ["yes", "no"].includes(form.experienced));
  const told = (which, yes, n, none) => [t(`glance.felt.${which}`), " ", n ? h("b", {}, t("glance.felt.of", { k: yes, n })) : t(none)];
  const nodes = [
    told("diary", judged.filter(({ diary }) => diary.wearing_off).length, judged.length, "glance.felt.none"),
    told("recall", forms.filter(({ experienced }) => experienced === "yes").length, forms.length, "glance.felt.no_form"),
  ];
  return { key: "felt", title: t("glance.felt", { n: recent.length }), big: null, more: [], nodes };
}

function stretched({ stretching: { state, old_weeks: old, new_weeks: now, why } }) {
  const more = [old !== null && now !== null && t("glance.stretch.weeks", { old, new: now }), ...why.map((reason) => t(`stretch.why.${reason}`))];
  return { key: "stretch", title: t("glance.stretch"), big: t(`stretch.state.${state}`), more, kind: `state-${state}` };
}

function extension({ eid, avoided: saved }) {
  const nodes = DEFINITIONS.map((name) => {
    const { extended, value, why } = eid[name];
    const said = t(extended === null ? "glance.eid.unknown" : extended ? "glance.eid.yes" : "glance.eid.no");
    const known = extended !== null && value !== null ? ` (${number(value)})` : "";
    const reasons = why.map((reason) => (has(`glance.why.${reason}`) ? t(`glance.why.${reason}`) : reason));
    return [`${t(`glance.eid.${name}`)}: `, h("b", {}, said), known, extended === null && reasons.length > 0 && ` (${reasons.join(", ")})`];
  });
  const none = DEFINITIONS.every((name) => eid[name].extended === null && String(eid[name].why) === String(eid.by_mean.why));
  const shown = none ? [[h("b", {}, t("glance.eid.unknown")), ` (${eid.by_mean.why.map((reason) => t(`glance.why.${reason}`)).join(", ")})`]] : nodes;
  return { key: "eid", title: t("glance.eid"), big: null, more: [], nodes: saved ? [...shown, avoided(saved)] : shown };
}

function avoided({ avoided: n, given, expected, n_pauses: pauses, every_days: every }) {
  const told = `${t("glance.avoided.told", { weeks: every / 7 })} (${t("glance.avoided.of", { given, expected })}${pauses > 0 ? `, ${t("glance.avoided.pauses", { n: pauses })}` : ""})`;
  return [`${t("glance.avoided")}: `, h("b", {}, number(n)), ` ${told}`];
}

function age(born, today) {
  const [year, rest] = [Number(born.slice(0, 4)), born.slice(5)];
  return Number(today.slice(0, 4)) - year - (today.slice(5) < rest ? 1 : 0);
}
