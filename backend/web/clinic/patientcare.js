/** The part of a patient's page for phones and for who is involved in the care: pair, send away, let in, end. */

import { h, notice } from "/static/shared/dom.js";
import { add, moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { pair } from "./pairing.js";
import { words as pairingWords } from "./pairing.words.js";
import { words } from "./patientcare.words.js";
import { button, buttons, confirm, dialog, empty, explain, field, load, panel, select, table } from "./ui.js";

const CARING = new Set(["nurse", "clinician", "coordinator"]);

for (const one of [words, pairingWords]) add(one);

/** Draw this part of the page. */
export function draw(root, page) {
  const [phones, care] = [h("div", {}), h("div", {})];
  root.append(panel(t("care.phones"), phones), panel(t("care.involved"), h("p", { class: "soft" }, t("care.lead")), care));
  void drawPhones(phones, page);
  void drawCare(care, page);
}

function at(page, below) {
  return `/patients/${encodeURIComponent(page.id)}${below}`;
}

function drawPhones(node, page) {
  const fresh = () => drawPhones(node, page);
  const patient = { id: page.id, name: page.overview.patient.name };
  const add_one = () => button(t("care.pair"), () => void pair(patient).then(fresh), { id: "care-pair", primary: true });
  return load(node, () => api("GET", at(page, "/devices")), ({ items }) => {
    const rows = items.map((one) => [one.name, moment(one.paired_at, "short"), one.synced_at ? moment(one.synced_at, "short") : t("care.never"), sendAway(one, page, fresh)]);
    const columns = ["phone", "paired", "synced", "now"].map((key) => ({ text: t(`care.col.${key}`) }));
    return [rows.length ? table({ caption: t("care.phones.all"), hideCaption: true, columns, rows }) : empty(t("care.no_phone")), buttons(add_one())];
  });
}

function sendAway(one, page, fresh) {
  if (one.revoked_at) return t("care.sent_away", { when: moment(one.revoked_at, "short") });
  const name = t("care.send_away_named", { name: one.name });
  return button(t("care.send_away"), async () => {
    if (!(await confirm(name, t("care.send_away_text"), t("care.send_away"), { danger: true }))) return;
    await tried(() => api("DELETE", at(page, `/devices/${encodeURIComponent(one.id)}`)), fresh);
  }, { danger: true, label: name });
}

function drawCare(node, page) {
  const fresh = () => drawCare(node, page);
  return load(node, () => api("GET", at(page, "/care-relationships")), ({ items }) => {
    const columns = ["who", "role", "from", "until"].map((key) => ({ text: t(`care.col.${key}`) }));
    const rows = [...items].reverse().map((one) => [one.name, role(one), moment(one.starts_at, "short"), until(one, page, fresh)]);
    const letIn = button(t("care.let_in"), () => void ask(page, items).then((done) => done && fresh()), { id: "care-let-in" });
    return [table({ caption: t("care.involved.all"), hideCaption: true, columns, rows }), buttons(letIn)];
  });
}

function role(one) {
  const told = t(`desk.role.${one.role}`);
  return one.emergency ? [told, h("small", {}, ` · ${t("care.emergency", { reason: one.reason ?? "" })}`)] : told;
}

function until(one, page, fresh) {
  if (one.ends_at && Date.parse(one.ends_at) <= Date.now()) return t("care.ended", { when: moment(one.ends_at, "short") });
  const name = t("care.end_named", { name: one.name });
  const end = button(t("care.end"), async () => {
    if (!(await confirm(name, t("care.end_text"), t("care.end"), { danger: true }))) return;
    await tried(() => api("POST", at(page, `/care-relationships/${encodeURIComponent(one.id)}/end`)), fresh);
  }, { quiet: true, label: name });
  return h("span", { class: "row" }, one.ends_at ? moment(one.ends_at, "short") : t("care.open"), end);
}

/** Ask which colleague is involved from now on; resolves to true when it is on record. */
async function ask(page, items) {
  const now = Date.now();
  const there = new Set(items.filter((one) => !one.ends_at || Date.parse(one.ends_at) > now).map((one) => one.staff_id));
  return dialog(t("care.let_in"), (close) => {
    const body = h("div", {});
    void load(body, () => api("GET", "/staff"), ({ items: staff }) => {
      const free = staff.filter((one) => CARING.has(one.role) && one.joined_at && !one.left_at && !there.has(one.id));
      if (!free.length) return empty(t("care.nobody_left"));
      const whom = field(t("care.col.who"), select(free.map((one) => ({ value: one.id, text: `${one.name} (${t(`desk.role.${one.role}`)})` })), { value: free[0].id, id: "care-whom" }));
      const wrong = h("p", { class: "trouble", role: "alert", hidden: true });
      const save = button(t("care.let_in"), () => void send(page, whom.querySelector("select").value, wrong, close), { primary: true, id: "care-save" });
      return [whom, wrong, buttons(save, button(t("common.cancel"), () => close()))];
    });
    return body;
  });
}

async function send(page, staff_id, wrong, close) {
  try {
    await api("POST", at(page, "/care-relationships"), { staff_id });
    close(true);
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    // Sent again after an answer that was lost, it stands already: that is what was wanted.
    if (error.problem?.code === "already-exists") return close(true);
    wrong.textContent = explain(error);
    wrong.hidden = false;
  }
  return undefined;
}

async function tried(act, fresh) {
  try {
    await act();
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    notice(explain(error));
  }
  await fresh();
}
