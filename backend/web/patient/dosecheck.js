/** The clinic's checks before a dose at home: each is answered with yes or no; a no brings the advice to the fore. */

import { fill, h } from "../shared/dom.js";
import { t } from "../shared/words.js";

import { card, choices } from "./ui.js";

/**
 * Return the card of a checklist; `answers` is filled in place. `node.missing()` is null when every item is answered,
 * else a function that shows which are not. A no never keeps anybody from recording the dose: it was given.
 */
export function checklist(asked, answers, { site, keep }) {
  for (const key of Object.keys(answers)) if (!asked.items.some((item) => item.key === key)) delete answers[key];
  const warning = h("div", { class: "advice", "aria-live": "assertive" });
  const questions = asked.items.map((item) => question(item));
  const advice = h("div", { class: "note" }, h("p", {}, h("strong", {}, t("dose.advice"))), h("p", { class: "said" }, asked.advice));
  const node = card(
    t("dose.check"),
    h("p", {}, t("dose.check_more")),
    questions,
    warning,
    advice,
  );
  node.missing = () => {
    const open = questions.filter((one) => one.chosen() === null);
    return open.length ? () => refuse(open) : null;
  };
  warn();
  return node;

  function question(item) {
    const options = ["yes", "no"].map((value) => ({ value, text: t(`common.${value}`) }));
    const value = item.key in answers ? (answers[item.key] ? "yes" : "no") : null;
    const one = choices(item.text, "check", options, {
      value,
      onchange(said) {
        answers[item.key] = said === "yes";
        one.refuse(null);
        warn();
        keep();
      },
    });
    one.classList.add("in-a-row");
    return one;
  }

  function warn() {
    const no = asked.items.some((item) => answers[item.key] === false);
    // Said once when it appears; a second no changes nothing, so it is not said again.
    if (no === warning.childElementCount > 0) return;
    fill(warning, no && said());
    advice.hidden = no;
  }

  function said() {
    return h(
      "div",
      { class: "trouble" },
      h("p", {}, t("dose.no")),
      h("p", { class: "said" }, asked.advice),
      site?.phone && h("a", { class: "button", href: `tel:${site.phone.replace(/[^+\d]/g, "")}` }, t("safety.call", { name: site.name }), " ", h("span", { class: "number" }, site.phone)),
    );
  }
}

/** Say it under every open one, last first, so that the first keeps the focus. */
function refuse(open) {
  for (const one of [...open].reverse()) one.refuse(t("dose.check_missing"));
}
