/** By which ways one is reached, in their order: each on or off, and moved up with a thumb or a key. */

import { announce, fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { icon } from "./icons.js";
import { unique } from "./ui.js";

/** All there are; what is switched on takes its place by this order, since the first of them is the quickest. */
const ALL = ["push", "email", "sms"];

/**
 * The list: `node.chosen()` gives the ways in their order, `node.refuse(text)` shows what is wrong. `offered` are those
 * the clinic can send by; one that was chosen before stays in the list until it is switched off.
 */
export function waysField(offered, value, onchange) {
  const id = unique("ways");
  const wrong = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const hint = h("p", { class: "hint", id: `${id}-hint` }, t("reminders.ways_hint"));
  const own = { order: value.filter((way) => ALL.includes(way)), list: h("ol", { class: "ways" }), onchange };
  const shown = ALL.filter((way) => offered.includes(way) || own.order.includes(way));
  own.rows = new Map(shown.map((way) => [way, row(own, way)]));
  own.node = h("fieldset", { "aria-describedby": `${id}-hint ${id}-error` }, h("legend", {}, t("reminders.channel")), hint, own.list, wrong);
  own.node.chosen = () => [...own.order];
  own.node.refuse = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
  };
  draw(own);
  return own.node;
}

function row(own, way) {
  const name = t(`reminders.channel.${way}`);
  const box = h("input", { type: "checkbox", id: `way-${way}`, checked: own.order.includes(way), onchange: () => switched(own, way) });
  const up = h("button", { type: "button", id: `way-${way}-up`, "aria-label": t("reminders.way_up", { way: name }), onclick: () => raised(own, way) }, icon("up"));
  const rank = h("small");
  return { node: h("li", {}, h("label", { class: "choice" }, box, h("span", {}, name, " ", rank)), up), box, rank, up };
}

function draw({ order, rows, list }) {
  const held = document.activeElement;
  const off = [...rows.keys()].filter((way) => !order.includes(way));
  for (const [way, { rank, up }] of rows) {
    const at = order.indexOf(way);
    rank.textContent = at < 0 ? "" : t(at === 0 ? "reminders.way_first" : "reminders.way_next");
    up.hidden = at < 1;
  }
  fill(list, [...order, ...off].map((way) => rows.get(way).node));
  if (list.contains(held)) held.focus();
}

function switched(own, way) {
  const at = own.order.indexOf(way);
  const before = own.order.findIndex((one) => ALL.indexOf(one) > ALL.indexOf(way));
  if (at >= 0) own.order.splice(at, 1);
  else own.order.splice(before < 0 ? own.order.length : before, 0, way);
  moved(own, way);
}

function raised(own, way) {
  const at = own.order.indexOf(way);
  own.order.splice(at - 1, 0, ...own.order.splice(at, 1));
  moved(own, way);
  const { up, box } = own.rows.get(way);
  (up.hidden ? box : up).focus();
}

function moved(own, way) {
  own.node.refuse(null);
  draw(own);
  const at = own.order.indexOf(way);
  if (at >= 0) announce(t("reminders.way_at", { way: t(`reminders.channel.${way}`), n: at + 1, of: own.order.length }));
  own.onchange(own.node.chosen());
}
