"""What a resource says is what /api/v1 says of the same record: dates with offsets, values, codes and versions."""

from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

import pytest

from backend.demo.fill import fill
from backend.demo.story import tell
from backend.domain.drugs import catalogue
from backend.domain.permissions import Role
from backend.domain.treatment import entry
from backend.services.context import Actor
from backend.services.treatment import start
from backend.storage.patients import PatientRow
from tests.conftest import Copies, open_house
from tests.factories import base
from tests.fhir.lived import Lived, enrolled, resources
from tests.fhir.r4 import faults
from tests.histories import Model, steps
from tests.house import House, Patient, Site
from tests.storage.test_links import PLAN, act

Items = list[dict[str, Any]]


@pytest.fixture(scope="module", params=["lived", "demo", "history"])
def told(anna: Lived, copies: Copies, tmp_path_factory: pytest.TempPathFactory, request: Any) -> Iterator[Lived]:
    """Return anna, a patient of the demo hospital, and one whose doses a generated history moved about."""
    if request.param == "lived":
        yield anna
        return
    with open_house(copies.url(), tmp_path_factory.mktemp("same")) as house:
        yield (_demo if request.param == "demo" else _history)(house)


def _demo(house: House) -> Lived:
    with house.app.app_context():
        ctx = house.app.extensions["uitwerk"].context("demo")
        fill(ctx.session, ctx, tell(base.NOW, patients=1))
    with house.unit(writes=False) as ctx:
        row = ctx.session.query(PatientRow).one()
        patient_id, site = row.id, Site(row.site_id, "demo", "Europe/Amsterdam", "nl")
    carla = house.login("clinician", site=site)
    house.add(base.CareFactory.build(patient_id=patient_id, staff_id=carla.id))
    patient = Patient(patient_id, Actor(Role.PATIENT, patient_id=patient_id))
    return Lived(house, carla, patient, house.phone(patient))


def _history(house: House) -> Lived:
    found, model, luck = enrolled(house), Model(), Random(20261129)
    with house.unit(found.carla) as ctx:
        treatment_id = start(ctx, found.anna.id, None, "natalizumab_iv", base.NOW.date(), PLAN).course.treatment.id
    for step in steps(luck, model, 40):
        model.apply(step)
        house.clock.now = step.now
        with house.unit(found.carla) as ctx:
            act(ctx, found.anna, treatment_id, step)
    return found


def named(resource: dict[str, Any]) -> str:
    """Return by what id /api/v1 knows a record."""
    listed = resource["identifier"] if isinstance(resource["identifier"], list) else [resource["identifier"]]
    return str(listed[0]["value"].removeprefix("urn:uuid:"))


def coded(concept: dict[str, Any]) -> str:
    """Return our own code of a concept."""
    ours = (str(one["code"]) for one in concept["coding"] if one["system"].startswith("urn:uitwerk:code:"))
    return next(ours, "")


def when(moment: dict[str, Any]) -> str:
    """Return a moment of /api/v1 as FHIR writes it: with its offset, or the day alone."""
    return str(moment["at"] or moment["on"])


def parts(resource: dict[str, Any], code: str) -> list[Any]:
    """Return what components of a code say."""
    said = []
    for one in resource.get("component", ()):
        if one["code"]["coding"][0]["code"] == code:
            value = next(one[name] for name in one if name.startswith("value"))
            said.append(coded(value) if isinstance(value, dict) else value)
    return said


def test_the_diary_says_what_the_diary_says(told: Lived) -> None:
    items: Items = told.house.get("/me/diary-entries?limit=500", headers=told.phone).json["items"]
    found = [one for one in told.search("Observation") if ".e" in one["id"]]
    newest = {item["id"] for item in items}
    whole = {named(one): one for one in found if coded(one["code"]) == "diary-entry" and named(one) in newest}
    rated: dict[str, Items] = {}
    for one in found:
        rated.setdefault(one["id"].rpartition(".")[0], []).append(one)
    assert set(whole) == newest
    for item in items:
        one = whole[item["id"]]
        _same_entry(one, item, [other for other in rated[one["id"].rpartition(".")[0]] if other != one])


