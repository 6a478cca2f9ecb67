"""Keys of researchers: a script pulls one study with one, until its end, and can do nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.studies import Study, admit, study
from tests.house import House


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


def made(of: Study, days: float = 30) -> Any:
    body = {"name": "R script", "ends_at": (of.house.clock.now + timedelta(days=days)).isoformat()}
    return of.house.post(f"/research/studies/{of.id}/keys", json=body, headers=of.dirk.headers)


def key(of: Study, days: float = 30) -> dict[str, str]:
    answer = made(of, days)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json['token']}"}


def pulls(of: Study, headers: dict[str, str]) -> int:
    status: int = of.house.get(f"/research/studies/{of.id}/subjects.csv", headers=headers).status_code
    return status


@pytest.mark.promise("P18")
def test_a_key_opens_its_own_study_and_nothing_else(house: House, found: Study) -> None:
    other = study(house, name="Other")
    admit(other, found.dirk)
    held = key(found)
    assert pulls(found, found.dirk.headers) == pulls(other, found.dirk.headers) == 200
    assert (pulls(found, held), pulls(other, held)) == (200, 404)
    listed = house.get("/research/studies", headers=held).json["items"]
    assert [one["id"] for one in listed] == [found.id]
    for path in (f"/research/studies/{found.id}/keys", "/sites/own", "/access/session", "/catalogue/drugs"):
        assert house.get(path, headers=held).status_code == 403, path
    assert house.post(f"/research/studies/{found.id}/snapshots", json={}, headers=held).status_code == 202


def test_a_key_is_shown_once_and_listed_without_its_token(house: House, found: Study) -> None:
    answer = made(found).json
    assert len(answer["token"]) >= 43
    (listed,) = house.get(f"/research/studies/{found.id}/keys", headers=found.dirk.headers).json["items"]
    assert listed == {**answer, "token": None}


@pytest.mark.promise("P22")
def test_a_key_ends_when_it_is_revoked_its_time_is_up_or_its_maker_is_no_longer_admitted(
    house: House, found: Study
) -> None:
    revoked, short, long = (made(found, days).json for days in (30, 1, 300))
    heads = [{"Authorization": f"Bearer {one['token']}"} for one in (revoked, short, long)]
    assert [pulls(found, head) for head in heads] == [200] * 3
    path = f"/research/studies/{found.id}/keys/{revoked['id']}"
    assert [house.delete(path, headers=found.dirk.headers).status_code for _ in range(2)] == [204, 204]
    house.clock.now += timedelta(days=2)
    assert [pulls(found, head) for head in heads] == [401, 401, 200]
    admit(found, found.dirk, ends_at=house.clock.now)
    assert pulls(found, heads[2]) == 404


def test_a_key_of_a_colleague_is_as_unknown_as_none(house: House, found: Study) -> None:
    other = house.login("researcher", email="other@clinic.example")
    admit(found, other)
    mine = made(found).json["id"]
    refused = house.delete(f"/research/studies/{found.id}/keys/{mine}", headers=other.headers)
    assert refused.status_code == 404
    assert house.get(f"/research/studies/{found.id}/keys", headers=other.headers).json["items"] == []


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_key_ends_ahead_and_within_a_year(found: Study, days: float) -> None:
    refused = made(found, days)
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/ends_at")


def test_there_are_only_so_many_keys_at_once(found: Study) -> None:
    for _ in range(20):
        last = made(found).json
    assert made(found).status_code == 409
    found.house.delete(f"/research/studies/{found.id}/keys/{last['id']}", headers=found.dirk.headers)
    assert made(found).status_code == 201
