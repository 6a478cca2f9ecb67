/** Pairing a patient's phone: the code on the screen to scan or to type, and a letter with it to print. */

import { announce, h } from "/static/shared/dom.js";
import { t, time } from "/static/shared/words.js";

import { api } from "./api.js";
import { button, buttons, dialog, load } from "./ui.js";

const TICK_MS = 1000;
const LAST_MINUTE_MS = 60_000;

/** Show a new code for a patient {id, name}; it is shown this one time. Resolves when the window is closed. */
export function pair(patient) {
  let stop = null;
  const shown = dialog(t("pairing.title", { name: patient.name ?? t("desk.unknown") }), () => {
    const body = h("div", { class: "pairing" });
    const offer = () => {
      stop?.();
      return load(body, () => api("POST", `/patients/${encodeURIComponent(patient.id)}/pairings`), (made) => {
        const drawn = code(made, patient, offer);
        stop = drawn.stop;
        return drawn.nodes;
      });
    };
    void offer();
    return body;
  });
  return shown.finally(() => {
    stop?.();
    document.body.classList.remove("letter");
  });
}

function code(made, patient, again) {
  const left = h("p", { class: "left", id: "pairing-left" });
  const fresh = button(t("pairing.again"), again, { id: "pairing-again", quiet: true });
  const letter = button(t("pairing.print"), printed, { id: "pairing-print", primary: true });
  const stop = countDown(made.expires_at, left, letter);
  const nodes = [
    h("div", { class: "sheet" },
      h("p", { class: "for-print" }, t("pairing.letter", { name: patient.name ?? "" })),
      h("ol", {}, [1, 2, 3].map((step) => h("li", {}, t(`pairing.step_${step}`, { address: `${location.origin}/app` })))),
      h("div", { class: "scan" }, h("div", { class: "qr", role: "img", "aria-label": t("pairing.qr") }, drawing(made.qr_svg)),
        h("div", {}, h("p", {}, t("pairing.typed")), h("p", {}, h("code", { id: "pairing-code", translate: "no" }, made.code)))),
      h("p", { class: "for-print" }, t("pairing.until", { time: time(made.expires_at) })),
      h("p", { class: "for-print" }, t("pairing.nobody")),
    ),
    left,
    buttons(letter, fresh),
  ];
  return { nodes, stop };
}

// The picture is drawn by our own server; it is read as a document and never run.
function drawing(svg) {
  const drawn = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
  return drawn ? document.importNode(drawn, true) : "";
}

function countDown(ends, node, letter) {
  let warned = false;
  const tick = () => {
    const ms = Date.parse(ends) - Date.now();
    if (ms <= 0) {
      node.textContent = t("pairing.over");
      letter.disabled = true;
      return stop();
    }
    const minutes = Math.ceil(ms / LAST_MINUTE_MS);
    const text = t("pairing.left", { n: minutes });
    if (node.textContent !== text) node.textContent = text;
    if (minutes === 1 && !warned) {
      warned = true;
      announce(text);
    }
    return undefined;
  };
  const timer = setInterval(tick, TICK_MS);
  const stop = () => clearInterval(timer);
  tick();
  return stop;
}

// Only the letter goes on paper, whatever page is behind the window.
function printed() {
  document.body.classList.add("letter");
  addEventListener("afterprint", () => document.body.classList.remove("letter"), { once: true });
  print();
}
