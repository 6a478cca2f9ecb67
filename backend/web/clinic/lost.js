/** What could not be carried between systems: where it stood, in plain words, and why; to read and to keep. */

import { h } from "/static/shared/dom.js";
import { add, has, language, t } from "/static/shared/words.js";

import { save } from "./download.js";
import { words } from "./lost.words.js";
import { button, buttons, table } from "./ui.js";

add(words);

/** Draw the list; `kind` is what the pointers lead into: "fhir", "xlsx", "csv", or "definition". */
export function lostList(lost, kind, name = null) {
  const columns = [{ text: t("lost.where") }, { text: t("lost.why"), wide: true }];
  const rows = lost.map(({ pointer, reason }) => [whereText(pointer, kind), whyNode(reason)]);
  const keep = name && button(t("lost.save"), () => save(new Blob([written(lost, kind)], { type: "text/csv" }), name), { id: "lost-save" });
  return h("div", { class: "lost" }, table({ caption: t("lost.caption"), hideCaption: true, columns, rows }), keep && buttons(keep));
}

/** Say where a pointer leads: "sheet survey, row 7, column relevant". */
export function whereText(pointer, kind) {
  const parts = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const at = ["xlsx", "csv", "resource"].includes(parts[0]) ? parts.slice(1) : parts;
  if (at.length === 0) return t("lost.whole");
  if (kind === "xlsx") return named(["sheet", "row", "column"], at);
  if (kind === "csv") return named(["line", "field"], at);
  return stepped(at);
}

function named(names, parts) {
  return parts.map((part, at) => (names[at] ? t(`lost.${names[at]}`, { part }) : part)).join(", ");
}

// In a resource and a definition a number counts from 0 within what stands before it.
function stepped(parts) {
  return parts.map((part, at) => (/^\d+$/.test(part) && at > 0 ? null : /^\d+$/.test(parts[at + 1] ?? "") ? t("lost.step", { part: partName(part), n: Number(parts[at + 1]) + 1 }) : partName(part))).filter((one) => one !== null).join(" › ");
}

function partName(part) {
  return has(`lost.part.${part}`) ? t(`lost.part.${part}`) : part;
}

/** The server says why in English; what it says is told in Dutch where that is known. */
function whyNode(reason) {
  if (language() === "en") return reason;
  const found = whyText(reason);
  return found === null ? h("span", { lang: "en" }, reason) : found;
}

function whyText(reason) {
  for (const [key, told] of Object.entries(words.en)) {
    const found = key.startsWith("lost.why.") && new RegExp(`^${told.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w\}/g, "(.+)")}$`, "s").exec(reason);
    if (found) return t(key, { a: found[1] ?? "", b: found[2] ?? "", c: found[3] ?? "" });
  }
  return null;
}

function written(lost, kind) {
  const cell = (text) => `"${text.replaceAll('"', '""')}"`;
  return [["pointer", "where", "why"], ...lost.map(({ pointer, reason }) => [pointer, whereText(pointer, kind), whyText(reason) ?? reason])].map((row) => row.map(cell).join(",")).join("\r\n");
}
