"""Questionnaires of a site: drafted, published once and for all, and followed by versions that keep what keys mean."""

from pathlib import Path
from typing import Any

import pytest

from backend.domain.conditions import NOT_CARRIED
from backend.domain.definitions import content_hash, read
from backend.domain.forms import forms
from tests.factories.forms import asks, definition, question
from tests.house import House, Staff

REDCAP = Path(__file__).parents[1] / "data" / "redcap.csv"
ALL = "/sites/own/questionnaires"
FIRST = definition(question("a"), question("b", "integer", enable_when=[asks("a", "=", "a")]))


def path(version: int = 1, key: str = "made") -> str:
    return f"{ALL}/{key}/versions/{version}"


def draft(house: House, staff: Staff, told: dict[str, Any]) -> Any:
    return house.post(ALL, json={"definition": told}, headers=staff.headers)


def at(staff: Staff, edit: int = 1) -> dict[str, str]:
    return {**staff.headers, "If-Match": f'"{edit}"'}


def publish(house: House, staff: Staff, version: int = 1, edit: int = 1) -> Any:
    return house.post(f"{path(version)}/publication", headers=at(staff, edit))


def newer(*items: dict[str, Any], **told: Any) -> dict[str, Any]:
    return definition(*items, version="2", **told)


def test_a_draft_is_written_replaced_and_published_and_then_stands(house: House, carla: Staff) -> None:
    made = draft(house, carla, FIRST)
    assert (made.status_code, made.headers["ETag"], made.json["published"]) == (201, '"1"', False)
    assert made.json["hash"] == content_hash(read(FIRST))
    other = definition(question("a"))
    changed = house.put(path(), json={"definition": other}, headers=at(carla))
    assert (changed.status_code, changed.json["edit"], changed.json["definition"]["items"]) == (200, 2, other["items"])
    same = house.put(path(), json={"definition": other}, headers=at(carla, 2))
    assert (same.status_code, same.json["edit"]) == (200, 2)
    late = house.put(path(), json={"definition": FIRST}, headers=at(carla))
    assert (late.status_code, late.json["code"]) == (409, "stale-version")
    done = publish(house, carla, edit=2)
    assert (done.status_code, done.json["published"], done.json["published_by"]) == (200, True, str(carla.id))
    for answer in (
        house.put(path(), json={"definition": FIRST}, headers=at(carla, 2)),
        publish(house, carla, edit=2),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "wrong-state")
    seen = house.get(path(), headers=carla.headers)
    assert (seen.json["definition"]["items"], seen.json["hash"]) == (other["items"], content_hash(read(other)))


def test_what_ships_stands_there_published_and_its_key_is_taken(house: House, carla: Staff) -> None:
    listed = house.get(ALL, headers=carla.headers).json["items"]
    assert {(one["key"], one["hash"]) for one in listed if one["built_in"] and one["published"]} == {
        (one.key, content_hash(one)) for one in forms().values()
    }
    assert {one["key"]: one["instrument"] for one in listed}["vas-100"] == "vas-100"
    shipped = house.get(path(key="vas-100"), headers=carla.headers)
    assert shipped.json["definition"]["key"] == "vas-100"
    taken = draft(house, carla, {**FIRST, "key": "vas-100"})
    assert (taken.status_code, taken.json["code"]) == (409, "already-exists")
    assert house.put(path(key="vas-100"), json={"definition": FIRST}, headers=at(carla)).status_code == 404


def test_there_is_one_draft_at_a_time_with_the_next_number(house: House, carla: Staff) -> None:
    wrong = draft(house, carla, {**FIRST, "version": "2"})
    assert (wrong.status_code, wrong.json["pointers"][0]["pointer"]) == (422, "/definition/version")
    draft(house, carla, FIRST)
    again = draft(house, carla, newer(question("a")))
    assert (again.status_code, again.json["code"]) == (409, "already-exists")
    publish(house, carla)
    assert draft(house, carla, newer(question("a"))).status_code == 201
    listed = house.get(ALL, headers=carla.headers).json["items"]
    mine = [(one["version"], one["published"]) for one in listed if one["key"] == "made"]
    assert mine == [(1, True), (2, False)]


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        (newer(question("a", "integer")), "/items/0/type"),
        (newer(question("a", repeats=True)), "/items/0/type"),
        (newer(question("c"), moved={"gone": "c"}), "/moved/gone"),
        (newer(question("c"), moved={"b": "c"}), "/moved/b"),
    ],
)
def test_a_version_that_would_change_what_a_key_means_is_not_published(
    house: House, carla: Staff, told: dict[str, Any], pointer: str
) -> None:
    draft(house, carla, FIRST)
    publish(house, carla)
    draft(house, carla, told)
    refused = publish(house, carla, version=2)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)
    good = newer(question("c"), question("b", "integer"), moved={"a": "c"})
    assert house.put(path(2), json={"definition": good}, headers=at(carla)).status_code == 200
    done = publish(house, carla, version=2, edit=2)
    assert (done.status_code, done.json["definition"]["moved"]) == (200, {"a": "c"})


