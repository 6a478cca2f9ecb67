"""Snapshots: asking for one, seeing how far it is, taking its files, and what changed since an earlier one."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from backend.domain.datasets import DATASETS, KEYS
from backend.domain.errors import ClinicError, invalid
from backend.domain.fhir.pseudonymous import TYPES
from backend.domain.snapshots import Change, Format, State, differences
from backend.domain.study_days import Days
from backend.services import events, gate, parquet
from backend.services.context import Context
from backend.services.snapshot_files import CHUNK, definition
from backend.storage import snapshots
from backend.storage.db import unit_of_work
from backend.storage.snapshots import FileRow, SnapshotRow

PERMISSION = "datasets:read"
MOST_AT_ONCE = 3
"""So many snapshots of a study may be on their way."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a snapshot: its size in bytes and its SHA-256 in hexadecimals."""

    name: str
    format: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot as it is shown: what was asked for, how far it is in subjects, and its files once they are ready.

    `sha256` is that of all rows. `trouble` is the kind of error it failed with.
    """

    id: UUID
    study_id: UUID
    asked_at: datetime
    datasets: Sequence[str]
    resources: Sequence[str]
    formats: Sequence[str]
    settings: Any
    state: str
    trouble: str
    done: int
    total: int
    withdrawn: int
    revision: int
    sha256: str
    taken_at: datetime | None
    ready_at: datetime | None
    files: Sequence[File]


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be sent: `pieces` gives it from a byte on, and ends with an error when it may no longer be sent."""

    file: File
    pieces: Callable[[int], Iterator[bytes]]


def ask(
    ctx: Context, study_id: UUID, datasets: Sequence[str], formats: Sequence[str], resources: Sequence[str] = ()
) -> Snapshot:
    """Ask for a snapshot of some datasets (all of them for none) in some forms; a dispatcher builds it.

    FHIR is of some types of resources (all of them for none), and needs no datasets where it is the only form. Raises
    ClinicError `not-found`, `invalid`, and `too-many-tries` while others of the study are on their way.
    """
    study = gate.study(ctx, PERMISSION, study_id)
    forms = [form.value for form in Format if form in formats]
    sets = datasets or ([] if forms == [Format.FHIR] else DATASETS)
    asked = [name for name in DATASETS if name in sets]
    kinds = [kind for kind in TYPES if Format.FHIR in forms and kind in (resources or TYPES)]
    if Format.PARQUET in forms and not parquet.available():
        raise invalid("/formats", "This installation writes no Parquet: its extra `parquet` is not installed.")
    if snapshots.unfinished(ctx.session, study_id) >= MOST_AT_ONCE:
        raise ClinicError("too-many-tries", retry_after_s=60)
    row = SnapshotRow(
        id=uuid4(), study_id=study_id, asked_by=ctx.who.staff_id, asked_at=ctx.now, datasets=asked, resources=kinds,
        formats=forms, settings=definition(Days(study.days)), state=State.WAITING.value, trouble="", done=0, total=0,
        withdrawn=0, revision=0, hash="", taken_at=None, ready_at=None, turn=0, held_until=None,
    )  # fmt: skip
    snapshots.add(ctx.session, row)
    events.note(ctx, PERMISSION, None, study_id, {"snapshot": str(row.id), "datasets": asked, "resources": kinds})
    return _shown(ctx, row)


def of_study(ctx: Context, study_id: UUID) -> list[Snapshot]:
    """Return a study's snapshots, the newest first. Raises ClinicError `not-found`."""
    gate.study(ctx, PERMISSION, study_id)
    events.note(ctx, PERMISSION, None, study_id)
    return [_shown(ctx, row) for row in snapshots.of_study(ctx.session, study_id)]


def one(ctx: Context, study_id: UUID, snapshot_id: UUID) -> Snapshot:
    """Return one snapshot of a study. Raises ClinicError `not-found`."""
    row = _row(ctx, study_id, snapshot_id)
    events.note(ctx, PERMISSION, None, study_id, {"snapshot": str(snapshot_id)})
    return _shown(ctx, row)


