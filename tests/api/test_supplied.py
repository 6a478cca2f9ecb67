"""What a site supplies to an instrument over HTTP: kept in versions, checked, and what answers are scored by then."""

from typing import Any
from uuid import uuid4

import pytest

from backend.domain.instruments import instrument
from tests.factories.assignments import assignment, body
from tests.factories.chains import chain, local
from tests.house import House, Patient, Staff

PATH = "/sites/own/instruments/cis-20r"
LICENCE = {"reference": "Contract 12 with the maker", "seen_by": "Carla", "seen_on": "2026-05-01"}
CODES = [f"q{number}" for number in range(1, 21)]
SCALES = {"fatigue": CODES[:8], "concentration": CODES[8:13], "motivation": CODES[13:17], "activity": CODES[17:]}
AT = "2026-05-26T11:00:00+02:00"


def told(**some: Any) -> dict[str, Any]:
    """What no manual says: an order of our own."""
    scales = [{"scale": key, "items": codes} for key, codes in SCALES.items()]
    return {"reference": "manual, page 3", "mirrored": ["q1"], "scales": scales, **some}


def supply(house: House, who: Staff, sent: dict[str, Any], version: int = 0) -> Any:
    return house.put(PATH, json=sent, headers={**who.headers, "If-Match": f'"{version}"'})


def test_what_was_supplied_is_kept_in_versions_and_says_what_is_needed_still(house: House, carla: Staff) -> None:
    assert house.get(PATH, headers=carla.headers).status_code == 404
    half = supply(house, carla, told(scales=[]))
    assert (half.status_code, half.json["version"], half.json["needs"]) == (200, 1, ["assignment"])
    whole = supply(house, carla, told(), 1)
    assert (whole.json["version"], whole.json["needs"], whole.headers["ETag"]) == (2, [], '"2"')
    assert supply(house, carla, told(), 0).json == whole.json
    assert supply(house, carla, told(mirrored=[]), 1).json["code"] == "stale-version"
    shown = house.get(PATH, headers=carla.headers).json
    assert shown["supplied"]["mirrored"] == ["q1"]
    assert house.get("/sites/own/instruments", headers=carla.headers).json == {"items": [shown]}


@pytest.mark.parametrize(
    ("some", "pointer"),
    [
        ({"mirrored": ["q21"]}, "/mirrored"),
        ({"scales": [{"scale": "fatigue", "items": CODES[:8]}]}, "/scales"),
        ({"values": [{"profile": "11111", "value": 1}]}, "/values"),
        ({"values": [{"profile": "11111", "value": 1}] * 2}, "/values"),
        ({"reference": " "}, "/reference"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_wrong(
    house: House, carla: Staff, some: dict[str, Any], pointer: str
) -> None:
    refused = supply(house, carla, told(**some))
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)


def test_answers_that_were_there_are_scored_once_the_manual_is_supplied(house: House, carla: Staff) -> None:
    house.clock.now = local("2026-05-26 12:00")
    anna = house.patient(cares_for=[carla], language="en")
    chain(house, anna, ["2026-04-06 09:00", "2026-05-04 09:00"])
    _published(house, carla)
    assigned = house.post(f"/patients/{anna.id}/assignments", json=body(assignment("tired")), headers=carla.headers)
    assert assigned.status_code == 201, assigned.text
    sent = {"id": str(uuid4()), "form": "tired", "form_version": "1", "about": "current", "completed": True}
    sent |= {"occurred": {"at": AT, "zone": "Europe/Amsterdam"}, "recorded_at": AT}
    sent["answers"] = dict.fromkeys(CODES, 2)
    assert house.post("/me/responses", json=sent, headers=house.phone(anna)).status_code == 201
    assert {one["why_not"] for one in _scores(house, anna, carla).values()} == {"site-has-not-supplied"}
    supply(house, carla, told())
    found = _scores(house, anna, carla)
    assert {key: one["value"] for key, one in found.items()} == {
        "fatigue": 20.0, "concentration": 10.0, "motivation": 8.0, "activity": 6.0, "total": 44.0,
    }  # fmt: skip
    before = found["total"]["scoring_version"]
    supply(house, carla, told(mirrored=[]), 1)
    again = _scores(house, anna, carla)["total"]
    assert (again["value"], again["scoring_version"] == before) == (40.0, False)


def test_one_sites_manual_is_nothing_to_another(house: House, carla: Staff) -> None:
    supply(house, carla, told())
    other = house.login("clinician", site=house.new_site())
    assert house.get(PATH, headers=other.headers).status_code == 404
    assert house.get("/sites/own/instruments", headers=other.headers).json == {"items": []}


def _published(house: House, carla: Staff) -> None:
    items = [
        {"key": code, "type": "integer", "text": {"nl": code}, "low": item.low, "high": item.high}
        for code, item in instrument("cis-20r").items.items()
    ]
    form = {"key": "tired", "version": "1", "languages": ["nl"], "title": {"nl": "Moe"}, "items": items}
    path = "/sites/own/questionnaires"
    assert house.post(path, json={"definition": form}, headers=carla.headers).status_code == 201
    claim = {"instrument": "cis-20r", "licence": LICENCE}
    assert house.put(f"{path}/tired/instrument", json=claim, headers=carla.headers).status_code == 200
    headers = {**carla.headers, "If-Match": '"1"'}
    done = house.post(f"{path}/tired/versions/1/publication", headers=headers)
    assert done.status_code == 200, done.text


def _scores(house: House, anna: Patient, carla: Staff) -> dict[str, Any]:
    (one,) = house.get(f"/patients/{anna.id}/scores", headers=carla.headers).json["items"]
    return {each["scale"]: each for each in one["scores"]}
