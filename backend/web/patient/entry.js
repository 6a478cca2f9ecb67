/** The form of a diary entry: a new one, or one to change or take back; kept per keystroke until it is saved. */

import { announce, fill, h } from "../shared/dom.js";
import { day, t } from "../shared/words.js";

import { on } from "./bus.js";
import { blank, clean, dataOf, dayOf, faults, formOf, resumed, same, used, withCauses } from "./diary.js";
import { put, retract } from "./queue.js";
import { ratingRows } from "./ratings.js";
import { doc, draft, dropDraft, record, records, saveDraft } from "./store.js";
import { LOGGED } from "./today.js";
import { busy, button, choices, confirm, field, link, safety } from "./ui.js";
import { whenPart } from "./whenpart.js";
import { words } from "./entry.words.js";

const TYPE = "diary-entry";

export const screen = {
  name: "entry",
  words,
  async render(root, { params, go, again }) {
    const id = params[0] ?? null;
    const entry = id ? await record(TYPE, id) : null;
    if (id && !entry) {
      fill(root, h("h1", {}, t("entry.gone_title")), h("p", {}, t("entry.gone")), link(t("entry.to_days"), "#/days"));
      return;
    }
    const page = await opened(id, entry, { go, again });
    const title = entry ? t("entry.change_title", { day: day(dayOf(entry.data)) }) : t("entry.title");
    fill(root, h("h1", {}, title), page.begun && begunBefore(page), form(page), await safety());
    const offs = [aboveTabs(), page.vocabulary ? null : on("changed", () => arrived(again))];
    return () => offs.forEach((off) => off?.());
  },
};

/** Gather what the form needs; `page.form` is what is filled in, `page.keep()` keeps it. */
async function opened(id, entry, doors) {
  const key = id ? `entry:${id}` : "entry";
  const [vocabulary, kept, entries] = await Promise.all([doc("vocabulary"), draft(key), records(TYPE)]);
  const fresh = entry ? { ...formOf(entry.data), base: entry.version } : blank();
  const page = { id, entry, key, vocabulary, ...doors, begun: Boolean(kept?.begun), recent: used(entries) };
  page.form = kept ? resumed(kept) : fresh;
  page.keep = () => saveDraft(key, { ...page.form, begun: true });
  return page;
}

/** A phone that was paired just now has no list of complaints yet; what was written meanwhile is kept. */
async function arrived(again) {
  if (await doc("vocabulary")) again();
}

/** Tell the styles how high the tabs are, which lie over the foot of the screen at any size of letter. */
function aboveTabs() {
  const tabs = document.getElementById("tabs");
  const sized = new ResizeObserver(() => document.documentElement.style.setProperty("--foot", `${tabs.offsetHeight}px`));
  sized.observe(tabs);
  return () => sized.disconnect();
}

function begunBefore(page) {
  const restart = async () => {
    await dropDraft(page.key);
    page.again();
    announce(t("entry.restarted"));
  };
  return h("div", { class: "begun" }, h("p", {}, t("entry.begun")), button(t("entry.restart"), restart, { quiet: true, id: "restart" }));
}

function form(page) {
  page.parts = {
    when: whenPart(page),
    rating: ratingRows(page),
    wearing: wearing(page),
    causes: causes(page),
    note: text(page, "note", h("textarea", { rows: "3", id: "note" })),
    reason: page.entry && page.entry.version ? text(page, "reason", h("input", { type: "text", id: "reason" })) : null,
  };
  const save = button(t("common.save"), () => busy(save, () => saved(page)), { primary: true, id: "save" });
  const remove = button(t("entry.remove"), () => removed(page), { danger: true, id: "remove" });
  return h(
    "form",
    {
      class: "entry",
      novalidate: true,
      onsubmit(event) {
        event.preventDefault();
        save.click();
      },
    },
    Object.values(page.parts),
    page.entry && h("div", { class: "stack" }, remove),
    h("div", { class: "save-bar" }, save),
  );
}

