/** Says in plain words what an item of the queue is about, what it holds, and why it was refused. */

import { day, has, moment, number, t, when } from "../shared/words.js";

import { known as assigned } from "./assigned.js";
import { doc } from "./store.js";

const LISTED = new Set(["ratings", "answers"]);

/** Gather the words a person chose from: symptoms, causes, and the questions of the forms as "form/key". */
export async function vocabulary() {
  const [words, forms, asked] = await Promise.all([doc("vocabulary"), doc("forms"), assigned()]);
  const named = (list) => new Map((list ?? []).map(({ key, text }) => [key, text]));
  const every = [...[...(asked?.next ?? []), ...(asked?.now ?? [])].map(({ questions }) => questions), ...(forms?.items ?? [])];
  const items = every.flatMap((form) => (form?.items ?? []).map((item) => [`${form.form}/${item.key}`, item]));
  return {
    ratings: named(words?.symptoms),
    other_causes: named(words?.causes),
    wearing_off: named(words?.wearing_off),
    answers: new Map(items),
  };
}

/** Name an item: "Je dagboek van zaterdag 21 november". */
export function title({ type, op, data, written_at }) {
  if (op === "retract") return t(`trouble.back.${type}`, { when: moment(written_at, "short") });
  const key = type === "request" ? `${type}.${data.kind}` : type === "sample-step" ? `${type}.${data.state}` : type;
  const about = data.occurred ? when(data.occurred) : moment(data.recorded_at ?? written_at);
  return t(`trouble.what.${has(`trouble.what.${key}`) ? key : "other"}`, { when: about });
}

/** Say why an item was refused: one line for the whole, and one for each field that is named. */
export function reasons({ problem }) {
  const code = problem?.code ?? "unknown";
  const whole = t(has(`trouble.code.${code}`) ? `trouble.code.${code}` : "trouble.code.unknown");
  const fields = (problem?.pointers ?? []).map(({ pointer }) => pointer.replace(/^\/data/, "").split("/")[1]);
  const named = [...new Set(fields.filter((field) => field && has(`trouble.field.${field}`)))];
  return [whole, ...named.map((field) => t("trouble.wrong", { field: t(`trouble.field.${field}`) }))];
}

/** Lay a difference out as rows {name, standing, yours}: ratings and answers one by one, what agrees left out. */
export function rows({ difference, data }, known) {
  return (difference ?? []).flatMap(({ field, standing, yours }) => {
    if (LISTED.has(field)) return listed(field, standing, yours, known, (key) => known.answers.get(`${data?.form}/${key}`));
    const say = (value) => said(field, value, known);
    return [{ name: named(field), standing: say(standing), yours: say(yours) }];
  });
}

function listed(field, standing, yours, known, question) {
  const [theirs, ours] = [keyed(field, standing), keyed(field, yours)];
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  const apart = keys.filter((key) => JSON.stringify(theirs[key]) !== JSON.stringify(ours[key]));
  const say = (key, value) => (field === "ratings" ? rating(value) : answer(key, value, question));
  return apart.map((key) => ({
    name: (field === "ratings" ? known.ratings.get(key) : question(key)?.text) ?? key,
    standing: say(key, theirs[key]),
    yours: say(key, ours[key]),
  }));
}

function keyed(field, value) {
  if (field === "answers") return value ?? {};
  return Object.fromEntries((value ?? []).map((one) => [one.symptom, one]));
}

function rating(value) {
  if (!value) return t("trouble.none");
  return value.words ? `${number(value.intensity)} (${value.words})` : number(value.intensity);
}

function answer(key, value, question) {
  if (value === undefined || value === null) return t("trouble.none");
  const texts = new Map((question(key)?.options ?? []).map(({ code, text }) => [code, text]));
  const inner = (one) => Object.entries(one).map(([name, each]) => `${question(name)?.text ?? name}: ${answer(name, each, question)}`).join("; ");
  const one = (each) => {
    if (typeof each !== "object") return texts.get(each) ?? plain(each);
    return each.other ?? (typeof each.value === "number" && each.unit ? `${number(each.value, 6)} ${each.unit}` : inner(each));
  };
  return Array.isArray(value) ? value.map(one).join(", ") || t("trouble.none") : one(value);
}

function said(field, value, known) {
  if (value === null || value === undefined || value === "") return t("trouble.none");
  if (field === "occurred") return when(value);
  if (Array.isArray(value)) return value.map((one) => known[field]?.get(one) ?? plain(one)).join(", ") || t("trouble.none");
  return known[field]?.get?.(value) ?? plain(value);
}

function plain(value) {
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return /^\d{4}-\d\d-\d\d$/.test(value) ? day(value) : value;
  return JSON.stringify(value);
}

function named(field) {
  return has(`trouble.field.${field}`) ? t(`trouble.field.${field}`) : field;
}
