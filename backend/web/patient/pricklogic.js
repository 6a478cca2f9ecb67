/** Where a finger prick stands and what is to be done now: pure, from what the server said and what still waits. */

const TO_DO = {
  ordered: "await_kit",
  kit_sent: "confirm_kit",
  kit_received: "prick",
  collected: "post",
  posted: "await_result",
  received: "await_result",
  analysed: "await_result",
};
const CHAIN = ["ordered", "kit_sent", "kit_received", "collected", "posted", "received", "reported"];
const RANK = Object.fromEntries([...CHAIN, "analysed"].map((state) => [state, CHAIN.indexOf(state)]));
RANK.analysed = RANK.received;
const STOPPED = new Set(["rejected", "cancelled", "lost", "expired", "withdrawn"]);
const DAY_MS = 86_400_000;

/** Return the samples as they stand with what waits on this phone, oldest first; steps not yet sent are marked. */
export function standing(records, waiting) {
  const unsent = new Set(waiting.filter((one) => one.state === "waiting").map((one) => `${one.id} ${one.data.state ?? "collected"}`));
  return records
    // A prick that was refused is told of elsewhere; it is no sample.
    .filter((record) => !(record.refused && record.version === null))
    .map(({ id, data }) => settled({ results: [], ...data, id, steps: marked(id, data.steps ?? [], unsent) }))
    .sort((a, b) => (first(a) < first(b) ? -1 : 1));
}

/** Return the prick that is going on: the newest that is not yet finished, or null. */
export function current(items) {
  return items.filter((item) => item.to_do !== "nothing").at(-1) ?? null;
}

/** Return the row of steps to show, each {state, done, now, occurred, waiting}; what never comes is left out. */
export function chain(item) {
  const reached = stopped(item) ? Math.max(...item.steps.map((step) => RANK[step.state] ?? 0)) : RANK[item.state];
  const rows = CHAIN.map((state, rank) => {
    const step = item.steps.find((one) => one.state === state);
    return { state, done: rank <= reached, now: false, occurred: step?.occurred ?? null, waiting: step?.waiting ?? false };
  });
  if (!stopped(item)) {
    const next = rows.find((row) => !row.done);
    if (next) next.now = true;
    return rows.filter((row) => worth(row, item));
  }
  return [
    ...rows.filter((row) => row.done && worth(row, item)),
    { state: item.state, done: true, stopped: true, now: false, waiting: false, occurred: item.steps.at(-1)?.occurred ?? null },
  ];
}

/** Return the expected dose a prick belongs to: {on, at}, or null. */
export function doseOf(item, treatments) {
  const expected = treatments.filter((one) => one.expected).map((one) => one.expected);
  const near = (one) => Math.abs(Date.parse(one.on) - Date.parse(item?.ordered_for ?? one.on));
  const found = expected.sort((a, b) => near(a) - near(b) || (a.on < b.on ? -1 : 1))[0];
  return found ?? (item?.ordered_for ? { on: item.ordered_for, at: null } : null);
}

/** Tell when to prick for a dose: the day before (`from`) or that morning; `phase` is early, now or past. */
export function timing(dose, today, now = Date.now()) {
  const from = shifted(dose.on, -1);
  const gone = today > dose.on || (dose.at && now > Date.parse(dose.at));
  const days = Math.round((Date.parse(from) - Date.parse(today)) / DAY_MS);
  return { from, days: Math.max(days, 0), phase: gone ? "past" : today < from ? "early" : "now" };
}

/** Tell whether a step of the phone can still be logged: it was not, and nothing after it that it would contradict. */
export function awaits(item, state) {
  if (item.steps.some((step) => step.state === state)) return false;
  return state !== "kit_received" || RANK[item.state] < RANK.kit_received;
}

/** Return the standing results by kind: {level, antibodies}. */
export function results(item) {
  return Object.fromEntries(item.results.map((one) => [one.analyte, one]));
}

/** Tell whether a prick ended without a result that can be used. */
export function stopped(item) {
  return STOPPED.has(item.state);
}

function marked(id, steps, unsent) {
  return steps.map((step) => ({ ...step, waiting: unsent.has(`${id} ${step.state}`) }));
}

/** A late word from the phone moves nothing: where a sample is, is as far as it ever came. */
function settled(item) {
  if (STOPPED.has(item.state)) return { ...item, to_do: "nothing" };
  const state = item.steps.reduce((far, step) => (RANK[step.state] > RANK[far] ? step.state : far), item.state);
  return { ...item, state, to_do: TO_DO[state] ?? "nothing" };
}

/** A step that was skipped has no time and will not get one: it needs no row. */
function worth(row, item) {
  return !row.done || row.occurred || !item.steps.length;
}

function first(item) {
  const step = item.steps[0]?.occurred;
  return item.ordered_for ?? step?.on ?? step?.at ?? "";
}

function shifted(day, by) {
  return new Date(Date.parse(day) + by * DAY_MS).toISOString().slice(0, 10);
}
