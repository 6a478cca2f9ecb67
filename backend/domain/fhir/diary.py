"""FHIR R4 Observations of a diary entry: each rating by the HL7 FHIR Symptoms IG 1.0.0, and one that holds the entry.

The guide (hl7.org/fhir/uv/symptoms/STU1): LOINC 75325-1 for a symptom that is there, 111551-8 for one that is not, the
severity in a component 64750-3 as a code and never as a number, the patient as the one who says so. What was said has
to be a clinical finding of SNOMED CT: a rating whose word has no code that stands in the guide says the same without
claiming the profile.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.ids import token
from backend.domain.fhir.places import standing
from backend.domain.fhir.telling import Head, Telling
from backend.domain.linking import Place
from backend.domain.moments import Occurred
from backend.domain.symptoms import INTENSITY_MAX, Symptom, vocabulary

_GUIDE = "http://hl7.org/fhir/uv/symptoms"
PRESENT = f"{_GUIDE}/StructureDefinition/SymptomObservation"
GONE = f"{_GUIDE}/StructureDefinition/SymptomAbsentObservation"
_SCALE = f"{_GUIDE}/StructureDefinition/AssessmentScaleInformation"
_CATEGORY = fhir.concept(fhir.coding(f"{_GUIDE}/CodeSystem/SymptomTemporary", "symptom", "Symptom"))
_IS = fhir.concept(fhir.coding(fhir.LOINC, "75325-1", "Symptom"))
_IS_NOT = fhir.concept(fhir.coding(fhir.LOINC, "111551-8", "Symptom absent"))
_SEVERITY = fhir.concept(fhir.coding(fhir.LOINC, "64750-3", "Severity of symptoms"))
_NRS = fhir.ours("scale", "nrs-11", "0 not at all to 10 worst imaginable (NRS-11)")
WHOLE, NOTHING = "diary", "none"
"""The parts of an entry beside its ratings: the entry itself, and that there were no complaints at all."""
VERIFIED = "ig"
"""How the vocabulary marks a SNOMED CT code that stands in the guide; others are left to a site to confirm."""


def parts(content: Mapping[str, Any]) -> list[str]:
    """Return what an entry's content (`symptoms.content`) is told in: the whole, and a part for each rating."""
    rated = [rating["symptom"] for rating in content["ratings"]]
    return [WHOLE, *rated, *([NOTHING] if content["no_complaints"] and not rated else [])]


def suffix(part: str) -> str:
    """Return the end of the id of a part."""
    return f".e{token(part)}"


def observation(
    told: Telling,
    head: Head,
    part: str,
    *,
    occurred: Occurred,
    issued: datetime,
    content: Mapping[str, Any],
    note: str | None = None,
    place: Place | None = None,
) -> dict[str, Any]:
    """Return one part of an entry as an Observation.

    `content` is as `symptoms.content` writes it, with own words where there are any; `issued` is when it was written
    down. A part that the standing content does not have, and any of an entry that was taken back, is told as
    entered-in-error without what it said.
    """
    if head.gone or part not in parts(content):
        return _taken_back(told, head, part)
    made = {"effectiveDateTime": told.moment(occurred), "issued": told.at(issued)}
    if part == WHOLE:
        return fhir.full(_whole(told, head, content, place) | made | {"note": fhir.note(told, note)})
    if part == NOTHING:
        nothing = fhir.ours("symptom", NOTHING, "Any symptom of the diary's list")
        return fhir.full(_symptom(told, head, part, _IS_NOT, None) | made | {"valueCodeableConcept": nothing})
    rating = next(one for one in content["ratings"] if one["symptom"] == part)
    return fhir.full(_rated(told, head, rating, dated=made["effectiveDateTime"] is not None) | made)


def _taken_back(told: Telling, head: Head, part: str) -> dict[str, Any]:
    if part == WHOLE:
        found = fhir.resource("Observation", told, head, part=suffix(part)) | {"code": _code()}
    else:
        found = _symptom(told, head, part, _IS, None)
    return fhir.full(found | {"status": "entered-in-error", "subject": fhir.subject(told)})