def cancel(ctx: Context, study_id: UUID, snapshot_id: UUID) -> Snapshot:
    """Stop building a snapshot, and let its rows go. Raises ClinicError `not-found`, and `wrong-state` once done."""
    row = _row(ctx, study_id, snapshot_id, lock=True)
    if row.state not in {State.WAITING, State.BUILDING, State.CANCELLED}:
        raise ClinicError("wrong-state", "Only a snapshot that is on its way can be cancelled.")
    row.state, row.taken_at, row.done = State.CANCELLED.value, None, 0
    snapshots.clear(ctx.session, snapshot_id, rows=True)
    events.note(ctx, PERMISSION, None, study_id, {"snapshot": str(snapshot_id), "cancelled": True})
    return _shown(ctx, row)


def resume(ctx: Context, study_id: UUID, snapshot_id: UUID) -> Snapshot:
    """Build a snapshot after all that was cancelled or failed; its rows are read anew.

    Raises ClinicError `not-found` and `wrong-state`.
    """
    row = _row(ctx, study_id, snapshot_id, lock=True)
    if row.state not in {State.CANCELLED, State.FAILED, State.WAITING}:
        raise ClinicError("wrong-state", "Only a snapshot that was cancelled or failed can be resumed.")
    row.state, row.trouble = State.WAITING.value, ""
    events.note(ctx, PERMISSION, None, study_id, {"snapshot": str(snapshot_id), "resumed": True})
    return _shown(ctx, row)


def discard(ctx: Context, study_id: UUID, snapshot_id: UUID) -> None:
    """Delete a snapshot, whatever its state. Raises ClinicError `not-found`."""
    _row(ctx, study_id, snapshot_id, lock=True)
    snapshots.discard(ctx.session, snapshot_id)
    events.note(ctx, PERMISSION, None, study_id, {"snapshot": str(snapshot_id), "discarded": True})


def download(ctx: Context, study_id: UUID, snapshot_id: UUID, name: str) -> Download:
    """Return a file of a snapshot; everybody in it is written down as read.

    Raises ClinicError `not-found`, and `wrong-state` while it is not ready or somebody in it has withdrawn.
    """
    row = ready(ctx, study_id, snapshot_id)
    found = snapshots.file(ctx.session, snapshot_id, name)
    if found is None:
        raise ClinicError("not-found")
    note_read(ctx, row, {"file": name})
    engine = ctx.session.get_bind()  # now: when the pieces are read, the request is over
    return Download(_file(found), partial(_pieces, engine, row.id, row.revision, _file(found)))


def changes(ctx: Context, study_id: UUID, snapshot_id: UUID, since: UUID) -> Iterator[bytes]:
    """Return as JSON lines what turns an earlier snapshot into this one; both are of the same study.

    Raises ClinicError as `download`, and `invalid` when they do not hold the same datasets, or count days differently.
    """
    row, earlier = ready(ctx, study_id, snapshot_id), ready(ctx, study_id, since)
    if sorted(row.datasets) != sorted(earlier.datasets):
        raise invalid("/query/since", "Does not hold the same datasets.")
    note_read(ctx, row, {"since": str(since)})
    return _changes(ctx.session.get_bind(), row.datasets, (earlier.id, earlier.revision), (row.id, row.revision))


def _row(ctx: Context, study_id: UUID, snapshot_id: UUID, *, lock: bool = False) -> SnapshotRow:
    gate.study(ctx, PERMISSION, study_id)
    row = snapshots.get(ctx.session, study_id, snapshot_id, lock=lock)
    if row is None:
        raise ClinicError("not-found")
    return row


def ready(ctx: Context, study_id: UUID, snapshot_id: UUID) -> SnapshotRow:
    """Return a snapshot whose rows may leave. Raises ClinicError as `download`."""
    row = _row(ctx, study_id, snapshot_id)
    if not _may_leave(ctx.session, row, row.revision):
        raise ClinicError("wrong-state", "The snapshot is not ready; see how far it is.")
    return row


def _may_leave(session: Session, row: SnapshotRow, revision: int) -> bool:
    stands = row.state == State.READY and row.revision == revision
    return stands and not snapshots.holds_withdrawn(session, row.id)


