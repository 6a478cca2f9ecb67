/** Which questions of a form are put, which answers count, and how far along one is: pure, and as the server has it. */

/** Tell whether a condition of the form holds; a question left open is no answer. */
export function met(condition, answers) {
  const answer = answers[condition.key];
  return (typeof answer === "boolean" ? String(answer) : answer) === condition.equals;
}

/** Tell whether these answers show a question: what its own two conditions say. */
export function shown(item, answers) {
  if (item.hide_when && met(item.hide_when, answers)) return false;
  return !item.show_when || met(item.show_when, answers);
}

/** Tell whether a question is put: it is shown, and no exact number makes its bands needless. */
export function put(item, answers) {
  return shown(item, answers) && !(item.band_of && answered(answers[item.band_of]));
}

/** Tell whether a value is an answer; nothing ticked is none. */
export function answered(value) {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined && value !== "";
}

/** Return the answers that count, in the order of the form: those of questions that are not put are dropped. */
export function kept(items, answers) {
  const held = {};
  for (const item of items) if (answered(answers[item.key])) held[item.key] = answers[item.key];
  // Dropping one answer may hide the next question, so look again until nothing goes any more.
  for (let gone = true; gone; ) {
    gone = false;
    for (const item of items) {
      if (!(item.key in held) || put(item, held)) continue;
      delete held[item.key];
      gone = true;
    }
  }
  return held;
}

/** Return the questions that are put now, in order. */
export function asked(items, answers) {
  const held = kept(items, answers);
  return items.filter((item) => put(item, held));
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
  const held = kept(items, answers);
  const here = place(items, key);
  const awaits = (item) => item.show_when && place(items, item.show_when.key) >= here && !(item.show_when.key in held);
  const ahead = items.filter((item, at) => put(item, held) || (at > here && awaits(item)));
  return { at: ahead.findIndex((item) => item.key === key) + 1, of: ahead.length };
}

/** Tell what is wrong with a number as typed: "whole", "bounds", or null; an empty field is fine. */
export function wrong(item, typed) {
  const text = String(typed ?? "").trim();
  if (text === "") return null;
  if (!/^-?\d{1,9}$/.test(text)) return "whole";
  const value = Number(text);
  const low = item.low ?? -Infinity;
  return value < low || value > (item.high ?? Infinity) ? "bounds" : null;
}

/** Tell how a number is best asked: a row of eleven, a line between two ends, or a field. */
export function shape(item) {
  if (item.low === 0 && item.high === 10) return "scale";
  return item.ends && item.high - item.low <= 100 ? "line" : "field";
}

function place(items, key) {
  return items.findIndex((item) => item.key === key);
}

function nearest(items, now, key, step) {
  const here = place(items, key);
  const on = now.filter((item) => (step > 0 ? place(items, item.key) > here : place(items, item.key) < here));
  return on.at(step > 0 ? 0 : -1) ?? null;
}
