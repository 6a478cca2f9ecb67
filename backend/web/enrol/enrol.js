// Enrolment of staff: reads the token from the fragment, which never reaches a server's log, and speaks to /api alone.
import { watchSilence } from "/static/shared/silence.js";
import { texts } from "./texts.js";

const API = "/api/v1/access/enrolments";
const SHORTEST = 15;
const token = decodeURIComponent(location.hash.slice(1));
const at = (id) => document.getElementById(id);
const state = { language: firstLanguage(), status: "loading", enrolment: null, errors: {} };

function firstLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? navigator.language.slice(0, 2);
  return asked in texts ? asked : "nl";
}

function show() {
  const said = texts[state.language];
  document.documentElement.lang = state.language;
  document.title = `${said.title} – Uitwerk`;
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = said[place.dataset.text];
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  }
  at("status").textContent = said[state.status] ?? "";
  at("status").className = state.status === "done" ? "done" : state.status === "loading" ? "" : "error";
  at("onward").hidden = state.status !== "done";
  at("qr").setAttribute("aria-label", said.qr);
  if (state.enrolment) at("who").textContent = said.who(state.enrolment);
  for (const field of ["password", "repeated", "code", "form"]) {
    at(`${field}-error`).textContent = said[state.errors[field]] ?? "";
    if (field !== "form") at(field).setAttribute("aria-invalid", String(field in state.errors));
  }
}

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), cache: "no-store",
    });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: {} };
  }
}

async function begin() {
  if (!token) return end("nothing");
  const { status, body } = await post(API, { token });
  if (status !== 200) return end(status === 410 || status === 422 ? "used" : "trouble");
  state.enrolment = body;
  state.status = "";
  const drawing = new DOMParser().parseFromString(body.qr_svg, "text/html").querySelector("svg");
  at("qr").replaceChildren(document.importNode(drawing, true));
  at("secret").textContent = body.totp_secret.match(/.{1,4}/g).join(" ");
  at("otpauth").href = body.otpauth_uri;
  at("email").value = body.email;
  at("enrol").hidden = false;
  show();
}

function end(status) {
  state.status = status;
  at("enrol").hidden = true;
  show();
  document.querySelector("h1").focus();
}

function refuse(errors) {
  state.errors = errors;
  show();
  const first = ["password", "repeated", "code"].find((field) => field in errors);
  (first ? at(first) : at("send")).focus();
}

function mistakes(password, code) {
  const found = {};
  if ([...password].length < SHORTEST) found.password = "short";
  else if (password !== at("repeated").value) found.repeated = "different";
  if (!/^[0-9]{6}$/.test(code)) found.code = "digits";
  return found;
}

async function confirm(event) {
  event.preventDefault();
  const password = at("password").value;
  const code = at("code").value.replace(/\s/g, "");
  const found = mistakes(password, code);
  if (Object.keys(found).length) return refuse(found);
  state.errors = {};
  show();
  at("send").disabled = true;
  const { status, body } = await post(`${API}/confirmation`, { token, password, totp_code: code });
  at("send").disabled = false;
  if (status === 201) {
    history.replaceState(null, "", location.pathname);
    return end("done");
  }
  if (status === 410) return end("used");
  if (body.code === "weak-password") return refuse({ password: "weak" });
  if (body.pointers?.some(({ pointer }) => pointer === "/totp_code")) return refuse({ code: "wrong" });
  return refuse({ form: "trouble" });
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => { state.language = button.dataset.language; show(); });
}
at("show").addEventListener("change", ({ target }) => {
  for (const id of ["password", "repeated"]) at(id).type = target.checked ? "text" : "password";
});
at("enrol").addEventListener("submit", confirm);
window.addEventListener("hashchange", () => location.reload());
show();
begin();
watchSilence();
