"""R4 held against a resource: the schema of R4B, and what of R4 that library does not look at.

The types we serve are the same in R4B as in R4: "the changes are limited to" the medication definition, evidence and
subscription modules (hl7.org/fhir/R4B/r4b-explanation.html), and `CHANGED` names none of ours. What is checked here
beside the schema: forms of id, dateTime and instant (R4/datatypes.html), nothing null or empty (R4/json.html), codes of
required bindings, what references may point at, and the invariants that our resources could break.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

CHANGED = frozenset(
    {"Ingredient", "ManufacturedItemDefinition", "MedicinalProductDefinition", "PackagedProductDefinition"}
    | {"AdministrableProductDefinition", "RegulatedAuthorization", "ClinicalUseDefinition", "SubstanceDefinition"}
    | {"NutritionProduct", "Citation", "Evidence", "EvidenceReport", "EvidenceVariable", "ResearchDefinition"}
    | {"ResearchElementDefinition", "Subscription", "SubscriptionStatus", "SubscriptionTopic", "DeviceDefinition"}
)
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_DATE = r"[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
INSTANT = re.compile(_DATE + _CLOCK, re.ASCII)
DATETIME = re.compile(rf"{_DATE}({_CLOCK})?", re.ASCII)
INSTANTS = {"lastUpdated", "issued", "recorded"}
DATETIMES = {
    "effectiveDateTime",
    "authored",
    "authoredOn",
    "collectedDateTime",
    "receivedTime",
    "dateTime",
    "start",
    "end",
}
STATUS: Mapping[str, str] = {
    "Observation": "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "QuestionnaireResponse": "in-progress completed amended entered-in-error stopped",
    "Questionnaire": "draft active retired unknown",
    "MedicationRequest": "active on-hold cancelled completed entered-in-error stopped draft unknown",
    "MedicationAdministration": "in-progress not-done on-hold completed entered-in-error stopped unknown",
    "Appointment": "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in waitlist",
    "Specimen": "available unavailable unsatisfactory entered-in-error",
    "ResearchStudy": "active administratively-completed approved closed-to-accrual completed disapproved in-review",
    "ResearchSubject": "candidate eligible follow-up ineligible off-study on-study pending-on-study withdrawn",
    "Consent": "draft proposed active rejected inactive entered-in-error",
}
POINTS: Mapping[str, set[str]] = {
    "subject": {"Patient"}, "patient": {"Patient"}, "individual": {"Patient"}, "source": {"Patient"},
    "author": {"Patient"}, "performer": {"Patient"}, "actor": {"Patient"}, "who": {"Patient"}, "what": {"Patient"},
    "hasMember": {"Observation", "QuestionnaireResponse"}, "partOf": {"MedicationAdministration"},
    "specimen": {"Specimen"}, "request": {"MedicationRequest"}, "study": {"ResearchStudy"}, "consent": {"Consent"},
    "valueReference": {"ResearchStudy"},
    "target": {"Patient", "Observation", "MedicationRequest", "MedicationAdministration", "Appointment"},
}  # fmt: skip
"""What the references of our resources may point at, of what R4 allows."""
_GUIDE = "http://hl7.org/fhir/uv/symptoms"


def faults(resource: dict[str, Any]) -> list[str]:
    """Return everything that is wrong with a resource."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValueError as error:
        return [str(error)]
    found = [*_forms(resource), *_invariants(resource), *_profiled(resource)]
    allowed = STATUS.get(resource["resourceType"], "").split()
    if allowed and resource.get("status", allowed[0] if resource["resourceType"] == "Specimen" else "") not in allowed:
        found.append(f"status {resource.get('status')}")
    return found


