"""FHIR R4 Patient: who somebody is and how they are reached, for those who may know; what is not kept is left out."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain.fhir import elements as fhir

_LANGUAGES = "urn:ietf:bcp:47"


def patient(
    patient_id: UUID,
    version: int,
    updated: datetime,
    *,
    site_id: UUID,
    name: str | None,
    birth_on: date | None,
    hospital_number: str | None,
    language: str,
    telecom: Sequence[tuple[str, str | None]],
) -> dict[str, Any]:
    """Return a patient; `telecom` holds pairs of a FHIR contact system (`email`, `phone`) and an address.

    Gender, address, and whether somebody died are not kept here.
    """
    number = {"system": f"urn:uitwerk:site:{site_id}:hospital-number", "value": hospital_number}
    reached = [{"system": system, "value": address} for system, address in telecom if address]
    spoken = {"language": fhir.concept(fhir.coding(_LANGUAGES, language)), "preferred": True}
    return fhir.full(
        {
            "resourceType": "Patient",
            "id": str(patient_id),
            "meta": {"versionId": str(version), "lastUpdated": updated.isoformat()},
            "identifier": [fhir.identified(patient_id), *([number] if hospital_number else [])],
            "name": [{"text": name}] if name else None,
            "telecom": reached,
            "birthDate": None if birth_on is None else birth_on.isoformat(),
            "communication": [spoken],
        }
    )
