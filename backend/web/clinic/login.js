/** Logging in: the page of it, and the window over a page whose session ended. */

import { fill, h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { words } from "./login.words.js";
import { logIn, when, who } from "./session.js";
import { busy, button, dialog, explain, field } from "./ui.js";

export { words };

let open = null;

/** Draw the page; `done` is called once somebody is in, `why` says why nobody is. */
export function loginPage(root, { done, why }) {
  const box = h("section", { class: "panel", id: "login" });
  fill(
    root,
    h("h1", {}, t("login.title")),
    h("p", { class: "lead" }, t("login.lead")),
    why && h("p", { class: "note", role: "status" }, why),
    fill(box, form(done)),
    h("p", { class: "soft" }, t("login.no_access")),
    h("p", {}, h("a", { href: "/" }, t("login.patient"))),
  );
}

/**
 * Ask whoever was logged in to log in again, over the page, which is covered but kept. Resolves to true once they are;
 * somebody else begins with a page of their own.
 */
export function loginAgain(was) {
  open ??= asking(was).finally(() => {
    open = null;
  });
  return open;
}

async function asking(was) {
  if (!was) return false; // nobody was logged in, so nobody goes on
  let forget = null;
  const done = await dialog(
    t("login.again"),
    (close) => {
      // The same person logged in, here or in another tab; in nobody else's name goes on what was begun.
      forget = when("in", () => who().staff_id === was.staff_id && close(true));
      return [
        h("p", {}, t("login.again_text")),
        form(() => who().staff_id !== was.staff_id && location.reload()),
      ];
    },
    { closable: false, cover: true },
  );
  forget();
  return done === true;
}

function form(done) {
  const email = field(t("login.email"), h("input", { id: "email", type: "email", autocomplete: "username", autofocus: true }));
  const password = field(t("login.password"), h("input", { id: "password", type: "password", autocomplete: "current-password" }));
  const code = field(t("login.code"), codeInput(), { hint: t("login.code_hint") });
  const wrong = h("p", { class: "trouble", id: "login-error", role: "alert", hidden: true });
  const press = button(t("login.go"), null, { primary: true, id: "login-go", type: "submit" });
  const fields = { email, password, code };
  const node = h("form", { novalidate: true, autocomplete: "on" }, email, password, code, wrong, press);
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(press, () => tried(fields, wrong, done));
  });
  return node;
}

function codeInput() {
  return h("input", { id: "code", class: "code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "9", spellcheck: "false" });
}

async function tried(fields, wrong, done) {
  wrong.hidden = true;
  const said = Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.querySelector("input").value.trim()]));
  said.password = fields.password.querySelector("input").value;
  said.code = said.code.replace(/\D/g, "");
  if (!whole(fields, said)) return;
  try {
    await logIn(said.email, said.password, said.code);
    fields.password.querySelector("input").value = "";
    done();
  } catch (error) {
    if (error.name !== "Offline" && error.name !== "Refused") throw error;
    wrong.textContent = told(error);
    wrong.hidden = false;
    // A code works once: whatever was wrong, the next try needs a new one.
    const again = fields.code.querySelector("input");
    if (error.name === "Refused") again.value = "";
    again.focus();
  }
}

function whole(fields, said) {
  const missing = {
    email: /^\S+@\S+$/.test(said.email) ? null : t("login.email_wrong"),
    password: said.password ? null : t("login.password_missing"),
    code: /^\d{6}$/.test(said.code) ? null : t("login.code_wrong"),
  };
  for (const [name, text] of Object.entries(missing)) fields[name].refuse(text);
  const first = Object.keys(missing).find((name) => missing[name]);
  if (first) fields[first].querySelector("input").focus();
  return !first;
}

function told(error) {
  if (error.status === 401 || error.status === 422) return t("login.refused");
  if (error.status === 429) return t("login.too_many", { n: Math.max(1, Math.ceil((error.retry_after ?? 60) / 60)) });
  return explain(error);
}
