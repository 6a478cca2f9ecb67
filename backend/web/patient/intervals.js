/** One's own intervals: ratings by day of the interval, what was recalled beside it, and the levels one was told. */

import { fill, h } from "../shared/dom.js";
import { day, number, t } from "../shared/words.js";

import { on } from "./bus.js";
import { inARow, overlaid } from "./chart.js";
import { today } from "./clock.js";
import { spanCard } from "./spancard.js";
import { api } from "./session.js";
import { cached, doc, draft, saveDraft } from "./store.js";
import { state } from "./sync.js";
import { medians, plannedDay, rows, spans, told } from "./trend.js";
import { card, choices, empty, safety, trouble } from "./ui.js";
import { words } from "./intervals.words.js";

const PATH = "/me/trend";
const VIEW = "intervals-view";
const NARROWEST_EM = 17;
const MOVED = { tabindex: () => "0", role: () => "region", "aria-label": () => t("intervals.figure.region") };
const PLAIN = { how: "over", many: "3", median: false };

export const screen = {
  name: "intervals",
  words,
  async render(root) {
    const body = h("div", { class: "intervals" });
    const page = { body, note: h("div", {}), view: { ...PLAIN, ...(await draft(VIEW)) }, trend: await cached(PATH), seen: "" };
    fill(root, h("h1", {}, t("intervals.title")), page.note, body, await safety());
    if (page.trend) await draw(page);
    else fill(body, h("p", {}, t("common.busy")));
    const first = load(page);
    if (!page.trend) await first;
    const sized = new ResizeObserver(() => page.figure && resized(page));
    sized.observe(body);
    const off = on("changed", () => load(page));
    return () => {
      off();
      sized.disconnect();
    };
  },
};

/** Ask for the newest figures; without an answer the last ones stay, and that is said. */
async function load(page) {
  try {
    page.trend = await api("GET", PATH);
    fill(page.note, unsent());
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    const offline = error.name === "Offline";
    const told_of = offline ? h("p", { class: "note" }, t("intervals.offline")) : trouble(t("common.failed"));
    fill(page.note, page.trend && told_of, unsent());
    if (!page.trend) return fill(page.body, empty(t(offline ? "intervals.never" : "common.failed")));
  }
  return draw(page);
}

function unsent() {
  return state().waiting ? h("p", { class: "note" }, t("intervals.unsent")) : null;
}

async function draw(page) {
  const plan = await doc("plan");
  const seen = JSON.stringify([page.trend, plan, page.view, today()]);
  if (seen === page.seen) return;
  page.seen = seen;
  if (!page.trend.intervals.length) {
    page.figure = null;
    fill(page.body, empty(t("intervals.empty")));
    return;
  }
  const shown = spans(page.trend, today(), Number(page.view.many));
  page.facts = { shown, plan, median: page.view.median ? medians(shown.slice(0, -1)) : [], summary: summed(shown) };
  page.figure = h("div", { class: "plot" });
  page.width = 0;
  fill(
    page.body,
    card(t(`intervals.figure.${page.view.how}`), h("p", { class: "summary" }, page.facts.summary), page.figure, key(page), table(shown), ways(page), rule(page.trend)),
    levels(page.trend.levels),
    h("h2", {}, t("intervals.each")),
    h("p", { class: "soft" }, t("intervals.apart")),
    [...shown].reverse().map((span) => spanCard(span, name(span))),
  );
  resized(page);
}

function resized(page) {
  const room = Math.floor(page.figure.clientWidth);
  if (!room || room === page.width) return;
  page.width = room;
  const { shown, plan, median, summary } = page.facts;
  const em = Number.parseFloat(getComputedStyle(page.figure).fontSize);
  // Much enlarged, the figure keeps its size and is moved along, rather than squeezed until nothing can be told apart.
  const width = Math.max(room, NARROWEST_EM * em);
  for (const [name, value] of Object.entries(MOVED)) page.figure.toggleAttribute(name, width > room) && page.figure.setAttribute(name, value());
  const texts = textsOf(summary);
  const planned = plan?.interval?.number === shown.at(-1).interval ? plan : null;
  const figure = page.view.how === "row"
    ? inARow({ shown, now: today(), planned: planned?.interval.planned_end_on ?? null, width, em, texts })
    : overlaid({ shown, median, planned: plannedDay(planned), width, em, texts });
  fill(page.figure, figure);
}

function textsOf(summary) {
  return {
    summary: t("intervals.picture", { summary }),
    day_axis: t("intervals.axis.days"),
    date_axis: t("intervals.axis.dates"),
    rating_axis: t("intervals.axis.rating"),
    planned: t("intervals.planned"),
    median: t("intervals.median_short"),
    name: (span) => (span.ago ? t("intervals.number", { n: span.interval }) : t("intervals.now")),
    level: ({ value, comparator }) => `${comparator === "=" ? "" : comparator}${number(value)}`,
    date: (isoDay) => day(isoDay, "tight"),
  };
}

