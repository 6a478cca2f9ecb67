"""How a pull leaves: piece by piece, in one snapshot, blind to nobody's withdrawal, and with nothing left open."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from backend.app import db
from backend.services import research
from backend.storage.research import subjects
from tests.factories.chains import chain, local
from tests.factories.entries import Rated, keep
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]


@pytest.fixture
def joined(house: House, bram: Staff) -> tuple[Study, list[Patient]]:
    """A study with three patients of two entries each, in the order in which a pull tells them."""
    found = study(house)
    patients = []
    for _ in range(3):
        patient = house.patient(cares_for=[bram])
        chain(house, patient, GIVEN)
        log(house, patient, 1, 2)
        assert found.join(patient, bram).status_code == 200
        patients.append(patient)
    with house.unit(writes=False) as ctx:
        order = list(subjects(ctx.session, found.id_, ctx.now))
    return found, sorted(patients, key=lambda patient: order.index(patient.id))


def log(house: House, patient: Patient, *days: int) -> None:
    start = local(GIVEN[0]).replace(hour=20)
    keep(house, patient, [Rated(start + timedelta(days=day), {"fatigue": 4}) for day in days])


def begin(found: Study) -> tuple[Any, Iterator[bytes]]:
    """Begin to read a pull and return the answer with the pieces still to come."""
    answer = found.get("entries")
    assert answer.status_code == 200
    return answer, iter(answer.iter_encoded())


def engine(house: House) -> Engine:
    with house.app.app_context():
        return db.engine


def open_connections(house: House) -> int:
    pool: Any = engine(house).pool
    return int(pool.checkedout())


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Collect the statements that are sent to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine(house), "before_cursor_execute", note)
    yield sent
    event.remove(engine(house), "before_cursor_execute", note)


def test_patients_are_read_one_by_one_as_the_pieces_are_asked_for(
    house: House, joined: tuple[Study, list[Patient]]
) -> None:
    with statements(house) as sent:
        answer, pieces = begin(joined[0])
        diaries = (sum("FROM diary_entries" in statement for statement in sent) for _ in range(9))
        read = [(piece.count(b"\r\n"), next(diaries)) for piece in pieces]
        answer.close()
    assert read == [(1, 0), (2, 1), (2, 2), (2, 3)]
    # Treatments once of all, since of how many a drug is decides what is told, and then both of those of a batch.
    assert sum("FROM doses" in statement or "FROM treatments" in statement for statement in sent) == 3


def test_a_pull_is_one_snapshot_while_writers_go_on(house: House, joined: tuple[Study, list[Patient]]) -> None:
    found, patients = joined
    answer, pieces = begin(found)
    early = [next(pieces), next(pieces)]
    log(house, patients[2], 3, 4)
    late = list(pieces)
    answer.close()
    assert [piece.count(b"\r\n") for piece in (*early, *late)] == [1, 2, 2, 2]
    assert len(found.pull("entries")) == 8


@pytest.mark.promise("P21")
def test_who_withdraws_during_a_pull_is_left_out_of_what_is_still_to_come(
    house: House, bram: Staff, joined: tuple[Study, list[Patient]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(research, "BATCH", 1)
    found, patients = joined
    answer, pieces = begin(found)
    early = [next(pieces), next(pieces)]
    assert found.leave(patients[1], bram).status_code == 200
    late = list(pieces)
    answer.close()
    assert [piece.count(b"\r\n") for piece in (*early, *late)] == [1, 2, 2]


@pytest.mark.parametrize("read", [0, 1, 2, 4])
def test_a_reader_who_goes_away_leaves_nothing_open(
    house: House, joined: tuple[Study, list[Patient]], read: int
) -> None:
    before = open_connections(house)
    answer, pieces = begin(joined[0])
    for _ in range(read):
        next(pieces)
    assert open_connections(house) == before + 1
    answer.close()
    assert open_connections(house) == before
    log(house, joined[1][0], 5)
    assert len(joined[0].pull("entries")) == 7


def test_a_pull_read_to_its_end_leaves_nothing_open(house: House, joined: tuple[Study, list[Patient]]) -> None:
    before = open_connections(house)
    for dataset in ("entries", "intervals", "samples", "answers", "codebook"):
        joined[0].text(dataset)
    assert open_connections(house) == before


def test_a_pull_that_is_never_read_opens_nothing(house: House, joined: tuple[Study, list[Patient]]) -> None:
    before = open_connections(house)
    with house.unit(joined[0].dirk, writes=False) as ctx:
        pieces = research.stream(ctx, joined[0].id_, "entries")
    assert open_connections(house) == before
    del pieces
    assert open_connections(house) == before


def test_a_subject_who_logged_nothing_is_no_row(house: House, bram: Staff) -> None:
    found = study(house)
    found.join(house.patient(cares_for=[bram]), bram)
    for dataset in ("entries", "intervals", "samples", "answers"):
        assert found.pull(dataset) == []
