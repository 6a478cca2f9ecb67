"""Freezing: a snapshot's rows are read in one view of the database, kept packed, and made into files."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, object_session

from backend.domain.fhir import pseudonymous
from backend.domain.snapshots import State, frozen
from backend.domain.study_days import Days
from backend.services import datasets, pseudonyms, snapshot_files, subjects, traits
from backend.services.context import Context
from backend.services.fhir import studied
from backend.services.narrowing import SMALL_CELLS, SUBJECTS, narrow
from backend.services.snapshot_files import CHUNK, Made
from backend.storage import research, snapshots
from backend.storage.db import unit_of_work
from backend.storage.research import StudyRow
from backend.storage.snapshots import ChunkRow, FileRow, PartRow, SnapshotRow

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
"""So long after its last word a builder is taken for gone."""
BATCH = 5
"""How many subjects are read, and written, together."""
_CHUNKS_TOGETHER = 8


class Stopped(Exception):
    """A turn is over: the snapshot was cancelled, another took it over, or the process is to end."""


@dataclass(frozen=True, slots=True)
class Build:
    """One turn at building a snapshot; `context` makes an act's surroundings, with the moment it is."""

    engine: Engine
    context: Callable[[Session], Context]
    stopping: Callable[[], bool]
    id: UUID
    study_id: UUID
    asked: Sequence[str]
    resources: Sequence[str]
    turn: int
    revision: int
    read: bool

    def hold(self, session: Session, **columns: Any) -> None:
        """Go on, and say how far it is. Raises Stopped."""
        until = self.context(session).now + LEASE
        if self.stopping() or not snapshots.hold(session, self.id, self.turn, until, **columns):
            raise Stopped

    def go_on(self) -> None:
        """Hold it for longer while nothing is kept. Raises Stopped."""
        with unit_of_work(Session(self.engine), writes=True) as session:
            self.hold(session)


def freeze_next(
    engine: Engine, context: Callable[[Session], Context], stopping: Callable[[], bool] = lambda: False
) -> bool:
    """Build the snapshot whose turn it is, until `stopping`, and return whether there was one.

    One that fails says which kind of error it was; where the database is away it stays as it is, and somebody takes it
    over when its lease has ended. Whoever takes over begins anew, or with the files once all rows were read.
    """
    with unit_of_work(Session(engine), writes=False) as session:
        if not snapshots.waits(session, context(session).now):
            return False
    with unit_of_work(Session(engine), writes=True) as session:
        row = snapshots.next_to_build(session, context(session).now)
        build = None if row is None else _taken(row, engine, context, stopping)
    if build is None:
        return False
    try:
        if not build.read:
            _read(build)
        _write(build)
    except Stopped:
        log.info("snapshot stopped", snapshot=str(build.id))
        with unit_of_work(Session(engine), writes=True) as session:  # free for whoever comes next, unless cancelled
            snapshots.hold(session, build.id, build.turn, context(session).now)
    except OperationalError:
        raise
    except Exception as trouble:  # noqa: BLE001 - one that cannot be built must not stop the others; no trace: it may hold data
        log.error("snapshot failed", snapshot=str(build.id), code=type(trouble).__name__)  # noqa: TRY400
        with unit_of_work(Session(engine), writes=True) as session:
            failed = {"state": State.FAILED.value, "trouble": type(trouble).__name__[:60], "taken_at": None}
            if snapshots.hold(session, build.id, build.turn, context(session).now, **failed):
                snapshots.clear(session, build.id, rows=True)  # and not those of whoever took it over
    return True


def _taken(
    row: SnapshotRow, engine: Engine, context: Callable[[Session], Context], stopping: Callable[[], bool]
) -> Build:
    session = object_session(row)
    if session is None:
        raise ValueError("read in no session")
    read = row.taken_at is not None
    snapshots.clear(session, row.id, rows=not read)
    row.state, row.turn, row.held_until = State.BUILDING.value, row.turn + 1, context(session).now + LEASE
    row.done = row.done if read else 0
    session.flush()
    return Build(
        engine, context, stopping, row.id, row.study_id, row.datasets, row.resources, row.turn, row.revision + 1, read
    )


