/** Bringing a questionnaire in from a file of another system: what could not be carried is told before it is looked at. */

import { fill, h } from "/static/shared/dom.js";
import { language, t } from "/static/shared/words.js";

import { api } from "./api.js";
import { lostList, whereText } from "./lost.js";
import { said } from "./questionnairewords.js";
import { alertLine, onlyRefusals, valueOf } from "./reading.js";
import { busy, button, buttons, dialog, explain, field, loading, select } from "./ui.js";

const KINDS = { json: "fhir", xlsx: "xlsx", csv: "csv" };
// The server takes a million bytes, of which a workbook in base64 fills four for every three.
const LARGEST = { fhir: 1_000_000, xlsx: 740_000, csv: 1_000_000 };

/** Ask for a file and make a draft of it. Resolves to the draft, or null where none was made. */
export function bringIn() {
  let made = null;
  return dialog(t("import.title"), (close) => {
    const parts = { close, line: alertLine("import-error"), found: h("div", { id: "import-found", role: "status" }), more: h("div", {}), fields: {} };
    parts.file = field(t("import.file"), h("input", { type: "file", id: "import-file", accept: ".json,.xlsx,.csv" }), { hint: t("import.file_hint") });
    const press = button(t("import.go"), null, { primary: true, type: "submit", id: "import-go" });
    parts.form = h("form", { novalidate: true }, h("p", { class: "soft" }, t("import.lead")), parts.file, parts.more, parts.line, buttons(press, button(t("common.cancel"), () => close())));
    parts.file.addEventListener("change", () => askMore(parts));
    parts.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void busy(press, async () => {
        made = (await send(parts)) ?? made;
      });
    });
    return h("div", {}, parts.form, parts.found);
  }, { wide: true }).then((chosen) => chosen ?? made);
}

/** Ask what this kind of file does not say itself. */
function askMore(parts) {
  const kind = kindOf(chosenIn(parts));
  parts.line.say(null);
  parts.file.refuse(null);
  const languages = ["nl", "en"].map((value) => ({ value, text: t(`quest.in.${value}`) }));
  const asked = kind === "xlsx" ? [{ value: "", text: t("import.as_told") }, ...languages] : languages;
  parts.fields = {
    ...(["xlsx", "csv"].includes(kind) && { language: field(t("import.language"), select(asked, { id: "import-language", value: kind === "xlsx" ? "" : language() }), { hint: t(`import.language_hint.${kind}`) }) }),
    ...(kind === "csv" && { form: field(t("import.form"), h("input", { type: "text", id: "import-form", maxlength: 200, autocomplete: "off" }), { hint: t("import.form_hint") }) }),
  };
  fill(parts.more, Object.values(parts.fields));
}

function chosenIn({ file }) {
  return file.querySelector("input").files[0] ?? null;
}

function kindOf(file) {
  return KINDS[file?.name.split(".").at(-1).toLowerCase()] ?? null;
}

async function send(parts) {
  const [file, kind] = [chosenIn(parts), kindOf(chosenIn(parts))];
  const wrong = !file ? t("desk.required") : !kind ? t("import.wrong_kind") : file.size > LARGEST[kind] ? t("import.too_large") : null;
  parts.line.say(null);
  for (const one of Object.values(parts.fields)) one.refuse(null);
  parts.file.refuse(wrong);
  if (wrong) return void parts.file.querySelector("input").focus();
  fill(parts.found, loading(t("import.busy", { name: file.name })));
  try {
    const { path, body } = await read(file, kind, parts.fields);
    const { draft, lost } = await api("POST", `/sites/own/questionnaires/${path}`, body);
    done(parts, draft, lost, { kind, name: file.name });
    return draft;
  } catch (error) {
    fill(parts.found);
    refused(error, parts, kind);
    return null;
  }
}

async function read(file, kind, fields) {
  const told = fields.language && valueOf(fields.language);
  if (kind === "csv") return { path: "redcap", body: { csv: await file.text(), language: told, ...(valueOf(fields.form) && { form: valueOf(fields.form) }) } };
  if (kind === "xlsx") return { path: "xlsform", body: { xlsx: await encoded(file), ...(told && { language: told }) } };
  return { path: "fhir", body: { resource: resourceOf(await file.text()) } };
}

/** What is no JSON is refused here, as the server would refuse another resource. */
function resourceOf(text) {
  try {
    const told = JSON.parse(text);
    return told !== null && typeof told === "object" && !Array.isArray(told) ? told : {};
  } catch {
    return {};
  }
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

function done(parts, draft, lost, { kind, name }) {
  const open = button(t("import.open"), () => parts.close(draft), { primary: true, id: "import-open" });
  parts.form.hidden = true;
  fill(
    parts.found,
    h("p", { class: "note", id: "import-made", tabindex: "-1" }, t("import.made", { n: draft.version }), " ", h("strong", {}, said(draft.definition.title))),
    h("h3", {}, t("import.lost", { n: lost.length })),
    h("p", { class: "soft" }, t(lost.length ? "import.lost_lead" : "import.nothing_lost")),
    lost.length > 0 && lostList(lost, kind, `${name}.lost.csv`),
    buttons(open),
  );
  document.getElementById("import-made").focus();
}

function refused(error, parts, kind) {
  onlyRefusals(error);
  const [first] = error.problem?.pointers ?? [];
  const several = first?.pointer === "/form";
  if (several) {
    parts.fields.form?.refuse(t("import.which_form", { forms: (first.detail ?? "").split("name one of: ").at(-1).replace(/\.$/, "") }));
    parts.fields.form?.querySelector("input").focus();
  } else parts.line.say(whyText(error, first, kind));
}

function whyText(error, first, kind) {
  if (error.problem?.code === "already-exists") return t("import.exists");
  if (first?.pointer === "/resource/resourceType") return t("import.no_questionnaire");
  if (error.status === 413) return t("import.too_large");
  const detail = first?.detail ?? error.problem?.detail;
  return error.status === 422 && detail ? t("import.refused", { where: whereText(first?.pointer ?? "", kind), detail }) : explain(error);
}
