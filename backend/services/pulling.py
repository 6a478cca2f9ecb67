"""What a phone gets: everything at first, and from then on what changed, in the order of the commits, without a gap."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.domain.cursors import Cursor
from backend.services import doses, intervals, questionnaires, requests, results, symptoms
from backend.services.context import Context
from backend.services.feed import DOCUMENTS, RECORDS, Kind
from backend.services.intervals import Line
from backend.storage import feed
from backend.storage import symptoms as diary
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Item:
    """One thing for the phone: a record as it stands (None: gone), or the name of a document to be read."""

    kind: Kind
    id: UUID
    record: Any = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page for the phone; with `reset` it forgets what it was given before. `cursor` is where the next begins."""

    items: list[Item]
    cursor: Cursor
    more: bool
    reset: bool


def pull(ctx: Context, patient: PatientRow, cursor: Cursor | None, limit: int) -> Pulled:
    """Return what the acting patient's phone has not seen; reach was checked by the caller.

    A cursor of another feed, or of one further on than ours (restored from a copy), begins anew.
    """
    feed.begin(ctx.session, patient.id)
    head = feed.head(ctx.session, patient.id)
    if cursor is None or cursor.epoch != head.epoch or cursor.seq > head.seq:
        begun = Cursor(head.epoch, head.seq, everything=True)
        return _everything(ctx, patient, begun, head, limit, reset=True)
    if cursor.everything:
        return _everything(ctx, patient, cursor, head, limit, reset=False)
    return _since(ctx, patient, cursor, limit)


def _since(ctx: Context, patient: PatientRow, cursor: Cursor, limit: int) -> Pulled:
    found = feed.since(ctx.session, patient.id, cursor.seq, cursor.after, limit + 1)
    shown, more = found[:limit], len(found) > limit
    if not shown:
        return Pulled([], cursor, more=False, reset=False)
    last = shown[-1]
    # Only what was seen counts as read: a number taken meanwhile is committed later and comes with the next page.
    place = Cursor(cursor.epoch, last.seq, kind=last.kind, record_id=last.record_id)
    records = _records(ctx, patient, [(Kind(c.kind), c.record_id) for c in shown])
    return Pulled(records, place, more, reset=False)


def _everything(
    ctx: Context, patient: PatientRow, cursor: Cursor, head: feed.Head, limit: int, *, reset: bool
) -> Pulled:
    items = [Item(kind, patient.id) for kind in DOCUMENTS] if reset else []
    line = intervals.whole_line(ctx, patient.id)
    kind, last = Kind(cursor.kind) if cursor.kind in {*RECORDS} else RECORDS[0], cursor.record_id
    while len(items) < limit:
        wanted = limit - len(items)
        found = _page(ctx, patient, line, kind, last, wanted)
        items += found
        if len(found) < wanted:
            if kind == RECORDS[-1]:
                done = Cursor(cursor.epoch, cursor.seq)
                return Pulled(items, done, more=head.seq > cursor.seq, reset=reset)
            kind, last = RECORDS[RECORDS.index(kind) + 1], None
        else:
            last = found[-1].id
    return Pulled(items, Cursor(cursor.epoch, cursor.seq, True, kind.value, last), more=True, reset=reset)


def _page(ctx: Context, patient: PatientRow, line: Line, kind: Kind, last: UUID | None, limit: int) -> list[Item]:
    """Return the next standing records of a kind, by id."""
    if kind is Kind.ENTRY:
        ids = diary.ids_after(ctx.session, patient.id, last, limit)
        entries = symptoms.of_ids(ctx, patient, line, ids)
        return [Item(kind, id_, entries[id_]) for id_ in ids]
    standing = _READERS[kind](ctx, patient, line, None)
    ids = sorted(id_ for id_, record in standing.items() if record is not None and (last is None or id_ > last))
    return [Item(kind, id_, standing[id_]) for id_ in ids[:limit]]


def _records(ctx: Context, patient: PatientRow, wanted: Sequence[tuple[Kind, UUID]]) -> list[Item]:
    """Return things that changed, in the order given."""
    by_kind: dict[Kind, list[UUID]] = defaultdict(list)
    for kind, id_ in wanted:
        by_kind[kind].append(id_)
    line = intervals.whole_line(ctx, patient.id) if any(kind in RECORDS for kind in by_kind) else None
    found = {kind: _READERS[kind](ctx, patient, line, ids) for kind, ids in by_kind.items() if kind in RECORDS and line}
    return [Item(kind, id_, found[kind].get(id_) if kind in found else None) for kind, id_ in wanted]


Reader = Callable[[Context, PatientRow, Line, Collection[UUID] | None], Mapping[UUID, Any]]
"""Gives records of a kind by id, None for one that is gone; `ids` None asks for all that stand."""


def _standing(records: Mapping[UUID, Any]) -> dict[UUID, Any]:
    return {id_: None if record.retracted else record for id_, record in records.items()}


def _entries(ctx: Context, patient: PatientRow, line: Line, ids: Collection[UUID] | None) -> Mapping[UUID, Any]:
    return _standing(symptoms.of_ids(ctx, patient, line, ids or ()))


def _responses(ctx: Context, patient: PatientRow, line: Line, _ids: Collection[UUID] | None) -> Mapping[UUID, Any]:
    return _standing(questionnaires.all_of(ctx, patient, line))


def _samples(ctx: Context, patient: PatientRow, _line: Line, _ids: Collection[UUID] | None) -> Mapping[UUID, Any]:
    return {one.sample.id: one for one in results.released(ctx, patient)}


def _doses(ctx: Context, patient: PatientRow, _line: Line, _ids: Collection[UUID] | None) -> Mapping[UUID, Any]:
    return {shown.dose.id: shown for shown in doses.standing(ctx, patient)}


def _requests(ctx: Context, patient: PatientRow, _line: Line, _ids: Collection[UUID] | None) -> Mapping[UUID, Any]:
    return {one.id: one for one in requests.every(ctx, patient)}


_READERS: Mapping[Kind, Reader] = {
    Kind.ENTRY: _entries,
    Kind.RESPONSE: _responses,
    Kind.SAMPLE: _samples,
    Kind.DOSE: _doses,
    Kind.REQUEST: _requests,
}