def note_read(ctx: Context, row: SnapshotRow, about: dict[str, Any], of: Iterable[str] | None = None) -> None:
    """Write down that a snapshot was read, for everybody in it or for some pseudonyms; `about` says what was read."""
    told = {"snapshot": str(row.id), **about}
    events.note(ctx, PERMISSION, None, row.study_id, told)
    for patient_id in snapshots.patients(ctx.session, row.id, of):
        events.note(ctx, PERMISSION, patient_id, row.study_id, told)


class Withdrawn(Exception):
    """What is being sent may no longer be: somebody in it withdrew, or it was discarded. The answer breaks off."""


def _pieces(engine: Engine | Connection, snapshot_id: UUID, revision: int, file: File, start: int) -> Iterator[bytes]:
    name, size = file.name, file.bytes
    for number in range(start // CHUNK, -(-size // CHUNK)):
        packed = _still(engine, snapshot_id, revision, partial(snapshots.chunk, name=name, number=number))
        chunk = zlib.decompress(packed or b"")
        yield chunk[start - number * CHUNK :] if number == start // CHUNK else chunk


def _still(
    engine: Engine | Connection,
    snapshot_id: UUID,
    revision: int,
    read: Callable[[Session, UUID], bytes | None] = lambda _session, _id: None,
) -> bytes | None:
    """Return what is read of a snapshot that may still leave as it was granted. Raises Withdrawn."""
    with unit_of_work(Session(engine), writes=False) as session:
        row = session.get(SnapshotRow, snapshot_id)
        if row is None or not _may_leave(session, row, revision):
            raise Withdrawn
        return read(session, snapshot_id)


def _changes(
    engine: Engine | Connection, datasets: Sequence[str], old: tuple[UUID, int], new: tuple[UUID, int]
) -> Iterator[bytes]:
    with ExitStack() as opened:
        # One connection for each stream: a database answers one statement after another.
        before, after = (opened.enter_context(unit_of_work(Session(engine), writes=False)) for _ in range(2))
        for dataset in datasets:
            sides = (_side(before, old[0], dataset, 0), _side(after, new[0], dataset, 1))
            for pseudonym, told in groupby(merge(*sides, key=itemgetter(0, 1)), key=itemgetter(0)):
                bodies = {side: zlib.decompress(body) for _, side, body in told}
                found = differences(dataset, bodies.get(0, b""), bodies.get(1, b""))
                lines = [_line(dataset, pseudonym, change) for change in found]
                if lines:
                    _still(engine, *new)
                    yield b"".join(lines)


def _side(session: Session, snapshot_id: UUID, dataset: str, side: int) -> Iterator[tuple[str, int, bytes]]:
    for pseudonym, _, body in snapshots.parts(session, snapshot_id, dataset):
        yield pseudonym, side, body


def _line(dataset: str, pseudonym: str, change: Change) -> bytes:
    names = [column.name for column in DATASETS[dataset]]
    key = {"subject": pseudonym, **dict(zip(KEYS[dataset], change.key, strict=True))}
    row = None if change.row is None else dict(zip(names, change.row, strict=True))
    told = {"op": change.op, "dataset": dataset, "key": key, "nth": change.nth, "row": row}
    return json.dumps(told, ensure_ascii=False, default=float).encode() + b"\n"


def _shown(ctx: Context, row: SnapshotRow) -> Snapshot:
    ready = row.state == State.READY and not snapshots.holds_withdrawn(ctx.session, row.id)
    files = snapshots.files(ctx.session, row.id) if ready else ()
    state = State.BUILDING.value if row.state == State.READY and not ready else row.state
    return Snapshot(
        row.id, row.study_id, row.asked_at, row.datasets, row.resources, row.formats, row.settings, state, row.trouble,
        row.done, row.total, row.withdrawn, row.revision, row.hash if ready else "", row.taken_at, row.ready_at,
        [_file(one) for one in files],
    )  # fmt: skip


def _file(row: FileRow) -> File:
    return File(row.name, row.format, row.rows, row.bytes, row.hash)
