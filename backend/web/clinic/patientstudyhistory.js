/** All that was said and done about a patient in one study, the newest first: who, when, what. */

import { h } from "/static/shared/dom.js";
import { day, moment, t } from "/static/shared/words.js";

import { nameOf } from "./names.js";
import { named } from "./studytold.js";
import { table } from "./ui.js";

/** Draw it, folded. */
export function historyOf({ history, visits }, { study, plan, staff }) {
  const columns = ["when", "who", "what"].map((key) => ({ text: t(`pstudy.past.${key}`) }));
  const rows = history.toReversed().map((one) => [
    moment(one.recorded_at, "short"),
    one.by_patient ? t("pstudy.past.patient") : nameOf(staff, one.recorded_by),
    TOLD[one.kind]?.(one.told, { visits, plan }) ?? one.kind,
  ]);
  return h("details", { id: `past-${study.id}` }, h("summary", {}, t("pstudy.past", { n: history.length })), table({ caption: t("pstudy.past_of", { study: study.name }), hideCaption: true, columns, rows }));
}

const TOLD = {
  consent: ({ act, purpose, version, language }) => {
    const told = t(`pstudy.act.${act}`, { purpose: t(`study.purpose.${purpose}`) });
    if (version === undefined) return told;
    return `${told}, ${version ? `${t("study.version", { n: String(version) })}, ${t(`study.language.${language}`)}` : t("study.paper")}`;
  },
  arm: ({ arm }, { plan }) => t("pstudy.past.arm", { arm: named(plan?.arms.find(({ key }) => key === arm)?.names) || arm }),
  visit: ({ visit, turn, fate, on }, { visits }) => {
    const found = visits.find((one) => one.key === visit && one.turn === turn) ?? visits.find((one) => one.key === visit);
    const name = named(found?.names) || visit;
    return on ? t("pstudy.past.held", { name, on: day(on, "date") }) : t(`pstudy.past.${fate}`, { name });
  },
  finish: ({ why }) => t("pstudy.past.finish", { why: t(`pstudy.why.${why}`) }),
};
