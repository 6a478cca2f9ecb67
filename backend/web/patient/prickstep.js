/** Logging one step of a finger prick: the kit is in, the prick is done, it is in the post. */

import { fill, h, notice } from "../shared/dom.js";
import { number, t } from "../shared/words.js";

import { nowIso } from "./clock.js";
import { safetyText } from "./living.js";
import { awaits, standing } from "./pricklogic.js";
import { put, waiting } from "./queue.js";
import { records } from "./store.js";
import { busy, button, choices, field, link, unique } from "./ui.js";
import { whenField } from "./whenfield.js";

const FEWEST = 8;
const BUTTONS = 15;
const MOST = 100;
const PROBLEMS = ["too_little_blood", "clotted", "spilled", "kit_damaged", "kit_incomplete", "other"];

/** Draw the form for a step of the sample `id`; without one it is a prick that was never ordered. */
export async function stepScreen(root, { go, id, state }) {
  const item = id && standing(await records("sample"), await waiting()).find((one) => one.id === id);
  // Who comes back to a step that was logged already would only be refused.
  if (item && !awaits(item, state)) return go("prick");
  const asked = whenField(t(`prick.step.${state}.when`), { exact: state === "collected" });
  const blood = state === "collected" ? bloodFields() : null;
  const save = button(t(`prick.step.${state}.save`), () => busy(save, keep), { primary: true, id: "save" });
  fill(
    root,
    h("h1", {}, t(`prick.step.${state}`)),
    id === null && h("p", {}, t("prick.step.unordered")),
    state === "posted" && h("p", {}, t("prick.step.posted.more")),
    asked,
    blood?.nodes,
    h("div", { class: "buttons" }, save, link(t("common.cancel"), "#/prick")),
    blood && (await safetyText()),
  );

  async function keep() {
    const occurred = asked.chosen();
    const told = blood ? blood.chosen() : {};
    if (!occurred || !told) return;
    const data = { occurred, recorded_at: nowIso(), ...told };
    if (id === null) await put("sample", data);
    else await put("sample-step", { state, ...data }, { id });
    notice(t(`prick.step.${state}.saved`));
    go("prick");
  }
}

/** The questions about the prick itself; `chosen()` returns {drops, problems}, or null after saying what is wrong. */
function bloodFields() {
  const drops = dropButtons();
  const problems = choices(
    t("prick.problems"),
    "problems",
    PROBLEMS.map((value) => ({ value, text: t(`prick.problem.${value}`) })),
    { multiple: true, hint: t("prick.problems.hint") },
  );
  return {
    nodes: [drops, problems],
    chosen() {
      const count = drops.chosen();
      return count === undefined ? null : { drops: count, problems: problems.chosen() };
    },
  };
}

/** Number buttons 1 to 15, and a field for more; `chosen()` is the number, null for not known, undefined when wrong. */
function dropButtons() {
  const name = unique("drops");
  const few = h("p", { class: "hint", role: "status" });
  const more = h("input", { type: "number", inputmode: "numeric", min: BUTTONS + 1, max: MOST, id: unique("more") });
  const own = field(t("prick.drops.how_many"), more);
  own.hidden = true;
  const options = [...Array.from({ length: BUTTONS }, (_, at) => String(at + 1)), "more", "unknown"];
  const inputs = options.map((value) => h("input", { type: "radio", name, value }));
  const labels = options.map((value, at) =>
    h("label", { class: Number(value) ? "step" : "step wide-step" }, inputs[at], h("span", {}, Number(value) ? value : t(`prick.drops.${value}`))),
  );
  const hint = h("p", { class: "hint", id: unique("hint") }, t("prick.drops.hint", { n: FEWEST }));
  const node = h(
    "fieldset",
    { "aria-describedby": hint.id, class: "drops" },
    h("legend", {}, t("prick.drops")),
    hint,
    h("div", { class: "scale" }, labels),
    own,
    few,
  );
  const ticked = () => inputs.find((input) => input.checked)?.value ?? "unknown";
  node.addEventListener("change", (event) => {
    if (event.target === more) return;
    own.hidden = ticked() !== "more";
    few.textContent = Number(ticked()) < FEWEST ? t("prick.drops.few", { n: number(FEWEST) }) : "";
  });
  node.chosen = () => {
    if (ticked() === "unknown") return null;
    if (ticked() !== "more") return Number(ticked());
    const count = Number(more.value);
    const fits = Number.isInteger(count) && count >= 1 && count <= MOST;
    own.refuse(fits ? null : t("prick.drops.wrong", { n: MOST }));
    if (!fits) more.focus();
    return fits ? count : undefined;
  };
  return node;
}