function wearing(page) {
  const options = ["yes", "no", "unsure"].map((value) => ({ value, text: t(`common.${value}`) }));
  const node = choices(t("entry.wearing"), "wearing", options, {
    value: page.form.wearing_off,
    onchange(value) {
      page.form.wearing_off = value;
      clear.hidden = false;
      page.keep();
    },
  });
  const clear = button(t("common.clear"), () => {
    for (const input of node.querySelectorAll("input")) input.checked = false;
    page.form.wearing_off = null;
    clear.hidden = true;
    node.querySelector("input").focus();
    page.keep();
  }, { quiet: true });
  clear.hidden = !page.form.wearing_off;
  node.classList.add("in-a-row");
  node.append(clear);
  return node;
}

function causes(page) {
  const options = (page.vocabulary?.causes ?? []).map(({ key, text: told }) => ({ value: key, text: told }));
  if (!options.length) return null;
  const count = h("span", { class: "count" });
  const node = choices(t("entry.causes"), "causes", options, {
    value: page.form.other_causes,
    multiple: true,
    hint: t("entry.causes_hint"),
    onchange(chosen) {
      page.form.other_causes = withCauses(page.form.other_causes, chosen);
      for (const input of node.querySelectorAll("input")) input.checked = page.form.other_causes.includes(input.value);
      counted();
      page.keep();
    },
  });
  const counted = () => {
    const n = page.form.other_causes.length;
    count.textContent = n ? t("entry.chosen", { n }) : "";
  };
  counted();
  const summary = h("summary", {}, t("entry.causes_open"), " ", count);
  return h("details", { class: "more", open: page.form.other_causes.length > 0 }, summary, node);
}

function text(page, name, input) {
  input.value = page.form[name];
  input.addEventListener("input", () => {
    page.form[name] = input.value;
    page.keep();
  });
  return field(t(`entry.${name}`), input, { hint: t(`entry.${name}_hint`) });
}

async function saved(page) {
  const now = new Date();
  const wrong = [...faults(page.form, now)];
  if (refused(page, wrong)) return;
  const data = dataOf(page.form, page.vocabulary?.symptoms ?? [], now);
  const { id, entry } = page;
  if (entry && same(entry.data, data)) {
    await left(page, null);
    announce(t("entry.unchanged"));
    return;
  }
  const said = entry?.version ? { ...data, reason: clean(page.form.reason) || t("entry.reason_default") } : data;
  const kept = await put(TYPE, said, entry ? { id, base_version: page.form.base ?? entry.version } : {});
  await left(page, { id: kept, kind: entry ? "changed" : "new" });
}

/** Show what is wrong where it is, and go to the first; returns whether anything is. */
function refused(page, wrong) {
  const { parts } = page;
  const fields = ["when", "rating", "note", "reason"];
  for (const name of fields) parts[name]?.refuse(null);
  for (const one of [...wrong].reverse()) {
    const told = t(one.key, one.symptom ? { symptom: page.rowName(one.symptom) } : {});
    if (["rating", "words", "whole"].includes(one.field)) parts.rating.refuse(told, one);
    else {
      parts[one.field].refuse(told);
      (parts[one.field].querySelector("input:checked") ?? parts[one.field].querySelector("input:not([type=radio]), textarea"))?.focus();
    }
  }
  if (wrong.length) announce(t(wrong[0].key, wrong[0].symptom ? { symptom: page.rowName(wrong[0].symptom) } : {}));
  return wrong.length > 0;
}

async function removed(page) {
  const sure = await confirm(t("entry.remove_sure"), t("common.remove_yes"), t("common.cancel"), { danger: true });
  if (!sure) return;
  await retract(TYPE, page.id, page.entry.version, t("common.remove_reason"));
  await left(page, { id: page.id, kind: "removed" });
}

async function left(page, logged) {
  await dropDraft(page.key);
  if (logged) await saveDraft(LOGGED, logged);
  page.go("today");
}
