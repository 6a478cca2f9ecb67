"""FHIR R4 of studies: the ResearchStudy, and a patient's place in it as ResearchSubject."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain.consents import Purpose
from backend.domain.fhir import consents
from backend.domain.fhir import elements as fhir
from backend.domain.fhir.telling import Head, Telling


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
            "consent": fhir.reference("Consent", told.key(head.id) + consents.suffix(Purpose.STUDY)),
        }
    )
