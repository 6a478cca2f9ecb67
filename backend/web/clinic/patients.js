/** The patients one cares for: found by name, birth date or number, narrowed and sorted, each on a row. */

import { announce, fill, h } from "/static/shared/dom.js";
import { add, day, language, number, t, time } from "/static/shared/words.js";

import { api } from "./api.js";
import { drugName, names } from "./catalogue.js";
import { finder, folded } from "./finding.js";
import { legend, marks } from "./marks.js";
import { words as marksWords } from "./marks.words.js";
import { words } from "./patients.words.js";
import { rows } from "./rows.js";
import { when } from "./session.js";
import { empty, field, load, select } from "./ui.js";

export const screen = { words, render };

const WAYS = ["by_infusions", "by_mean", "by_delay"];
const COLUMNS = ["name", "birth", "number", "drug", "interval", "since", "next", "entry", "forms", "eid"];
const FIRST = { text: "", drug: "", weeks: "", eid: "by_infusions", by: "name", down: false };
const SAYING_MS = 700;

// What one searched for stands when one comes back from a patient, and is gone with who searched.
let state = { ...FIRST };
let stood = null;

add(marksWords);
when("out", () => {
  state = { ...FIRST };
  stood = null;
});

async function render(root, { go }) {
  const body = h("div", {});
  let leave = null;
  fill(root, h("div", { class: "row apart" }, h("h1", {}, t("patients.title"))), body);
  await load(body, async () => (await Promise.all([api("GET", "/roster"), names()]))[0], (found) => {
    leave?.();
    const drawn = found.items.length ? list(found, go) : { nodes: [empty(t("patients.none"))], leave: null };
    leave = drawn.leave;
    return drawn.nodes;
  });
  return () => leave?.();
}

function list(found, go) {
  const patients = found.items.map(shown);
  const grid = rows({
    label: t("patients.title"),
    name: "patients",
    columns: COLUMNS.map((key) => ({ key, text: t(`patients.${key}`), hint: t(`patients.${key}.hint`), sorts: key !== "forms" })),
    cells,
    key: (patient) => patient.patient_id,
    opened: (patient) => open(patient, go),
    typed: (patient) => patient.named,
    sorted: (key) => sortBy(key, redraw),
  });
  const count = h("p", { class: "count", id: "count" });
  const none = empty(t("patients.no_match"));
  const redraw = () => draw({ patients, grid, count, none });
  redraw();
  const leave = grid.watch();
  requestAnimationFrame(() => stood && grid.isConnected && grid.focusOn(stood));
  return { nodes: [tools(patients, grid, count, redraw, found), legend(), grid, none], leave };
}

function tools(patients, grid, count, redraw, found) {
  const search = h("input", { type: "search", id: "search", value: state.text, autocomplete: "off", spellcheck: "false" });
  search.addEventListener("input", () => {
    state.text = search.value;
    redraw();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    grid.focusFirst();
  });
  const narrowed = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const weeks = [...new Set(patients.map((one) => one.interval_weeks).filter(Boolean))].sort((one, other) => one - other);
  const drugs = [...new Set(patients.map((one) => one.drug).filter(Boolean))].sort(inOrder(drugName));
  return h(
    "div",
    { class: "list-tools", role: "search" },
    field(t("patients.search"), search),
    field(t("patients.drug"), select(anyOf(drugs, drugName), { value: state.drug, onchange: narrowed("drug"), id: "drug" })),
    field(t("patients.interval"), select(anyOf(weeks, (n) => t("patients.weeks", { n })), { value: state.weeks, onchange: narrowed("weeks"), id: "weeks" })),
    field(t("patients.by"), select(WAYS.map((way) => ({ value: way, text: t(`patients.${way}`) })), { value: state.eid, onchange: narrowed("eid"), id: "eid" })),
    sortField(redraw),
    h("div", { class: "side" }, count, h("p", { class: "soft" }, t("patients.at", { at: time(found.generated_at) }))),
  );
}

// On a narrow screen there are no headings to press.
function sortField(redraw) {
  const options = COLUMNS.filter((key) => WORTH[key]).map((key) => ({ value: key, text: t(`patients.${key}`) }));
  const chosen = (key) => {
    state.by = key;
    state.down = false;
    redraw();
  };
  return h("div", { class: "narrow-only" }, field(t("patients.sort"), select(options, { value: state.by, onchange: chosen, id: "sort" })));
}

function anyOf(values, name) {
  return [{ value: "", text: t("desk.all") }, ...values.map((value) => ({ value: String(value), text: name(value) }))];
}

