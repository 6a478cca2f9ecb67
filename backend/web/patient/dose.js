/** A dose taken at home: the clinic's checks before it, when, where on the body, and how the last ones were recorded. */

import { fill, h, notice } from "../shared/dom.js";
import { day, has, localDay, t, when } from "../shared/words.js";

import { nowIso, today } from "./clock.js";
import { checklist } from "./dosecheck.js";
import { living, safetyText } from "./living.js";
import { put } from "./queue.js";
import { api } from "./session.js";
import { doc, draft, dropDraft, records, saveDraft } from "./store.js";
import { busy, button, card, choices, confirm, link } from "./ui.js";
import { whenField } from "./whenfield.js";
import * as words from "./dose.words.js";

const PATIENCE_MS = 2500;
const SHOWN = 6;
const UNKNOWN = "unknown";

export const screen = {
  name: "dose",
  words: words.words,
  async render(root, { params, go }) {
    const body = h("div");
    fill(root, h("h1", {}, t("dose.title")), body, await safetyText());
    return living(body, () => known(params[0]), (found) => (found.home.length ? atHome(found, go) : clinicGives(found.clinic)));
  },
};

/** Return the treatments that run, those one takes at home and those of the clinic, and the doses of the one shown. */
async function known(id) {
  const all = ((await doc("plan"))?.treatments ?? []).filter((one) => !one.stopped_on || one.stopped_on > today());
  const home = all.filter((one) => one.at_home);
  const treatment = home.find((one) => one.id === id) ?? home[0] ?? null;
  return { home, clinic: all.filter((one) => !one.at_home), treatment, doses: treatment ? await taken(treatment.id) : [] };
}

async function atHome({ home, treatment, doses }, go) {
  const which = home.length > 1 && choices(t("dose.which"), "treatment", home.map(({ id, name }) => ({ value: id, text: name })), {
    value: treatment.id,
    onchange: (id) => go(`dose/${id}`),
  });
  return [which, planned(treatment), await doseForm(treatment, doses, go), list(doses)];
}

async function doseForm(treatment, doses, go) {
  const [lists, site] = await Promise.all([checklists(), doc("site")]);
  const key = `dose:${treatment.id}`;
  const found = await draft(key);
  // What was ticked yesterday says nothing about today.
  const kept = found?.on === today() ? found : { on: today(), answers: {}, body_site: null };
  const keep = () => saveDraft(key, kept);
  const asked = lists?.items?.find((one) => one.treatment_id === treatment.id && one.route === treatment.route) ?? null;
  const checks = asked && checklist(asked, kept.answers, { site, keep });
  const moment = whenField(t(oral(treatment) ? "dose.when_oral" : "dose.when"));
  const place = treatment.body_sites?.length ? bodySites(treatment.body_sites, doses, kept, keep) : null;
  const save = button(t("dose.save"), () => busy(save, ask), { primary: true, id: "save" });
  return [
    checks,
    card(t(oral(treatment) ? "dose.took" : "dose.got"), moment, place, h("div", { class: "buttons" }, save)),
  ];

  async function ask() {
    // Every field tells what it misses; the first one that does gets the focus.
    const missing = [checks?.missing(), place?.missing()].filter(Boolean);
    const occurred = moment.chosen();
    if (missing.length) return missing[0]();
    if (!occurred || !(await confirm(sure(occurred), t("dose.sure_yes"), t("dose.sure_no")))) return;
    await put("dose", {
      treatment_id: treatment.id,
      route: treatment.route,
      occurred,
      recorded_at: nowIso(),
      body_site: bodySite(),
      ...(asked ? { checklist: { version: asked.version, answers: { ...kept.answers } } } : {}),
    });
    await dropDraft(key);
    notice(t("dose.saved"));
    go(`dose/${treatment.id}`);
  }

  function bodySite() {
    const chosen = place?.chosen() ?? UNKNOWN;
    return chosen === UNKNOWN ? null : chosen;
  }

  function sure(occurred) {
    const same = doses.find((one) => dayOf(one.when) === dayOf(occurred));
    const where = bodySite();
    return [
      same && t("dose.twice", { when: when(same.when, "short") }),
      t("dose.sure", { name: treatment.name, when: when(occurred), where: where ? `, ${t(`dose.site.${where}`)}` : "" }),
    ].filter(Boolean).join(" ");
  }
}

