/** Keys with which scripts pull a study: made here and shown once, listed, revoked. */

import { fill, h, notice } from "/static/shared/dom.js";
import { day, localDay, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { copyButton } from "./copied.js";
import { words } from "./researchkeys.words.js";
import { busy, button, buttons, confirm, dialog, empty, field, load, panel, table } from "./ui.js";

export { words };

const DAYS = 90;

/** Draw the keys of a study, and the form that makes one. `told` says an error in words. */
export async function keysPart(root, study, told) {
  const path = `/research/studies/${encodeURIComponent(study.id)}/keys`;
  const list = h("div", {});
  const again = () => load(list, () => api("GET", path), ({ items }) => listed(items, path, { again, told }), told);
  fill(root, panel(t("keys.make"), h("p", { class: "soft" }, t("keys.lead")), form(path, { again, told })), panel(t("keys.title"), list));
  await again();
}

function form(path, { again, told }) {
  const name = field(t("keys.name"), h("input", { id: "key-name", maxlength: "100", autocomplete: "off" }), { hint: t("keys.name_hint") });
  const last = new Date(Date.now() + DAYS * 86_400_000);
  const ends = field(t("keys.ends"), h("input", { id: "key-ends", type: "date", value: localDay(last) }), { hint: t("keys.ends_hint") });
  const wrong = h("p", { class: "trouble", role: "alert", hidden: true });
  const press = button(t("keys.go"), null, { primary: true, type: "submit", id: "key-make" });
  const node = h("form", { novalidate: true, class: "columns" }, name, ends, wrong, buttons(press));
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(press, () => made(path, { name, ends, wrong }, { again, told }));
  });
  return node;
}

async function made(path, { name, ends, wrong }, { again, told }) {
  wrong.hidden = true;
  const [said, on] = [name, ends].map((one) => one.querySelector("input").value.trim());
  name.refuse(said ? null : t("desk.required"));
  ends.refuse(on ? null : t("desk.required"));
  if (!said || !on) return void (said ? ends : name).querySelector("input").focus();
  try {
    const key = await api("POST", path, { name: said, ends_at: new Date(`${on}T23:59:59`).toISOString() });
    name.querySelector("input").value = "";
    await shown(key);
    await again();
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    if (error.status === 422) return void ends.refuse(t("keys.ends_wrong"));
    wrong.textContent = error.status === 409 ? t("keys.too_many") : told(error);
    wrong.hidden = false;
  }
}

function shown(key) {
  return dialog(t("keys.made", { name: key.name }), (close) => [
    h("p", { class: "note" }, t("keys.once")),
    h("p", { class: "token" }, h("code", { id: "key-token" }, key.token)),
    buttons(copyButton(t("keys.copy"), key.token, { primary: true, id: "key-copy" }), button(t("common.close"), () => close(null), { id: "key-close" })),
  ], { closable: false });
}

function listed(items, path, about) {
  if (items.length === 0) return empty(t("keys.none"));
  const columns = ["name", "made", "until", "state", "act"].map((name) => ({ text: t(`keys.column.${name}`) }));
  return table({ caption: t("keys.title"), hideCaption: true, columns, rows: items.map((key) => row(key, path, about)) });
}

function row(key, path, about) {
  const over = key.revoked_at !== null || Date.parse(key.ends_at) <= Date.now();
  const state = key.revoked_at ? t("keys.state.revoked", { when: day(localDay(new Date(key.revoked_at)), "date") }) : t(over ? "keys.state.ended" : "keys.state.open");
  const act = over ? null : button(t("keys.revoke"), () => void revoked(key, path, about), { danger: true, label: t("keys.revoke_of", { name: key.name }), id: `revoke-${key.id}` });
  return [key.name, on(key.made_at), on(key.ends_at), h("span", { class: over ? "tag plain" : "tag" }, state), act];
}

function on(instant) {
  return h("span", { class: "nowrap" }, day(localDay(new Date(instant)), "date"));
}

async function revoked(key, path, { again, told }) {
  if (!(await confirm(t("keys.revoke_of", { name: key.name }), t("keys.revoke.text"), t("keys.revoke"), { danger: true }))) return;
  try {
    await api("DELETE", `${path}/${encodeURIComponent(key.id)}`);
    notice(t("keys.revoked", { name: key.name }));
  } catch (error) {
    if (error.name !== "Refused" && error.name !== "Offline") throw error;
    notice(told(error));
  }
  await again();
  document.getElementById("key-name")?.focus();
}
