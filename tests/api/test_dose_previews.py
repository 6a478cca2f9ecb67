"""A preview answers what the act would answer, and leaves nothing behind but that somebody looked."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, select

from backend.domain.permissions import Role
from backend.services.context import Actor
from backend.storage.db import Base
from backend.storage.events import EventRow
from tests.factories.chains import ZONE, chain
from tests.factories.people import PatientBody
from tests.house import House, Patient, Staff

Rows = dict[str, list[tuple[Any, ...]]]

MOVE = {"planned": {"at": "2026-06-23T09:00:00+02:00", "zone": ZONE}, "reason": "holiday"}
GIVEN = {"occurred": {"at": "2026-06-01T09:00:00+02:00", "zone": ZONE}}
WHY = {"reason": "feverish"}


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """Anna, who has an e-mail address to be reminded at."""
    answer = house.post("/patients", headers=bram.headers, json=PatientBody())
    anna_id = UUID((answer.json or {})["id"])
    return Patient(anna_id, Actor(Role.PATIENT, patient_id=anna_id))


@pytest.fixture
def treatment_id(house: House, anna: Patient) -> UUID:
    return chain(house, anna, ["2026-04-06 09:00", "2026-05-04 09:00"])


@pytest.fixture
def planned(house: House, anna: Patient, bram: Staff, treatment_id: UUID) -> str:
    """A dose planned for next week, with everything that hangs on it."""
    slot = {"at": "2026-06-08T09:00:00+02:00", "zone": ZONE}
    body = {"id": str(uuid4()), "treatment_id": str(treatment_id), "status": "planned", "planned": slot}
    answer = house.post(f"/patients/{anna.id}/doses", headers=bram.headers, json=body)
    assert answer.status_code == 201, answer.text
    return body["id"]  # type: ignore[return-value]


def act(house: House, who: Staff, patient: Patient, path: str, body: dict[str, Any], version: int = 1) -> Any:
    headers = who.headers | {"If-Match": f'"{version}"'}
    return house.post(f"/patients/{patient.id}/doses/{path}", headers=headers, json=body)


def everything(house: House) -> Rows:
    """Return all rows of all tables, in the order of their keys."""
    with house.unit(writes=False) as ctx:
        return {
            name: [tuple(row) for row in ctx.session.execute(select(table).order_by(*_keys(table)))]
            for name, table in Base.metadata.tables.items()
        }


def _keys(table: Table) -> list[Any]:
    return list(table.primary_key.columns)


def without_new_ids(told: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the ids of the reminders it made: they are drawn anew each time."""
    made = [{key: value for key, value in one.items() if key != "id"} for one in told["moved"]["created"]]
    return told | {"moved": told["moved"] | {"created": made}}


ACTS: dict[str, dict[str, Any]] = {"move": MOVE, "record": GIVEN, "miss": WHY, "cancel": WHY, "undo": WHY}


@pytest.mark.parametrize("name", ACTS)
def test_a_preview_answers_what_the_act_then_answers(
    house: House, bram: Staff, anna: Patient, planned: str, name: str
) -> None:
    shown = act(house, bram, anna, f"{planned}/{name}/preview", ACTS[name])
    assert shown.status_code == 200, shown.text
    assert "ETag" not in shown.headers
    done = act(house, bram, anna, f"{planned}/{name}", ACTS[name])
    assert done.status_code == 200, done.text
    assert without_new_ids(shown.json) == without_new_ids(done.json)
    assert shown.json["dose"]["version"] == 2


@pytest.mark.parametrize("name", ACTS)
def test_a_preview_leaves_nothing_but_that_somebody_looked(
    house: House, bram: Staff, anna: Patient, planned: str, name: str
) -> None:
    before = everything(house)
    assert act(house, bram, anna, f"{planned}/{name}/preview", ACTS[name]).status_code == 200
    after = everything(house)
    looked = [row for row in after.pop("events") if row not in before["events"]]
    assert after == {table: rows for table, rows in before.items() if table != "events"}
    assert len(looked) == 1
    with house.unit() as ctx:
        last = ctx.session.scalars(select(EventRow).order_by(EventRow.id.desc())).first()
        assert last is not None
        assert (last.act, last.patient_id, last.subject) == ("doses:read", anna.id, planned)


def test_what_would_move_is_shown_and_the_reminders_stay(
    house: House, bram: Staff, anna: Patient, planned: str
) -> None:
    standing = house.get(f"/patients/{anna.id}/reminders", headers=bram.headers).json
    shown = act(house, bram, anna, f"{planned}/move/preview", MOVE).json
    moved = {name: {one["due_on"] for one in told if one["kind"] == "dose"} for name, told in shown["moved"].items()}
    assert moved == {"cancelled": {"2026-06-08"}, "created": {"2026-06-23"}, "in_flight": set()}
    assert house.get(f"/patients/{anna.id}/reminders", headers=bram.headers).json == standing


def test_a_preview_refuses_what_the_act_refuses_and_keeps_nothing(
    house: House, bram: Staff, anna: Patient, planned: str
) -> None:
    before = everything(house)
    stale = act(house, bram, anna, f"{planned}/move/preview", MOVE, version=7)
    tomorrow = {"occurred": {"at": "2026-06-02T09:00:00+02:00", "zone": ZONE}}
    ahead = act(house, bram, anna, f"{planned}/record/preview", tomorrow)
    unnamed = house.post(f"/patients/{anna.id}/doses/{planned}/undo/preview", headers=bram.headers, json=WHY)
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    assert ahead.json["code"] == "out-of-time"
    assert unnamed.json["code"] == "if-match-needed"
    assert everything(house) == before


def test_who_does_not_care_for_a_patient_previews_nothing(house: House, anna: Patient, planned: str) -> None:
    other = house.login("nurse")
    assert act(house, other, anna, f"{planned}/move/preview", MOVE).status_code == 404
