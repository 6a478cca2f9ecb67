/** The worklist: who needs something, the oldest first; what became of a call is recorded from its row. */

import { fill, h, notice } from "/static/shared/dom.js";
import { add, day, localDay, t, time } from "/static/shared/words.js";

import { api } from "./api.js";
import { record } from "./calls.js";
import { words as callWords } from "./calls.words.js";
import { names } from "./catalogue.js";
import { finder, folded } from "./finding.js";
import { rows } from "./rows.js";
import { when, who } from "./session.js";
import { about, kindName, lastCall, quoted } from "./tasks.js";
import { button, empty, field, filters, load } from "./ui.js";
import { words } from "./worklist.words.js";

export const screen = { words, render };

const COLUMNS = ["since", "kind", "who", "what", "owner", "call"];
const KINDS = [
  "contact", "move", "undelivered", "dose_missed", "dose_overdue", "sample_missing", "sample_rejected", "result_to_release", "form_overdue",
  "monitoring_due", "emergency",
];
const FIRST = { kind: "", whose: "all", text: "" };
const DAY_MS = 86_400_000;

// What one chose stands when one comes back from a patient, and is gone with who chose it.
let state = { ...FIRST };

add(callWords);
when("out", () => {
  state = { ...FIRST };
});

async function render(root, { params: [kind], go }) {
  if (kind) state = { ...FIRST, kind: KINDS.includes(kind) ? kind : "" };
  const body = h("div", {});
  const at = h("p", { class: "soft" });
  let leave = null;
  const fresh = () =>
    load(body, async () => (await Promise.all([api("GET", "/worklist"), names()]))[0], (found) => {
      leave?.();
      at.textContent = t("worklist.at", { at: time(found.generated_at) });
      const drawn = list(found, go, fresh);
      leave = drawn.leave;
      return drawn.nodes;
    });
  const refresh = button(t("worklist.refresh"), () => void fresh().then(() => refresh.focus()), { id: "refresh" });
  fill(root, h("div", { class: "row apart" }, h("div", {}, h("h1", {}, t("worklist.title")), h("p", { class: "soft" }, t("worklist.lead"))), h("div", { class: "row" }, at, refresh)), body);
  await fresh();
  return () => leave?.();
}

function list(found, go, fresh) {
  let items = found.items.map(shown);
  const grid = rows({
    label: t("worklist.title"),
    name: "worklist",
    columns: COLUMNS.map((key) => ({ key, text: t(`worklist.${key}`) })),
    cells,
    key: (item) => item.key,
    opened: (item) => void opened(item),
    letters: { o: (item) => go(`patient/${encodeURIComponent(item.patient_id)}`) },
  });
  const count = h("p", { class: "count", id: "count", role: "status" });
  const none = h("div", {});
  const kinds = filters(t("worklist.kinds"), [], state.kind, (kind) => chosen({ kind }));
  const whose = filters(t("worklist.whose"), [], state.whose, (whom) => chosen({ whose: whom }));

  function chosen(some) {
    state = { ...state, ...some };
    draw();
  }

  function draw() {
    const mine = items.filter((item) => state.whose === "all" || item.owner?.id === who()?.staff_id);
    const sought = mine.filter(finder(state.text));
    const left = sought.filter((item) => !state.kind || item.kind === state.kind);
    kinds.set(kindChips(sought), state.kind);
    whose.set(["all", "mine"].map((value) => ({ value, text: t(`worklist.${value}`) })), state.whose);
    grid.set(left);
    grid.hidden = left.length === 0;
    count.textContent = t("worklist.count", { n: left.length, all: items.length });
    fill(none, left.length === 0 && empty(t(items.length ? "worklist.no_match" : "worklist.none")));
  }

  async function opened(item) {
    const before = grid.position()?.index ?? 0;
    const said = await record(item, go);
    if (!said) return undefined;
    const told = said === "gone" ? t("worklist.call.gone") : t("worklist.call.saved", { outcome: t(`worklist.outcome.${said.outcome}`), name: item.named });
    // What is to come back today stands on the list again at once, with what was said of it.
    const stays = said === "gone" || (said.on && said.on <= localDay(new Date()));
    if (stays) await fresh();
    else items = items.filter((one) => one.key !== item.key);
    if (!stays) draw();
    notice(told);
    return stays ? document.querySelector(".line[tabindex='0']")?.focus() : next(before);
  }

  // The focus goes to the row that took the place of the one that left.
  function next(index) {
    if (grid.hidden) return document.querySelector("#search")?.focus();
    return grid.focusAt(index);
  }

  draw();
  if (items.length === 0) return { nodes: [none], leave: null };
  const tools = h("div", { class: "list-tools", role: "search" }, searchField(grid, (text) => chosen({ text })), whose, h("div", { class: "side" }, count));
  return { nodes: [tools, h("div", { class: "kinds" }, kinds), grid, none], leave: grid.watch() };
}

function kindChips(items) {
  const present = KINDS.filter((kind) => kind === state.kind || items.some((item) => item.kind === kind));
  const chips = present.map((kind) => ({ value: kind, text: kindName(kind), count: items.filter((item) => item.kind === kind).length }));
  return [{ value: "", text: t("desk.all"), count: items.length }, ...chips];
}

function searchField(grid, changed) {
  const search = h("input", { type: "search", id: "search", value: state.text, autocomplete: "off", spellcheck: "false" });
  search.addEventListener("input", () => changed(search.value));
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    grid.focusFirst();
  });
  return field(t("worklist.search"), search);
}

function shown(item) {
  const named = item.name ?? item.hospital_number ?? t("worklist.unnamed");
  return { ...item, named, sought: folded([item.name, item.hospital_number].filter(Boolean).join(" ")), born: null };
}

function cells(item) {
  const days = daysSince(item.since);
  return [
    [h("strong", {}, days === 0 ? t("worklist.today") : t("worklist.days", { n: days })), h("small", {}, day(localDay(new Date(item.since)), "short"))],
    h("span", { class: `kind ${item.kind}` }, kindName(item.kind)),
    [
      h("a", { href: `#/patient/${encodeURIComponent(item.patient_id)}`, tabindex: "-1" }, item.named),
      item.name && item.hospital_number && h("small", {}, item.hospital_number),
    ],
    [h("span", {}, about(item)), quoted(item) && h("q", {}, quoted(item))],
    item.owner ? item.owner.name : h("span", { class: "soft" }, t("worklist.unowned")),
    item.call ? [h("span", {}, lastCall(item.call)), h("small", {}, t("worklist.by", { by: item.call.by?.name ?? item.call.by }))] : h("span", { class: "soft" }, t("worklist.no_call")),
  ];
}

// Whole days by the calendar: what came yesterday evening waits for one day.
function daysSince(since) {
  const on = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.max(0, Math.round((on(new Date()) - on(new Date(since))) / DAY_MS));
}
