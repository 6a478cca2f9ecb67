"""A list of doses is first shown and then stored: what is new of the patients one cares for, and nothing else."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.storage.db import Base
from backend.storage.events import EventRow
from tests.factories.chains import chain
from tests.factories.people import PatientBody
from tests.house import House, Patient, Staff

HEAD = "hospital_number,drug,given_on,given_at,route,status,parts"
ROWS = (
    "7001,natalizumab_iv,2026-03-02,09:30,iv,given,300",
    "7001,natalizumab_iv,2026-03-30,09:30,,given,",
    "7001,natalizumab_iv,2026-06-22,09:30,,planned,",
)


def enrolled(house: House, who: Staff, number: str) -> Patient:
    """Enrol a patient with a hospital number, on natalizumab since February."""
    made = house.post("/patients", headers=who.headers, json=PatientBody(hospital_number=number))
    patient = Patient(UUID((made.json or {})["id"]), who.actor)
    chain(house, patient, ["2026-02-02 09:30"])
    return patient


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return enrolled(house, bram, "7001")


def send(house: House, who: Staff, *rows: str, confirm: bool = True, **told: Any) -> Any:
    body = {"csv": "\n".join((HEAD, *rows)), "confirm": confirm, **told}
    return house.post("/intake/doses", headers=who.headers, json=body)


def given_on(house: House, who: Staff, patient: Patient) -> list[tuple[str, str]]:
    told = house.get(f"/patients/{patient.id}/doses", headers=who.headers).json["items"]
    return [((one["given"] or one["planned"])["on"], one["status"]) for one in told]


def everything(house: House) -> dict[str, list[Any]]:
    """Return all rows of all tables but the audit log."""
    with house.unit(writes=False) as ctx:
        return {
            name: sorted(map(repr, ctx.session.execute(select(table))))
            for name, table in Base.metadata.tables.items()
            if name != "events"
        }


def test_what_is_new_is_stored_and_counted(house: House, bram: Staff, anna: Patient) -> None:
    answer = send(house, bram, *ROWS)
    assert answer.status_code == 200, answer.text
    assert answer.json == {"confirmed": True, "patients": 1, "doses": 3, "unchanged": 0, "refused": []}
    assert given_on(house, bram, anna) == [
        ("2026-02-02", "given"), ("2026-03-02", "given"), ("2026-03-30", "given"), ("2026-06-22", "planned"),
    ]  # fmt: skip


def test_without_confirming_it_tells_the_same_and_keeps_nothing(house: House, bram: Staff, anna: Patient) -> None:
    rows = (*ROWS, "7001,ofatumumab,2026-03-02,,,,")
    before = everything(house)
    shown = send(house, bram, *rows, confirm=False).json
    assert everything(house) == before
    done = send(house, bram, *rows).json
    assert shown | {"confirmed": True} == done
    assert (shown["doses"], [row["line"] for row in shown["refused"]]) == (3, [5])


def test_sent_again_it_changes_nothing(house: House, bram: Staff, anna: Patient) -> None:
    send(house, bram, *ROWS)
    before = everything(house)
    again = send(house, bram, *ROWS)
    assert again.json == {"confirmed": True, "patients": 0, "doses": 0, "unchanged": 3, "refused": []}
    assert everything(house) == before


def test_a_refused_row_is_told_by_line_code_and_sentence_and_loses_no_other(
    house: House, bram: Staff, anna: Patient
) -> None:
    enrolled(house, bram, "7002")
    told = send(
        house, bram,
        "7001,natalizumab_iv,2026-03-02,09:30,iv,given,300",
        "7001,natalizumab_iv,2026-13-02,09:30,iv,given,300",
        "7001,ofatumumab,2026-03-09,,,,",
        "7002,natalizumab_iv,2026-03-04,10:00,,,",
        "7002,natalizumab_iv,2026-07-04,10:00,,given,",
        "7002,nonsense,2026-03-04,10:00,,,",
    ).json  # fmt: skip
    assert (told["patients"], told["doses"]) == (2, 2)
    assert [(row["line"], row["code"]) for row in told["refused"]] == [
        (3, "invalid"), (4, "not-found"), (6, "out-of-time"), (7, "unknown-drug"),
    ]  # fmt: skip
    assert told["refused"][0]["sentence"] == "given_on: is not a day of the calendar."


def test_what_is_stored_otherwise_stays_and_is_told(house: House, bram: Staff, anna: Patient) -> None:
    send(house, bram, *ROWS)
    told = send(house, bram, "7001,natalizumab_iv,2026-03-02,11:00,iv,given,300").json
    assert (told["doses"], [row["code"] for row in told["refused"]]) == (0, ["differs"])


def test_whom_one_does_not_care_for_is_told_like_nobody(house: House, bram: Staff, anna: Patient) -> None:
    other = house.login("nurse")
    row = "natalizumab_iv,2026-03-02,09:30,,,"
    told = send(house, other, f"7001,{row}", f"9999,{row}").json
    assert [(one["line"], one["code"]) for one in told["refused"]] == [(2, "not-found"), (3, "not-found")]
    assert told["refused"][0]["sentence"] == told["refused"][1]["sentence"]
    assert given_on(house, bram, anna) == [("2026-02-02", "given")]
    with house.unit() as ctx:
        assert not list(ctx.session.scalars(select(EventRow.id).where(EventRow.actor_id == other.id)))


def test_dutch_days_are_read_where_told(house: House, bram: Staff, anna: Patient) -> None:
    row = "7001,natalizumab_iv,2-3-2026,09:30,,,"
    assert send(house, bram, row).json["refused"][0]["code"] == "invalid"
    assert send(house, bram, row, dates="nl").json["doses"] == 1


@pytest.mark.parametrize("confirm", [True, False])
def test_whose_rows_were_compared_is_written_down(house: House, bram: Staff, anna: Patient, confirm: bool) -> None:
    quiet = enrolled(house, bram, "7003")
    send(house, bram, *ROWS, confirm=confirm)
    with house.unit() as ctx:
        query = select(EventRow.patient_id, EventRow.act).where(EventRow.subject != "", EventRow.act.like("doses:%"))
        seen = set(map(tuple, ctx.session.execute(query)))
    assert (anna.id, "doses:read") in seen
    assert ((anna.id, "doses:write") in seen) is confirm
    assert quiet.id not in {patient_id for patient_id, _ in seen}


@pytest.mark.parametrize("table", ["", "hospital_number,drug\n1,2", f"{HEAD},name\n", "a;b;c"])
def test_what_is_no_such_table_is_refused_whole(house: House, bram: Staff, table: str) -> None:
    answer = house.post("/intake/doses", headers=bram.headers, json={"csv": table, "confirm": True})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


@pytest.mark.parametrize("numbers", [range(101), [7001] * 1001], ids=["patients", "doses"])
def test_a_list_of_very_many_is_refused_whole(house: House, bram: Staff, numbers: Any) -> None:
    answer = send(house, bram, *(f"{number},natalizumab_iv,2026-03-02,09:30,,," for number in numbers))
    assert (answer.status_code, answer.json["code"]) == (422, "out-of-bounds")


def test_a_table_may_be_as_large_as_a_megabyte(house: House, bram: Staff, anna: Patient) -> None:
    row = "7001,ofatumumab,2026-13-02,09:30,,,"
    told = send(house, bram, *[row] * 25_000)
    assert told.status_code == 200
    assert len(told.json["refused"]) == 25_000
    assert send(house, bram, *[row] * 30_000).status_code == 422


def test_reminders_follow_what_was_taken_in(house: House, bram: Staff, anna: Patient) -> None:
    send(house, bram, *ROWS)
    told = house.get(f"/patients/{anna.id}/reminders", headers=bram.headers).json["items"]
    assert "2026-06-22" in {one["due_on"] for one in told if one["kind"] == "dose"}


def test_a_coordinator_takes_in_no_list(house: House) -> None:
    assert send(house, house.login("coordinator"), *ROWS).status_code == 403
