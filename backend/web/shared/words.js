/** The texts in the reader's language, and days, moments and numbers written as that language does. */

import { words as common } from "./common.words.js";

export const LANGUAGES = ["nl", "en"];
const KEPT = "language";
const LOCALES = { nl: "nl-NL", en: "en-GB" };
const texts = { nl: {}, en: {} };
const listeners = new Set();
let current = first();

add(common);

/** Add the texts of a screen: {nl: {key: text}, en: {...}}; a text may be {one, other}, chosen by `n`. */
export function add(words) {
  for (const language of LANGUAGES) Object.assign(texts[language], words[language]);
}

/** Return a text, with its "{name}" places filled from `vars`. */
export function t(key, vars = {}) {
  const found = texts[current][key];
  if (found === undefined) {
    // The screen goes on with the bare key; whoever listens for errors (the tests do) hears of it.
    reportError(new Error(`no text "${key}" in ${current}`));
    return key;
  }
  const text = typeof found === "string" ? found : found[plural(vars.n)] ?? found.other;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in vars ? shown(vars[name]) : place));
}

/** Tell whether there is a text for this key. */
export function has(key) {
  return texts[current][key] !== undefined;
}

/** Return the language spoken now: "nl" or "en". */
export function language() {
  return current;
}

/** Tell whether the reader chose a language on this phone. */
export function chosen() {
  return LANGUAGES.includes(kept());
}

/** Speak this language from now on; `remember: false` when the reader did not choose it here. */
export function setLanguage(wanted, { remember = true } = {}) {
  if (!LANGUAGES.includes(wanted)) return;
  if (remember) keep(wanted);
  document.documentElement.lang = wanted;
  if (wanted === current) return;
  current = wanted;
  for (const listener of listeners) listener(wanted);
}

/** Call back when the language changes. */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Write a day ("2026-11-21"): "zaterdag 21 november"; "short" gives "za 21 nov", "full" adds the year. */
export function day(isoDate, shape = "long") {
  const shapes = {
    long: { weekday: "long", day: "numeric", month: "long" },
    short: { weekday: "short", day: "numeric", month: "short" },
    full: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
    date: { day: "numeric", month: "short", year: "numeric" },
    tight: { day: "numeric", month: "short" },
  };
  return format(atNoon(isoDate), { ...shapes[shape], ...otherYear(isoDate) });
}

/** Write an instant as day and time on this phone's clock; "short" for lists. */
export function moment(isoInstant, shape = "long") {
  const on = new Date(isoInstant);
  return t("common.moment", { day: day(localDay(on), shape), time: time(isoInstant) });
}

/** Write the time of day of an instant, on this phone's clock: "09:12". */
export function time(isoInstant) {
  return format(new Date(isoInstant), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Write when something happened: {at} with its time, or {on} with the day alone. */
export function when(occurred, shape = "long") {
  return occurred.at ? moment(occurred.at, shape) : day(occurred.on, shape);
}

/** Write a number as the language does: 3,5 or 3.5. */
export function number(value, digits = 1) {
  return new Intl.NumberFormat(LOCALES[current], { maximumFractionDigits: digits }).format(value);
}

/** Return the ISO day of a Date on this phone's calendar. */
export function localDay(date) {
  const two = (part) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function first() {
  const asked = [kept(), ...(navigator.languages ?? [])].map((tag) => String(tag).slice(0, 2).toLowerCase());
  return asked.find((tag) => LANGUAGES.includes(tag)) ?? "nl";
}

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing still reads the app
  }
}

function keep(wanted) {
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // see kept()
  }
}

function plural(n) {
  return new Intl.PluralRules(LOCALES[current]).select(Number(n ?? 0));
}

function shown(value) {
  return typeof value === "number" ? number(value) : String(value);
}

function atNoon(isoDate) {
  const [year, month, date] = isoDate.slice(0, 10).split("-").map(Number);
  return new Date(year, month - 1, date, 12);
}

function otherYear(isoDate) {
  return Number(isoDate.slice(0, 4)) === new Date().getFullYear() ? {} : { year: "numeric" };
}

function format(date, shape) {
  return new Intl.DateTimeFormat(LOCALES[current], shape).format(date);
}
