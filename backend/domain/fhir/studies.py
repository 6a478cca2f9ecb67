"""FHIR R4 of studies: the ResearchStudy, a patient's place in it as ResearchSubject, and what they consented to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.telling import Head, Telling

_CONSENT = "http://terminology.hl7.org/CodeSystem"
_RESEARCH = fhir.concept(fhir.coding(f"{_CONSENT}/consentscope", "research", "Research"))
_CATEGORY = fhir.concept(fhir.coding(f"{_CONSENT}/consentcategorycodes", "research", "Research Information Access"))
_OPT_IN = fhir.concept(fhir.coding(f"{_CONSENT}/v3-ActCode", "OPTIN", "opt-in"))


def study(study_id: UUID, name: str, updated: datetime | None, arms: Sequence[str] = ()) -> dict[str, Any]:
    """Return a study as it was set up (None where that is not told); it knows no end, so that it is active.

    `arms` are the names of its arms.
    """
    return fhir.full(
        {
            "resourceType": "ResearchStudy",
            "id": str(study_id),
            "meta": {"versionId": "1", "lastUpdated": updated and updated.isoformat()},
            "identifier": [fhir.identified(study_id)],
            "title": name,
            "status": "active",
            "arm": [{"name": arm} for arm in arms],
        }
    )


def research_subject(
    told: Telling,
    head: Head,
    *,
    study_key: str,
    consented_at: datetime | None,
    ended_at: datetime | None,
    status: str = "on-study",
    arm: str | None = None,
) -> dict[str, Any]:
    """Return a patient's place in a study (`head.id` is the study's: a patient has one place in each)."""
    return fhir.full(
        fhir.resource("ResearchSubject", told, head)
        | {
            "status": status,
            "period": fhir.period(told, consented_at, ended_at),
            "assignedArm": arm,
            "study": fhir.reference("ResearchStudy", study_key),
            "individual": fhir.subject(told),
            "consent": fhir.reference("Consent", told.key(head.id)),
        }
    )


def consent(
    told: Telling, head: Head, *, study_name: str, consented_at: datetime | None, withdrawn_at: datetime | None
) -> dict[str, Any]:
    """Return a patient's consent to a study; withdrawn it is inactive, and its period ends."""
    return fhir.full(
        fhir.resource("Consent", told, head)
        | {
            "status": "active" if withdrawn_at is None else "inactive",
            "scope": _RESEARCH,
            "category": [_CATEGORY],
            "patient": fhir.subject(told),
            "dateTime": consented_at and told.at(consented_at),
            "policyRule": _OPT_IN | {"text": f"Takes part in {study_name}." if told.words else None},
            "provision": {"type": "permit", "period": fhir.period(told, consented_at, withdrawn_at)},
        }
    )