def nodes(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every element with its name."""
    yield name, node
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from nodes(inner, key)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner, name)


def references(resource: Mapping[str, Any]) -> set[str]:
    """Return what a resource points at on this server."""
    return {node["reference"] for _, node in nodes(resource) if isinstance(node, dict) and "reference" in node}


def _forms(resource: Mapping[str, Any]) -> Iterator[str]:
    for name, node in nodes(resource):
        if node is None or node in ("", [], {}):
            yield f"{name} is empty"
        if isinstance(node, str) and name in INSTANTS and not INSTANT.fullmatch(node):
            yield f"{name} {node} is no instant"
        elif isinstance(node, str) and name in DATETIMES and not DATETIME.fullmatch(node):
            yield f"{name} {node} is no dateTime"
        if isinstance(node, dict) and "reference" in node:
            pointed, _, key = node["reference"].partition("/")
            if pointed not in POINTS[name] or not ID.fullmatch(key):
                yield f"{name} points at {node['reference']}"
    if not ID.fullmatch(resource["id"]) or not ID.fullmatch(resource["meta"].get("versionId", "1")):
        yield "id"


def _invariants(resource: Mapping[str, Any]) -> Iterator[str]:
    for name, node in nodes(resource):
        if isinstance(node, dict):
            yield from _elements(name, node)
    yield from _OF_TYPES.get(resource["resourceType"], lambda _: iter(()))(resource)


def _elements(name: str, node: Mapping[str, Any]) -> Iterator[str]:
    if "value" in node and "code" in node and "system" not in node:
        yield f"qty-3 {name}"
    if name in {"period", "effectivePeriod", "boundsPeriod"} and node.get("start", "") > node.get("end", "9"):
        yield f"per-1 {name} {node}"
    if name == "repeat" and ("period" in node) != ("periodUnit" in node):
        yield "tim-2"


def _observed(resource: Mapping[str, Any]) -> Iterator[str]:
    valued = any(name.startswith("value") for name in resource)
    if "dataAbsentReason" in resource and valued:
        yield "obs-6"
    for part in resource.get("component", ()):
        if valued and part["code"] == resource["code"]:
            yield "obs-7"
        if sum(name.startswith("value") for name in part) != 1:
            yield f"a component says {part}"


def _appointed(resource: Mapping[str, Any]) -> Iterator[str]:
    if any(not {end, f"_{end}"} & resource.keys() for end in ("start", "end")):
        yield "app-2 and app-3: start and end together"
    if "start" in resource and not INSTANT.fullmatch(resource["start"]):
        yield "start is no instant"
    if "cancelationReason" in resource and resource["status"] not in {"cancelled", "noshow"}:
        yield "app-4"


def _dosed(resource: Mapping[str, Any]) -> Iterator[str]:
    if "dosage" in resource and not resource["dosage"].keys() & {"dose", "rateQuantity", "rateRatio"}:
        yield "mad-1"


def _consented(resource: Mapping[str, Any]) -> Iterator[str]:
    if not resource.keys() & {"policy", "policyRule"}:
        yield "ppc-1"
    if "type" in resource.get("provision", {}):
        yield "a root provision has no type"
    if {"hash", "data"} & resource.get("sourceAttachment", {}).keys():
        yield "a hash of R4 is SHA-1 in base64"


_OF_TYPES: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "Observation": _observed,
    "Appointment": _appointed,
    "MedicationAdministration": _dosed,
    "Consent": _consented,
}


def _profiled(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield what breaks the profiles that a resource claims."""
    for profile in resource["meta"].get("profile", ()):
        if profile.startswith(_GUIDE):
            yield from _symptom(resource, present=profile.endswith("/SymptomObservation"))
        elif profile == "http://hl7.org/fhir/StructureDefinition/bodyweight":
            codes = {one["code"] for one in resource["code"]["coding"]}
            if (
                "29463-7" not in codes
                or resource["valueQuantity"]["code"] != "kg"
                or "effectiveDateTime" not in resource
            ):
                yield "bodyweight"


def _symptom(resource: Mapping[str, Any], *, present: bool) -> Iterator[str]:
    """Yield what breaks the profiles of the HL7 FHIR Symptoms IG 1.0.0 (input/fsh of HL7/fhir-symptoms-ig)."""
    needed = {"status", "category", "code", "subject", "effectiveDateTime", "performer", "valueCodeableConcept"}
    barred = {"dataAbsentReason", "interpretation", "specimen", "device", "referenceRange"}
    if needed - resource.keys() or barred & resource.keys() or len(resource["performer"]) != 1:
        yield "symptom: elements"
    coded = [one for category in resource["category"] for one in category["coding"]]
    if [one["code"] for one in coded if one["system"] == f"{_GUIDE}/CodeSystem/SymptomTemporary"] != ["symptom"]:
        yield "symptom: category"
    if resource["code"]["coding"][0]["code"] != ("75325-1" if present else "111551-8"):
        yield "symptom: code"
    if not any(one["system"] == "http://snomed.info/sct" for one in resource["valueCodeableConcept"]["coding"]):
        yield "symptom: no clinical finding"
    severity = [one for one in resource["component"] if one["code"]["coding"][0]["code"] == "64750-3"]
    if len(severity) != int(present) or any("valueCodeableConcept" not in one for one in severity):
        yield "symptom: severity"
