/** Which questions of a form are put, which answers count, and how far along one is: pure, and as the server has it. */

const COMPARED = { ">": (a, b) => a > b, "<": (a, b) => a < b, ">=": (a, b) => a >= b, "<=": (a, b) => a <= b };
const UNASKED = ["group", "display"];

/** Tell whether a condition holds for the answers that count; `type` is that of the question it asks. */
export function met({ operator, answer }, type, value) {
  const said = answered(value) ? [value].flat() : [];
  if (operator === "exists") return said.length > 0 === answer;
  const [wanted, found] = [ranked(type, answer), said.map((one) => ranked(type, one))];
  if (operator in COMPARED) return found.some((one) => COMPARED[operator](one, wanted));
  return found.includes(wanted) === (operator === "=");
}

/** Tell whether its own conditions put an item; `held` are the answers that count. */
export function enabled(item, items, held) {
  const holds = (rule) => met(rule, items.find(({ key }) => key === rule.question)?.type, held[rule.question]);
  if (item.enable_when.length === 0) return true;
  return item.enable_behavior === "any" ? item.enable_when.some(holds) : item.enable_when.every(holds);
}

/** Tell whether a value is an answer; nothing ticked is none. */
export function answered(value) {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== "";
}

/**
 * Return the keys of what is put of what is answered together: outside groups that repeat, or in one instance of
 * `group`, around which the answers `outer` count. An item is put whose conditions hold, in a group that is put, and a
 * band only while its number is not known. Answers to what is not put count as none, so look again until nothing
 * changes: the server takes no form whose conditions go round in a circle.
 */
export function put(items, answers, group = null, outer = {}) {
  const level = levelOf(items, group);
  let found = new Set(level.map((item) => item.key));
  for (;;) {
    const held = { ...outer, ...counted(level, answers, found) };
    const spared = (item) => item.band_of !== null && item.band_of in held;
    const next = level.filter((item) => (item.parent === group || found.has(item.parent)) && enabled(item, items, held) && !spared(item));
    if (next.length === found.size && next.every((item) => found.has(item.key))) return found;
    found = new Set(next.map((item) => item.key));
  }
}

/** Return the answers that count for conditions there: those around it too. */
export function counting(items, answers, group = null, outer = {}) {
  return { ...outer, ...counted(levelOf(items, group), answers, put(items, answers, group, outer)) };
}

/** Return the answers that count, in the order of the form: those of questions that are not put are dropped. */
export function kept(items, answers, group = null, outer = {}) {
  const level = levelOf(items, group);
  const found = counted(level, answers, put(items, answers, group, outer));
  const around = { ...outer, ...found };
  const whole = ([key, value]) => {
    const repeating = level.some((item) => item.key === key && isInstances(item));
    return [key, repeating ? value.map((one) => kept(items, one, key, around)) : value];
  };
  return Object.fromEntries(Object.entries(found).map(whole));
}

/** Return what is asked together: not the groups that only hold questions; one that repeats is answered as a whole. */
export function questions(items, group = null) {
  return levelOf(items, group).filter((item) => isInstances(item) || !UNASKED.includes(item.type));
}

/** Return the questions that are put now, in order. */
export function asked(items, answers, group = null, outer = {}) {
  const now = put(items, answers, group, outer);
  return questions(items, group).filter((item) => now.has(item.key));
}

/** Return the questions that must still be answered before the form can be finished; a group where one in it must. */
export function missing(items, answers, group = null, outer = {}) {
  const held = kept(items, answers, group, outer);
  const around = { ...outer, ...held };
  const open = (item) => (item.key in held ? isInstances(item) && held[item.key].some((one) => missing(items, one, item.key, around).length > 0) : item.required);
  return asked(items, answers, group, outer).filter(open);
}

/** Tell whether this is a group that is answered any number of times. */
export function isInstances({ type, repeats }) {
  return type === "group" && repeats;
}

/** Return what stands in a form, or in an instance of one, before anybody answered. */
export function initials(items, group = null) {
  const given = questions(items, group).filter((item) => item.initial?.length > 0);
  return Object.fromEntries(given.map((item) => [item.key, item.repeats ? inOrder(item, item.initial) : item.initial[0]]));
}

/** Return what is read before a question: the texts of its groups and displays, from the question put before it on. */
export function read(items, answers, key, group = null, outer = {}) {
  const now = put(items, answers, group, outer);
  const level = levelOf(items, group);
  const here = key === null ? level.length : level.findIndex((item) => item.key === key);
  const isAsked = (item) => isInstances(item) || !UNASKED.includes(item.type);
  const from = level.findLastIndex((item, at) => at < here && now.has(item.key) && isAsked(item));
  const around = new Set(key === null ? [] : groupsOf(items, level[here], group));
  // A group without a question put in it has nothing to be the heading of.
  return level.filter((item, at) => now.has(item.key) && item.text && (around.has(item.key) || (at > from && at < here && item.type === "display")));
}

