/** How one's consents stand at a moment, from what the phone knows: who takes part, and what is still to be answered. */

const AGREED = new Set(["given", "renewing", "lapsed"]);
const RENEWED = new Set(["renewing", "lapsed"]);

/** Return one purpose of a consent as it stands now: what was kept may have lapsed meanwhile. Null where it is not asked for. */
export function purposeOf(consent, purpose, now = Date.now()) {
  const found = consent.purposes?.find((one) => one.purpose === purpose);
  if (!found) return null;
  const over = found.state === "renewing" && Date.parse(found.lapses_at) <= now;
  return over ? { ...found, state: "lapsed" } : found;
}

/** Tell whether a study asks somebody to take part, who does not now. */
export function asks(consent) {
  return purposeOf(consent, "study")?.state === "asked";
}

/** Tell whether somebody takes part: they agreed and did not take it back, though they may have to agree anew. */
export function takesPart(consent) {
  return Boolean(consent.consented_at) && !consent.withdrawn_at;
}

/** Tell whether what was agreed to has a newer text. */
export function renewing(purpose) {
  return RENEWED.has(purpose?.state);
}

/** Tell whether a purpose was agreed to, and not taken back. */
export function agreed(purpose) {
  return AGREED.has(purpose?.state);
}

/** Return what is to be answered: [{study_id, name, kind, until}], of each study the most pressing alone. */
export function toAnswer(pulled, now = Date.now()) {
  return [...(pulled?.asked ?? []), ...(pulled?.items ?? [])].map((consent) => pressing(consent, now)).filter(Boolean);
}

function pressing(consent, now) {
  const { study_id, name } = consent;
  if (asks(consent)) return { study_id, name, kind: "asks", until: null };
  if (!takesPart(consent)) return null;
  const all = (consent.purposes ?? []).map(({ purpose }) => purposeOf(consent, purpose, now));
  const [anew] = all.filter(renewing).sort((one, another) => one.lapses_at.localeCompare(another.lapses_at));
  if (anew) return { study_id, name, kind: anew.state, until: anew.lapses_at };
  return all.some(({ state }) => state === "asked") ? { study_id, name, kind: "more", until: null } : null;
}
