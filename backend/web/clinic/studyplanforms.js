/** The forms for an arm and for a visit of a study: names in two languages, and on which days a visit may be held. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { refuse, valueOf } from "./reading.js";
import { sendForm } from "./sendform.js";
import { choices, field, select } from "./ui.js";

const UNITS = ["d", "wk", "mo"];
const EDGES = ["after-dose", "before-next"];
const LONGEST_KEY = 40;
const MOST_DAYS = 400;

/** Ask for the names of a new arm, or of one that is there; resolves as `sendForm`. */
export function armForm(about, arm, keep) {
  return sendForm(t(arm ? "sparts.plan.rename_arm" : "sparts.plan.add_arm"), { name: "arm", text: t("sparts.plan.do_it"), build: () => {
    const names = nameFields(arm?.names);
    const others = about.plan.arms;
    return {
      children: Object.values(names),
      fields: names,
      read: () => readNames(names),
      send: (told) => keep(about, { arms: arm ? others.map((one) => (one === arm ? { ...arm, names: told } : one)) : [...others, { key: keyFor(told, others, "arm"), names: told }] }),
    };
  } });
}

/** Ask for a new visit; resolves as `sendForm`. */
export function visitForm(about, keep) {
  return sendForm(t("sparts.plan.add_visit"), { name: "visit", text: t("sparts.plan.do_it"), wide: true, build: () => {
    const names = nameFields();
    const [series, around] = [seriesFields(), doseFields()];
    const grace = numbered("sparts.plan.grace", "visit-grace", 0);
    const [one, other] = [series, around].map((fields) => h("div", { class: "pairs level" }, Object.values(fields)));
    const fit = (anchor) => {
      one.hidden = anchor !== "enrolment";
      other.hidden = anchor !== "dose";
    };
    const anchor = choices(t("sparts.plan.anchor"), "anchor", ["enrolment", "dose"].map((value) => ({ value, text: t(`sparts.plan.anchor.${value}`) })), { value: "enrolment", onchange: fit });
    fit("enrolment");
    return {
      children: [h("div", { class: "pairs" }, Object.values(names)), anchor, one, other, h("div", { class: "pairs" }, grace)],
      fields: { ...names, ...series, ...around, grace_days: grace },
      read: () => readVisit(names, anchor.chosen(), { series, around, grace }),
      send: ({ names: told, days }) => keep(about, { visits: [...about.plan.visits, { key: keyFor(told, about.plan.visits, "visit"), names: told, days }] }),
    };
  } });
}

function nameFields(names = {}) {
  return Object.fromEntries(["nl", "en"].map((language) => [language, field(t(`sparts.plan.${language}`), h("input", { id: `name-${language}`, maxlength: 120, autocomplete: "off", value: names[language] ?? "" }))]));
}

function readNames(fields) {
  const told = Object.fromEntries(Object.entries(fields).map(([language, node]) => [language, valueOf(node)]).filter(([, text]) => text));
  return refuse(fields, { nl: Object.keys(told).length ? null : t("sparts.plan.name_one") }) ? null : told;
}

function numbered(label, id, value, hint = null) {
  return field(t(label), h("input", { id, type: "text", inputmode: "numeric", autocomplete: "off", value: value === null ? "" : String(value) }), { hint: hint && t(hint) });
}

function seriesFields() {
  return {
    at: field(t("sparts.plan.at"), h("input", { id: "visit-at", autocomplete: "off" }), { hint: t("sparts.plan.at_hint") }),
    unit: field(t("sparts.plan.unit"), select(UNITS.map((value) => ({ value, text: t(`study.unit.${value}`) })), { value: "mo", id: "visit-unit" })),
    every: numbered("sparts.plan.again", "visit-every", null, "sparts.plan.again_hint"),
    opens_days: numbered("sparts.plan.opens", "visit-opens", 0),
    closes_days: numbered("sparts.plan.closes", "visit-closes", 0),
  };
}

function doseFields() {
  const edge = (name, of, n) => {
    const end = t(`sparts.plan.${name}`);
    return {
      [`${name}_n`]: field(t("sparts.plan.edge_n", { edge: end }), h("input", { id: `visit-${name}`, type: "text", inputmode: "numeric", autocomplete: "off", value: String(n) })),
      [`${name}_of`]: field(t("sparts.plan.edge_of", { edge: end }), select(EDGES.map((value) => ({ value, text: t(`sparts.plan.edge.${value}`) })), { value: of, id: `visit-${name}-of` })),
    };
  };
  return { ...edge("from", "before-next", 3), ...edge("to", "before-next", 0) };
}

function readVisit(names, anchor, { series, around, grace }) {
  const told = readNames(names);
  const days = anchor === "enrolment" ? readSeries(series) : readWindow(around);
  const late = whole(valueOf(grace), 60);
  const wrong = refuse({ grace }, { grace: late === null ? t("sparts.plan.wrong.number") : null }, { go: Boolean(told && days) });
  if (!told) names.nl.querySelector("input").focus();
  return !told || !days || wrong ? null : { names: told, days: { anchor, ...days, grace_days: late } };
}

function readSeries(fields) {
  const at = valueOf(fields.at).split(/[\s,;]+/).filter(Boolean).map((text) => whole(text, 1000));
  const every = valueOf(fields.every) === "" ? undefined : whole(valueOf(fields.every), 1000) || null;
  const [before, after] = [whole(valueOf(fields.opens_days), MOST_DAYS), whole(valueOf(fields.closes_days), MOST_DAYS)];
  const rising = at.length > 0 && at.every((n, place) => n !== null && (place === 0 || n > at[place - 1]));
  const number = (found) => (found === null ? t("sparts.plan.wrong.number") : null);
  const wrong = { at: rising ? null : t("sparts.plan.wrong.at"), every: number(every), opens_days: number(before), closes_days: number(after) };
  if (refuse(fields, wrong)) return null;
  return { series: { unit: valueOf(fields.unit), at, every: every ?? null, opens_days: before === 0 ? 0 : -before, closes_days: after } };
}

function readWindow(fields) {
  const edge = (name) => ({ from: valueOf(fields[`${name}_of`]), n: whole(valueOf(fields[`${name}_n`]), MOST_DAYS) });
  const [opens, closes] = [edge("from"), edge("to")];
  const number = ({ n }) => (n === null ? t("sparts.plan.wrong.number") : null);
  const before = opens.from === "before-next";
  const turned = before ? closes.from !== "before-next" || opens.n < closes.n : closes.from === opens.from && opens.n > closes.n;
  const wrong = { from_n: number(opens), to_n: number(closes) ?? (opens.n !== null && turned ? t("sparts.plan.wrong.window") : null) };
  return refuse(fields, wrong) ? null : { window: { opens, closes } };
}

function whole(text, most) {
  return /^\d{1,4}$/.test(text) && Number(text) <= most ? Number(text) : null;
}

/** A key from a name, which no other has. */
function keyFor(names, others, stem) {
  const plain = (names.en ?? names.nl).normalize("NFD").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, LONGEST_KEY - 4).replace(/^-+|-+$/g, "") || stem;
  const taken = new Set(others.map(({ key }) => key));
  let key = plain;
  for (let n = 2; taken.has(key); n += 1) key = `${plain}-${n}`;
  return key;
}
