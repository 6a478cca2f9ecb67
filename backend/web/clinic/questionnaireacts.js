/** What is done with a version of a questionnaire: published, retired, thrown away, saved as a FHIR resource. */

import { fill, h, notice } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { api } from "./api.js";
import { save } from "./download.js";
import { lostList } from "./lost.js";
import { mayDraft, mayPublish } from "./questionnairewords.js";
import { alertLine, onlyRefusals } from "./reading.js";
import { busy, button, buttons, confirm, explain } from "./ui.js";

/** Draw the buttons of a version, with the line that says what was refused. */
export function versionActs(one, about) {
  const line = alertLine("quest-refused");
  const lost = h("div", { id: "quest-lost" });
  const pressed = (id, text, act, look = {}) => {
    const press = button(text, () => void busy(press, () => tried(act, line, about)), { id, ...look });
    return press;
  };
  return h(
    "div",
    {},
    buttons(
      !one.published && mayPublish() && pressed("quest-publish", t("quest.publish"), () => publish(one, about), { primary: true }),
      pressed("quest-export", t("quest.export"), () => given(one, about, lost)),
      one.status === "published" && !one.built_in && mayPublish() && pressed("quest-retire", t("quest.retire"), () => retire(one, about), { danger: true }),
      !one.published && mayDraft() && pressed("quest-discard", t("quest.discard"), () => discard(one, about), { danger: true }),
    ),
    !one.published && !mayPublish() && h("p", { class: "soft" }, t("quest.only_publish")),
    line,
    lost,
  );
}

async function publish(one, { at, again }) {
  if (!(await confirm(t("quest.publish"), t("quest.publish_text"), t("quest.publish")))) return;
  await api("POST", `${at}/publication`, undefined, { version: one.edit });
  await again();
  notice(t("quest.is_published"));
  document.getElementById("quest-heading")?.focus();
}

async function retire(one, { at, again }) {
  if (!(await confirm(t("quest.retire"), t("quest.retire_text"), t("quest.retire"), { danger: true }))) return;
  await api("POST", `${at}/retirement`, undefined, { version: one.edit });
  await again();
  notice(t("quest.is_retired"));
  document.getElementById("quest-heading")?.focus();
}

async function discard(one, { at, go }) {
  if (!(await confirm(t("quest.discard"), t("quest.discard_text"), t("quest.discard"), { danger: true }))) return;
  await api("DELETE", at, undefined, { version: one.edit });
  notice(t("quest.is_discarded"));
  go("questionnaires/list");
}

async function given(one, { at }, node) {
  const { resource, lost } = await api("GET", `${at}/fhir`);
  save(new Blob([JSON.stringify(resource, null, 2)], { type: "application/fhir+json" }), `${one.key}-${one.version}.json`);
  notice(t("quest.exported"));
  fill(node, lost.length > 0 && [h("h3", {}, t("quest.export_lost", { n: lost.length })), lostList(lost, "definition")]);
}

async function tried(act, line, about) {
  line.say(null);
  try {
    await act();
  } catch (error) {
    onlyRefusals(error);
    line.say(refusedText(error, about));
    line.scrollIntoView({ block: "nearest" });
  }
}

/** Say in words why a version was not published: its licence, what it cannot follow, what the instrument asks. */
function refusedText(error, about) {
  const [first] = error.problem?.pointers ?? [];
  const detail = first?.detail ?? error.problem?.detail ?? "";
  if (error.problem?.code === "licence-needed") return t(first?.pointer === "/instrument" ? "quest.refused.instrument" : "quest.refused.licence");
  if (first?.pointer?.startsWith("/definition/items")) return t("quest.refused.items", { item: first.pointer.split("/")[3] ?? "", detail });
  if (first?.pointer?.endsWith("/type")) return t("quest.refused.succession", { item: itemAt(about.definition, first.pointer) });
  if (first?.pointer?.startsWith("/moved")) return t("quest.refused.moved", { item: first.pointer.split("/")[2], detail });
  return first?.pointer === "/instrument" ? t("quest.refused.test") : explain(error);
}

/** Return the key of the item that a pointer such as /items/3/items/0/type leads to. */
function itemAt(definition, pointer) {
  let found = definition;
  for (const part of pointer.split("/").slice(1, -1)) found = found?.[part];
  return found?.key ?? pointer;
}
