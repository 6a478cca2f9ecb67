"""Feeding: everybody's rows are read in one view of the database, and what differs from what was told is told."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.domain.datasets import DATASETS, KEYS
from backend.domain.snapshots import Change, Op, differences, frozen, shape
from backend.domain.study_days import Days
from backend.services import datasets, pseudonyms, subjects, traits
from backend.services.context import Context
from backend.services.freezing import BATCH, LEASE, Stopped
from backend.services.subjects import Subject
from backend.storage import research, study_feeds
from backend.storage.db import unit_of_work
from backend.storage.research import StudyRow
from backend.storage.study_feeds import StudyFeedRow

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=5)
"""So long after a round the next is due; who withdraws is not waited for."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round over a study's subjects; `context` makes an act's surroundings, with the moment it is."""

    engine: Engine
    context: Callable[[Session], Context]
    stopping: Callable[[], bool]
    study_id: UUID
    datasets: Sequence[str]
    epoch: str
    turn: int

    def hold(self, session: Session) -> None:
        """Go on, and keep everybody else from writing until the commit. Raises Stopped."""
        until = self.context(session).now + LEASE
        if self.stopping() or not study_feeds.hold(session, self.study_id, self.epoch, self.turn, until):
            raise Stopped


@dataclass(frozen=True, slots=True)
class Told:
    """What a subject's rows in a dataset were when last told, and what they are now; None once the subject is gone."""

    patient_id: UUID
    pseudonym: str
    dataset: str
    before: bytes
    after: bytes | None

    @property
    def changes(self) -> Iterator[Change]:
        """What is to be told."""
        return differences(self.dataset, self.before, self.after or b"")


def keep_next(
    engine: Engine, context: Callable[[Session], Context], stopping: Callable[[], bool] = lambda: False
) -> bool:
    """Bring the feed up to date whose turn it is, and return whether there was one.

    A round that fails says which kind of error it was, and the next is due as ever; what it told before stands.
    """
    with unit_of_work(Session(engine), writes=False) as session:
        if not study_feeds.waits(session, context(session).now):
            return False
    with unit_of_work(Session(engine), writes=True) as session:
        row = study_feeds.next_to_keep(session, context(session).now)
        found = None if row is None else _taken(session, row, Round(engine, context, stopping, row.study_id, (), "", 0))
    if found is None:
        return False
    try:
        _go_round(found)
    except Stopped:
        _let_go(found)
    except OperationalError:
        raise
    except Exception as trouble:  # noqa: BLE001 - one that cannot be kept must not stop the others; no trace: it may hold data
        log.error("feed failed", study=str(found.study_id), code=type(trouble).__name__)  # noqa: TRY400
        _let_go(found, trouble=type(trouble).__name__[:60], wait=EVERY)
    return True


def _taken(session: Session, row: StudyFeedRow, found: Round) -> Round:
    now = found.context(session).now
    asked = [name for name in row.datasets if name in DATASETS]
    if row.shape != shape(asked):  # an upgrade gave rows other columns, or took a dataset away
        study_feeds.anew(session, row, datasets=asked, shape=shape(asked))
    row.turn, row.held_until = row.turn + 1, now + LEASE
    session.flush()
    return replace(found, datasets=asked, epoch=row.epoch, turn=row.turn)


def _let_go(found: Round, wait: timedelta = timedelta(0), **columns: Any) -> None:
    with unit_of_work(Session(found.engine), writes=True) as session:
        due = found.context(session).now + wait
        study_feeds.hold(session, found.study_id, found.epoch, found.turn, None, due_at=due, **columns)


def _go_round(found: Round) -> None:
    with unit_of_work(Session(found.engine), writes=False) as reading:
        ctx = found.context(reading)
        study = reading.get_one(StudyRow, found.study_id)
        days, keyed = Days(study.days), pseudonyms.keyed(ctx, study)
        named, known = research.subjects(reading, study.id, ctx.now), traits.of_study(ctx, study.id)
        _take_back(found, reading, named)
        waiting = iter(named.items())
        while batch := dict(islice(waiting, BATCH)):
            with unit_of_work(Session(found.engine), writes=True) as session:
                found.hold(session)
            before = study_feeds.parts(reading, study.id, batch)
            for who in subjects.read(ctx, study.id, batch, keyed, days, known):
                _tell(found, [one for one in _of(found, who, before) if one.before != one.after])
                reading.expunge_all()
    _let_go(found, wait=EVERY, kept_at=ctx.now, trouble="")


def _take_back(found: Round, reading: Session, named: Mapping[UUID, str]) -> None:
    """Tell, before anything else, that the rows of whoever has left are gone."""
    for patient_id, pseudonym in study_feeds.told(reading, found.study_id).items():
        if patient_id not in named:
            before = study_feeds.parts(reading, found.study_id, [patient_id])
            _tell(found, [_gone(patient_id, pseudonym, dataset, body) for (_, dataset), body in before.items()])


def _of(found: Round, who: Subject, before: Mapping[tuple[UUID, str], bytes]) -> Iterator[Told]:
    for dataset in found.datasets:
        packed = before.get((who.patient_id, dataset))
        body = frozen(dataset, datasets.ROWS[dataset](who))
        yield Told(who.patient_id, who.pseudonym, dataset, zlib.decompress(packed) if packed else b"", body)


def _gone(patient_id: UUID, pseudonym: str, dataset: str, before: bytes) -> Told:
    return Told(patient_id, pseudonym, dataset, zlib.decompress(before), None)


def _tell(found: Round, changed: Sequence[Told]) -> None:
    """Put what changed of a subject at the end of the feed, all under one number."""
    if not changed:
        return
    lines: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for one in changed:  # outside the transaction, in which SQLite lets nobody else write
        for change in one.changes:
            lines[change.op is Op.INSERT].append(_line(found, one, change))
    with unit_of_work(Session(found.engine), writes=True) as session:
        found.hold(session)
        number = study_feeds.number(session, found.study_id)
        for came, rows in lines.items():
            for row in rows:
                row.update(seq=number, came=number)
            study_feeds.keep_lines(session, rows, came=came)
        for one in changed:
            _keep(session, found, one)


def _keep(session: Session, found: Round, one: Told) -> None:
    if one.after is None:
        study_feeds.forget(session, found.study_id, one.patient_id, one.dataset)
    else:
        shared = {"study_id": found.study_id, "dataset": one.dataset, "patient_id": one.patient_id}
        study_feeds.keep_part(session, {**shared, "pseudonym": one.pseudonym, "body": zlib.compress(one.after, 6)})


def _line(found: Round, one: Told, change: Change) -> dict[str, Any]:
    names = [column.name for column in DATASETS[one.dataset]]
    key = {"subject": one.pseudonym, **dict(zip(KEYS[one.dataset], change.key, strict=True))}
    row = None if change.row is None else dict(zip(names, map(_plain, change.row), strict=True))
    place = sha256(repr((one.dataset, one.pseudonym, change.key, change.nth)).encode()).hexdigest()
    shared = {"study_id": found.study_id, "patient_id": one.patient_id, "dataset": one.dataset, "nth": change.nth}
    return {**shared, "place": place, "key": {name: _plain(cell) for name, cell in key.items()}, "row": row}


def _plain(cell: Any) -> Any:
    """Return a cell as JSON holds it: a decimal is a number there."""
    return cell if cell is None or isinstance(cell, str | bool | int) else float(cell)
