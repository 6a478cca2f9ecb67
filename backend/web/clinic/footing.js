/** What stands under every figure: definition, settings, n, what was left out, and the two traps. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { button } from "./ui.js";

/** Return the sentences under a figure: `told` about it, `n` how many, `out` what was left out (texts). */
export function footingLines(settings, { told, n, out }) {
  const shown = out.filter(Boolean);
  return [
    told.join(" "),
    settingsLine(settings),
    `${n.filter(Boolean).join(", ")}. ${shown.length ? t("foot.out", { what: shown.join(", ") }) : t("foot.out.none")}`,
    t("foot.traps"),
  ];
}

/** Draw them; `change` opens the settings, null on paper. */
export function footing(settings, about, change = null) {
  const [told, set, n, traps] = footingLines(settings, about);
  return h(
    "div",
    { class: "footing", role: "note", "aria-label": t("foot.title") },
    h("p", { class: "n" }, n),
    h("p", {}, told),
    h("p", {}, set, change && [" ", button(t("foot.change"), change, { quiet: true })]),
    h("p", { class: "traps" }, traps),
  );
}

/** Return the settings in one sentence. */
export function settingsLine({ threshold, window_days: window, min_rated_days: days, leave_out_flagged: out }) {
  return t("foot.settings", { threshold, window, days, flagged: t(out ? "foot.flagged.out" : "foot.flagged.kept") });
}

/** Return the rule in one sentence. */
export function ruleLine({ threshold, window_days: window, min_rated_days: days }) {
  return t("foot.rule", { threshold, window, days });
}

/** Return what no figure can show: entries before the first dose, and those without a rating. */
export function leftOut({ left_out: out }) {
  return [out.entries_before_first_dose > 0 && t("foot.out.before", { n: out.entries_before_first_dose }), out.entries_without_rating > 0 && t("foot.out.unrated", { n: out.entries_without_rating })];
}

/** Return what the judgement of intervals leaves out besides: flagged days, where the settings say so. */
export function judgedOut(overview) {
  const n = overview.settings.leave_out_flagged ? overview.days.filter(({ flagged }) => flagged).length : 0;
  return [n > 0 && t("foot.out.flagged", { n }), ...leftOut(overview)];
}
