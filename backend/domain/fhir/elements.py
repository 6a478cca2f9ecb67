"""FHIR R4 elements that many resources share: head, codes, quantities, references; what says nothing is left out."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.domain.fhir.telling import Head, Telling
from backend.domain.fhir.values import UCUM

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
URI = "urn:ietf:rfc:3986"
OURS = "urn:uitwerk:code"
"""Begins the local code systems: one for each list of ours that no published system holds."""
_UNITS: Mapping[str, str] = {"AU/mL": "[arb'U]/mL", "cells/uL": "{cells}/uL"}
"""UCUM where it writes a unit otherwise; an arbitrary unit belongs to its assay."""


def resource(kind: str, told: Telling, head: Head, *, part: str = "", profile: str | None = None) -> dict[str, Any]:
    """Return the beginning of a resource: type, id, and which version it is."""
    meta = {
        "versionId": str(head.version),
        "lastUpdated": None if head.updated is None else told.at(head.updated),
        "profile": [profile] if profile else None,
    }
    return {"resourceType": kind, "id": told.key(head.id) + part, "meta": meta}


def full(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource without what is None or empty: FHIR knows neither null nor an empty list."""
    found: dict[str, Any] = _full(tree)
    return found


def _full(node: Any) -> Any:
    if isinstance(node, Mapping):
        inner = ((name, _full(value)) for name, value in node.items())
        return {name: value for name, value in inner if not _says_nothing(value)}
    if isinstance(node, list | tuple):
        return [value for value in map(_full, node) if not _says_nothing(value)]
    return node


def _says_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, dict | list | str) and not value)


def coding(system: str, code: str, display: str | None = None) -> dict[str, Any]:
    """Return one code of a system."""
    return {"system": system, "code": code, "display": display}


def concept(*codings: dict[str, Any], text: str | None = None) -> dict[str, Any]:
    """Return a concept: its codes, and how it reads."""
    return {"coding": list(codings), "text": text}


def ours(of: str, code: str, text: str | None = None) -> dict[str, Any]:
    """Return a concept of one of our own code systems."""
    return concept(coding(f"{OURS}:{of}", code, text))


def quantity(value: Decimal | float, unit: str, comparator: str | None = None) -> dict[str, Any]:
    """Return a number with its UCUM unit; `=` is what FHIR means where it says no comparator."""
    number = float(value) if isinstance(value, Decimal) else value
    sign = None if comparator == "=" else comparator
    return {"value": number, "comparator": sign, "unit": unit, "system": UCUM, "code": _UNITS.get(unit, unit)}


def reference(kind: str, key: str) -> dict[str, str]:
    """Return a reference to a resource of this server."""
    return {"reference": f"{kind}/{key}"}


def subject(told: Telling) -> dict[str, str]:
    """Return the reference to the patient."""
    return {"reference": told.subject}


def identified(value: object) -> dict[str, str]:
    """Return a UUID as an identifier."""
    return {"system": URI, "value": f"urn:uuid:{value}"}


def identifiers(told: Telling, head: Head) -> list[dict[str, str]]:
    """Return by what /api/v1 knows the same record, where that is told."""
    return [identified(head.id)] if told.named else []


def absent(why: str) -> dict[str, Any]:
    """Return what stands for an element that FHIR asks for: nobody knows it (`unknown`), or it is withheld (`masked`).

    hl7.org/fhir/R4/codesystem-data-absent-reason.html
    """
    return {"extension": [{"url": ABSENT, "valueCode": why}]}


def note(told: Telling, words: str | None) -> list[dict[str, str]]:
    """Return free words as notes; none where they are not told."""
    return [{"text": words}] if words and told.words else []


def period(told: Telling, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """Return a stretch of time by its moments."""
    return {"start": start and told.at(start), "end": end and told.at(end)}
