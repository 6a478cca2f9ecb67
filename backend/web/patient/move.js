/** Asking for another appointment: a request to the clinic, never a change; and what became of earlier ones. */

import { fill, h, notice } from "../shared/dom.js";
import { day, moment, t } from "../shared/words.js";

import { nowIso, today } from "./clock.js";
import { living } from "./living.js";
import { put } from "./queue.js";
import { asked, isOpen, requestList } from "./requests.js";
import { doc, draft, dropDraft, saveDraft } from "./store.js";
import { busy, button, card, choices, field, link } from "./ui.js";
import * as words from "./move.words.js";

const DRAFT = "move";
const LONGEST = 1000;

export const screen = {
  name: "move",
  words: words.words,
  async render(root) {
    const heading = h("h1", {}, t("move.title"));
    const [body, open, earlier] = [h("div"), h("div"), h("div")];
    fill(root, heading, body, earlier);
    await living(body, plan, async (known) => {
      const clinic = known.treatments.filter((one) => !one.at_home && one.expected);
      return clinic.length ? form(clinic, known.site, { open, heading }) : none(known.treatments);
    });
    const load = async () => ({ found: await asked("move"), all: (await doc("plan"))?.treatments ?? [] });
    await living(earlier, load, ({ found, all }) => {
      const standing = found.find(isOpen);
      fill(open, standing && h("p", {}, t("move.open", { when: moment(standing.data.recorded_at, "short") })));
      return requestList(found, { about: ({ treatment_id }) => named(all, treatment_id), after: () => heading.focus() });
    });
  },
};

async function plan() {
  const [known, site] = await Promise.all([doc("plan"), doc("site")]);
  return { site, treatments: (known?.treatments ?? []).filter((one) => !one.stopped_on || one.stopped_on > today()) };
}

async function form(treatments, site, { open, heading }) {
  const kept = (await draft(DRAFT)) ?? {};
  const why = h("textarea", { id: "why", rows: 3, maxlength: LONGEST, value: kept.why ?? "" });
  const days = h("textarea", { id: "days", rows: 3, maxlength: LONGEST, value: kept.days ?? "" });
  for (const area of [why, days]) area.addEventListener("input", () => saveDraft(DRAFT, { why: why.value, days: days.value }));
  const which = treatments.length > 1 ? choices(t("move.which"), "which", treatments.map((one) => ({ value: one.id, text: one.name, hint: expected(one) })), { value: treatments[0].id }) : null;
  const send = button(t("move.send"), () => busy(send, () => ask()), { primary: true, id: "send" });
  return [
    card(
      t("move.now"),
      treatments.map((one) => h("p", { class: "strong" }, expected(one), h("br"), h("small", {}, one.name))),
      h("p", { class: "note" }, t("move.stands")),
      open,
    ),
    card(
      t("move.ask"),
      which,
      field(t("move.days"), days, { hint: t("move.days.hint") }),
      field(t("move.why"), why, { hint: t("move.why.hint") }),
      h("div", { class: "buttons" }, send),
      h("p", { class: "soft" }, t("move.soon"), site?.phone && [" ", h("a", { href: `tel:${site.phone.replace(/[^+\d]/g, "")}` }, t("safety.call", { name: site.name }), " ", h("span", { class: "number" }, site.phone))]),
    ),
  ];

  async function ask() {
    const told = [days.value.trim() && `${t("move.days")} ${days.value.trim()}`, why.value.trim() && `${t("move.why")} ${why.value.trim()}`];
    const data = { kind: "move", treatment_id: which?.chosen() ?? treatments[0].id, words: told.filter(Boolean).join("\n") || null };
    await put("request", { ...data, recorded_at: nowIso() });
    why.value = "";
    days.value = "";
    await dropDraft(DRAFT);
    notice(t("move.sent"));
    heading.focus();
  }
}

function expected({ expected: { on: date, at, sure } }) {
  if (sure !== "planned") return t("move.expected", { day: day(date) });
  return at ? moment(at) : day(date);
}

function named(treatments, id) {
  const found = treatments.find((one) => one.id === id);
  return treatments.length > 1 && found && h("p", { class: "soft" }, found.name);
}

function none(treatments) {
  const home = treatments.some((one) => one.at_home);
  return card(
    t("move.none"),
    h("p", {}, t(home ? "move.none.home" : "move.none.more")),
    h("div", { class: "buttons" }, home && link(t("move.to_dose"), "#/dose"), link(t("move.to_contact"), "#/contact")),
  );
}
