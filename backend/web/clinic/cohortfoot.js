/** What stands under every figure of the cohort: n, what was left out, definition, settings, and the two traps. */

import { h } from "/static/shared/dom.js";
import { has, number, t } from "/static/shared/words.js";

import { settingsLine } from "./footing.js";

/** Draw it for a figure {n, left_out, settings}; `told` are sentences, `counted` names what n counts. */
export function cohortFoot({ n, left_out: out, settings }, told, counted) {
  const left = Object.entries(out).filter(([, count]) => count > 0).map(([reason, count]) => reasonOf(reason, count));
  const rated = settings?.threshold !== undefined ? settingsLine(settings) : null;
  return h(
    "div",
    { class: "footing", role: "note", "aria-label": t("foot.title") },
    h("p", { class: "n" }, `${t(`cohort.n.${counted}`, { n })}. `, left.length ? t("foot.out", { what: left.join(", ") }) : t("foot.out.none")),
    h("p", {}, told.join(" ")),
    rated && h("p", {}, rated),
    h("p", { class: "traps" }, t("foot.traps")),
  );
}

function reasonOf(reason, n) {
  const key = `cohort.out.${reason}`;
  return has(key) ? t(key, { n }) : `${reason}: ${number(n, 0)}`;
}
