/** A window with a form that sends one thing; what the server refuses is said at the field it points at. */

import { h } from "/static/shared/dom.js";
import { t } from "/static/shared/words.js";

import { alertLine, onlyRefusals, pointedAt } from "./reading.js";
import { busy, button, buttons, dialog, explain } from "./ui.js";

/**
 * Open it; `build()` gives {children, fields, read, send}: `read()` what is to be sent, or null once the fields say what
 * is missing; `send(body)` sends it. Resolves to its answer, "gone" where things stand otherwise by now, null for nothing.
 */
export function sendForm(title, { name, text, danger = false, wide = false, build }) {
  return dialog(title, (close) => {
    const { children, fields = {}, read, send } = build();
    const line = alertLine(`${name}-error`);
    const press = button(text, null, { primary: !danger, danger, type: "submit", id: `${name}-send` });
    const form = h("form", { novalidate: true }, children, line, buttons(press, button(t("common.cancel"), () => close())));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      line.say(null);
      const body = read();
      if (body) void busy(press, () => sent(send, body, { fields, line, close }));
    });
    return form;
  }, { wide });
}

async function sent(send, body, { fields, line, close }) {
  try {
    close((await send(body)) ?? true);
  } catch (error) {
    onlyRefusals(error);
    if (error.status === 409 || error.status === 404) return close("gone");
    const meant = pointedAt(error).map(({ name, below }) => (fields[name] ? name : below)).filter((one) => fields[one]);
    for (const one of meant) fields[one].refuse(t("desk.look_again"));
    line.say(error.name === "Offline" ? t("desk.no_answer") : explain(error));
  }
  return undefined;
}
