/** Asking the clinic to call or write back, and what became of it. */

import { fill, h, notice } from "../shared/dom.js";
import { moment, t } from "../shared/words.js";

import { nowIso } from "./clock.js";
import { living, safetyText } from "./living.js";
import { put } from "./queue.js";
import { asked, isOpen, requestList } from "./requests.js";
import { draft, dropDraft, saveDraft } from "./store.js";
import { busy, button, card, field } from "./ui.js";
import * as words from "./contact.words.js";

const DRAFT = "contact";
const LONGEST = 2000;

export const screen = {
  name: "contact",
  words: words.words,
  async render(root) {
    const area = h("textarea", { id: "words", rows: 4, maxlength: LONGEST, value: (await draft(DRAFT)) ?? "" });
    area.addEventListener("input", () => saveDraft(DRAFT, area.value));
    const [earlier, open] = [h("div"), h("div")];
    const send = button(t("contact.send"), () => busy(send, () => ask(area, heading)), { primary: true, id: "send" });
    const heading = h("h1", {}, t("contact.title"));
    fill(
      root,
      heading,
      await safetyText(),
      open,
      card(t("contact.ask"), h("p", {}, t("contact.how")), field(t("contact.words"), area, { hint: t("contact.words.hint") }), h("div", { class: "buttons" }, send)),
      earlier,
    );
    await living(earlier, () => asked("contact"), (found) => {
      const standing = found.find(isOpen);
      fill(open, standing && h("p", { class: "note" }, t("contact.standing", { when: moment(standing.data.recorded_at, "short") })));
      return [requestList(found, { after: () => heading.focus() })];
    });
  },
};

async function ask(area, heading) {
  const said = area.value.trim();
  await put("request", { kind: "contact", words: said || null, recorded_at: nowIso() });
  area.value = "";
  await dropDraft(DRAFT);
  notice(t("contact.sent"));
  heading.focus();
}