/** One sentence that judges nothing: how many days were logged, and the highest of them. */
function summed(shown) {
  const { n, highest } = told(shown.at(-1));
  if (!highest) return t("intervals.summary.none");
  return t("intervals.summary", { n, day: highest.day, rating: highest.rating });
}

function name(span) {
  return span.ago ? t("intervals.name", { n: span.interval }) : t("intervals.name_now", { n: span.interval });
}

function key({ view, facts }) {
  const { shown, median } = facts;
  const lines = [
    ["running", t("intervals.key.now")],
    shown.length > 1 && [view.how === "row" ? "earlier solid" : "earlier", t("intervals.key.earlier")],
    median.length > 0 && ["median", t("intervals.key.median")],
  ].filter(Boolean);
  const marks = [
    shown.some(({ points }) => points.some(({ flagged }) => flagged)) && ["flagged", t("intervals.key.flagged")],
    ["dose", t("intervals.key.dose")],
    shown.some(({ levels: found }) => found.length) && ["level", t("intervals.key.level")],
  ].filter(Boolean);
  const item = ([kind, text]) => h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), text);
  return [h("ul", { class: "key" }, [...lines, ...marks].map(item)), h("p", { class: "soft" }, t(`intervals.read.${view.how}`))];
}

function table(shown) {
  const newest = [...shown].reverse();
  const head = h("tr", {}, h("th", { scope: "col" }, t("intervals.table.day")), newest.map((span) => h("th", { scope: "col" }, span.ago ? t("intervals.number", { n: span.interval }) : t("intervals.now"))));
  const body = rows(newest).map(({ day: n, ratings }) =>
    h("tr", {}, h("th", { scope: "row" }, String(n)), ratings.map((rating) => h("td", {}, rating === null ? "–" : number(rating)))),
  );
  const caption = h("caption", {}, t("intervals.table.caption"));
  return h(
    "details",
    { class: "as-table" },
    h("summary", { id: "as-table" }, t("intervals.table.show")),
    body.length
      ? h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": t("intervals.table.caption") }, h("table", {}, caption, h("thead", {}, head), h("tbody", {}, body)))
      : h("p", {}, t("intervals.table.empty")),
  );
}

function ways(page) {
  const chosen = (name_of) => async (value) => {
    page.view = { ...page.view, [name_of]: value };
    await saveDraft(VIEW, page.view);
    await redrawn(page, name_of);
  };
  const option = (group) => (value) => ({ value, text: t(`intervals.${group}.${value}`) });
  const how = choices(t("intervals.how"), "how", ["over", "row"].map(option("how")), { value: page.view.how, onchange: chosen("how") });
  const many = choices(t("intervals.many"), "many", ["3", "6"].map(option("many")), { value: page.view.many, onchange: chosen("many") });
  const median = choices(t("intervals.median"), "median", [{ value: "yes", text: t("intervals.median_show") }], {
    value: page.view.median ? ["yes"] : [],
    multiple: true,
    onchange: (ticked) => chosen("median")(ticked.length > 0),
  });
  [how.id, many.id, median.id] = ["how", "many", "median"];
  return h("details", { class: "ways", open: Boolean(page.open), ontoggle: (event) => (page.open = event.target.open) }, h("summary", {}, t("intervals.ways")), how, many, page.view.how === "over" && median);
}

/** Draw anew, and leave the focus on the choice that was made. */
async function redrawn(page, group) {
  await draw(page);
  const [first, checked] = ["input", "input:checked"].map((which) => document.querySelector(`#${group} ${which}`));
  (checked ?? first)?.focus({ preventScroll: true });
}

function levels(found) {
  if (!found.length) return null;
  const line = ({ on: isoDay, day_since_dose: n, value, unit, comparator, interval }) =>
    h("li", {}, h("strong", {}, `${comparator === "=" ? "" : `${comparator} `}${number(value)} ${unit.replace("ug", "µg")}`), " ", day(isoDay, "date"), interval !== null && `, ${t("intervals.level_at", { n, interval })}`);
  return card(t("intervals.levels"), h("ul", { class: "levels" }, [...found].reverse().map(line)));
}

/** The rule under the figure, with its numbers, and what to keep in mind. */
function rule({ settings }) {
  const { window_days: window, threshold, min_rated_days: n } = settings;
  return h(
    "details",
    { class: "rule" },
    h("summary", {}, t("intervals.rule.title")),
    h("p", {}, t("intervals.rule.rating")),
    h("p", {}, t("intervals.rule.definition", { window, threshold, n })),
    h("p", {}, t(settings.leave_out_flagged ? "intervals.rule.left_out" : "intervals.rule.kept_in")),
    h("p", {}, t("intervals.rule.traps")),
    h("p", {}, t("intervals.rule.no_advice")),
  );
}
