"""Uploads that are repeated at the same moment: one row, one answer, nothing overwritten (P03, P04)."""

import copy
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.house import House
from tests.journeys import uploads
from tests.journeys.processes import Installation

IDS, TIMES = 50, 20

pytestmark = pytest.mark.journey


def rows(house: House) -> int:
    """Count the stored entries in the database itself."""
    with house.unit(writes=False) as ctx:
        return int(ctx.session.execute(text("SELECT count(*) FROM diary_entries")).scalar_one())


@pytest.mark.promise("P03")
def test_fifty_ids_uploaded_twenty_times_at_once_make_fifty_rows(installation: Installation, seeded: House) -> None:
    anna = seeded.phone(seeded.patient())
    installation.serve(workers=2)
    bodies = [uploads.entry(installation.now(), number % 11) for number in range(IDS)]
    together = Barrier(TIMES)

    def phone(_number: int) -> list[httpx2.Response]:
        with installation.client(anna) as client:
            answers = []
            for body in bodies:
                together.wait(60)
                answers.append(client.post("/me/diary-entries", json=body))
            return answers

    with ThreadPoolExecutor(TIMES) as pool:
        answers = list(zip(*pool.map(phone, range(TIMES)), strict=True))
    for of_one_id in answers:
        assert sorted(answer.status_code for answer in of_one_id) == [200] * (TIMES - 1) + [201]
        assert sorted(answer.json()["duplicate"] for answer in of_one_id) == [False] + [True] * (TIMES - 1)
        assert len({_without_duplicate(answer) for answer in of_one_id}) == 1
    assert rows(seeded) == IDS
    with installation.client(anna) as client:
        stored = {item["id"]: item["ratings"][0]["intensity"] for item in uploads.all_entries(client)}
    assert stored == {body["id"]: body["ratings"][0]["intensity"] for body in bodies}


@pytest.mark.promise("P04")
def test_an_id_neither_overwrites_nor_leaks(installation: Installation, seeded: House) -> None:
    anna, anja = seeded.phone(seeded.patient()), seeded.phone(seeded.patient())
    installation.serve(workers=2)
    body = uploads.entry(installation.now(), 4)
    other = copy.deepcopy(body)
    other["ratings"][0]["intensity"] = 9
    path = f"/me/diary-entries/{body['id']}"
    with installation.client(anna) as hers, installation.client(anja) as theirs:
        assert hers.post("/me/diary-entries", json=body).status_code == 201
        before = hers.get(path).json()
        refused = hers.post("/me/diary-entries", json=other)
        assert (refused.status_code, refused.json()["code"]) == (409, "id-in-use")
        assert hers.get(path).json() == before
        assert theirs.get(path).status_code == 404
        assert theirs.post("/me/diary-entries", json=other).status_code == 201
        assert hers.get(path).json() == before
    assert rows(seeded) == 2


def _without_duplicate(answer: Any) -> str:
    return str(sorted((name, str(value)) for name, value in answer.json().items() if name != "duplicate"))
