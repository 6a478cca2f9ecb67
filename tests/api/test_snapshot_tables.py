"""Tables over HTTP: made of what was frozen, the same ever after, refused as files are, and written down as read."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import select

from backend.api.snapshot_tables import CodeBookOut, PreviewOut, TableOut
from backend.domain.codebook import document
from backend.services.snapshot_tables import PREVIEWED
from backend.storage.events import EventRow
from tests.factories.chains import chain
from tests.factories.followed import GIVEN, log
from tests.factories.snapshots import Snapshots
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

ASKED = {"dataset": "entries", "columns": "nrs_fatigue,no_complaints", "by": "interval"}


@pytest.fixture
def snapshots(house: House) -> Snapshots:
    return Snapshots(study(house))


def subject(house: House, bram: Staff, found: Study, days: int, rating: int) -> Patient:
    """Enrol a patient with three doses who rated so many days of the first interval, and takes part."""
    anna = house.patient(cares_for=[bram])
    chain(house, anna, GIVEN)
    log(house, anna, range(1, days + 1), rating)
    assert found.join(anna, bram).status_code == 200
    return anna


def asked(snapshots: Snapshots, made: str, what: str, **query: str) -> Any:
    found = "&".join(f"{name}={value}" for name, value in query.items())
    return snapshots.get(f"/{made}/{what}?{found}")


def read(house: House, what: str) -> list[Any]:
    """Return of whom it was written down that they were read so."""
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(EventRow).where(EventRow.act == "datasets:read")).all()
        return [row.patient_id for row in rows if what in (row.detail or {})]


def test_table_one_is_made_of_what_was_frozen_and_says_how(house: House, bram: Staff, snapshots: Snapshots) -> None:
    people = [subject(house, bram, snapshots.study, days=2 + at % 2, rating=at) for at in range(6)]
    made = snapshots.frozen(["entries"])
    told = asked(snapshots, made, "table-one", **ASKED)
    assert told.status_code == 200, told.text
    table = told.json
    assert TableOut().validate(table) == {}
    ratings = [at for at in range(6) for _ in range(2 + at % 2)]
    assert [(one["kind"], one["rows"], one["subjects"]) for one in table["groups"]] == [
        ("all", len(ratings), 6), ("value", len(ratings), 6),
    ]  # fmt: skip
    fatigue, complaints = table["items"]
    assert fatigue["spreads"][0]["mean"] == pytest.approx(sum(ratings) / len(ratings))
    assert fatigue["known"][0] == {"withheld": False, "rows": len(ratings), "subjects": 6, "percent": None}
    assert [level["code"] for level in complaints["levels"]] == ["true", "false"]
    assert table["several"] is True
    assert (table["fewest"], "type 7" in table["definitions"]["quartiles"]) == (5, True)
    assert table["sha256"] == snapshots.told(made)["sha256"]
    assert {*read(house, "table")} == {None, *(one.id for one in people)}
    log(house, people[0], range(10, 12))
    assert asked(snapshots, made, "table-one", **ASKED).json == table


def test_table_one_is_a_file_too(house: House, bram: Staff, snapshots: Snapshots) -> None:
    for at in range(6):
        subject(house, bram, snapshots.study, days=1, rating=at)
    made = snapshots.frozen(["entries"])
    answer = asked(snapshots, made, "table-one.csv", **ASKED)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    rows = list(csv.reader(io.StringIO(answer.text, newline=""), strict=True))
    assert rows[0] == ["column", "code", "statistic", "all", "interval 1"]
    assert ["nrs_fatigue", "", "mean", "2.5", "2.5"] in rows
    assert ["nrs_fatigue", "missing", "rows", "0", "0"] in rows
    assert ["", "", "fewest_subjects_shown", "5"] in rows
    assert ["", "", "sha256", snapshots.told(made)["sha256"]] in rows


def test_of_too_few_people_there_is_no_table(house: House, bram: Staff, snapshots: Snapshots) -> None:
    for at in range(4):
        subject(house, bram, snapshots.study, days=3, rating=at)
    made = snapshots.frozen(["entries"])
    table = asked(snapshots, made, "table-one", **ASKED).json
    assert (table["withheld"], table["groups"], table["items"]) == (True, [], [])
    assert ",,too_few_subjects,true" in asked(snapshots, made, "table-one.csv", **ASKED).text


def test_a_preview_shows_the_first_rows_with_their_types_and_writes_down_whose(
    house: House, bram: Staff, snapshots: Snapshots
) -> None:
    people = [subject(house, bram, snapshots.study, days=12, rating=4) for _ in range(3)]
    made = snapshots.frozen(["entries", "subjects"])
    told = asked(snapshots, made, "preview", dataset="entries").json
    assert PreviewOut().validate(told) == {}
    assert (told["rows"], len(told["items"])) == (36, PREVIEWED)
    names = [one["name"] for one in told["columns"]]
    row = dict(zip(names, told["items"][0], strict=True))
    assert (row["nrs_fatigue"], row["no_complaints"], row["mean_rating"], row["date"]) == (4, False, 4.0, None)
    shown = {row[0] for row in told["items"]}
    assert len(shown) == 2
    assert len({*read(house, "preview")} & {one.id for one in people}) == 2
    assert asked(snapshots, made, "preview", dataset="samples").status_code == 404


@pytest.mark.promise("P21")
def test_tables_are_refused_as_files_are(house: House, bram: Staff, snapshots: Snapshots) -> None:
    people = [subject(house, bram, snapshots.study, days=1, rating=3) for _ in range(6)]
    waiting = snapshots.ask(["entries"])
    tables = [("table-one", ASKED), ("table-one.csv", ASKED), ("preview", {"dataset": "entries"})]
    for what, query in tables:
        assert asked(snapshots, waiting, what, **query).status_code == 409
    snapshots.act(waiting, "cancel")
    made = snapshots.frozen(["entries"])
    other = Snapshots(study(house, "Another"))
    for what, query in tables:
        assert other.get(f"/{made}/{what}?dataset=entries&columns=nrs_fatigue").status_code == 404
        assert asked(snapshots, made, what, **query | {"dataset": "intervals", "columns": "route"}).status_code == 404
    assert snapshots.study.leave(people[0], bram).status_code == 200
    for what, query in tables:
        assert asked(snapshots, made, what, **query).status_code == 409
    refused = asked(snapshots, made, "table-one", **ASKED | {"columns": "nrs_fatigue,,x"})
    assert [one["pointer"] for one in refused.json["pointers"]] == ["/query/columns"]


def test_columns_that_are_not_there_are_named(house: House, bram: Staff, snapshots: Snapshots) -> None:
    subject(house, bram, snapshots.study, days=1, rating=3)
    made = snapshots.frozen(["entries"])
    refused = asked(snapshots, made, "table-one", dataset="entries", columns="nrs_fatigue,local_time")
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/query/columns")


def test_the_code_book_is_there_as_json(house: House, snapshots: Snapshots) -> None:
    answer = house.get("/research/codebook", headers=snapshots.study.dirk.headers)
    assert answer.json == document()
    assert CodeBookOut().validate(answer.json) == {}