def _same_entry(whole: dict[str, Any], item: dict[str, Any], others: Items) -> None:
    assert (whole["effectiveDateTime"], whole["issued"]) == (when(item["occurred"]), item["recorded_at"])
    assert whole["meta"]["versionId"] == str(item["version"])
    assert parts(whole, "wearing-off") == ([item["wearing_off"]] if item["wearing_off"] else [])
    assert parts(whole, "other-cause") == item["other_causes"]
    assert parts(whole, "no-complaints") == [item["no_complaints"]]
    assert [one["text"] for one in whole.get("note", ())] == ([item["note"]] if item["note"] else [])
    place = {"interval": "interval", "day-since-dose": "day_since_dose", "days-before-actual": "days_before_actual"}
    for code, name in (place | {"days-before-planned": "days_before_planned"}).items():
        assert parts(whole, code) == ([] if item["place"][name] is None else [item["place"][name]])
    said = {coded(one["valueCodeableConcept"]): one for one in others if parts(one, "intensity")}
    assert {key: parts(one, "intensity") for key, one in said.items()} == {
        rating["symptom"]: [rating["intensity"]] for rating in item["ratings"]
    }
    for rating in item["ratings"]:
        one = said[rating["symptom"]]
        assert (parts(one, "impact") or [None]) == [rating["impact"]]
        assert (one["code"]["coding"][0]["code"] == "111551-8") == (rating["intensity"] == 0)
        assert parts(one, "64750-3") == ([str(rating["intensity"])] if rating["intensity"] else [])
        assert one["effectiveDateTime"] == whole["effectiveDateTime"]


def test_doses_say_what_doses_say(told: Lived) -> None:
    items = {item["id"]: item for item in told.v1("/doses")}
    given = {named(one): one for one in told.search("MedicationAdministration")}
    slots = {named(one): one for one in told.search("Appointment")}
    assert set(given) == {key for key, item in items.items() if item["status"] in {"given", "missed"}}
    assert set(slots) == {key for key, item in items.items() if item["planned"] and item["status"] != "undone"}
    for key, one in given.items():
        _same_dose(one, items[key])
    for key, one in slots.items():
        planned, told_start = items[key]["planned"], one.get("start") or one["requestedPeriod"][0]["start"]
        assert told_start == when(planned)
        assert one["meta"] == {"versionId": str(items[key]["version"]), "lastUpdated": items[key]["received_at"]}
    assert given


def _same_dose(one: dict[str, Any], item: dict[str, Any]) -> None:
    assert (one["status"] == "completed") == (item["status"] == "given")
    moments = [when(part["occurred"]) for part in item["parts"]] or [when(item["planned"])]
    stretch = one.get("effectivePeriod") or {"start": one["effectiveDateTime"], "end": one["effectiveDateTime"]}
    assert stretch == {"start": moments[0], "end": moments[-1]}
    drug = entry(catalogue()[item["drug"]], item["route"])
    codes = {code["system"]: code["code"] for code in one["medicationCodeableConcept"]["coding"]}
    assert codes == {"http://www.whocc.no/atc": drug.atc[0], "urn:uitwerk:code:drug": drug.key}
    assert one["meta"] == {"versionId": str(item["version"]), "lastUpdated": item["received_at"]}
    milligrams = [part["mg"] for part in item["parts"]]
    if milligrams and None not in milligrams:
        assert one["dosage"]["dose"]["value"] == sum(milligrams)


def test_plans_say_what_treatments_say(told: Lived) -> None:
    items = {item["id"]: item for item in told.v1("/treatments")}
    found = {named(one): one for one in told.search("MedicationRequest")}
    assert set(found) == set(items)
    for key, one in found.items():
        item, plan = items[key], items[key]["plans"][-1]
        repeat = one["dosageInstruction"][0]["timing"]["repeat"]
        assert one["meta"]["versionId"] == str(item["version"])
        assert repeat["boundsPeriod"]["start"] == item["started_on"]
        assert repeat["boundsPeriod"].get("end") == item["stopped_on"]
        assert repeat["timeOfDay"] == [f"{plan['slot']}:00"]
        assert plan["interval_weeks"] in {None, repeat["period"]}
        assert one["authoredOn"] == item["plans"][0]["recorded_at"]


def test_samples_and_results_say_what_the_laboratory_said(told: Lived) -> None:
    items = {item["id"]: item for item in told.v1("/samples")}
    found = {named(one): one for one in told.search("Specimen")}
    assert set(found) == {key for key, item in items.items() if item["collected"]}
    for key, one in found.items():
        assert one["collection"]["collectedDateTime"] == when(items[key]["collected"])
    levels = {one["id"]: one for one in told.search("Observation") if ".r" in one["id"]}
    count = 0
    for item in told.v1("/results"):
        for result in (one for one in item["results"] if one["standing"]):
            [one] = [one for one in levels.values() if _is_of(one, found[item["id"]]["id"], result["analyte"])]
            value, count = one["valueQuantity"], count + 1
            assert (value["value"], value["unit"], value.get("comparator", "=")) == (
                result["value"], result["unit"], result["comparator"],
            )  # fmt: skip
            assert (one["issued"], one["effectiveDateTime"]) == (result["recorded_at"], when(item["collected"]))
    assert count == len(levels)


