"""Feeds of studies: having one kept, and reading what changed of a study's rows in the order of the commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from backend.domain.cursors import StudyCursor
from backend.domain.datasets import DATASETS
from backend.domain.errors import ClinicError
from backend.domain.snapshots import Op, shape
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import study_feeds
from backend.storage.study_feeds import Line, StudyFeedRow

PERMISSION = "datasets:read"


@dataclass(frozen=True, slots=True)
class Feed:
    """A study's feed: of which datasets, the moment its rows are of (None before the first round), and its trouble."""

    datasets: Sequence[str]
    kept_at: datetime | None
    trouble: str


@dataclass(frozen=True, slots=True)
class Told:
    """One change: the row is now `row`, None when deleted. `nth` tells rows apart that have the same key."""

    op: Op
    dataset: str
    key: Any
    nth: int
    row: Any


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes; with `reset` the reader forgets what was given before. `cursor` is where the next page begins."""

    feed: Feed
    items: list[Told]
    cursor: StudyCursor
    more: bool
    reset: bool


def keep(ctx: Context, study_id: UUID, datasets: Sequence[str]) -> Feed:
    """Have a feed kept of some datasets of a study (all of them for none), beside those it is kept of already.

    Raises ClinicError `not-found`.
    """
    gate.study(ctx, PERMISSION, study_id)
    asked = [name for name in DATASETS if name in (datasets or DATASETS)]
    told = {"datasets": asked, "shape": shape(asked), "asked_by": ctx.who.staff_id, "due_at": ctx.now}
    study_feeds.begin(ctx.session, {"study_id": study_id, **told})
    row = _row(ctx, study_id, lock=True)
    every = [name for name in DATASETS if name in {*row.datasets, *asked}]
    if row.datasets != every:
        stands = row.shape == shape(name for name in row.datasets if name in DATASETS)
        study_feeds.widen(ctx.session, row, ctx.now, datasets=every, shape=shape(every) if stands else row.shape)
    events.note(ctx, PERMISSION, None, study_id, {"feed": asked})
    return _shown(row)


def end(ctx: Context, study_id: UUID) -> None:
    """Keep a study's feed no longer, and let go of what it told. Raises ClinicError `not-found`."""
    gate.study(ctx, PERMISSION, study_id)
    _row(ctx, study_id, lock=True)
    study_feeds.end(ctx.session, study_id)
    events.note(ctx, PERMISSION, None, study_id, {"feed": []})


def read(ctx: Context, study_id: UUID, cursor: StudyCursor | None, limit: int, datasets: Sequence[str] = ()) -> Page:
    """Return what changed behind a cursor, of some datasets (none: all); one of another feed begins anew.

    An insert is of a row that came after all had been read the last time; an earlier page since then may have given it
    already. Nothing is told of whoever has withdrawn: a page ends before them, until that they are gone can be told in
    its place. Raises ClinicError `not-found`, also where no feed is kept.
    """
    gate.study(ctx, PERMISSION, study_id)
    row = _row(ctx, study_id)
    reset = cursor is None or cursor.epoch != row.epoch or cursor.seq > row.seq
    at = StudyCursor(row.epoch, 0, 0) if cursor is None or reset else cursor
    found = study_feeds.lines(ctx.session, study_id, (at.seq, at.place), datasets or row.datasets, limit + 1, ctx.now)
    lines = list(takewhile(lambda line: line.row is None or line.open, found[:limit]))
    _note(ctx, study_id, lines)
    cursor = _behind(at, lines, whole=len(lines) == len(found))
    return Page(_shown(row), [_told(line, at.base) for line in lines], cursor, len(found) > limit == len(lines), reset)


def _row(ctx: Context, study_id: UUID, *, lock: bool = False) -> StudyFeedRow:
    row = study_feeds.get(ctx.session, study_id, lock=lock)
    if row is None:
        raise ClinicError("not-found", "No feed is kept of this study; have one kept first.")
    return row


def _shown(row: StudyFeedRow) -> Feed:
    return Feed(row.datasets, row.kept_at, row.trouble)


def _behind(at: StudyCursor, lines: Sequence[Line], *, whole: bool) -> StudyCursor:
    """Return the cursor behind some changes; after the `whole` of them all up to there has been given."""
    seq, place = (lines[-1].seq, lines[-1].place) if lines else (at.seq, at.place)
    return StudyCursor(at.epoch, seq if whole else at.base, seq, place)


def _told(line: Line, base: int) -> Told:
    op = Op.DELETE if line.row is None else Op.INSERT if line.came > base else Op.EDIT
    return Told(op, line.dataset, line.key, line.nth, line.row)


def _note(ctx: Context, study_id: UUID, lines: Sequence[Line]) -> None:
    """Write down that the feed was read, and of whom."""
    told = {"feed": len(lines)}
    events.note(ctx, PERMISSION, None, study_id, told)
    for patient_id in sorted({line.patient_id for line in lines}):
        events.note(ctx, PERMISSION, patient_id, study_id, told)