def _code() -> dict[str, Any]:
    return fhir.ours("observation", "diary-entry", "Diary entry")


def _whole(told: Telling, head: Head, content: Mapping[str, Any], place: Place | None) -> dict[str, Any]:
    members = [part for part in parts(content) if part != WHOLE]
    felt = content["wearing_off"]
    answered = [
        _part("no-complaints", valueBoolean=content["no_complaints"]),
        *([_part("wearing-off", valueCodeableConcept=fhir.ours("wearing-off", felt))] if felt else []),
        *(_part("other-cause", valueCodeableConcept=fhir.ours("other-cause", one)) for one in content["other_causes"]),
        *standing(place),
    ]
    return fhir.resource("Observation", told, head, part=suffix(WHOLE)) | {
        "identifier": fhir.identifiers(told, head),
        "status": "final" if head.version == 1 else "amended",
        "category": [fhir.concept(fhir.coding(fhir.CATEGORY, "survey", "Survey"))],
        "code": _code(),
        "subject": fhir.subject(told),
        "performer": [fhir.subject(told)],
        "hasMember": [fhir.reference("Observation", told.key(head.id) + suffix(part)) for part in members],
        "component": answered,
    }


def _symptom(told: Telling, head: Head, part: str, code: Mapping[str, Any], profile: str | None) -> dict[str, Any]:
    return fhir.resource("Observation", told, head, part=suffix(part), profile=profile) | {
        "status": "final" if head.version == 1 else "amended",
        "category": [_CATEGORY],
        "code": code,
        "subject": fhir.subject(told),
        "performer": [fhir.subject(told)],
    }


def _rated(told: Telling, head: Head, rating: Mapping[str, Any], *, dated: bool) -> dict[str, Any]:
    word, intensity = vocabulary().get(rating["symptom"]), rating["intensity"]
    sure = dated and word is not None and word.status == VERIFIED
    code, profile = (_IS, PRESENT) if intensity else (_IS_NOT, GONE)
    found = _symptom(told, head, rating["symptom"], code, profile if sure else None)
    found["valueCodeableConcept"] = _word(word, rating["symptom"], rating.get("words") if told.words else None)
    return found | {"component": [*_severity(intensity), *_beside(told, rating)]}


def _word(word: Symptom | None, key: str, own: str | None) -> dict[str, Any]:
    if word is None:
        return fhir.ours("symptom", key)
    sure = [fhir.coding(fhir.SNOMED, word.snomed)] if word.snomed and word.status == VERIFIED else []
    return fhir.concept(*sure, fhir.coding(f"{fhir.OURS}:symptom", key, word.en), text=own or word.en)


def _severity(intensity: int) -> list[dict[str, Any]]:
    """Return the rating as the guide wants it, a code, and as the number it is."""
    number = _part("intensity", valueInteger=intensity)
    if not intensity:
        return [number]
    coded = fhir.ours("nrs-11", str(intensity), f"{intensity} of {INTENSITY_MAX}")
    scale = {"url": _SCALE, "valueCodeableConcept": _NRS}
    return [{"extension": [scale], "code": _SEVERITY, "valueCodeableConcept": coded}, number]


def _beside(told: Telling, rating: Mapping[str, Any]) -> list[dict[str, Any]]:
    coded = {"change-vs-usual": rating["change_vs_usual"], "impact": rating["impact"]}
    days = {"onset": rating["onset_on"], "resolved": rating["resolved_on"]}
    found = [_part(of, valueCodeableConcept=fhir.ours(of, said)) for of, said in coded.items() if said]
    told_days = {of: told.on(date.fromisoformat(day)) for of, day in days.items() if day}
    return found + [_part(of, valueDateTime=day) for of, day in told_days.items() if day]


def _part(code: str, **value: Any) -> dict[str, Any]:
    return {"code": fhir.ours("observation", code), **value}