let saying = 0;

function draw({ patients, grid, count, none }) {
  const fits = finder(state.text);
  const left = patients.filter(
    (one) => fits(one) && (!state.drug || one.drug === state.drug) && (!state.weeks || String(one.interval_weeks) === state.weeks),
  );
  grid.set(sortedBy(left), state);
  grid.hidden = left.length === 0;
  none.hidden = left.length > 0;
  const told = t("patients.count", { n: left.length, all: patients.length });
  if (count.textContent === told) return;
  const first = !count.textContent;
  count.textContent = told;
  clearTimeout(saying);
  // Said once somebody stopped typing.
  if (!first) saying = setTimeout(() => announce(told), SAYING_MS);
}

function shown(patient) {
  const named = patient.name ?? patient.hospital_number ?? t("patients.unnamed");
  return { ...patient, named, sought: folded([patient.name, patient.hospital_number].filter(Boolean).join(" ")), born: patient.birth_on };
}

function open(patient, go) {
  stood = patient.patient_id;
  go(`patient/${patient.patient_id}`);
}

function sortBy(key, redraw) {
  state.down = state.by === key ? !state.down : false;
  state.by = key;
  redraw();
  announce(t(state.down ? "patients.sorted_down" : "patients.sorted_up", { column: t(`patients.${key}`) }));
}

const WORTH = {
  name: (one) => one.name,
  birth: (one) => one.birth_on,
  number: (one) => one.hospital_number,
  drug: (one) => (one.drug ? drugName(one.drug) : null),
  interval: (one) => one.interval_weeks,
  since: (one) => one.days_since_dose,
  next: (one) => one.next_dose?.on ?? null,
  entry: (one) => one.last_entry_on,
  eid: (one) => (one.eid[state.eid] === null ? null : Number(one.eid[state.eid])),
};

// What is not known stands last, whichever way one sorts; what is equal goes by name.
function sortedBy(patients) {
  const worth = WORTH[state.by];
  const sign = state.down ? -1 : 1;
  const words = new Intl.Collator(language(), { numeric: true, sensitivity: "base" });
  const compared = (one, other) => (typeof one === "number" ? one - other : words.compare(one, other));
  return [...patients].sort((left, right) => {
    const [one, other] = [worth(left), worth(right)];
    if (one === null || other === null) return (one === null) - (other === null) || words.compare(left.named, right.named);
    return sign * compared(one, other) || words.compare(left.named, right.named);
  });
}

function inOrder(name) {
  const words = new Intl.Collator(language());
  return (one, other) => words.compare(name(one), name(other));
}

function cells(patient) {
  return [
    h("a", { href: `#/patient/${encodeURIComponent(patient.patient_id)}`, tabindex: "-1", onclick: () => void (stood = patient.patient_id) }, patient.named),
    patient.birth_on ? day(patient.birth_on, "date") : null,
    patient.hospital_number,
    patient.drug ? [drugName(patient.drug), route(patient), stopped(patient)] : h("span", { class: "soft" }, t("patients.no_drug")),
    patient.interval_weeks ? t("patients.weeks", { n: patient.interval_weeks }) : null,
    patient.days_since_dose === null ? null : [number(patient.days_since_dose, 0), unit("patients.since_unit")],
    next(patient.next_dose),
    patient.last_entry_on ? [unit("patients.entry_unit"), day(patient.last_entry_on, "short")] : null,
    marks(patient.adherence),
    extended(patient),
  ];
}

// What the heading says where there are headings.
function unit(key) {
  return h("span", { class: "narrow-only soft" }, ` ${t(key)} `);
}

function route(patient) {
  return patient.route ? h("small", {}, ` ${t(`patients.route.${patient.route}`)}`) : null;
}

function stopped(patient) {
  return patient.stopped_on ? h("small", {}, ` ${t("patients.stopped", { on: day(patient.stopped_on, "tight") })}`) : null;
}

function next(dose) {
  if (!dose) return h("span", { class: "soft" }, t("desk.none"));
  const on = day(dose.on, "short");
  const planned = dose.sure === "planned";
  return [planned ? on : t("patients.about", { on }), h("small", {}, ` ${t(planned ? "patients.planned" : "patients.projected")}`)];
}

function extended(patient) {
  const said = patient.eid[state.eid];
  if (said === null) return h("span", { class: "soft" }, t("patients.eid.unknown"));
  return h("span", { class: said ? "tag" : "tag plain" }, t(said ? "patients.eid.yes" : "patients.eid.no"));
}
