/** By which ways one is reached, in their order: each on or off, and moved up with a thumb or a key. */

import { announce, fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { unique } from "./ui.js";
import { t } from "./words.js";

/** All there are; what is switched on takes its place by this order, since the first of them is the quickest. */
const ALL = ["push", "email", "sms"];

/**
 * The list: `node.chosen()` gives the ways in their order, `node.refuse(text)` shows what is wrong. `offered` are those
 * the clinic can send by; one that was chosen before stays in the list until it is switched off.
 */
export function waysField(offered, value, onchange) {
  const order = value.filter((way) => ALL.includes(way));
  const rows = new Map(ALL.filter((way) => offered.includes(way) || order.includes(way)).map((way) => [way, row(way)]));
  const id = unique("ways");
  const list = h("ol", { class: "ways" });
  const wrong = h("p", { class: "error", id: `${id}-error`, hidden: true });
  const hint = h("p", { class: "hint", id: `${id}-hint` }, t("reminders.ways_hint"));
  const node = h("fieldset", { "aria-describedby": `${id}-hint ${id}-error` }, h("legend", {}, t("reminders.channel")), hint, list, wrong);
  node.chosen = () => [...order];
  node.refuse = (text) => {
    wrong.textContent = text ?? "";
    wrong.hidden = !text;
  };
  draw();
  return node;

  function row(way) {
    const box = h("input", { type: "checkbox", id: `way-${way}`, checked: order.includes(way), onchange: () => switched(way) });
    const rank = h("small");
    const higher = t("reminders.way_up", { way: t(`reminders.channel.${way}`) });
    const up = h("button", { type: "button", id: `way-${way}-up`, "aria-label": higher, onclick: () => raised(way) }, icon("up"));
    return { node: h("li", {}, h("label", { class: "choice" }, box, h("span", {}, t(`reminders.channel.${way}`), rank)), up), box, rank, up };
  }

  function draw() {
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

  function switched(way) {
    const at = order.indexOf(way);
    if (at >= 0) order.splice(at, 1);
    else {
      const before = order.findIndex((one) => ALL.indexOf(one) > ALL.indexOf(way));
      order.splice(before < 0 ? order.length : before, 0, way);
    }
    moved(way);
  }

  function raised(way) {
    const at = order.indexOf(way);
    order.splice(at - 1, 0, ...order.splice(at, 1));
    moved(way);
    const { up, box } = rows.get(way);
    (up.hidden ? box : up).focus();
  }

  function moved(way) {
    node.refuse(null);
    draw();
    const at = order.indexOf(way);
    if (at >= 0) announce(t("reminders.way_at", { way: t(`reminders.channel.${way}`), n: at + 1, of: order.length }));
    onchange(node.chosen());
  }
}
