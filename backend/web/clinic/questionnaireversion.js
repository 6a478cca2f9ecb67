/** One version of a questionnaire: how it stands, what can be done with it, which instrument it is, what it asks. */

import { fill, h } from "/static/shared/dom.js";
import { language, LANGUAGES, moment, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { nameOf, staffNames } from "./names.js";
import { versionActs } from "./questionnaireacts.js";
import { instrumentPanel } from "./questionnaireclaim.js";
import { tag } from "./questionnairelist.js";
import { outline } from "./questionnaireoutline.js";
import { said, versionHash } from "./questionnairewords.js";
import { filters, load, panel } from "./ui.js";

/** Draw the version that the address names. */
export function draw(root, page) {
  const [key, version] = page.rest;
  const body = h("div", { class: "stacked" });
  root.append(h("p", {}, h("a", { href: "#/questionnaires/list", id: "quest-back" }, t("quest.back"))), body);
  const at = `/sites/own/questionnaires/${encodeURIComponent(key)}/versions/${encodeURIComponent(version)}`;
  const ask = () => Promise.all([api("GET", at), api("GET", "/sites/own/questionnaires"), staffNames()]);
  const again = () => load(body, ask, ([one, { items }, staff]) => drawn(one, { all: items.filter((other) => other.key === key), staff, at, again, go: page.go, definition: one.definition }));
  return again().then(() => null);
}

function drawn(one, about) {
  const { definition } = one;
  const others = about.all.filter(({ version }) => version !== one.version);
  const head = h(
    "header",
    {},
    h("h2", { id: "quest-heading", tabindex: "-1" }, h("span", { class: "row" }, said(definition.title), tag(one))),
    h("p", { class: "soft" }, h("code", {}, one.key), ` · ${t("quest.version", { n: one.version })} · ${definition.languages.map((name) => t(`quest.in.${name}`)).join(", ")}`),
    facts(one, about.staff).map((text) => h("p", { class: "soft" }, text)),
    others.length > 0 && h("p", { class: "soft" }, t("quest.others"), " ", others.map((other, at) => [at > 0 && ", ", h("a", { href: versionHash(other) }, t("quest.version", { n: other.version }))])),
  );
  return [head, versionActs(one, about), !one.built_in && instrumentPanel(one, about), preview(definition)];
}

function facts(one, staff) {
  if (one.built_in) return [t("quest.ships")];
  const made = t("quest.made", { who: nameOf(staff, one.made_by), when: moment(one.made_at, "short") });
  if (!one.published) return [made, t("quest.draft_told")];
  const published = t("quest.published_by", { who: nameOf(staff, one.published_by), when: moment(one.published_at, "short") });
  const retired = one.retired_at ? [t("quest.retired_by", { who: nameOf(staff, one.retired_by), when: moment(one.retired_at, "short") }), t("quest.retired_told")] : [];
  return [made, published, ...retired];
}

/** What a patient is asked, in one of the languages that it is told in. */
function preview(definition) {
  const shown = h("div", { class: "preview" });
  const told = LANGUAGES.filter((one) => definition.languages.includes(one));
  const first = told.includes(language()) ? language() : told[0];
  const options = told.map((value) => ({ value, text: t(`quest.in.${value}`) }));
  const draw = (chosen) => {
    shown.lang = chosen;
    fill(shown, outline(definition, chosen));
    chips.set(options, chosen);
  };
  const chips = filters(t("quest.preview_in"), options, first, draw);
  draw(first);
  return panel(t("quest.preview"), h("p", { class: "soft" }, t("quest.preview_lead")), told.length > 1 && chips, shown);
}
