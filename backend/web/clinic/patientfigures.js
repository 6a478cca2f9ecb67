/** The parts of a patient's page that are figures: timeline, intervals, before and after stretching. */

import { h } from "/static/shared/dom.js";
import { number, t } from "/static/shared/words.js";

import { beforeAfterView, stretchAbout } from "./beforeafter.js";
import { footing, judgedOut, leftOut, ruleLine } from "./footing.js";
import { overlayView } from "./overlayview.js";
import { onsetTable, spanList } from "./spanlist.js";
import { timeline } from "./timeline.js";
import { timelineView } from "./timelineview.js";
import { empty, panel } from "./ui.js";

/** Draw the timeline. */
export function drawTimeline(root, page) {
  const { overview, settings } = page;
  const line = timeline(overview);
  const body = h("div", { class: "timeline" });
  const about = timelineAbout(overview);
  root.append(panel(t("line.title"), body, agreement(overview), footing(overview.settings, about, settings)));
  if (nothing(line)) return void body.append(empty(t("line.empty")));
  const view = timelineView(body, line);
  page.period = view.period;
  return view.stop;
}

/** Draw the intervals over each other, and one under another. */
export function drawIntervals(root, { overview, settings }) {
  const { intervals, onsets } = overview;
  if (!intervals.length) return void root.append(panel(t("over.title"), empty(t("spanlist.none"))));
  const body = h("div", {});
  root.append(panel(t("over.title"), body));
  const stop = overlayView(body, overview, settings);
  root.append(panel(t("spanlist.title"), spanList(intervals), footing(overview.settings, spansAbout(overview), settings)), panel(t("onset.title"), onsetTable(onsets)));
  return stop;
}

/** Draw before and after stretching, and the shares by length. */
export function drawStretching(root, { overview, settings }) {
  if (!overview.intervals.length) return void root.append(panel(t("stretch.title"), empty(t("spanlist.none"))));
  const body = h("div", { class: "before-after" });
  root.append(panel(t("stretch.title"), body, footing(overview.settings, stretchAbout(overview), settings)));
  return beforeAfterView(body, overview);
}

/** What the footing of the timeline says. */
export function timelineAbout(overview) {
  return {
    told: [t("foot.rating"), t("foot.levels")],
    n: [t("foot.n.days", { n: overview.days.length }), t("foot.n.levels", { n: overview.levels.length })],
    out: leftOut(overview),
  };
}

/** What the footing of the list of intervals says. */
export function spansAbout(overview) {
  const unknown = overview.intervals.filter(({ diary }) => !diary.assessable).length;
  const n = overview.intervals.length;
  return {
    told: [ruleLine(overview.settings), t("foot.recall"), t("foot.class")],
    n: [t("foot.n.intervals", { n }), t("foot.n.assessable", { n: n - unknown })],
    out: judgedOut(overview),
  };
}

/** How finger pricks agree with blood of a vein, where there are pairs. */
function agreement({ agreement: found }) {
  if (!found) return null;
  const { n, bias, lower, upper } = found;
  if (bias.value === null) return h("p", { class: "soft" }, t("patient.agreement_few", { n }));
  return h("p", { class: "soft" }, t("patient.agreement", { n, bias: number(bias.value, 2), lower: number(lower.value, 2), upper: number(upper.value, 2) }));
}

function nothing({ doses, ratings, levels, rows }) {
  return doses.length + ratings.length + levels.length + rows.length === 0;
}
