/** Shapes a patient's overview for the timeline: doses, levels, ratings, heat and marks, by the number of the day. */

import { dayNumber } from "./daynumbers.js";

const AHEAD = 7;
const HALF_YEAR = 182;
const YEAR = 365;
/** Kinds of findings that share a row of marks, in the order in which the rows stand. */
const ROWS = [
  ["relapse", ["relapse"]],
  ["steroids", ["steroid_course"]],
  ["infection", ["infection"]],
  ["adverse", ["adverse_event", "reaction"]],
  ["mri", ["mri"]],
  ["tests", ["edss", "sdmt", "t25fw", "nhpt"]],
  ["lab", ["lab"]],
  ["weight", ["weight"]],
];
const UNTOLD = new Set(["cancelled", "suppressed"]);
const COMING = new Set(["planned", "due"]);

/** Return everything the timeline draws; `from` and `to` are the days of its axis. */
export function timeline(overview) {
  const today = dayNumber(overview.today);
  const doses = dosesOf(overview, today);
  const found = {
    today,
    intervals: intervalsOf(overview, today),
    doses,
    ratings: overview.days.map(({ on, rating, flagged }) => ({ x: dayNumber(on), y: rating, flagged })),
    heat: heatOf(overview.heat),
    levels: overview.levels.map(level),
    targets: overview.targets,
    rows: [...findingRows(overview.findings), formRow(overview.forms), sampleRow(overview), messageRow(overview.messages)].filter(({ marks }) => marks.length),
  };
  return { ...found, ...reach(found) };
}

/** Return the ranges one can choose: each with its name, first and last day; "all" is always there. */
export function ranges({ from, to, today, intervals }) {
  const since = (days) => ({ from: Math.max(today - days, from), to });
  const last = intervals.at(-1);
  const before = intervals.at(-2);
  return [
    last && { name: "last", from: (today - last.from > AHEAD ? last : before ?? last).from - 1, to },
    to - from > HALF_YEAR && { name: "half", ...since(HALF_YEAR) },
    to - from > YEAR && { name: "year", ...since(YEAR) },
    { name: "all", from, to },
  ].filter(Boolean);
}

/** Return everything that is known of one day, for the line that tells of it and for who listens. */
export function tellDay(line, x) {
  const at = Math.round(x);
  const interval = line.intervals.findLast(({ from, to }) => at >= from && at <= to) ?? null;
  return {
    at,
    interval,
    day: interval && at - interval.from,
    doses: line.doses.filter((dose) => dose.x === at),
    ratings: line.ratings.filter((rating) => rating.x === at),
    heat: line.heat.days.filter((one) => one.x === at).map((one) => ({ ...one, values: rated(line.heat.symptoms, one.values) })),
    levels: line.levels.filter((found) => found.x === at),
    marks: line.rows.flatMap(({ name, marks }) => marks.filter(({ from, to }) => at >= from && at <= to).map((mark) => ({ ...mark, row: name }))),
  };
}

function rated(symptoms, values) {
  return values.map((value, at) => [symptoms[at], value]).filter(([, value]) => value !== null);
}

function dosesOf({ doses, treatments }, today) {
  const shown = doses.map((dose) => {
    const planned = dose.planned && dayNumber(dose.planned.on);
    const given = dose.given && dayNumber(dose.given.on);
    return { x: given ?? planned, planned, given, kind: dose.status, route: dose.route, drug: dose.drug, overdue: dose.status === "planned" && planned < today };
  });
  const projected = treatments
    .filter(({ stopped_on: stopped, expected }) => !stopped && expected && expected.sure === "projected")
    .map(({ drug, expected }) => ({ x: dayNumber(expected.on), planned: dayNumber(expected.on), given: null, kind: "projected", route: null, drug, overdue: false }));
  return [...shown, ...projected].filter(({ x }) => x !== null).sort((one, another) => one.x - another.x);
}

function intervalsOf({ intervals }, today) {
  return intervals.map((one) => {
    const from = dayNumber(one.opened_on);
    const end = one.closed_on ?? one.planned_end_on;
    const to = end ? Math.max(dayNumber(end), from) : Math.max(today, from);
    return { n: one.interval, from, to, weeks: one.planned_weeks, route: one.route, open: !one.closed_on, switched: one.route_switch };
  });
}

function heatOf({ symptoms, days }) {
  return {
    symptoms,
    days: days.map(({ on, values, no_complaints: none, wearing_off: felt, flagged }) => ({ x: dayNumber(on), values, none, felt, flagged })),
  };
}

/** A level as it is drawn: one below what can be measured stands at that limit, as an open sign. */
function level(told) {
  const below = told.comparator === "<" || (told.lloq !== null && told.value < told.lloq);
  return {
    x: dayNumber(told.on),
    y: below && told.lloq !== null ? told.lloq : told.value,
    below,
    above: told.comparator === ">",
    capillary: told.matrix.startsWith("capillary"),
    trough: told.trough_class === "trough",
    usable: told.unusable.length === 0,
    released: told.released,
    told,
  };
}

function findingRows(findings) {
  const standing = findings.filter(({ retracted }) => !retracted);
  return ROWS.map(([name, kinds]) => ({
    name,
    marks: standing.filter(({ kind }) => kinds.includes(kind)).map(findingMark).sort(inOrder),
  }));
}

function findingMark(finding) {
  const { occurred, ended_on: ended, kind } = finding;
  const from = dayNumber(occurred.on);
  return { from, to: ended ? Math.max(dayNumber(ended), from) : from, kind, finding };
}

function formRow(forms) {
  return { name: "forms", marks: forms.map(({ on, completed, interval }) => ({ ...point(on), kind: completed ? "completed" : "begun", interval })) };
}

function sampleRow({ samples }) {
  const placed = samples.filter(({ collected_on: taken, ordered_for: asked }) => taken ?? asked);
  return {
    name: "samples",
    marks: placed.map(({ state, collected_on: taken, ordered_for: asked, unusable }) => ({ ...point(taken ?? asked), kind: unusable.length ? "unusable" : taken ? "taken" : "asked", state })).sort(inOrder),
  };
}

function messageRow(messages) {
  const told = messages.filter(({ status }) => !UNTOLD.has(status));
  return { name: "messages", marks: told.map(({ on, kind, status }) => ({ ...point(on), kind: COMING.has(status) ? "coming" : status === "failed" ? "failed" : "sent", about: kind })) };
}

function point(on) {
  const at = dayNumber(on);
  return { from: at, to: at };
}

function inOrder(one, another) {
  return one.from - another.from;
}

/** The axis begins with the first of anything and ends a week after the next dose, or after today. */
function reach({ today, doses, ratings, levels, rows, intervals }) {
  const marks = rows.filter(({ name }) => name !== "messages").flatMap((row) => row.marks);
  const past = [...doses, ...ratings, ...levels].map(({ x }) => x).concat(intervals.map(({ from }) => from), marks.map(({ from }) => from));
  const first = past.reduce((least, x) => Math.min(least, x), today);
  const ahead = doses.filter(({ x }) => x > today).map(({ x }) => x);
  const next = ahead.length ? Math.min(...ahead) : today;
  return { from: Math.min(first, today - 4 * AHEAD) - 2, to: next + AHEAD };
}
