/** The page of one patient for who sees no symptoms: who it is, the studies, what is asked, phones and care. */

import { h } from "/static/shared/dom.js";
import { localDay, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { identityLines, nameOf } from "./glance.js";
import { draw as assigned } from "./patientassigned.js";
import { draw as care } from "./patientcare.js";
import { draw as studies } from "./patientstudies.js";
import { tabs } from "./tabs.js";
import { load } from "./ui.js";

const PARTS = [
  ["studies", studies],
  ["assigned", assigned],
  ["care", care],
];

/** Draw it; returns what ends it. */
export async function drawLean(root, id, part) {
  const page = { id, root, leave: null };
  await load(root, () => api("GET", `/patients/${encodeURIComponent(id)}`), (patient) => drawn(page, patient, part));
  if (!root.querySelector("h1")) root.prepend(h("h1", {}, t("patient.title")));
  return () => page.leave?.();
}

function drawn(page, patient, part) {
  page.overview = { patient };
  const names = identityLines(patient, localDay(new Date())).map((line) => h("span", {}, line));
  const head = h("header", { class: "patient-head" }, h("div", { class: "who-is" }, h("h1", { "data-title": t("patient.title") }, nameOf(patient)), names));
  const first = PARTS.some(([name]) => name === part) ? part : "studies";
  const shown = tabs(t("patient.parts"), PARTS.map(([name, draw]) => ({ name, text: t(`patient.part.${name}`), draw: (node) => draw(node, page) })), first, (name) => {
    history.replaceState(history.state, "", `#/patient/${page.id}/${name}`);
  });
  page.leave = () => shown.leave();
  queueMicrotask(() => shown.show());
  return [head, shown.node];
}
