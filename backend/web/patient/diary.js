/** Shapes a diary entry: from the form to what is sent and back, what is wrong with it, and entries by day. */

import { nowIso, today, zone } from "./clock.js";

export const NOTE_MAX = 4000;
export const WORDS_MAX = 200;
export const REASON_MAX = 500;
export const OTHER = "other";
const NONE_KNOWN = "none_known";
const RECENT_DAYS = 60;

/** Return an empty form; `made_on` is the day it was begun, so that "today" keeps its meaning overnight. */
export function blank(now = new Date()) {
  return {
    when: { kind: "today", time: null, on: null },
    made_on: today(now),
    ratings: {},
    no_complaints: false,
    wearing_off: null,
    other_causes: [],
    note: "",
    reason: "",
  };
}

/** Return the form of an entry that exists; it keeps its moment until another is chosen. */
export function formOf(data, now = new Date()) {
  const { at, on, zone: where } = data.occurred;
  const kept = at ? { at, zone: where } : { on, zone: where };
  const ratings = data.ratings.map(({ symptom, intensity, words, ...more }) => [
    symptom,
    { intensity, words: words ?? "", more },
  ]);
  return {
    ...blank(now),
    when: { kind: "kept", time: null, on: null, kept },
    ratings: Object.fromEntries(ratings),
    no_complaints: data.no_complaints,
    wearing_off: data.wearing_off,
    other_causes: [...data.other_causes],
    note: data.note ?? "",
  };
}

/** Return a form taken up again: what was "today" then is the day it was begun on. */
export function resumed(form, now = new Date()) {
  const ago = { today: 0, yesterday: 1 }[form.when.kind];
  if (form.made_on === today(now) || ago === undefined) return { ...form, made_on: today(now) };
  const on = daysBefore(form.made_on, ago);
  const kind = on === daysBefore(today(now), 1) ? "yesterday" : "other";
  return { ...form, made_on: today(now), when: { ...form.when, kind, time: null, on } };
}

/** Return when it happened, as it is sent: a moment with its offset, or a day. */
export function occurredOf({ when }, now = new Date()) {
  if (when.kind === "kept") return when.kept;
  if (when.kind === "today") return { at: when.time ? clockToday(when.time, now) : nowIso(now), zone: zone() };
  return { on: when.kind === "yesterday" ? daysBefore(today(now), 1) : when.on, zone: zone() };
}

/** Return the entry of a form, as it is sent. */
export function dataOf(form, vocabulary = [], now = new Date()) {
  const place = new Map(vocabulary.map(({ key }, at) => [key, at]));
  const order = (key) => place.get(key) ?? place.size;
  const ratings = Object.entries(form.ratings)
    .filter(([, rating]) => rating.intensity !== null)
    .sort(([one], [another]) => order(one) - order(another))
    .map(([symptom, { intensity, words, more }]) => ({
      ...more,
      symptom,
      intensity,
      ...(symptom === OTHER ? { words: clean(words) } : {}),
    }));
  return {
    occurred: occurredOf(form, now),
    recorded_at: nowIso(now),
    ratings,
    no_complaints: form.no_complaints,
    wearing_off: form.wearing_off,
    other_causes: [...form.other_causes].sort(),
    note: clean(form.note) || null,
  };
}

/** Return what may be sent of an entry as it stands: without what the server added, at one moment or day. */
export function sendable({ occurred, ratings, no_complaints, wearing_off, other_causes, note }, now = new Date()) {
  const { at, on, zone: where } = occurred;
  const moment = at ? { at, zone: where } : { on, zone: where };
  return { occurred: moment, recorded_at: nowIso(now), ratings, no_complaints, wearing_off, other_causes, note };
}

/** Return whether two entries say the same of the same moment; when they were written down does not count. */
export function same(one, another) {
  return canonical(one) === canonical(another);
}

/** Return what is wrong with a form: [{field, key, symptom?}], in the order of the screen; `key` names the text. */
export function faults(form, now = new Date()) {
  return [...wrongTime(form.when, now), ...wrongRatings(form), ...wrongTexts(form), ...wrongWhole(form)];
}

/** Return the causes with one ticked or not: "nothing known" stands alone. */
export function withCauses(before, chosen) {
  if (!chosen.includes(NONE_KNOWN) || chosen.length === 1) return chosen;
  return before.includes(NONE_KNOWN) ? chosen.filter((cause) => cause !== NONE_KNOWN) : [NONE_KNOWN];
}

