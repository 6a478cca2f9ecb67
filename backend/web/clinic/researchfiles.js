/** The files of a snapshot: taken here when they are not too large, and by a script when they are. */

import { h, notice } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { file } from "./api.js";
import { copyButton } from "./copied.js";
import { save } from "./download.js";
import { busy, button, table } from "./ui.js";

// A browser keeps what it fetches in memory until it is whole.
const LARGEST = 100 * 1024 * 1024;
const UNITS = ["B", "kB", "MB", "GB"];

/** Draw them: name, form, rows, size, SHA-256, and how to get each. */
export function filesPart(one, about) {
  const columns = ["name", "rows", "size", "sha256", "get"].map((name) => ({ text: t(`files.column.${name}`), number: name === "rows" || name === "size" }));
  const rows = one.files.map((found) => [
    h("code", {}, found.name),
    one.datasets.includes(found.name.split(".")[0]) ? number(found.rows, 0) : "–",
    size(found.bytes),
    h("span", { class: "hash" }, h("code", { title: found.sha256 }, found.sha256.slice(0, 12)), copyButton(t("snap.copy"), found.sha256, { quiet: true, label: t("files.copy_of", { name: found.name }) })),
    found.bytes > LARGEST ? h("span", {}, t("files.large")) : taking(found, about),
  ]);
  return [table({ caption: t("files.title"), hideCaption: true, columns, rows }), script(one, about)];
}

function taking(found, about) {
  const press = button(t("files.get"), () => void busy(press, () => taken(found, about)), { label: t("files.get_of", { name: found.name }), id: `get-${found.name}` });
  return press;
}

async function taken(found, about) {
  try {
    const blob = await file(`${about.path}/files/${encodeURIComponent(found.name)}`);
    const same = await hashed(blob);
    if (same !== null && same !== found.sha256) return notice(t("files.wrong", { name: found.name }));
    save(blob, found.name);
    notice(t(same === null ? "files.got" : "files.right", { name: found.name }));
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    notice(about.told(error));
  }
}

/** Return the SHA-256 of bytes; null where the browser reckons none, as over plain HTTP. */
async function hashed(blob) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function script(one, about) {
  const url = `${location.origin}/api/v1${about.path}/files/`;
  const name = [...one.files].sort((a, b) => b.bytes - a.bytes)[0]?.name ?? "manifest.json";
  const shell = `curl -fL -C - -o ${name} -H "Authorization: Bearer $KEY" \\\n  ${url}${name}`;
  const python = [
    "import os, shutil, urllib.request",
    `asked = urllib.request.Request("${url}${name}", headers={"Authorization": "Bearer " + os.environ["KEY"]})`,
    `with urllib.request.urlopen(asked) as answer, open("${name}", "wb") as file:`,
    "    shutil.copyfileobj(answer, file)",
  ].join("\n");
  const line = (label, text, id) => [h("h3", {}, label), h("pre", { tabindex: "0", role: "region", "aria-label": label }, h("code", {}, text)), copyButton(t("files.copy_lines", { what: label }), text, { id })];
  const large = one.files.some((found) => found.bytes > LARGEST);
  return h("details", { open: large }, h("summary", {}, t("files.script")), h("p", {}, t("files.script_lead")), line("curl", shell, "copy-curl"), line("Python", python, "copy-python"));
}

function size(bytes) {
  const at = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${number(bytes / 1000 ** at, at ? 1 : 0)} ${UNITS[at]}`;
}
