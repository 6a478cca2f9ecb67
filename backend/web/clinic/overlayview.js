/** A patient's intervals laid over each other, on the screen, with a key and what the figure rests on. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { footing, leftOut } from "./footing.js";
import { classesOf, overlay } from "./overlay.js";
import { medianTable, overlaid, summed } from "./overlaid.js";
import { empty } from "./ui.js";

const RIGHT = 82;

/** Give the profiles the dashes of their classes. */
export function dashed(found, classes) {
  return { ...found, profiles: found.profiles.map((one) => ({ ...one, dash: classes.find(({ weeks }) => weeks === one.weeks)?.dash ?? null })) };
}

/** Put the figure into a node; `change` opens the settings. Returns how to stop. */
export function overlayView(root, overview, change) {
  const classes = classesOf(overview.intervals);
  return overlaid(root, {
    classes,
    chosen: classes.map(({ weeks }) => weeks),
    found: ({ axis, chosen }) => dashed(overlay(overview, axis, chosen), classes),
    below: (found, { axis, chosen }) => [told(found, axis, chosen), footing(overview.settings, overlayAbout(overview, found, axis, chosen), change)],
    right: RIGHT,
  });
}

function told(found, axis, chosen) {
  if (!found.profiles.some(({ points }) => points.length)) return empty(t(chosen.length ? "over.none" : "over.nothing"));
  return [h("p", { class: "summary" }, summed(found, axis)), key(found), medianTable(found)];
}

function key({ lines }) {
  const item = (kind, text) => h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text);
  return h(
    "ul",
    { class: "key" },
    item("line thin", t("over.key.line")),
    lines.some(({ running }) => running) && item("line running", t("over.key.running")),
    item("line median", t("over.key.median")),
    item("band", t("over.key.band")),
    lines.some(({ points }) => points.some(({ flagged }) => flagged)) && item("dot", t("over.key.flagged")),
  );
}

/** What the footing of an overlay says. */
export function overlayAbout(overview, found, axis, chosen) {
  const others = overview.intervals.filter(({ planned_weeks: weeks }) => !chosen.includes(weeks)).length;
  return {
    told: [t(`foot.overlay.${axis}`), t("foot.class"), t("foot.rating")],
    n: [t("foot.n.intervals", { n: found.n_intervals }), t("foot.n.rated", { n: found.n_rated }), t("foot.n.days", { n: found.n_days }).replace(/^n = /, "")],
    out: [others > 0 && t("foot.out.classes", { n: others }), found.n_left_out > 0 && t("foot.out.flagged", { n: found.n_left_out }), ...leftOut(overview)],
  };
}