/** Return the checklists as the server has them now; without an answer soon, as this phone knows them. */
async function checklists() {
  const late = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS, null);
  });
  const fresh = await Promise.race([api("GET", "/me/checklists").catch(() => null), late]);
  return fresh ?? doc("checklists");
}

/** The places on the body, each with the day on which it was last used; it suggests none. */
function bodySites(sites, doses, kept, keep) {
  const options = sites.map((value) => {
    const last = doses.find((one) => one.body_site === value);
    return { value, text: upper(named(value)), hint: last ? t("dose.site_last", { day: day(dayOf(last.when), "short") }) : t("dose.site_never") };
  });
  options.push({ value: UNKNOWN, text: upper(t("dose.site_unknown")) });
  const node = choices(t("dose.site"), "site", options, {
    value: kept.body_site,
    hint: t("dose.site_hint"),
    onchange(value) {
      kept.body_site = value;
      node.refuse(null);
      keep();
    },
  });
  node.missing = () => (node.chosen() ? null : () => node.refuse(t("dose.site_missing")));
  return node;
}

function planned({ expected, name }) {
  if (!expected) return h("p", { class: "lead" }, name);
  const late = expected.on < today();
  const key = late ? "dose.since" : expected.on === today() ? "dose.today" : "dose.next";
  return h("p", { class: "lead" }, t(key, { name, day: day(expected.on) }));
}

function list(doses) {
  if (!doses.length) return null;
  return card(
    t("dose.earlier"),
    h("ul", { class: "list" }, doses.slice(0, SHOWN).map((one) => h("li", {}, h("strong", {}, when(one.when, "short")), one.body_site && ` · ${named(one.body_site)}`, state(one)))),
    h("p", {}, t("dose.wrong"), " ", h("a", { href: "#/contact" }, t("dose.to_contact"))),
  );
}

function state({ waiting, refused, source }) {
  if (refused) return h("p", {}, t("dose.refused"), " ", h("a", { href: "#/trouble" }, t("common.look")));
  if (waiting) return h("small", {}, h("br"), t("common.not_sent"));
  return source === "clinic" && h("small", {}, h("br"), t("dose.by_clinic"));
}

/** Return the doses that were given of a treatment, newest first, those that still wait among them. */
async function taken(treatmentId) {
  const found = (await records("dose")).filter(({ data }) => data.treatment_id === treatmentId && (data.given || data.occurred));
  return found
    .map(({ data, waiting, refused }) => ({
      when: data.given ? moment(data.given) : data.occurred,
      body_site: data.body_site ?? data.parts?.[0]?.body_site ?? null,
      source: data.source,
      waiting,
      refused,
    }))
    .sort((a, b) => sortable(b.when) - sortable(a.when));
}

function moment({ at, on: date }) {
  return at ? { at } : { on: date };
}

function dayOf(occurred) {
  return occurred.at ? localDay(new Date(occurred.at)) : occurred.on;
}

function sortable(occurred) {
  return Date.parse(occurred.at ?? `${occurred.on}T12:00`);
}

function named(site) {
  return has(`dose.site.${site}`) ? t(`dose.site.${site}`) : t("dose.site.other");
}

function upper(text) {
  return text[0].toLocaleUpperCase() + text.slice(1);
}

function oral({ route }) {
  return route === "oral";
}

function clinicGives(treatments) {
  const coming = treatments.find((one) => one.expected)?.expected;
  return card(
    t("dose.clinic"),
    h("p", {}, t("dose.clinic_more")),
    coming && h("p", {}, t(coming.sure === "planned" ? "dose.clinic_next" : "dose.clinic_about", { day: day(coming.on) })),
    h("div", { class: "buttons" }, link(t("dose.to_move"), "#/move")),
  );
}