/** Return the symptoms rated in recent entries, the most used first. */
export function used(entries, now = new Date(), most = 6) {
  const since = daysBefore(today(now), RECENT_DAYS);
  const counts = new Map();
  for (const { data } of entries) {
    if (dayOf(data) < since) continue;
    for (const { symptom } of data.ratings) counts.set(symptom, (counts.get(symptom) ?? 0) + 1);
  }
  return [...counts].sort((one, another) => another[1] - one[1]).slice(0, most).map(([symptom]) => symptom);
}

/** Return the local day an entry is about. */
export function dayOf(data) {
  return data.occurred.at?.slice(0, 10) ?? data.occurred.on;
}

/** Return entries as [{on, entries}], the newest day and entry first; those without a time close their day. */
export function byDay(entries) {
  const days = new Map();
  for (const entry of [...entries].sort(newestFirst)) {
    const on = dayOf(entry.data);
    days.set(on, [...(days.get(on) ?? []), entry]);
  }
  return [...days].map(([on, found]) => ({ on, entries: found }));
}

/** Order entries, the newest day and moment first; what has no time of day closes its day. */
export function newestFirst(one, another) {
  const key = ({ data }) => [dayOf(data), data.occurred.at ? Date.parse(data.occurred.at) : 0, data.recorded_at ?? ""];
  const [left, right] = [key(one), key(another)];
  for (let at = 0; at < left.length; at += 1) {
    if (left[at] !== right[at]) return left[at] < right[at] ? 1 : -1;
  }
  return 0;
}

/** Return the ISO day so many days before another. */
export function daysBefore(isoDay, days) {
  const [year, month, date] = isoDay.split("-").map(Number);
  return today(new Date(year, month - 1, date - days, 12));
}

/** Return how many calendar days lie between two ISO days. */
export function daysBetween(from, to) {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

function clockToday(time, now) {
  const [hours, minutes] = time.split(":").map(Number);
  return nowIso(new Date(now.getFullYear(), now.getMonth(), now.getDate(), hours, minutes));
}

function canonical(data) {
  const { at = null, on = null } = data.occurred;
  const rating = ({ symptom, intensity, words = null }) => [symptom, intensity, words];
  const ratings = data.ratings.map(rating).sort();
  return JSON.stringify([
    at ?? on,
    ratings,
    data.no_complaints,
    data.wearing_off ?? null,
    [...data.other_causes].sort(),
    data.note ?? null,
  ]);
}

function* wrongTime(when, now) {
  if (when.kind === "other" && !when.on) yield { field: "when", key: "entry.wrong.no_day" };
  else if (when.kind === "other" && when.on > today(now)) yield { field: "when", key: "entry.wrong.ahead" };
  const late = when.kind === "today" && when.time && Date.parse(clockToday(when.time, now)) > now.getTime() + 60_000;
  if (late) yield { field: "when", key: "entry.wrong.ahead" };
}

function* wrongRatings(form) {
  for (const [symptom, { intensity, words }] of Object.entries(form.ratings)) {
    if (form.no_complaints && intensity > 0) yield { field: "rating", key: "entry.wrong.contradiction", symptom };
    if (symptom !== OTHER) continue;
    if (intensity !== null && !words.trim()) yield { field: "words", key: "entry.wrong.no_words", symptom };
    if (intensity === null && words.trim()) yield { field: "rating", key: "entry.wrong.no_number", symptom };
  }
}

function* wrongTexts({ note, reason, ratings }) {
  if (size(ratings[OTHER]?.words) > WORDS_MAX) yield { field: "words", key: "entry.wrong.long" };
  if (size(note) > NOTE_MAX) yield { field: "note", key: "entry.wrong.long" };
  if (size(reason) > REASON_MAX) yield { field: "reason", key: "entry.wrong.long" };
}

function* wrongWhole(form) {
  const rated = Object.values(form.ratings).some(({ intensity, words }) => intensity !== null || words.trim());
  if (!rated && !form.no_complaints && !form.wearing_off && !form.note.trim()) {
    yield { field: "whole", key: "entry.wrong.nothing" };
  }
}

/** Return a text without what cannot be stored: control signs, halves of signs, blanks around it. */
export function clean(text) {
  return (text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]|\p{Surrogate}/gu, "").trim();
}

function size(text) {
  return [...clean(text)].length; // as the server counts: signs, not halves
}
