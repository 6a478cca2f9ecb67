/** The difference an act on a dose makes, in words: the dose, the reports that change interval, the reminders that move. */

import { h } from "/static/shared/dom.js";
import { add, day, has, moment, t, when } from "/static/shared/words.js";

import { words as actWords } from "./doseact.words.js";
import { words as doseWords } from "./doses.words.js";
import { words as worklistWords } from "./worklist.words.js";

for (const one of [actWords, doseWords, worklistWords]) add(one);

/** Draw the difference between a dose as it stands and what the API says would stand. */
export function difference(before, { dose, flags, moved, relinked }) {
  return h(
    "section",
    { class: "difference", "aria-label": t("dosediff.title") },
    h("h3", {}, t("dosediff.title")),
    h("ul", {},
      changes(before, dose).map((line) => h("li", {}, line)),
      relinked > 0 && h("li", {}, t("dosediff.relinked", { n: relinked })),
      flags.includes("too-soon") && h("li", { class: "warm" }, t("dosediff.too_soon")),
      reminders(moved),
    ),
  );
}

/** Draw what an act does to the reminders: cancelled, made anew, and those that are on their way. */
export function reminders({ cancelled, created, in_flight: flying }) {
  if (!cancelled.length && !created.length && !flying.length) return h("li", {}, t("dosediff.no_reminder"));
  const lists = [["cancelled", cancelled], ["created", created], ["in_flight", flying]].filter(([, some]) => some.length);
  return lists.map(([name, some]) => h("li", {}, t(`dosediff.${name}`, { n: some.length }), h("ul", {}, some.slice(0, 8).map((one) => h("li", {}, told(one))))));
}

function told(one) {
  const kind = has(`worklist.reminder.${one.kind}`) ? t(`worklist.reminder.${one.kind}`) : t("worklist.reminder.other");
  return t("dosediff.reminder", { kind, on: day(one.due_on, "short"), at: moment(one.send_at, "short") });
}

function changes(before, after) {
  const lines = [];
  if (before.status !== after.status) lines.push(t("dosediff.status", { from: state(before.status), to: state(after.status) }));
  for (const name of ["planned", "given"]) {
    const [from, to] = [before[name], after[name]].map((one) => (one ? when(one) : null));
    if (from !== to) lines.push(t(from && to ? `dosediff.${name}` : to ? `dosediff.${name}_new` : `dosediff.${name}_gone`, { from, to }));
  }
  return lines.length ? lines : [t("dosediff.same")];
}

function state(status) {
  return has(`doses.status.${status}`) ? t(`doses.status.${status}`) : t("dosediff.undone");
}
