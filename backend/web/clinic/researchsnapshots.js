/** The snapshots of a study: freezing one, seeing how far each is, and going to what is in it. */

import { announce, fill, h, notice } from "/static/shared/dom.js";
import { moment, number, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { copyButton } from "./copied.js";
import { datasetName } from "./researchbook.js";
import { busy, button, buttons, confirm, empty, load, panel, table } from "./ui.js";

const FORMS = ["csv", "jsonl", "parquet", "odm", "redcap", "fhir"];
const ON_ITS_WAY = new Set(["waiting", "building"]);
const AGAIN = new Set(["cancelled", "failed"]);
const [SOON_MS, LATE_MS, LONG_MS] = [2000, 10_000, 120_000];

/** Draw them; returns what stops asking how far they are. */
export async function snapshotsPart(root, about) {
  const list = h("div", {});
  const path = `/research/studies/${encodeURIComponent(about.study.id)}/snapshots`;
  const state = { ...about, path, list, timer: 0, wait: SOON_MS, states: new Map(), over: false };
  state.again = () => shown(state);
  fill(root, panel(t("freeze.title"), h("p", { class: "soft" }, t("freeze.lead")), form(state)), panel(t("snap.list"), list));
  await state.again();
  return () => {
    state.over = true;
    clearTimeout(state.timer);
  };
}

function form(state) {
  const sets = boxes(t("freeze.datasets"), "set", Object.keys(state.book.datasets), datasetName, () => true);
  const forms = boxes(t("freeze.forms"), "form", FORMS, (name) => t(`freeze.form.${name}`), (name) => name === "csv");
  const wrong = h("p", { class: "trouble", role: "alert", id: "freeze-error", hidden: true });
  const press = button(t("freeze.go"), null, { primary: true, type: "submit", id: "freeze" });
  const node = h("form", { novalidate: true }, sets, forms, wrong, buttons(press));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(press, () => asked(state, { datasets: sets.chosen(), formats: forms.chosen() }, wrong));
  });
  return node;
}

/** A question with boxes to tick; `node.chosen()` are the names of those that are. */
export function boxes(legend, stem, names, text, ticked) {
  const inputs = names.map((name) => h("input", { type: "checkbox", id: `${stem}-${name}`, value: name, checked: ticked(name) }));
  const node = h("fieldset", { class: "boxes" }, h("legend", {}, legend), h("div", {}, names.map((name, at) => h("label", { class: "check" }, inputs[at], h("span", {}, text(name))))));
  node.chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return node;
}

async function asked(state, body, wrong) {
  wrong.hidden = true;
  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = false;
  };
  if (body.datasets.length === 0 || body.formats.length === 0) return say(t("freeze.choose"));
  try {
    await api("POST", state.path, body);
    notice(t("freeze.asked"));
    state.wait = SOON_MS;
    await state.again();
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    if (error.status === 422) say(t("freeze.no_parquet"));
    else say(error.status === 429 ? t("freeze.busy") : state.told(error));
  }
}

async function shown(state) {
  clearTimeout(state.timer);
  await load(state.list, () => api("GET", state.path), ({ items }) => drawn(items, state), state.told);
}

function drawn(items, state) {
  heard(items, state);
  if (!state.over && items.some((one) => ON_ITS_WAY.has(one.state))) state.timer = setTimeout(() => void quietly(state), state.wait);
  if (items.length === 0) return empty(t("snap.none"));
  const columns = ["when", "state", "hash", "revision", "withdrawn", "act"].map((name) => ({ text: t(`snap.column.${name}`), number: ["revision", "withdrawn"].includes(name) }));
  return [unbuilt(items) && h("p", { class: "note", role: "status" }, t("snap.unbuilt")), table({ caption: t("snap.list"), hideCaption: true, columns, rows: items.map((one) => row(one, state)) })];
}

/** Whether one waits for long while none is being built: then nothing on the server seems to build any. */
function unbuilt(items) {
  const long = ({ state, asked_at: at }) => state === "waiting" && Date.now() - Date.parse(at) > LONG_MS;
  return items.some(long) && !items.some(({ state }) => state === "building");
}

