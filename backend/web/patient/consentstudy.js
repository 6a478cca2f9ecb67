/** A study one takes part in: what was agreed to for each purpose, what is asked anew, and taking it back. */

import { fill, h } from "../shared/dom.js";
import { day, localDay, t } from "../shared/words.js";

import { isOffline, question as meant, why } from "./asking.js";
import { answer, PATH, question, reading, textOf, told } from "./consentask.js";
import { agreed, purposeOf, renewing } from "./consentlogic.js";
import { api } from "./session.js";
import { button, card, confirm, trouble } from "./ui.js";

const OPTIONAL = ["care", "contact"];

/** Write the day of a moment. */
export function dayOf(at) {
  return day(localDay(new Date(at)), "date");
}

/** Draw the card of a study one takes part in. */
export async function standing(page, consent) {
  const study = purposeOf(consent, "study");
  const [anew, others] = await Promise.all([
    renewing(study) && renewal(page, consent, study),
    Promise.all(OPTIONAL.map((purpose) => optional(page, consent, purpose))),
  ]);
  const lapsed = study?.state === "lapsed";
  const node = card(
    consent.name,
    h("p", {}, t("consents.since", { day: dayOf(consent.consented_at) })),
    consent.finished_at && h("p", {}, t("consents.finished", { day: dayOf(consent.finished_at) })),
    anew,
    !anew && study && h("div", { class: "purpose" }, h("h3", {}, t("consents.purpose.study")), agreedTo(consent, study)),
    others,
    !anew && h("div", { class: "purpose" }, stopping(page, consent)),
  );
  const tag = lapsed ? "consents.on_hold" : consent.finished_at ? "consents.over" : "consents.joined";
  node.querySelector("h2").append(" ", h("span", { class: lapsed || consent.finished_at ? "tag warm" : "tag" }, t(tag)));
  return node;
}

/** What was agreed to: which version on which day, with its text to be read again. */
function agreedTo(consent, { purpose, agreed: version, since }) {
  if (!version) return h("p", {}, t("consents.agreed_paper", { day: dayOf(since) }));
  return [h("p", {}, t("consents.agreed", { day: dayOf(since), n: String(version) })), again(consent, purpose, version)];
}

function again(consent, purpose, version) {
  const body = h("div", {});
  const node = h("details", { id: `read-${purpose}-${consent.study_id}` }, h("summary", {}, t("consents.read_again")), body);
  node.addEventListener("toggle", () => node.open && !body.hasChildNodes() && void shown(body, consent, purpose, version));
  return node;
}

async function shown(body, consent, purpose, version) {
  try {
    fill(body, reading((await textOf(consent, purpose, version)).answer));
  } catch (error) {
    fill(body, trouble(isOffline(error) ? t("consents.text_offline") : why(error)));
  }
}

/** A newer text: until when it is needed, what it says, and what happens to who does nothing. */
async function renewal(page, consent, stands) {
  const { purpose, state, lapses_at: at } = stands;
  const until = dayOf(at);
  const no = purpose === "study"
    ? { text: t("consents.withdraw"), act: (pressed) => leave(page, pressed, consent) }
    : { text: t("consents.take_back"), act: (pressed) => takeBack(page, pressed, consent, purpose) };
  return h(
    "div",
    { class: "purpose" },
    h("h3", {}, t("consents.newer", { purpose: t(`consents.purpose.${purpose}`) })),
    agreedTo(consent, stands),
    h("p", {}, t(`consents.${state}`, { day: until })),
    h("p", {}, t(`consents.otherwise.${purpose === "study" ? "study" : "other"}.${state}`, { day: until })),
    await question(page, consent, purpose, no),
  );
}

/** Care or contact: agreed to, asked, or said no to; what was never asked is not shown. */
async function optional(page, consent, purpose) {
  const stands = purposeOf(consent, purpose);
  if (!stands || stands.state === "none") return null;
  if (renewing(stands)) return renewal(page, consent, stands);
  const head = h("h3", {}, t(`consents.purpose.${purpose}`));
  if (agreed(stands)) return h("div", { class: "purpose" }, head, agreedTo(consent, stands), back(page, consent, purpose));
  const no = { text: t("consents.not_this"), act: (pressed, read) => answer(page, pressed, consent, read, false) };
  if (stands.state === "asked") return h("div", { class: "purpose" }, head, h("p", {}, t("consents.optional")), await question(page, consent, purpose, no));
  return h("div", { class: "purpose" }, head, h("p", {}, t(`consents.refused.${stands.state}`, { day: dayOf(stands.since) })), changeOfMind(page, consent, purpose));
}

function changeOfMind(page, consent, purpose) {
  const body = h("div", {});
  const node = h("details", { id: `anew-${purpose}-${consent.study_id}` }, h("summary", {}, t("consents.anew")), body);
  node.addEventListener("toggle", async () => {
    if (node.open && !body.hasChildNodes()) body.append(await question(page, consent, purpose, null));
  });
  return node;
}

function back(page, consent, purpose) {
  const pressed = button(t("consents.take_back"), () => takeBack(page, pressed, consent, purpose), { id: `back-${purpose}-${consent.study_id}` });
  pressed.setAttribute("aria-label", `${t("consents.take_back")}: ${t(`consents.purpose.${purpose}`)}, ${consent.name}`);
  return pressed;
}

function stopping(page, consent) {
  const stop = button(t("consents.withdraw"), () => leave(page, stop, consent), { danger: true, id: `stop-${consent.study_id}` });
  stop.setAttribute("aria-label", `${t("consents.withdraw")}: ${consent.name}`);
  return stop;
}

async function leave(page, pressed, consent) {
  const { name } = consent;
  if (!(await confirm(meant(t("consents.ask", { name }), t("consents.ask_more")), t("consents.yes"), t("consents.no"), { danger: true }))) return;
  await told(page, pressed, async () => {
    page.changed(await api("POST", `${PATH}/${consent.study_id}/withdrawal`), t("consents.done", { name }), t("consents.done_more"));
  });
}

async function takeBack(page, pressed, consent, purpose) {
  const asked = meant(t(`consents.back_ask.${purpose}`), t("consents.back_more", { name: consent.name }));
  if (!(await confirm(asked, t("consents.back_yes"), t("consents.back_no"), { danger: true }))) return;
  await told(page, pressed, async () => {
    page.changed(await api("POST", `${PATH}/${consent.study_id}/withdrawal`, { purpose }), t(`consents.back_done.${purpose}`));
  });
}
