/** The page of questionnaires: which there are, and what studies and patients are asked. Its parts stand behind tabs. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { draw as drawPatients } from "./assignedpatients.js";
import { draw as drawStudies } from "./assignedstudies.js";
import { draw as drawList } from "./questionnairelist.js";
import { draw as drawVersion } from "./questionnaireversion.js";
import { words } from "./questionnaires.words.js";
import { who } from "./session.js";
import { tabs } from "./tabs.js";

export const screen = { words, render };

const PARTS = [
  ["list", (root, page) => (page.rest.length > 1 ? drawVersion(root, page) : drawList(root, page))],
  ["studies", drawStudies],
  ["patients", drawPatients],
];

function render(root, { params: [part, ...rest], go }) {
  const parts = PARTS.filter(([name]) => name !== "patients" || who()?.role !== "admin");
  const page = { part: parts.some(([name]) => name === part) ? part : "list", rest, go };
  const shown = tabs(t("quest.parts"), parts.map(([name, draw]) => ({ name, text: t(`quest.part.${name}`), draw: (node) => draw(node, page) })), page.part, (name) => {
    page.part = name;
    page.rest = [];
    // Where one is goes into the address, so that it can be gone back to.
    history.replaceState(history.state, "", `#/questionnaires/${name}`);
  });
  fill(root, h("h1", {}, t("quest.title")), shown.node);
  queueMicrotask(() => void shown.show());
  return shown.leave;
}
