"""FHIR R4 CapabilityStatement: what this server does, made of the same table that routes the types."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.pseudonymous import TYPES

CHANGED = "2026-11-29"
"""The day on which what is served last changed."""
FORMATS = ("application/fhir+json", "json")
FHIR = "4.0.1"
GUIDE = "http://hl7.org/fhir/uv/symptoms/ImplementationGuide/hl7.fhir.uv.symptoms|1.0.0"

GROUP = {
    "type": "Group",
    "documentation": "A study, whose subjects are its members; only its export is served, to researchers who were "
    f"admitted to it, or with their key. Types: {', '.join(TYPES)}. Pseudonymous. Not here: _since, _typeFilter, POST.",
    "operation": [{"name": "export", "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export"}],
}
"""Bulk Data Access; what its CapabilityStatement asks beyond (_since) is not served, so that it is not claimed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One type: what it holds and does not, its profiles, and its search parameters with their types."""

    name: str
    holds: str
    without: str
    profiles: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]


def statement(base: str, version: str, offers: Iterable[Offer]) -> dict[str, Any]:
    """Return the statement of a server at an address; it only reads."""
    return fhir.full(
        {
            "resourceType": "CapabilityStatement",
            "url": f"{base}/metadata",
            "version": version,
            "name": "Uitwerk",
            "title": "Uitwerk, a symptom diary tied to dosing intervals",
            "status": "active",
            "date": CHANGED,
            "kind": "instance",
            "software": {"name": "Uitwerk", "version": version},
            "implementation": {"description": "Reading only; within the caller's reach.", "url": base},
            "fhirVersion": FHIR,
            "format": list(FORMATS),
            "rest": [
                {
                    "mode": "server",
                    "documentation": "A token of /api/v1, as a patient or as who cares for one. What may not be seen "
                    "does not exist (404). Retracted records are read as entered-in-error without content, and left "
                    "out of searches but those by _lastUpdated. Pages are the newest first; the next link is opaque.",
                    "security": {"description": "Authorization: Bearer, an access token of /api/v1."},
                    "resource": [*(_resource(one) for one in offers), GROUP],
                }
            ],
        }
    )


def _resource(offer: Offer) -> dict[str, Any]:
    return {
        "type": offer.name,
        "supportedProfile": list(offer.profiles),
        "documentation": f"{offer.holds} Not here: {offer.without}",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalRead": "not-supported",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "logical"],
        "searchParam": [{"name": name, "type": kind} for name, kind in offer.parameters],
    }
