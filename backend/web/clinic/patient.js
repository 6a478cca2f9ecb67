/**
 * The page of one patient: who it is, the answers at a glance, and its parts behind tabs.
 *
 * Everything the figures draw comes in one answer. A part is `draw(root, page)`, made when its tab is chosen; what it
 * returns is called when it is left. `page` holds {id, overview, settings(), again()} and, for print, the period chosen.
 */

import { announce, fill, h } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { words as beforeAfterWords } from "./beforeafter.words.js";
import { askSettings, settingsQuery, STANDARD } from "./figuresettings.js";
import { words as footingWords } from "./footing.words.js";
import { factList, identityLines, nameOf } from "./glance.js";
import { words as glanceWords } from "./glance.words.js";
import { words as overlayWords } from "./overlay.words.js";
import { words } from "./patient.words.js";
import { draw as assigned } from "./patientassigned.js";
import { draw as care } from "./patientcare.js";
import { drawIntervals, drawStretching, drawTimeline } from "./patientfigures.js";
import { draw as findings } from "./patientfindings.js";
import { draw as forms } from "./patientforms.js";
import { draw as drawHistory } from "./patienthistory.js";
import { words as historyWords } from "./patienthistory.words.js";
import { drawLean } from "./patientlean.js";
import { draw as ledger } from "./patientledger.js";
import { words as ledgerWords } from "./patientledger.words.js";
import { draw as protocols } from "./patientprotocols.js";
import { draw as studies } from "./patientstudies.js";
import { draw as treatment, mayTreat } from "./patienttreatment.js";
import { printable } from "./printed.js";
import { words as printedWords } from "./printed.words.js";
import { who } from "./session.js";
import { words as spanWords } from "./spanlist.words.js";
import { tabs } from "./tabs.js";
import { words as timelineWords } from "./timeline.words.js";
import { words as toldWords } from "./timelinetold.words.js";
import { button, link, load } from "./ui.js";

const PARTS = [
  ["timeline", drawTimeline],
  ["intervals", drawIntervals],
  ["stretching", drawStretching],
  ["treatment", treatment],
  ["forms", forms],
  ["assigned", assigned],
  ["findings", findings],
  ["protocols", protocols],
  ["studies", studies],
  ["reminders", ledger],
  ["history", drawHistory],
  ["care", care],
];

for (const one of [timelineWords, toldWords, overlayWords, spanWords, beforeAfterWords, footingWords, glanceWords, ledgerWords, historyWords, printedWords]) add(one);

export const screen = { words, render };

/** Who has no permission to see the course of a patient, and cares for them all the same. */
const SEES_NO_COURSE = "coordinator";

async function render(root, { params: [id, part] }) {
  if (who()?.role === SEES_NO_COURSE) return drawLean(root, id, part);
  const page = { id, root, part: PARTS.some(([name]) => name === part) ? part : "timeline", asked: STANDARD, leave: null };
  page.settings = () => void changeSettings(page);
  page.again = () => fetched(page);
  await fetched(page);
  return () => page.leave?.();
}

/** Ask for the overview, once, and draw the page from it. */
async function fetched(page) {
  page.leave?.();
  page.leave = null;
  performance.mark("patient:asked");
  await load(page.root, () => api("GET", `/patients/${encodeURIComponent(page.id)}/overview${settingsQuery(page.asked)}`), (overview) => drawn(page, overview));
  if (!page.root.querySelector("h1")) page.root.prepend(h("h1", {}, t("patient.title")));
}

function drawn(page, overview) {
  performance.mark("patient:answered");
  page.overview = overview;
  const { patient, today } = overview;
  const head = h(
    "header",
    { class: "patient-head" },
    h("div", { class: "who-is" }, h("h1", { "data-title": t("patient.title") }, nameOf(patient)), identityLines(patient, today).map((line) => h("span", {}, line))),
    h("div", { class: "buttons" }, begin(page, overview), button(t("glance.settings"), page.settings, { id: "patient-settings" }), button(t("glance.print"), () => print(), { id: "patient-print" })),
    h("p", { class: "watch" }, t("glance.safety")),
  );
  const shown = tabs(t("patient.parts"), PARTS.map(([name, draw]) => ({ name, text: t(`patient.part.${name}`), draw: (node) => draw(node, page) })), page.part, (name) => {
    page.part = name;
    // Where one is goes into the address, so that it can be gone back to; nothing is fetched anew for it.
    remember(`#/patient/${page.id}/${name}`);
  });
  const paper = printable(page);
  page.leave = () => {
    shown.leave();
    paper.stop();
  };
  queueMicrotask(() => {
    shown.show();
    performance.mark("patient:drawn");
    performance.measure("patient:fetch", "patient:asked", "patient:answered");
    performance.measure("patient:draw", "patient:answered", "patient:drawn");
  });
  return [head, factList(overview), shown.node, paper.node];
}

/** Where no treatment runs: the way to start one. */
function begin({ id }, { treatments, today }) {
  const runs = treatments.some(({ stopped_on: stopped }) => !stopped || stopped > today);
  return !runs && mayTreat() && link(t("treat.start"), `#/patient/${encodeURIComponent(id)}/treatment`, { id: "patient-treat" });
}

function remember(hash) {
  history.replaceState(history.state, "", hash);
}

async function changeSettings(page) {
  const asked = await askSettings(page.asked);
  if (!asked) return;
  page.asked = asked;
  await fetched(page);
  announce(t("set.applied"));
  document.getElementById("patient-settings")?.focus();
}