def _read(build: Build) -> None:
    """Keep everybody's rows, all as they stood at one moment, while others go on writing."""
    with unit_of_work(Session(build.engine), writes=False) as reading:
        ctx = build.context(reading)
        study = reading.get_one(StudyRow, build.study_id)
        days, keyed = Days(study.days), pseudonyms.keyed(ctx, study)
        named, known = research.subjects(reading, build.study_id, ctx.now), traits.of_study(ctx, build.study_id)
        waiting, done = iter(named.items()), 0
        while batch := dict(islice(waiting, BATCH)):
            parts: list[dict[str, Any]] = []
            for who in subjects.read(replace(ctx, session=reading), build.study_id, batch, keyed, days, known):
                parts += [*_datasets(build, who), *_resources(build, who, study), *_withheld(build, who)]
                reading.expunge_all()
                if build.resources:  # a diary of years takes seconds, and a lease a minute
                    _keep(build, parts, PartRow)
                    parts = []
            done += len(batch)
            _keep(build, parts, PartRow, done=done, total=len(named))
    with unit_of_work(Session(build.engine), writes=True) as session:
        build.hold(session, taken_at=ctx.now, total=len(named))


def _datasets(build: Build, who: subjects.Subject) -> Iterator[dict[str, Any]]:
    for dataset in build.asked:
        yield _part(build, dataset, who, frozen(dataset, datasets.ROWS[dataset](who)))


def _resources(build: Build, who: subjects.Subject, study: StudyRow) -> Iterator[dict[str, Any]]:
    of = studied.Studied(who, study)
    for kind in build.resources:
        yield _part(build, pseudonymous.part(kind), who, studied.body(of, kind))


def _withheld(build: Build, who: subjects.Subject) -> Iterator[dict[str, Any]]:
    """Yield what was withheld of somebody: kept with their rows, so that it is gone when they are."""
    if SUBJECTS in build.asked and who.traits.withheld:
        yield _part(build, SMALL_CELLS, who, b"\n")


def _part(build: Build, dataset: str, who: subjects.Subject, body: bytes) -> dict[str, Any]:
    shared = {"snapshot_id": build.id, "dataset": dataset, "pseudonym": who.pseudonym, "patient_id": who.patient_id}
    return {**shared, "rows": body.count(b"\n"), "body": zlib.compress(body, 6)}


def _keep(build: Build, rows: Sequence[dict[str, Any]], of: type[PartRow | ChunkRow], **columns: Any) -> None:
    with unit_of_work(Session(build.engine), writes=True) as session:
        build.hold(session, **columns)
        snapshots.keep(session, rows, of)


def _write(build: Build) -> None:
    """Make the files of the rows of everybody whose consent stands."""
    with unit_of_work(Session(build.engine), writes=True) as session:
        build.hold(session)
        gone = snapshots.drop_withdrawn(session, build.id, build.study_id)
        row = session.get_one(SnapshotRow, build.id)
        row.withdrawn += gone
        if gone and SUBJECTS in build.asked:
            narrow(session, build.id)
    with unit_of_work(Session(build.engine), writes=False) as reading:
        content = snapshot_files.content_hash(reading, build.id, build.asked, build.resources)
        row = reading.get_one(SnapshotRow, build.id)
        made = [_file(build, one) for one in snapshot_files.of(reading, row, build.go_on)]
        study = reading.get_one(StudyRow, build.study_id)
        told = {"id": str(build.id), "revision": build.revision, "taken_at": row.taken_at, "content": content}
        manifest = snapshot_files.manifest(reading, told, Days(study.days), row, made)
        made.append(_file(build, manifest))
    _finish(build, made, content)


def _file(build: Build, one: snapshot_files.Plan) -> Made:
    """Keep a file chunk by chunk, and return what became of it."""
    digest, size = sha256(), 0
    waiting: list[dict[str, Any]] = []
    for number, chunk in enumerate(_evenly(one.pieces)):
        digest.update(chunk)
        size += len(chunk)
        waiting.append({"snapshot_id": build.id, "name": one.name, "number": number, "body": zlib.compress(chunk, 6)})
        if len(waiting) == _CHUNKS_TOGETHER:
            _keep(build, waiting, ChunkRow)
            waiting = []
    _keep(build, waiting, ChunkRow)
    return Made(one.name, one.format, one.dataset, one.rows, size, digest.hexdigest())


def _evenly(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in chunks of one length, but for the last."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)


def _finish(build: Build, made: Sequence[Made], content: str) -> None:
    with unit_of_work(Session(build.engine), writes=True) as session:
        ready_at: datetime = build.context(session).now
        done = {"state": State.READY.value, "revision": build.revision, "hash": content, "ready_at": ready_at}
        build.hold(session, **done)
        rows = [
            {"snapshot_id": build.id, "name": one.name, "format": one.format, "rows": one.rows, "bytes": one.bytes}
            | {"hash": one.hash}
            for one in made
        ]
        snapshots.keep(session, rows, FileRow)