def test_a_key_that_was_away_for_a_version_still_means_what_it_meant(house: House, carla: Staff) -> None:
    for told in (FIRST, newer(question("a"))):
        draft(house, carla, told)
        assert publish(house, carla, version=int(told["version"])).status_code == 200
    draft(house, carla, definition(question("b", "boolean"), version="3"))
    assert publish(house, carla, version=3).status_code == 422


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({}, "/definition/key"),
        (definition(question("a"), colour=1), "/definition/colour"),
        (definition(question("a", "slider")), "/definition/items/0/type"),
        (definition(question("a", enable_when=[asks("b", "=", 1)])), "/definition/items/0/enable_when/0/question"),
    ],
)
def test_a_definition_that_does_not_read_is_refused_where_it_stands(
    house: House, carla: Staff, told: dict[str, Any], pointer: str
) -> None:
    refused = draft(house, carla, told)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)


def test_a_draft_that_says_another_key_or_version_is_refused(house: House, carla: Staff) -> None:
    draft(house, carla, FIRST)
    for told, pointer in (({"key": "other"}, "/definition/key"), ({"version": "2"}, "/definition/version")):
        refused = house.put(path(), json={"definition": FIRST | told}, headers=at(carla))
        assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, pointer)


def test_a_site_sees_its_own_questionnaires_only_and_what_is_not_there_is_not_found(house: House, carla: Staff) -> None:
    draft(house, carla, FIRST)
    stranger = house.login("clinician", site=house.new_site())
    assert house.get(path(), headers=stranger.headers).status_code == 404
    assert {one["key"] for one in house.get(ALL, headers=stranger.headers).json["items"]} == set(forms())
    assert draft(house, stranger, FIRST).status_code == 201
    for name in ("2", "0", "x", "1e1", "99999999999999999999"):
        assert house.get(f"{ALL}/made/versions/{name}", headers=carla.headers).status_code == 404


def test_a_coordinator_drafts_and_a_clinician_publishes(house: House, carla: Staff) -> None:
    assert draft(house, house.login("coordinator"), FIRST).status_code == 201
    for role in ("coordinator", "nurse", "researcher", "admin"):
        assert house.get(ALL, headers=house.login(role).headers).status_code == 200
        assert publish(house, house.login(role)).status_code == 403
    for role in ("nurse", "researcher", "admin"):
        assert draft(house, house.login(role), FIRST).status_code == 403
    assert publish(house, carla).status_code == 200


def test_what_leaves_as_fhir_comes_in_at_another_site_as_a_draft(house: House, carla: Staff) -> None:
    left = house.get(f"{path(key='end-of-interval')}/fhir", headers=carla.headers)
    assert (left.status_code, left.json["resource"]["status"]) == (200, "active")
    assert left.json["lost"][0]["pointer"] == "/items/4/band_of"
    resource = {
        **left.json["resource"],
        "identifier": [{"value": "looking-back"}],
        "version": "7",
        "date": "2026-01-01",
    }
    made = house.post(f"{ALL}/fhir", json={"resource": resource}, headers=carla.headers)
    assert (made.status_code, made.json["draft"]["version"], made.json["draft"]["published"]) == (201, 1, False)
    assert [one["pointer"] for one in made.json["lost"]] == ["/date", "/version"]
    shipped = house.get(path(key="end-of-interval"), headers=carla.headers).json["definition"]["items"]
    without = [{name: told for name, told in item.items() if name not in {"band_of", "options"}} for item in shipped]
    brought = [
        {name: told for name, told in item.items() if name != "options"}
        for item in made.json["draft"]["definition"]["items"]
    ]
    assert brought == without
    again = house.post(f"{ALL}/fhir", json={"resource": resource}, headers=carla.headers)
    assert (again.status_code, again.json["code"]) == (409, "already-exists")
    wrong = house.post(f"{ALL}/fhir", json={"resource": {"resourceType": "Patient"}}, headers=carla.headers)
    assert (wrong.status_code, wrong.json["pointers"][0]["pointer"]) == (422, "/resource/resourceType")


def test_an_instrument_of_a_data_dictionary_comes_in_as_a_draft(house: House, carla: Staff) -> None:
    told = {"csv": REDCAP.read_text("utf-8"), "language": "en"}
    several = house.post(f"{ALL}/redcap", json=told, headers=carla.headers)
    assert (several.status_code, several.json["pointers"][0]["pointer"]) == (422, "/form")
    assert "baseline, followup" in several.json["pointers"][0]["detail"]
    made = house.post(f"{ALL}/redcap", json={**told, "form": "followup"}, headers=carla.headers)
    assert (made.status_code, made.json["draft"]["key"], made.json["draft"]["version"]) == (201, "followup", 1)
    assert made.json["draft"]["definition"]["items"] == [{"key": "again", "type": "boolean", "text": {"en": "Again?"}}]
    assert {"pointer": "/24/branching_logic", "reason": NOT_CARRIED} in made.json["lost"]
    none = house.post(f"{ALL}/redcap", json={"csv": "a;b", "language": "nl"}, headers=carla.headers)
    assert (none.status_code, none.json["code"]) == (422, "invalid")


def test_a_draft_is_thrown_away_as_it_was_read_and_what_was_published_stays(house: House, carla: Staff) -> None:
    def discard(edit: int = 1) -> Any:
        return house.delete(path(), headers=at(carla, edit))

    draft(house, carla, FIRST)
    assert discard(2).json["code"] == "stale-version"
    assert [discard().status_code, discard().status_code] == [204, 404]
    assert draft(house, carla, FIRST).status_code == 201
    publish(house, carla)
    assert discard().json["code"] == "wrong-state"
    assert house.get(path(), headers=carla.headers).json["published"] is True
