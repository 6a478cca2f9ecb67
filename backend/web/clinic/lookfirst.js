/** A form of which what it changes is seen before it is kept: its fields, "look", the difference, "keep". */

import { fill, h } from "/static/shared/dom.js";
import { add, t } from "/static/shared/words.js";

import { words } from "./doseact.words.js";
import { alertLine, onlyRefusals, pointedAt } from "./reading.js";
import { busy, button, buttons, explain } from "./ui.js";

add(words);

/** What somebody else did meanwhile: the form closes with "gone", and the page shows what stands now. */
const GONE = new Set(["stale-version", "wrong-state", "not-found"]);

/**
 * Make such a form; the ids of its parts begin with `name`. `fields()` are the fields that a refusal may point at, by
 * the API's names, and `wrong(name)` is what is then said there.
 *
 * `read()` gives what is to be sent, or null once the fields say what is missing. `look(body)` gives the lines of the
 * difference, "gone", or null where nothing would change. `keep(body)` sends it; what that gives, the window closes
 * with. `stands(body)` tells, after an answer that was lost, whether what stands is what was sent.
 */
export function lookFirst({ name, children, fields, wrong, read, look, keep, stands = null, text, danger = false, close }) {
  const line = alertLine(`${name}-error`);
  const shown = h("div", { id: `${name}-difference`, role: "status" });
  const press = button(t("doseact.look"), null, { primary: true, type: "submit", id: `${name}-look` });
  const parts = { name, fields, wrong, look, keep, stands, text, danger, close, line, shown, unsure: false };
  const form = h("form", { novalidate: true }, children, line, shown, buttons(press, button(t("common.cancel"), () => close())));
  // What is changed after the difference was shown has another difference.
  form.addEventListener("input", () => fill(shown));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = read();
    line.say(null);
    fill(shown);
    if (body) void busy(press, () => looked(parts, body));
  });
  return form;
}

/** A line of a difference: "Interval: from 4 to 6 weeks"; without a `before` what is new. */
export function change(label, before, after) {
  return before === null ? t("look.new", { label, to: after }) : t("look.change", { label, from: before, to: after });
}

async function looked(parts, body) {
  const { name, shown, text, danger, close } = parts;
  try {
    const lines = await parts.look(body);
    if (lines === "gone") return close("gone");
    if (!lines) return parts.line.say(t("look.same"));
    const keep = button(text, () => void busy(keep, () => kept(parts, body)), { primary: !danger, danger, id: `${name}-keep` });
    fill(shown, drawn(lines), buttons(keep));
    keep.focus();
  } catch (error) {
    refused(error, parts);
  }
  return undefined;
}

function drawn(lines) {
  return h("section", { class: "difference", "aria-label": t("dosediff.title") },
    h("h3", {}, t("dosediff.title")),
    h("ul", {}, lines.filter(Boolean).map((line) => (line.warm ? h("li", { class: "warm" }, line.warm) : h("li", {}, line)))),
  );
}

async function kept(parts, body) {
  try {
    parts.close(await parts.keep(body));
  } catch (error) {
    const again = parts.unsure && error.problem?.code === "stale-version" ? await parts.stands?.(body) : null;
    if (again) return parts.close(again);
    parts.unsure = error.name === "Offline";
    refused(error, parts);
  }
  return undefined;
}

function refused(error, { fields, wrong, line, close, shown }) {
  onlyRefusals(error);
  if (GONE.has(error.problem?.code)) return close("gone");
  const all = fields();
  const meant = pointedAt(error).map(({ name, below }) => (all[name] ? name : below)).filter((name) => all[name]);
  for (const name of meant) all[name].refuse(wrong(name));
  if (meant.length) fill(shown);
  line.say(error.name === "Offline" ? t("desk.no_answer") : meant.length ? t("desk.look_again") : explain(error));
  if (meant.length) all[meant[0]].querySelector("input, select, textarea")?.focus();
  return undefined;
}
