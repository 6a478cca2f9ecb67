/** The question when something happened: now, or a day and a time of one's own. */

import { h } from "../shared/dom.js";
import { add, t } from "../shared/words.js";

import { nowIso, today, zone } from "./clock.js";
import { choices, field } from "./ui.js";
import { words } from "./whenfield.words.js";

add(words);

/**
 * Ask when; now unless told otherwise. `node.chosen()` returns {at, zone} (or {on, zone} where the time may stay open),
 * or null after saying on the field what is missing. `value` is an occurred of before, to begin with.
 */
export function whenField(legend, { value = null, exact = false } = {}) {
  const on = h("input", { type: "date", max: today(), value: value?.at ? today(new Date(value.at)) : value?.on ?? today() });
  const time = h("input", { type: "time", value: value?.at ? nowIso(new Date(value.at)).slice(11, 16) : null });
  const day = field(t("when.day"), on);
  const hour = field(t(exact ? "when.time" : "when.time_open"), time);
  const own = h("div", { class: "side-by-side", hidden: !value }, day, hour);
  const options = [{ value: "now", text: t("when.now") }, { value: "earlier", text: t("when.earlier") }];
  const asked = choices(legend, "when", options, { value: value ? "earlier" : "now", onchange: toggle });
  const node = h("div", { class: "when" }, asked, own);
  node.chosen = () => (asked.chosen() === "now" ? { at: nowIso(), zone: zone() } : typed());
  return node;

  function toggle(chosen) {
    own.hidden = chosen === "now";
  }

  function typed() {
    const at = new Date(`${on.value}T${time.value || "00:00"}`);
    const faults = [
      [day, !on.value && t("when.day_missing")],
      [hour, on.value && exact && !time.value && t("when.time_missing")],
    ];
    // A minute's grace: the fields know no seconds, and "now" must not be in the future.
    if (on.value && at > Date.now() + 60_000) faults.push([time.value && on.value === today() ? hour : day, t("when.ahead")]);
    for (const one of [day, hour]) one.refuse(null);
    const found = faults.filter(([, text]) => text);
    for (const [one, text] of found) one.refuse(text);
    if (found.length) {
      found[0][0].querySelector("input").focus();
      return null;
    }
    return time.value ? { at: nowIso(at), zone: zone() } : { on: on.value, zone: zone() };
  }
}
