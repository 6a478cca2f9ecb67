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
 * Return the keys of what is put: an item whose conditions hold, in a group that is put, and a band only while its
 * number is not known. Answers to what is not put count as none, so look again until nothing changes: the server
 * takes no form whose conditions go round in a circle.
 */
export function put(items, answers) {
  const outer = outermost(items);
  let found = new Set(outer.map((item) => item.key));
  for (;;) {
    const held = counted(outer, answers, found);
    const spared = (item) => item.band_of !== null && item.band_of in held;
    const next = outer.filter((item) => (item.parent === null || found.has(item.parent)) && enabled(item, items, held) && !spared(item));
    if (next.length === found.size && next.every((item) => found.has(item.key))) return found;
    found = new Set(next.map((item) => item.key));
  }
}

/** Return the answers that count, in the order of the form: those of questions that are not put are dropped. */
export function kept(items, answers) {
  return counted(outermost(items), answers, put(items, answers));
}

/** Return what is asked of a form: not the groups, and nothing in a group that repeats, which is answered as a whole. */
export function questions(items) {
  return outermost(items).filter((item) => !UNASKED.includes(item.type));
}

/** Return the questions that are put now, in order. */
export function asked(items, answers) {
  const now = put(items, answers);
  return questions(items).filter((item) => now.has(item.key));
}

/** Return the questions that must still be answered before the form can be finished. */
export function missing(items, answers) {
  const held = kept(items, answers);
  return asked(items, answers).filter((item) => item.required && !(item.key in held));
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
  return item.ends && item.high - item.low <= 100 ? "line" : "field";
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

function outermost(items) {
  const repeating = (key) => {
    const group = items.find((item) => item.key === key);
    return Boolean(group) && (group.repeats || repeating(group.parent));
  };
  return items.filter((item) => !repeating(item.parent));
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