/** Look again how far they are, and leave the focus where it is; what fails is tried again later. */
async function quietly(state) {
  state.wait = Math.min(LATE_MS, state.wait * 1.3);
  const found = document.hidden ? null : await api("GET", state.path).catch((error) => (error.name === "Offline" || error.name === "Refused" ? null : Promise.reject(error)));
  if (state.over) return;
  if (!found) {
    state.timer = setTimeout(() => void quietly(state), LATE_MS);
    return;
  }
  const held = state.list.contains(document.activeElement) ? document.activeElement.id : null;
  fill(state.list, drawn(found.items, state));
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

/** Say aloud what became of one that was on its way. */
function heard(items, state) {
  for (const { id, state: now, asked_at: at } of items) {
    const before = state.states.get(id);
    if (before && before !== now && !ON_ITS_WAY.has(now)) announce(t("snap.became", { when: moment(at, "short"), state: t(`snap.state.${now}`) }));
    state.states.set(id, now);
  }
}

function row(one, state) {
  const when = moment(one.asked_at, "short");
  const name = one.state === "ready" ? h("a", { href: `#/${state.at("snapshot", one.id)}`, id: `open-${one.id}` }, when) : when;
  const held = h("small", { class: "block" }, one.datasets.length === Object.keys(state.book.datasets).length ? t("snap.all") : one.datasets.map(datasetName).join(", "), " · ", one.formats.join(", "));
  return [[name, held], standing(one), one.sha256 ? hash(one, when) : "–", String(one.revision), String(one.withdrawn), acts(one, when, state)];
}

function standing(one) {
  const tag = h("span", { class: one.state === "failed" ? "tag warm" : one.state === "ready" ? "tag" : "tag plain" }, t(`snap.state.${one.state}`));
  if (one.state === "failed") return [tag, h("small", { class: "block" }, t("snap.trouble", { kind: one.trouble }))];
  if (!ON_ITS_WAY.has(one.state)) return tag;
  const told = one.total ? t("snap.progress", { done: number(one.done, 0), total: number(one.total, 0) }) : t("snap.queued");
  return [tag, one.total > 0 && h("progress", { max: String(one.total), value: String(one.done), "aria-label": told }), h("small", { class: "block" }, told)];
}

/** The hash of all rows, in short, with a button that copies the whole. */
export function hash(one, when) {
  return h("span", { class: "hash" }, h("code", { title: one.sha256 }, one.sha256.slice(0, 12)), copyButton(t("snap.copy"), one.sha256, { quiet: true, id: `copy-${one.id}`, label: t("snap.copy_of", { when }) }));
}

function acts(one, when, state) {
  const act = (name, run, look = {}) => button(t(`snap.${name}`), run, { ...look, id: `${name}-${one.id}`, label: t("snap.act", { act: t(`snap.${name}`), when }) });
  const post = (name) => () => void done(state, () => api("POST", `${state.path}/${encodeURIComponent(one.id)}/${name}`), `snap.done.${name}`);
  return h(
    "span",
    { class: "acts" },
    ON_ITS_WAY.has(one.state) && act("cancel", post("cancel")),
    AGAIN.has(one.state) && act("resume", post("resume")),
    act("discard", () => void discarded(one, when, state), { quiet: true }),
  );
}

async function discarded(one, when, state) {
  if (!(await confirm(t("snap.act", { act: t("snap.discard"), when }), t("snap.discard.text"), t("snap.discard"), { danger: true }))) return;
  await done(state, () => api("DELETE", `${state.path}/${encodeURIComponent(one.id)}`), "snap.done.discard");
  document.getElementById("freeze")?.focus({ preventScroll: true });
}

async function done(state, run, said) {
  try {
    await run();
    notice(t(said));
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    notice(error.status === 409 ? t("snap.other_state") : state.told(error));
  }
  state.wait = SOON_MS;
  await state.again();
}
