"""Scores over HTTP: an instrument is published by its licence alone, and scored for the clinic and for the study."""

from typing import Any
from uuid import uuid4

import pytest

from backend.domain.instruments import instrument
from tests.factories.assignments import assignment, body
from tests.factories.chains import chain, local
from tests.factories.studies import study
from tests.house import House, Patient, Staff

PATH = "/sites/own/questionnaires/fatigue"
LICENCE = {"reference": "Contract 12 with the maker", "seen_by": "Carla", "seen_on": "2026-05-01"}
AT = "2026-05-26T11:00:00+02:00"


@pytest.fixture
def anna(house: House, carla: Staff) -> Patient:
    house.clock.now = local("2026-05-26 12:00")
    anna = house.patient(cares_for=[carla], language="en")
    chain(house, anna, ["2026-04-06 09:00", "2026-05-04 09:00"])
    return anna


def drafted(house: House, carla: Staff, key: str = "fatigue") -> None:
    """Draft the nine items of the FSS, in words that say nothing: the text is not free."""
    items = [
        {"key": code, "type": "integer", "text": {"nl": code}, "low": item.low, "high": item.high}
        for code, item in instrument("fss").items.items()
    ]
    told = {"key": key, "version": "1", "languages": ["nl"], "title": {"nl": "Vermoeidheid"}, "items": items}
    made = house.post("/sites/own/questionnaires", json={"definition": told}, headers=carla.headers)
    assert made.status_code == 201, made.text


def published(house: House, carla: Staff, key: str = "fatigue") -> Any:
    path = f"/sites/own/questionnaires/{key}/versions/1/publication"
    return house.post(path, headers={**carla.headers, "If-Match": '"1"'})


def claimed(house: House, carla: Staff, **told: Any) -> Any:
    return house.put(f"{PATH}/instrument", json={"instrument": "fss", **told}, headers=carla.headers)


def listed(house: House, carla: Staff) -> dict[str, Any]:
    """What the list says of each questionnaire: its title, and which instrument it is."""
    items = house.get("/sites/own/questionnaires", headers=carla.headers).json["items"]
    return {one["key"]: (one["title"], one["instrument"]) for one in items}


def test_an_instrument_is_not_published_without_its_licence(house: House, carla: Staff) -> None:
    assert claimed(house, carla).status_code == 404
    drafted(house, carla)
    assert house.get(f"{PATH}/instrument", headers=carla.headers).status_code == 404
    assert claimed(house, carla, instrument="none").status_code == 422
    assert listed(house, carla)["fatigue"] == ({"nl": "Vermoeidheid"}, None)
    assert claimed(house, carla).json["licence"] is None
    assert listed(house, carla)["fatigue"] == ({"nl": "Vermoeidheid"}, "fss")
    refused = published(house, carla)
    assert (refused.status_code, refused.json["code"]) == (422, "licence-needed")
    assert claimed(house, carla, licence=LICENCE).json["licence"] == LICENCE
    assert house.get(f"{PATH}/instrument", headers=carla.headers).json["licence"] == LICENCE
    assert published(house, carla).status_code == 200


def test_a_draft_that_was_said_to_be_an_instrument_is_thrown_away_as_any_other(house: House, carla: Staff) -> None:
    drafted(house, carla)
    assert claimed(house, carla, licence=LICENCE).status_code == 200
    away = house.delete(f"{PATH}/versions/1", headers={**carla.headers, "If-Match": '"1"'})
    assert away.status_code == 204, away.text
    assert "fatigue" not in listed(house, carla)


def test_a_questionnaire_under_an_instruments_key_is_one(house: House, carla: Staff) -> None:
    drafted(house, carla, key="fss")
    refused = published(house, carla, key="fss")
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/instrument")


def test_answers_are_scored_for_the_clinic_and_for_the_study_with_what_was_left_out(
    house: House, carla: Staff, anna: Patient
) -> None:
    drafted(house, carla)
    claimed(house, carla, licence=LICENCE)
    assert published(house, carla).status_code == 200
    found = study(house)
    found.join(anna, carla)
    new = body(assignment("fatigue"))
    assert house.post(f"/patients/{anna.id}/assignments", json=new, headers=carla.headers).status_code == 201
    phone = house.phone(anna)
    for answers in ({f"q{number}": number % 7 + 1 for number in range(1, 10)}, {"q1": 7}):
        told = {"id": str(uuid4()), "form": "fatigue", "form_version": "1", "about": "current", "completed": True}
        told |= {"occurred": {"at": AT, "zone": "Europe/Amsterdam"}, "recorded_at": AT, "answers": answers}
        sent = house.post("/me/responses", json=told, headers=phone)
        assert sent.status_code == 201, sent.text
    shown = house.get(f"/patients/{anna.id}/scores", headers=carla.headers).json["items"]
    scores = {one["scores"][0]["n_answered"]: one["scores"][0] for one in shown}
    assert (scores[9]["value"], scores[9]["why_not"]) == (3.67, None)
    assert (scores[1]["value"], scores[1]["why_not"]) == (None, "too-few-answered")
    assert scores[9]["scoring_version"].startswith("fss:")
    rows = {row["n_answered"]: row for row in found.pull("scores")}
    assert {key: (row["score"], row["score_why_not"], row["interval"]) for key, row in rows.items()} == {
        "9": ("3.67", "", "2"),
        "1": ("", "too-few-answered", "2"),
    }
    assert rows["9"]["scoring_version"] == scores[9]["scoring_version"]
