"""What is planted in twenty records leaves no trace in any byte of a snapshot, and two studies cannot be joined."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import duckdb
import pytest

from backend.domain.datasets import DATASETS
from backend.domain.permissions import Role
from backend.domain.snapshots import Format
from backend.services.context import Actor
from tests.factories.chains import chain
from tests.factories.entries import EntryUpload
from tests.factories.findings import FindingUpload
from tests.factories.people import PatientBody
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload
from tests.factories.snapshots import Snapshots
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

COHORT, SHARED = 20, 8
GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]


def planted(number: int) -> dict[str, str]:
    """Return what says who somebody is, each text found nowhere else."""
    return {
        "name": f"Zwaluwstaart-{number:02}", "birth_on": f"19{40 + number % 40}-05-1{number % 10}",
        "hospital_number": f"HN99{number:04}77", "email": f"plant{number:02}@zwaluw.example",
        "phone": f"+3161234{number:04}",
    }  # fmt: skip


def lived(house: House, bram: Staff, number: int) -> tuple[Patient, list[str]]:
    """Enrol somebody with doses, an entry, a prick, a form and a finding, with words of their own in each that may."""
    told, words = planted(number), f"mijn buurman Zonnebloem-{number:02}"
    body = cast("dict[str, Any]", PatientBody(language="nl", **told))
    made = house.post("/patients", json=body, headers=bram.headers)
    assert made.status_code == 201, made.text
    patient_id = UUID(made.json["id"])
    anna = Patient(patient_id, Actor(Role.PATIENT, patient_id=patient_id))
    chain(house, anna, GIVEN)
    phone = house.phone(anna)
    entry = cast("dict[str, Any]", EntryUpload(at="2026-04-20T20:15:00+02:00")) | {"note": words}
    prick = cast("dict[str, Any]", SampleUpload(at="2026-04-27T07:00:00+02:00"))
    form = cast("dict[str, Any]", ResponseUpload(at="2026-04-29T20:00:00+02:00", about="previous"))
    sent = [("/me/diary-entries", entry, phone), ("/me/samples", prick, phone), ("/me/responses", form, phone)]
    finding = cast("dict[str, Any]", FindingUpload(kind="relapse", on="2026-04-10")) | {"note": words}
    for path, what, headers in (*sent, (f"/patients/{anna.id}/findings", finding, bram.headers)):
        answer = house.post(path, json=what, headers=headers)
        assert answer.status_code == 201, (path, answer.text)
    ids = [str(anna.id), entry["id"], prick["id"], form["id"], finding["id"]]
    return anna, [*told.values(), words, "Zonnebloem", *ids, *(one.replace("-", "") for one in ids)]


def files(snapshots: Snapshots) -> dict[str, bytes]:
    made = snapshots.frozen(formats=[*Format])
    return {one["name"]: snapshots.file(made, one["name"]) for one in snapshots.told(made)["files"]}


def readable(told: dict[str, bytes], folder: Any) -> Iterable[tuple[str, bytes]]:
    """Yield every file, and what a packed one holds when it is read."""
    yield from told.items()
    with duckdb.connect() as connection:
        for dataset in DATASETS:
            path = folder / "file.parquet"
            path.write_bytes(told[f"{dataset}.parquet"])
            yield f"{dataset} unpacked", repr(connection.execute(f"FROM '{path}'").fetchall()).encode()


@pytest.mark.promise("P20")
@pytest.mark.promise("P31")
def test_nothing_planted_in_twenty_records_leaves_and_two_studies_share_no_id(house: House, tmp_path: Any) -> None:
    bram = house.login("nurse")
    first, second = study(house), study(house, name="Other")
    traces: list[str] = []
    for number in range(COHORT):
        anna, told = lived(house, bram, number)
        traces += told
        joined: list[Study] = [first] if number >= SHARED else [first, second]
        for one in joined:
            assert one.join(anna, bram).status_code == 200
    house.clock.now += timedelta(minutes=5)
    whole, part = files(Snapshots(first)), files(Snapshots(second))
    assert whole["subjects.csv"].count(b"\r\n") == COHORT + 1
    assert part["subjects.csv"].count(b"\r\n") == SHARED + 1
    found = [(name, trace) for name, raw in readable(whole, tmp_path) for trace in traces if trace.encode() in raw]
    assert found == []

    keyed = re.compile(rb"\b(?:[A-Z2-7]{16}|[0-9a-f]{24})\b")
    names = [{key for name, raw in told.items() if name.endswith(".csv") for key in keyed.findall(raw)}
             for told in (whole, part)]  # fmt: skip
    assert len(names[0]) > COHORT * 5
    assert len(names[1]) > SHARED * 5
    assert names[0] & names[1] == set()
