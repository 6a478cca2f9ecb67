/** Conditions of a questionnaire in words: which answer to which other question puts one. */

import { t } from "/static/shared/words.js";

import { plain } from "./questionnairewords.js";

/** Say one condition; `known` has the items by key, `wanted` is the language in which their texts are quoted. */
export function conditionText({ question, operator, answer }, { known, wanted }) {
  const item = known.get(question);
  const name = plain(item?.text, wanted) || question;
  if (operator === "exists") return t(answer ? "outline.answered" : "outline.unanswered", { name });
  return t(`outline.op.${OPERATORS[operator]}`, { name, answer: told(answer, item, wanted) });
}

const OPERATORS = { "=": "is", "!=": "is_not", ">": "above", "<": "below", ">=": "from", "<=": "to" };

function told(answer, item, wanted) {
  const option = item?.options?.find(({ code }) => code === answer);
  if (option) return plain(option.text, wanted) || option.code;
  if (typeof answer === "boolean") return t(answer ? "common.yes" : "common.no");
  if (answer !== null && typeof answer === "object") return answer.other ?? [answer.value, answer.unit].filter((one) => one !== undefined).join(" ");
  return String(answer);
}
