/** What the signs of the timeline mean: only those that occur in it. */

import { h, svg } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

/** Draw the key of a timeline. */
export function timelineKey(line) {
  const { doses, levels, heat } = line;
  const signs = [
    [doses.some(({ kind }) => kind === "given"), "given", sign("dose given", "M8 2l6 6l-6 6l-6 -6z")],
    [doses.some(({ given, planned }) => given !== null && planned !== null && given !== planned), "moved", sign("moved", "M2 5v7h12v-7")],
    [doses.some(({ kind, overdue }) => kind === "planned" && !overdue), "planned", sign("dose planned", "M8 2l6 6l-6 6l-6 -6z")],
    [doses.some(({ kind }) => kind === "projected"), "projected", sign("dose projected", "M8 2l6 6l-6 6l-6 -6z")],
    [doses.some(({ overdue }) => overdue), "overdue", sign("dose overdue", "M8 2l6 6l-6 6l-6 -6z")],
    [doses.some(({ kind }) => kind === "missed"), "missed", sign("dose missed", "M3 3l10 10M13 3l-10 10")],
    [levels.some(({ capillary }) => capillary), "capillary", sign("level", "M3.5 8a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z")],
    [levels.some(({ capillary }) => !capillary), "venous", sign("level", "M4 4h8v8h-8z")],
    [levels.some(({ below }) => below), "below", sign("level open", "M3 4h10l-5 9z")],
    [levels.some(({ above }) => above), "above", sign("level", "M3 12h10l-5 -9z")],
    [levels.some(({ trough, below }) => !trough && !below), "open", sign("level open", "M3.5 8a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z")],
    [levels.some(({ usable }) => !usable), "struck", sign("level open", "M3.5 8a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0zM1 15l14 -14")],
    [levels.some(({ released }) => !released), "ringed", sign("level ring", "M1.5 8a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0z")],
    [heat.days.some(({ flagged }) => flagged), "flagged", sign("rating open", "M4.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z")],
    [heat.days.some(({ none }) => none), "none", sign("no-complaints", "M8 4l4 4l-4 4l-4 -4z")],
    [heat.days.some(({ felt }) => felt === "yes"), "felt", sign("felt yes", "M8 4l4 4l-4 4l-4 -4z")],
    [heat.days.some(({ felt }) => felt === "unsure"), "unsure", sign("felt unsure", "M8 4l4 4l-4 4l-4 -4z")],
  ];
  const told = signs.filter(([shown]) => shown).map(([, name, drawn]) => h("li", {}, drawn, t(`line.legend.${name}`)));
  return h("ul", { class: "key", "aria-label": t("line.legend") }, told, heat.symptoms.length > 0 && h("li", {}, scale(), `${t("line.legend.heat")}. ${t("line.legend.blank")}`));
}

function scale() {
  const cells = Array.from({ length: 11 }, (_, at) => svg("path", { class: `heat-${at}`, d: `M${at * 9} 2h9v12h-9z` }));
  return svg("svg", { class: "swatch wide", viewBox: "0 0 99 16", width: 99, height: 16, "aria-hidden": "true" }, cells);
}

function sign(kind, d) {
  return svg("svg", { class: "swatch", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { class: kind, d }));
}
