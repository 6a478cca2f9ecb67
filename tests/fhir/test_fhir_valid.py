"""What leaves over FHIR is valid R4: every type, as staff and as the patient, and nothing points where nothing is."""

import pytest

from backend.services.fhir.types import TYPES
from tests.fhir.lived import Lived
from tests.fhir.r4 import CHANGED, faults, references

STAFF = [one.name for one in TYPES if one.care is not None]
OWN = [one.name for one in TYPES if one.own is not None]


def test_no_type_that_is_served_was_changed_between_r4_and_r4b() -> None:
    assert {one.name for one in TYPES} & CHANGED == set()


@pytest.mark.parametrize("kind", STAFF)
def test_what_staff_read_is_valid(anna: Lived, kind: str) -> None:
    found = anna.search(kind, "&_lastUpdated=ge2000" if kind != "Questionnaire" else "")
    assert {one["id"]: faults(one) for one in found if faults(one)} == {}
    assert found


@pytest.mark.parametrize("kind", OWN)
def test_what_a_patient_reads_is_valid(anna: Lived, kind: str) -> None:
    found = anna.search(kind, headers=anna.phone)
    assert {one["id"]: faults(one) for one in found if faults(one)} == {}
    assert found


@pytest.mark.parametrize(("who", "kinds"), [("carla", STAFF), ("anna", OWN)])
def test_whatever_is_pointed_at_can_be_read(anna: Lived, who: str, kinds: list[str]) -> None:
    headers = anna.carla.headers if who == "carla" else anna.phone
    pointed = {one for kind in kinds for found in anna.search(kind, headers=headers) for one in references(found)}
    assert {one: anna.get(f"/{one}", headers).status_code for one in pointed} == dict.fromkeys(pointed, 200)
    assert len(pointed) > 20


def test_what_is_found_can_be_read_and_is_the_same(anna: Lived) -> None:
    for kind in STAFF:
        for found in anna.search(kind)[:20]:
            one = anna.get(f"/{kind}/{found['id']}")
            assert (one.status_code, one.json) == (200, found)
            assert one.headers["ETag"] == f'W/"{found["meta"]["versionId"]}"'
            assert one.content_type.startswith("application/fhir+json")