def _is_of(one: dict[str, Any], specimen: str, analyte: str) -> bool:
    return bool(one["specimen"]["reference"] == f"Specimen/{specimen}" and coded(one["code"]) == analyte)


def test_findings_say_what_was_found(told: Lived) -> None:
    items = {item["id"]: item for item in told.v1("/findings")}
    found = {named(one): one for one in told.search("Observation") if ".f" in one["id"]}
    assert set(found) == set(items)
    for key, one in found.items():
        item = items[key]
        start = one.get("effectiveDateTime") or one["effectivePeriod"]["start"]
        assert (start, one["meta"]["versionId"]) == (when(item["occurred"]), str(item["version"]))
        assert one.get("effectivePeriod", {}).get("end") == item["ended_on"]
        said = item["values"].get("analyte") or item["kind"]
        assert coded(one["code"]) == said
        assert _numbers(one) == _expected(item)


def _numbers(one: dict[str, Any]) -> list[float]:
    quantities = [one.get("valueQuantity"), *(part.get("valueQuantity") for part in one.get("component", ()))]
    return sorted(quantity["value"] for quantity in quantities if quantity)


def _expected(item: dict[str, Any]) -> list[float]:
    return sorted(value for value in item["values"].values() if isinstance(value, int | float) and value is not True
                  and value is not False)  # fmt: skip


def test_answers_say_what_was_answered(told: Lived) -> None:
    items = {item["id"]: item for item in told.v1("/responses")}
    found = {named(one): one for one in told.search("QuestionnaireResponse")}
    assert set(found) == set(items)
    for key, one in found.items():
        item = items[key]
        assert (one["authored"], one["meta"]["versionId"]) == (when(item["occurred"]), str(item["version"]))
        assert {answer["linkId"] for answer in one.get("item", ())} == set(item["answers"])
        assert one["questionnaire"].endswith(f"/fhir/Questionnaire/{item['form']}|{item['form_version']}")
        assert one["status"] == ("in-progress" if not item["completed"] else one["status"])


def test_all_of_it_is_valid(told: Lived) -> None:
    for kind in ("Observation", "MedicationAdministration", "Appointment", "Provenance", "QuestionnaireResponse"):
        page = told.get(f"/{kind}?patient={told.anna.id}&_count=150&_lastUpdated=ge2000").json
        assert {one["id"]: faults(one) for one in resources(page) if faults(one)} == {}


def test_the_patient_is_who_they_are(told: Lived) -> None:
    [one] = told.search("Patient", f"&_id={told.anna.id}")
    item = told.house.get(f"/patients/{told.anna.id}", headers=told.carla.headers).json
    assert (one["name"][0]["text"], one["birthDate"]) == (item["name"], item["birth_on"])
    assert {each["value"] for each in one["telecom"]} == {item[name] for name in ("email", "phone") if item[name]}
    assert one["identifier"][1]["value"] == item["hospital_number"]
    assert UUID(one["id"]) == told.anna.id


def test_who_looked_is_who_looked(told: Lived) -> None:
    told.search("Specimen")
    items = told.house.get("/me/access-log?limit=500", headers=told.phone).json["items"]
    found = resources(told.get("/AuditEvent?_count=500", told.phone).json)
    shown = [(one["recorded"], one["agent"][0].get("name"), coded({"coding": one["subtype"]})) for one in found]
    assert shown == [(item["at"], item["who"], item["act"]) for item in items]
    assert found[0]["subtype"][0]["code"] == "samples:read"


def test_changes_are_those_of_the_history(told: Lived) -> None:
    items = told.house.get(f"/patients/{told.anna.id}/history?limit=500", headers=told.carla.headers).json["items"]
    kept = [item for item in items if item["what"] in {"dose", "plan", "finding", "result", "identity"}]
    found = told.search("Provenance")
    shown = sorted((one["recorded"], one["activity"]["coding"][1]["code"]) for one in found)
    assert shown == sorted((item["at"], f"{item['what']}:{item['act']}") for item in kept[: len(found)])
