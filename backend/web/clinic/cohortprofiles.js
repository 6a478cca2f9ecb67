/** The ratings of the cohort by day: for each length of interval the median and the middle half, on either axis. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { cohortFoot } from "./cohortfoot.js";
import { medianTable, overlaid, summed } from "./overlaid.js";
import { DASHES } from "./overlay.js";
import { empty } from "./ui.js";

const RIGHT = 90;
const FIGURES = { since: "by_day", around: "before_dose" };
const SHORTEST = 28;
/** Days on which fewer intervals than this have a rating are not drawn: one patient would be the median. */
const FEWEST = 5;

/** Put the figure into a node; returns how to stop. */
export function profilesView(root, profiles) {
  const classes = profiles.by_day.items.map(({ planned_weeks: weeks, n_intervals: n }, at) => ({ weeks, n, slot: (at % 5) + 1, dash: DASHES[at % DASHES.length] }));
  return overlaid(root, {
    classes,
    chosen: first(classes),
    found: ({ axis, chosen }) => shaped(profiles[FIGURES[axis]], chosen, classes),
    below: (found, { axis }) => [
      found.profiles.length ? [h("p", { class: "summary" }, summed(found, axis)), medianTable(found)] : empty(t("cohort.few_days", { n: FEWEST })),
      cohortFoot(profiles[FIGURES[axis]], [t("cohort.told.profiles", { n: FEWEST }), t("foot.class"), t("foot.rating")], "intervals"),
    ],
    right: RIGHT,
  });
}

// Regimens in months would press those in weeks into a corner: they stand by only where there is nothing else.
function first(classes) {
  const shown = classes.filter(({ n }) => n >= FEWEST);
  const inWeeks = shown.filter(({ weeks }) => weeks !== null);
  return (inWeeks.length ? inWeeks : shown).map(({ weeks }) => weeks);
}

function shaped({ items, after_days: after = null }, chosen, classes) {
  const dash = (weeks) => classes.find((one) => one.weeks === weeks)?.dash ?? null;
  const profiles = items
    .filter(({ planned_weeks: weeks }) => chosen.includes(weeks))
    .map(({ planned_weeks: weeks, n_intervals: n, points }) => ({ weeks, n, dash: dash(weeks), points: points.filter((point) => point.n >= FEWEST).map(({ day: x, n: here, q1, median, q3 }) => ({ x, n: here, q1, median, q3 })) }))
    .filter(({ points }) => points.length > 1);
  const xs = profiles.flatMap(({ points }) => points.map(({ x }) => x));
  return { lines: [], profiles, from: Math.min(...xs, 0), to: after === null ? Math.max(...xs, SHORTEST) : after };
}
