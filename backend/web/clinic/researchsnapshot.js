/** One snapshot: what it holds, its files, the first rows of each table, and Table 1. */

import { fill, h } from "/static/shared/dom.js";
import { moment, number, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { datasetName } from "./researchbook.js";
import { filesPart } from "./researchfiles.js";
import { words } from "./researchsnapshot.words.js";
import { hash } from "./researchsnapshots.js";
import { builder } from "./researchtable.js";
import { tabs } from "./tabs.js";
import { field, link, load, panel, select, table, trouble } from "./ui.js";

export { words };

const PARTS = { files: filesPart, preview: previewPart, table: builder };

/** Draw it, with `part` of it in sight. `about` is {study, book, told, at}. */
export async function snapshotPart(root, id, part, about) {
  const path = `/research/studies/${encodeURIComponent(about.study.id)}/snapshots/${encodeURIComponent(id)}`;
  await load(root, () => api("GET", path), (one) => drawn(one, part, { ...about, path }), about.told);
}

async function drawn(one, part, about) {
  const back = link(t("snap.back"), `#/${about.at("snapshots")}`, { id: "back" });
  if (one.state !== "ready") return [h("p", {}, back), trouble(t("research.not_ready"))];
  const title = t("snap.title", { when: moment(one.asked_at, "short") });
  const parts = Object.entries(PARTS).map(([name, draw]) => ({ name, text: t(`${name}.title`), draw: (node) => void fill(node, panel(null, draw(one, about))) }));
  const view = tabs(title, parts, Object.hasOwn(PARTS, part) ? part : "files", (name) => history.replaceState(history.state, "", `#/${about.at("snapshot", one.id, name)}`));
  await view.show();
  return [h("p", {}, back), panel(title, facts(one)), view.node];
}

function facts(one) {
  const told = [
    [t("snap.fact.taken"), moment(one.taken_at, "full")],
    [t("snap.fact.subjects"), number(one.total, 0)],
    [t("snap.fact.revision"), t("snap.revision", { n: one.revision, k: one.withdrawn })],
    [t("snap.fact.hash"), hash(one, moment(one.asked_at, "short"))],
    [t("snap.fact.datasets"), one.datasets.map(datasetName).join(", ")],
    [t("snap.fact.code_book"), h("code", {}, String(one.settings.code_book_sha256 ?? "").slice(0, 12))],
  ];
  return h("dl", {}, told.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function previewPart(one, about) {
  const shown = h("div", {});
  const draw = (dataset) => dataset && load(shown, () => api("GET", `${about.path}/preview?dataset=${encodeURIComponent(dataset)}`), previewed, about.told);
  const options = [{ value: "", text: t("preview.choose") }, ...one.datasets.map((name) => ({ value: name, text: datasetName(name) }))];
  const choose = (dataset) => (dataset ? void draw(dataset) : fill(shown));
  return [h("p", { class: "soft" }, t("preview.lead")), field(t("preview.dataset"), select(options, { id: "preview", onchange: choose })), shown];
}

function previewed({ dataset, columns, rows, items }) {
  if (items.length === 0) return h("p", { class: "empty" }, t("preview.none"));
  const heads = columns.map(({ name, kind, unit }) => ({ text: [name, h("small", { class: "block" }, [t(`research.kind.${kind}`), unit].filter(Boolean).join(", "))], number: kind === "integer" || kind === "decimal" }));
  const cell = (value) => (value === null ? h("span", { class: "soft", title: t("preview.missing") }, "–") : String(value));
  return [h("p", { class: "soft" }, t("preview.count", { n: items.length, rows: number(rows, 0) })), h("div", { class: "raw" }, table({ caption: datasetName(dataset), hideCaption: true, columns: heads, rows: items.map((row) => row.map(cell)) }))];
}