/** Return the question after (or before, `step` -1) this one; null at the end. No key means the first or the last. */
export function beside(items, answers, key, step = 1) {
  const now = asked(items, answers);
  const from = now.findIndex((item) => item.key === key);
  if (from < 0) return key ? nearest(items, now, key, step) : now.at(step > 0 ? 0 : -1) ?? null;
  return now[from + step] ?? null;
}

/**
 * Tell which question out of how many this is. A question further on that a later answer may still bring counts too,
 * so that the bar only ever goes forward.
 */
export function progress(items, answers, key) {
  const [now, held, here] = [put(items, answers), kept(items, answers), place(items, key)];
  const open = ({ question }) => place(items, question) >= here && !(question in held);
  const comes = (item) => {
    if (now.has(item.key)) return true;
    const group = items.find((one) => one.key === item.parent);
    if (group && !comes(group)) return false;
    if (item.enable_when.length === 0) return true;
    const may = (rule) => open(rule) || enabled({ enable_when: [rule], enable_behavior: "all" }, items, held);
    return item.enable_behavior === "any" ? item.enable_when.some(may) : item.enable_when.every(may);
  };
  const awaits = (item) => item.enable_when.some(open) || (item.parent !== null && awaits(items.find((one) => one.key === item.parent)));
  const ahead = questions(items).filter((item) => now.has(item.key) || (place(items, item.key) > here && awaits(item) && comes(item)));
  return { at: ahead.findIndex((item) => item.key === key) + 1, of: ahead.length };
}

/** Tell whether a value lies outside the bounds of its question, moments and times by when they are. */
export function outside({ type, low, high }, value) {
  const by = ranked(type, value);
  return (low !== null && by < ranked(type, low)) || (high !== null && by > ranked(type, high));
}

/** Tell what is wrong with a number as typed: "whole", "number", "bounds", or null; an empty field is fine. */
export function wrong(item, typed) {
  const text = String(typed ?? "").trim();
  if (text === "") return null;
  const any = item.type === "decimal" || item.type === "quantity";
  if (!(any ? /^-?\d{1,9}([.,]\d{1,6})?$/ : /^-?\d{1,9}$/).test(text)) return any ? "number" : "whole";
  const value = numbered(text);
  const [low, high] = [ranked(item.type, item.low ?? -Infinity), ranked(item.type, item.high ?? Infinity)];
  return value < low || value > high ? "bounds" : null;
}

/** Return the number that was typed, with a point or a comma. */
export function numbered(typed) {
  return Number(String(typed).trim().replace(",", "."));
}

/** Tell how a number is best asked: a row of eleven, a line between two ends, or a field. */
export function shape(item) {
  if (item.type !== "integer") return "field";
  if (item.low === 0 && item.high === 10) return "scale";
  const ends = item.ends && item.low !== null && item.high !== null;
  return ends && item.high - item.low <= 100 ? "line" : "field";
}

function place(items, key) {
  return items.findIndex((item) => item.key === key);
}

/** What two answers to a question are compared by: moments by the moment, quantities by their number. */
function ranked(type, value) {
  if (type === "dateTime") return Date.parse(value);
  if (type === "time") return `${value}:00`.slice(0, 8);
  if (type === "quantity") return value.value ?? value;
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** What is answered together: the items whose nearest group that repeats is this one (null: the form itself). */
function levelOf(items, group) {
  const of = Object.fromEntries(items.map((item) => [item.key, item]));
  const innermost = (key) => (key === null || isInstances(of[key]) ? key : innermost(of[key].parent));
  return items.filter((item) => innermost(item.parent) === group);
}

function groupsOf(items, { parent }, group) {
  if (parent === group || parent === null) return [];
  return [...groupsOf(items, items.find(({ key }) => key === parent), group), parent];
}

/** Choices are told in the order of the form. */
function inOrder(item, codes) {
  return item.type === "choice" ? item.options.map(({ code }) => code).filter((code) => codes.includes(code)) : [...codes];
}

function counted(items, answers, found) {
  const said = items.filter(({ key }) => found.has(key) && answered(answers[key]));
  return Object.fromEntries(said.map(({ key }) => [key, answers[key]]));
}

function nearest(items, now, key, step) {
  const here = place(items, key);
  const on = now.filter((item) => (step > 0 ? place(items, item.key) > here : place(items, item.key) < here));
  return on.at(step > 0 ? 0 : -1) ?? null;
}
