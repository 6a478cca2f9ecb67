/** The fields of when something is asked: the days of a published design, or one's own around doses, from enrolment, on dates. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { datesField } from "./assigneddates.js";
import { daysText } from "./assignedwords.js";
import { refuse, valueOf } from "./reading.js";
import { choices, field, select } from "./ui.js";

const WHOLE = /^-?\d{1,4}$/;
const EDGES = { after: ["after-dose", 1], before: ["before-next", 1], after_next: ["before-next", -1], percent: ["percent", 1] };

/**
 * Make the fields; `standing` is the assignment that is changed, with its days filled in. The node has `read()`, which
 * gives what the API takes ({template, window}, or an anchor with its days) or null, `fields()` by the API's names,
 * `wrong(name)`, and `ofTemplate(key, window)`, the days of a design.
 */
export function assignmentDays(templates, standing) {
  const whole = standing?.assignment ?? null;
  const [key, window] = (standing?.versions.at(-1).template ?? "/").split("/");
  const sorts = { template: () => templateFields(templates, key, window), dose: () => doseFields(whole?.window), enrolment: () => seriesFields(whole?.series), dates: () => datesFields(whole?.dates) };
  const [body, state] = [h("div", {}), { kind: key ? "template" : (whole?.anchor ?? null), made: null }];
  const draw = (kind) => {
    state.kind = kind;
    state.made = kind && sorts[kind]();
    fill(body, state.made?.node);
  };
  const kinds = choices(t("assigned.how"), "assigned-how", Object.keys(sorts).map((value) => ({ value, text: t(`assigned.how.${value}`), hint: t(`assigned.how_hint.${value}`) })), { value: state.kind, onchange: draw });
  draw(state.kind);
  const node = h("div", {}, kinds, body);
  node.fields = () => ({ anchor: kinds, ...state.made?.fields });
  node.wrong = (name) => (["window", "series", "dates"].includes(name) ? t(`assigned.wrong.${name}`) : null);
  node.ofTemplate = (one, name) => templates.find((each) => each.key === one)?.windows.find((each) => each.name === name)?.days ?? {};
  node.read = ({ go = true } = {}) => {
    kinds.refuse(null);
    if (state.kind) return state.made.read(go);
    return kinds.refuse(t("assigned.wrong.anchor")) ?? null;
  };
  return node;
}

function templateFields(templates, key, window) {
  const options = templates.flatMap((one) => one.windows.map(({ name, days }) => ({ value: `${one.key}/${name}`, text: `${one.key}: ${daysText(days)}` })));
  const about = h("div", { role: "status" });
  const show = (value) => {
    const found = templates.find((one) => one.key === value.split("/")[0]);
    fill(about, found && [h("p", { class: "soft" }, t("assigned.source"), " ", h("span", { lang: "en" }, found.source)), found.assumed && h("p", { class: "note" }, t("assigned.assumed"), " ", h("span", { lang: "en" }, found.assumed))]);
  };
  const chosen = key ? `${key}/${window}` : "";
  const node = field(t("assigned.template"), select([{ value: "", text: t("assigned.choose") }, ...options], { id: "assigned-template", value: chosen, onchange: show }));
  show(chosen);
  return {
    node: h("div", {}, node, about),
    fields: { template: node, window: node },
    read: (go) => {
      if (refuse({ node }, { node: valueOf(node) ? null : t("desk.required") }, { go })) return null;
      const [template, name] = valueOf(node).split("/");
      return { template, window: name };
    },
  };
}

function doseFields(standing) {
  const [opens, closes] = [edgeFields("opens", standing?.opens), edgeFields("closes", standing?.closes)];
  const rest = { first: numberField("first", standing?.first ?? 1), every: numberField("every", standing?.every ?? 1) };
  return {
    node: h("div", {}, opens.node, closes.node, h("div", { class: "pairs" }, Object.values(rest))),
    fields: { window: closes.n },
    read: (go) => {
      const wrong = { ...numbers({ opens: opens.n, closes: closes.n }, 0, 400), ...numbers(rest, 1, 1000) };
      if (refuse({ opens: opens.n, closes: closes.n, ...rest }, wrong, { go })) return null;
      return { anchor: "dose", window: { opens: opens.told(), closes: closes.told(), first: whole(rest.first), every: whole(rest.every) } };
    },
  };
}

/** One end of a window: a number, and of what it is. */
function edgeFields(name, standing) {
  const kind = Object.keys(EDGES).find((one) => EDGES[one][0] === standing?.from && (standing.from !== "before-next" || Math.sign(standing.n || 1) === EDGES[one][1])) ?? "before";
  const n = numberField(name, standing ? Math.abs(standing.n) : "", null, "how_many");
  const of = field(t("assigned.edge_of"), select(Object.keys(EDGES).map((value) => ({ value, text: t(`assigned.edge_kind.${value}`) })), { id: `assigned-${name}-of`, value: kind }));
  return {
    n,
    node: h("fieldset", { class: "edge" }, h("legend", {}, t(`assigned.${name}`)), h("div", { class: "pairs" }, n, of)),
    told: () => {
      const [from, sign] = EDGES[valueOf(of)];
      return { from, n: whole(n) === 0 ? 0 : sign * whole(n) };
    },
  };
}

function seriesFields(standing) {
  const unit = field(t("assigned.unit"), select(["d", "wk", "mo"].map((value) => ({ value, text: t(`assigned.unit.${value}`) })), { id: "assigned-unit", value: standing?.unit ?? "mo" }));
  const at = field(t("assigned.at"), h("input", { type: "text", id: "assigned-at", autocomplete: "off", value: standing?.at.join(", ") ?? "" }), { hint: t("assigned.at_hint") });
  const every = numberField("again", standing?.every ?? "", "again_hint");
  const ends = { before: numberField("days_before", standing ? -standing.opens_days : 0, "days_hint"), after: numberField("days_after", standing?.closes_days ?? 0) };
  const listed = () => valueOf(at).split(/[\s,;]+/).filter(Boolean);
  return {
    node: h("div", {}, h("div", { class: "pairs" }, unit, at, every), h("div", { class: "pairs" }, Object.values(ends))),
    fields: { series: at },
    read: (go) => {
      const wrong = { at: listed().length && listed().every((one) => /^\d{1,4}$/.test(one)) ? null : t("assigned.wrong.at"), every: valueOf(every) ? numbers({ every }, 1, 1000).every : null, ...numbers(ends, -400, 400) };
      if (refuse({ at, every, ...ends }, wrong, { go })) return null;
      return { anchor: "enrolment", series: { unit: valueOf(unit), at: listed().map(Number), every: valueOf(every) ? whole(every) : null, opens_days: 0 - whole(ends.before), closes_days: whole(ends.after) } };
    },
  };
}

function datesFields(standing) {
  const node = datesField(standing);
  return {
    node,
    fields: { dates: node },
    read: (go) => {
      const dates = node.read(go);
      return dates && { anchor: "dates", dates };
    },
  };
}

/** A field for a whole number. */
export function numberField(name, value, hint = null, label = name) {
  return field(t(`assigned.${label}`), h("input", { type: "text", inputmode: "numeric", id: `assigned-${name}`, autocomplete: "off", value: String(value) }), { hint: hint && t(`assigned.${hint}`) });
}

/** Say of each field which is no whole number between two. */
export function numbers(fields, low, high) {
  return Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, WHOLE.test(valueOf(one)) && whole(one) >= low && whole(one) <= high ? null : t("assigned.wrong.number", { low, high })]));
}

/** The number that stands in a field. */
export function whole(one) {
  return Number(valueOf(one));
}
