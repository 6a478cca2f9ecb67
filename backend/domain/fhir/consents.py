"""FHIR R4 Consent: what somebody answered to one purpose of a study, to which text, and how it stands.

R4 has no element for the SHA-256 of a text: `Attachment.hash` is "the calculated hash of the data using SHA-1"
(hl7.org/fhir/R4/datatypes.html#Attachment), so that ours stands beside the text it is of, in an extension. `policy.uri`
names the version. The base is `policyRule`; a root provision has no type ("Not permitted in root rule").
"""

from collections.abc import Mapping
from typing import Any

from backend.domain.consents import Answered, Purpose, State
from backend.domain.fhir import elements as fhir
from backend.domain.fhir import ids
from backend.domain.fhir.telling import Head, Telling

STATUS: Mapping[State, str] = {
    State.GIVEN: "active",
    State.RENEWING: "active",
    State.LAPSED: "inactive",
    State.WITHDRAWN: "inactive",
    State.DECLINED: "rejected",
}
"""How an answer stands, in FHIR's consent-state-codes; who was only asked has no Consent."""
STATUS_SYSTEM = "http://hl7.org/fhir/consent-state-codes"
MARK = "c"
SAID, SHA_256 = "urn:uitwerk:extension:consent-said", "urn:uitwerk:extension:sha-256"
EXTENSIONS: Mapping[str, str] = {
    SAID: "on the resource, `valueCode`: how the answer that stands, or what ended it, was said: `phone`, by the "
    "patient on their own, or `clinic`, recorded there, from paper or as it was told",
    SHA_256: "on `sourceAttachment`, `valueString`: SHA-256 of the text in that language (NFC, LF), in hexadecimals "
    "as in `/api/v1`",
}
STUDY = "http://hl7.org/fhir/StructureDefinition/consent-ResearchStudyContext"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_SCOPE = fhir.concept(fhir.coding(f"{_TERMS}/consentscope", "research", "Research"))
_OPT_IN = fhir.coding(f"{_TERMS}/v3-ActCode", "OPTIN", "opt-in")
_OPT_OUT = fhir.coding(f"{_TERMS}/v3-ActCode", "OPTOUT", "opt-out")
_READS: Mapping[Purpose, str] = {
    Purpose.STUDY: "taking part in {}",
    Purpose.CARE: "showing what {} knows to those who treat",
    Purpose.CONTACT: "being contacted by {}, also about a later study",
}
_OURS = "consent-purpose"
_CATEGORY: Mapping[Purpose, dict[str, Any]] = {
    Purpose.STUDY: fhir.coding(f"{_TERMS}/consentcategorycodes", "research", "Research Information Access"),
    Purpose.CARE: fhir.coding(f"{_TERMS}/v3-ActCode", "IDSCL", "information disclosure"),
}
"""To be contacted has no code that says it: only our own."""
_USE: Mapping[Purpose, dict[str, Any]] = {
    Purpose.STUDY: fhir.coding(f"{_TERMS}/v3-ActReason", "HRESCH", "healthcare research"),
    Purpose.CARE: fhir.coding(f"{_TERMS}/v3-ActReason", "TREAT", "treatment"),
    Purpose.CONTACT: fhir.coding(f"{fhir.OURS}:{_OURS}", Purpose.CONTACT.value),
}


def suffix(purpose: Purpose) -> str:
    """Return what ends the id of the consent to a purpose; the study's begins it."""
    return f".{MARK}{ids.token(purpose.value)}"


def consent(
    told: Telling, head: Head, purpose: Purpose, given: Answered, *, study_key: str, study_name: str
) -> dict[str, Any]:
    """Return what a patient answered to a purpose of a study (`head.id` is the study's).

    A yes has a period: from when it was said until it was taken back, or until a newer text is, or was, needed.
    """
    yes = given.state is not State.DECLINED
    return fhir.full(
        fhir.resource("Consent", told, head, part=suffix(purpose))
        | {
            "extension": _said(told, given),
            "status": STATUS[given.state],
            "scope": _SCOPE,
            "category": [_category(purpose)],
            "patient": fhir.subject(told),
            "dateTime": told.at(given.said.at),
            "performer": [fhir.subject(told)],
            "sourceAttachment": _text(told, given),
            "policy": [{"uri": _policy(purpose, given, study_key)}] if given.said.version else None,
            "policyRule": _rule(told, purpose, study_name, yes=yes),
            "provision": {
                "extension": [{"url": STUDY, "valueReference": fhir.reference("ResearchStudy", study_key)}],
                "period": fhir.period(told, given.said.at, given.until) if yes else None,
                "purpose": [_USE[purpose]],
            },
        }
    )


def _category(purpose: Purpose) -> dict[str, Any]:
    known = [_CATEGORY[purpose]] if purpose in _CATEGORY else []
    return fhir.concept(*known, fhir.coding(f"{fhir.OURS}:{_OURS}", purpose.value))


def _said(told: Telling, given: Answered) -> list[dict[str, Any]]:
    """Return on which side the last word was said, where records are told as they are kept."""
    return [{"url": SAID, "valueCode": "phone" if given.last.by_patient else "clinic"}] if told.named else []


def _text(told: Telling, given: Answered) -> dict[str, Any] | None:
    """Return which text was read; a paper of the study's own is not known.

    A language that few read could tell somebody apart, and the hash is that of one language: not under a pseudonym.
    """
    said = given.said
    if not said.version or not told.named:
        return None
    hashed = [{"url": SHA_256, "valueString": said.hash}] if said.hash else []
    return {"extension": hashed, "language": said.language, "title": f"Version {said.version}"}


def _policy(purpose: Purpose, given: Answered, study_key: str) -> str:
    return f"urn:uitwerk:consent-text:{study_key}:{purpose.value}:{given.said.version}"


def _rule(told: Telling, purpose: Purpose, study_name: str, *, yes: bool) -> dict[str, Any]:
    reads = _READS[purpose].format(study_name)
    text = f"Agreed to {reads}." if yes else f"Declined {reads}."
    return fhir.concept(_OPT_IN if yes else _OPT_OUT, text=text if told.words else None)
