"""FHIR R4 Observations of what staff found: one field as the value, several as components, codes where they are sure.

Body weight is LOINC 29463-7 under the vital signs of FHIR itself (hl7.org/fhir/R4/bodyweight.html). For EDSS, SDMT, the
walk, the peg test and blood values the data do not say what a LOINC code would (method, specimen), or no code could be
verified: our own codes, which a site maps.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.ids import token
from backend.domain.fhir.laboratory import LABORATORY
from backend.domain.fhir.places import standing
from backend.domain.fhir.telling import Head, Telling
from backend.domain.findings import Field, Kind, Type, kinds
from backend.domain.labs import analytes
from backend.domain.linking import Place
from backend.domain.moments import Occurred

_VITAL = fhir.concept(fhir.coding(fhir.CATEGORY, "vital-signs", "Vital Signs"))
_EXAM = fhir.concept(fhir.coding(fhir.CATEGORY, "exam", "Exam"))
_IMAGING = fhir.concept(fhir.coding(fhir.CATEGORY, "imaging", "Imaging"))
_CATEGORIES: Mapping[Kind, dict[str, Any]] = {
    Kind.LAB: LABORATORY,
    Kind.WEIGHT: _VITAL,
    Kind.EDSS: _EXAM,
    Kind.SDMT: _EXAM,
    Kind.T25FW: _EXAM,
    Kind.NHPT: _EXAM,
    Kind.MRI: _IMAGING,
}
BODY_WEIGHT = "http://hl7.org/fhir/StructureDefinition/bodyweight"
_WEIGHT = fhir.coding(fhir.LOINC, "29463-7", "Body weight")
_VALUE: Mapping[Kind, str] = {Kind.EDSS: "score", Kind.SDMT: "correct", Kind.WEIGHT: "kg"}
"""The one field of a kind that is its value."""


def suffix() -> str:
    """Return the end of the id of a finding."""
    return f".f{token('finding')}"


def observation(
    told: Telling,
    head: Head,
    kind: Kind,
    *,
    occurred: Occurred,
    ended_on: date | None,
    issued: datetime,
    values: Mapping[str, Any],
    note: str | None = None,
    place: Place | None = None,
) -> dict[str, Any]:
    """Return a finding; one that was taken back is entered-in-error, without what it said."""
    when = told.moment(occurred)
    weighed = kind is Kind.WEIGHT and when is not None and not head.gone
    found = fhir.resource("Observation", told, head, part=suffix(), profile=BODY_WEIGHT if weighed else None) | {
        "identifier": fhir.identifiers(told, head),
        "category": [_CATEGORIES[kind]] if kind in _CATEGORIES else None,
        "code": _code(kind, values),
        "subject": fhir.subject(told),
    }
    if head.gone:
        return fhir.full(found | {"status": "entered-in-error"})
    ended = None if ended_on is None else told.on(ended_on)
    dated = {"effectiveDateTime": when} if ended is None else {"effectivePeriod": {"start": when, "end": ended}}
    return fhir.full(
        found
        | {"status": "final" if head.version == 1 else "corrected", **dated, "issued": told.at(issued)}
        | {"note": fhir.note(told, note), "partOf": _doses(told, kind, values)}
        | _said(kind, values, standing(place))
    )


def _code(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    if kind is Kind.LAB:
        analyte = analytes()[values["analyte"]]
        return fhir.ours("lab", analyte.key, analyte.en)
    own = fhir.coding(f"{fhir.OURS}:finding", kind.value, kinds()[kind].en)
    return fhir.concept(_WEIGHT, own) if kind is Kind.WEIGHT else fhir.concept(own)


def _doses(told: Telling, kind: Kind, values: Mapping[str, Any]) -> list[dict[str, str]]:
    named = [values.get(one.key) for one in kinds()[kind].fields.values() if one.type is Type.DOSE]
    return [fhir.reference("MedicationAdministration", told.key(UUID(one))) for one in named if one]


def _said(kind: Kind, values: Mapping[str, Any], placed: list[dict[str, Any]]) -> dict[str, Any]:
    if kind is Kind.LAB:
        return _lab(values) | {"component": placed}
    fields, main = kinds()[kind].fields, _VALUE.get(kind)
    held = {key: values[key] for key in fields if values.get(key) is not None and key != main}
    found = [part for key, value in held.items() for part in _component(kind, fields[key], value)]
    value = {} if main is None else {"valueQuantity": fhir.quantity(values[main], fields[main].unit or "1")}
    return value | {"component": [*found, *placed]}


def _lab(values: Mapping[str, Any]) -> dict[str, Any]:
    if values["value"] is None:
        return {"valueCodeableConcept": fhir.ours("lab-status", values["status"])}
    return {"valueQuantity": fhir.quantity(values["value"], values["unit"], values["comparator"])}


def _component(kind: Kind, field: Field, value: Any) -> list[dict[str, Any]]:
    code = fhir.ours(f"finding:{kind.value}", field.key.replace("_", "-"), field.en)
    if field.type is Type.DOSE:
        return []
    if field.type is Type.FLAG:
        return [{"code": code, "valueBoolean": value}]
    if field.type in {Type.INTEGER, Type.NUMBER}:
        return [{"code": code, "valueQuantity": fhir.quantity(value, field.unit or "1")}]
    texts = {one.key: one.en for one in field.choices}
    said = value if isinstance(value, list) else [value]
    return [
        {"code": code, "valueCodeableConcept": fhir.ours(f"finding:{kind.value}:{field.key}", one, texts[one])}
        for one in said
    ]
