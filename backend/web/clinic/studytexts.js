/** The consent texts of a study: every version of each purpose to be read, and publishing the next. */

import { h, notice } from "/static/shared/dom.js";
import { moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { lookFirst } from "./lookfirst.js";
import { nameOf, staffNames } from "./names.js";
import { valueOf } from "./reading.js";
import { who } from "./session.js";
import { PURPOSES, textNode } from "./studytold.js";
import { button, buttons, dialog, empty, field, load, panel, table } from "./ui.js";

const LANGUAGES = ["nl", "en"];
const LONGEST = 60_000;

/** Draw this part of a study. */
export function draw(root, study) {
  const body = h("div", { class: "stacked" });
  root.append(body);
  return show(body, study);
}

function show(body, study) {
  return load(body, () => Promise.all([api("GET", at(study)), staffNames()]), ([{ items }, staff]) => {
    const publishing = who()?.role === "admin";
    const about = { study, staff, publishing, again: () => show(body, study) };
    const lead = h("p", { class: "note" }, t("sparts.texts.lead"), !publishing && ` ${t("sparts.texts.only")}`);
    return [lead, PURPOSES.map((purpose) => ofPurpose(purpose, items.filter((one) => one.purpose === purpose), about))];
  });
}

function at({ id }) {
  return `/studies/${encodeURIComponent(id)}/consent-texts`;
}

function ofPurpose(purpose, versions, about) {
  const name = t(`study.purpose.${purpose}`);
  const publish = button(t("sparts.texts.publish"), () => void next(purpose, versions.at(-1), about), { id: `publish-${purpose}`, label: t("sparts.texts.publish_of", { purpose: name }) });
  return panel(name, versions.length ? listed(name, versions, about) : empty(t("sparts.texts.none")), about.publishing && buttons(publish));
}

function listed(name, versions, { staff }) {
  const columns = ["version", "languages", "when", "who", "needed", "read"].map((key) => ({ text: t(`sparts.texts.col.${key}`) }));
  const rows = versions.toReversed().map((one) => [
    String(one.version),
    there(one).map((language) => t(`study.language.${language}`)).join(", "),
    moment(one.published_at, "short"),
    nameOf(staff, one.published_by),
    one.needed_from ? moment(one.needed_from, "short") : one.version === 1 ? "–" : t("sparts.texts.not_needed"),
    h("span", { class: "acts" }, button(t("sparts.texts.read"), () => void read(name, one), { quiet: true, label: t("sparts.texts.read_of", { purpose: name, n: String(one.version) }) })),
  ]);
  return table({ caption: t("sparts.texts.caption", { purpose: name }), hideCaption: true, columns, rows });
}

function there({ texts }) {
  return LANGUAGES.filter((language) => texts[language]);
}

function read(name, one) {
  return dialog(`${name}, ${t("study.version", { n: String(one.version) })}`, () => there(one).map((language) => [h("h3", {}, t(`study.language.${language}`)), textNode(language, one.texts[language].text)]), { wide: true });
}

/** Publish the next version of a purpose; the newest stands in the fields, to be changed. */
async function next(purpose, newest, { study, again }) {
  const done = await dialog(t("sparts.texts.publish_of", { purpose: t(`study.purpose.${purpose}`) }), (close) => {
    const written = Object.fromEntries(LANGUAGES.map((language) => [language, area(language, newest)]));
    const needed = field(t("sparts.texts.needed"), h("input", { type: "datetime-local", id: "text-needed" }), { hint: t("sparts.texts.needed_hint") });
    const fields = { ...written, needed_from: needed };
    return lookFirst({
      name: "text",
      children: [h("p", { class: "soft" }, t("sparts.texts.text_hint")), h("div", { class: "pairs" }, Object.values(written)), needed],
      fields: () => fields,
      wrong: (name) => t(name === "needed_from" ? "sparts.texts.past" : "desk.look_again"),
      read: () => readFields(purpose, written, needed),
      look: (body) => follows(body, newest),
      keep: (body) => api("POST", at(study), body),
      text: t("sparts.texts.do"),
      close,
    });
  }, { wide: true });
  if (!done) return;
  await again();
  notice(done === "gone" ? t("desk.changed") : t("sparts.texts.saved"));
  document.getElementById(`publish-${purpose}`)?.focus();
}

function area(language, newest) {
  return field(t(`sparts.texts.text.${language}`), h("textarea", { id: `text-${language}`, rows: 10, maxlength: LONGEST, lang: language, value: newest?.texts[language]?.text ?? "" }));
}

function readFields(purpose, written, needed) {
  const texts = Object.fromEntries(LANGUAGES.map((language) => [language, valueOf(written[language])]).filter(([, text]) => text));
  const when = valueOf(needed) ? new Date(valueOf(needed)) : null;
  const none = !Object.keys(texts).length;
  const past = when !== null && !(when > new Date());
  written.nl.refuse(none ? t("sparts.texts.one") : null);
  needed.refuse(past ? t("sparts.texts.past") : null);
  if (none) written.nl.querySelector("textarea").focus();
  else if (past) needed.querySelector("input").focus();
  return none || past ? null : { purpose, texts, needed_from: when?.toISOString() ?? null };
}

function follows({ texts, needed_from: when }, newest) {
  const same = newest && !when === !newest.needed_from && LANGUAGES.every((language) => (newest.texts[language]?.text ?? "") === (texts[language] ?? ""));
  if (same && (!when || Date.parse(when) === Date.parse(newest.needed_from))) return null;
  const n = (newest?.version ?? 0) + 1;
  const told = when ? { warm: t("sparts.texts.follows", { when: moment(when) }) } : t("sparts.texts.stays");
  return [t("sparts.texts.new", { n: String(n) }), n > 1 && told];
}
