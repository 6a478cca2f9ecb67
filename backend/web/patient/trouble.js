/** What is not sent: what waits, what was refused and how to mend it, and contradictions for the patient to decide. */

import { announce, fill, h, notice } from "../shared/dom.js";
import { moment, t } from "../shared/words.js";

import { on } from "./bus.js";
import { NOTE_MAX } from "./diary.js";
import { living } from "./living.js";
import { discard, resolve, waiting } from "./queue.js";
import { reasons, rows, title, vocabulary } from "./saying.js";
import { record } from "./store.js";
import { state, sync } from "./sync.js";
import { busy, button, buttons, card, confirm, empty, field, link } from "./ui.js";
import { words } from "./trouble.words.js";

export const screen = {
  name: "trouble",
  words,
  async render(root) {
    const [status, body] = [h("div", { class: "sending" }), h("div")];
    fill(root, h("h1", {}, t("trouble.title")), body, status);
    const told = () => fill(status, sending());
    told();
    const left = [on("state", told), await living(body, load, drawn)];
    return () => left.forEach((stop) => stop());
  },
};

async function load() {
  const items = await waiting();
  const standing = items.map((item) => (item.state === "conflict" ? record(item.type, item.id) : null));
  return { items, known: named(await vocabulary()), standing: await Promise.all(standing) };
}

// What is compared to see whether anything changed must be plain data.
function named(known) {
  return Object.entries(known).map(([field, map]) => [field, [...map]]);
}

function drawn({ items, known, standing }) {
  const words = Object.fromEntries(known.map(([name, pairs]) => [name, new Map(pairs)]));
  const of = (wanted) => items.filter((item) => item.state === wanted);
  if (!items.length) return empty(t("trouble.nothing"));
  const waits = of("waiting");
  return [
    of("conflict").map((item) => conflict(item, standing[items.indexOf(item)], words)),
    of("refused").map(refused),
    waits.length > 0 &&
      card(t("trouble.waiting", { n: waits.length }), h("p", {}, t("trouble.kept")), h("ul", { class: "list" }, waits.map(line))),
  ];
}

function line(item) {
  return h("li", {}, title(item));
}

function sending() {
  const { online, error, last_sync_at, running, unpaired, waiting: count } = state();
  const now = button(t("trouble.send"), () => busy(now, sent), { id: "send" });
  const how = !online ? "trouble.offline" : error ? "trouble.no_answer" : "trouble.online";
  return [
    h("p", { class: "soft" }, t(how)),
    last_sync_at && h("p", { class: "soft" }, t("trouble.last", { when: moment(last_sync_at) })),
    count > 0 && !running && !unpaired && now,
  ];
}

async function sent() {
  const { waiting: left, error } = await sync("asked");
  announce(t(error ? "trouble.failed" : left ? "trouble.some_left" : "trouble.all_sent"));
}

function refused(item) {
  const [whole, ...fields] = reasons(item);
  const where = mending(item);
  return card(
    title(item),
    h("p", {}, h("strong", {}, t("trouble.refused")), " ", whole),
    fields.length > 0 && h("ul", {}, fields.map((one) => h("li", {}, one))),
    where && !where.again && h("p", {}, t("trouble.mend_how")),
    where?.again && h("p", {}, t("trouble.again_how")),
    buttons(
      where && link(t(where.again ? "trouble.again" : "trouble.mend"), `#/${where.to}`, { primary: true, id: `mend-${item.seq}` }),
      button(t("trouble.throw"), () => thrown(item), { danger: true, id: `throw-${item.seq}` }),
    ),
  );
}

/** Where an item can be said better: in its own screen (`again`: there it is filled in anew). */
function mending({ type, op, id, data }) {
  if (op === "retract") return null;
  const places = {
    "diary-entry": () => ({ to: `entry/${id}` }),
    response: () => ({ to: `forms/sent/${id}` }),
    "sample-step": () => ({ to: `prick/step/${id}/${data.state}` }),
    sample: () => ({ to: "prick/new", again: true }),
    dose: () => ({ to: `dose/${data.treatment_id}`, again: true }),
    request: () => ({ to: data.kind, again: true }),
  };
  return places[type]?.() ?? null;
}

async function thrown(item) {
  const sure = await confirm(t("trouble.throw_sure", { what: title(item) }), t("trouble.throw"), t("common.cancel"), { danger: true });
  if (!sure) return;
  await discard(item.seq);
  done("trouble.thrown");
}

function conflict(item, standing, known) {
  const keep = t(item.op === "retract" ? "trouble.go_nevertheless" : "trouble.mine");
  const rest = [
    button(keep, () => decided(item, mine(item, standing)), { id: `mine-${item.seq}` }),
    button(t("trouble.other"), () => other(item), { id: `other-${item.seq}` }),
  ];
  const found = rows(item, known);
  return card(
    title(item),
    h("p", {}, t(item.op === "retract" ? "trouble.conflict_back" : "trouble.conflict")),
    found.length > 0 && table(found),
    both(item, standing),
    buttons(rest),
  );
}

function table(found) {
  const head = h("tr", {}, h("th", { scope: "col" }, t("trouble.stands")), h("th", { scope: "col" }, t("trouble.yours")));
  const body = found.map(({ name, standing, yours }) =>
    h(
      "tbody",
      {},
      h("tr", {}, h("th", { scope: "rowgroup", colspan: "2" }, name)),
      h("tr", {}, h("td", {}, standing), h("td", {}, yours)),
    ),
  );
  return h("table", { class: "apart" }, h("caption", { class: "unseen" }, t("trouble.table")), h("thead", {}, head), body);
}

/** Two notes that together are too long to be joined by themselves: both in one field, to be shortened. */
function both(item, standing) {
  const apart = item.difference?.find((one) => one.field === "note");
  if (!apart?.standing || !apart.yours || item.op === "retract") return null;
  const area = h("textarea", { rows: "8", value: `${apart.standing}\n${apart.yours}`, id: `note-${item.seq}` });
  const asked = field(t("trouble.both_label"), area, { hint: t("trouble.both_hint", { n: NOTE_MAX }) });
  const save = () => {
    const note = area.value.trim();
    const length = [...note].length;
    if (length > NOTE_MAX) return asked.refuse(t("trouble.both_long", { n: length - NOTE_MAX })) ?? area.focus();
    return decided(item, { ...mine(item, standing), note: note || null });
  };
  return h("details", {}, h("summary", {}, t("trouble.both")), asked, button(t("trouble.both_save"), save, { id: `both-${item.seq}` }));
}

/** What the patient said; of a note that is not in dispute nothing is lost. */
function mine({ op, data, difference }, standing) {
  if (op === "retract") return null;
  const theirs = standing?.data?.note;
  const settled = !("note" in data) || !theirs || difference?.some((one) => one.field === "note");
  if (settled || data.note === theirs || data.note?.includes(theirs)) return data;
  const joined = data.note && !theirs.includes(data.note) ? `${theirs}\n${data.note}` : theirs;
  return [...joined].length > NOTE_MAX ? data : { ...data, note: joined };
}

async function decided(item, data) {
  await resolve(item.seq, data);
  done("trouble.decided");
}

async function other(item) {
  await discard(item.seq);
  done("trouble.other_kept");
}

function done(key) {
  notice(t(key));
  document.querySelector("h1")?.focus();
}
