"""Cohorts: who is in one, and the diary entries of many patients at once, streamed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import DateTime, String, Text, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from backend.storage.feed import FeedRow, Head
from backend.storage.patients import PatientRow, cared_for
from backend.storage.research import SubjectRow, holds
from backend.storage.symptoms import EntryRow

BATCH = 2000
"""How many entries are held at once while they are streamed."""


@dataclass(frozen=True, slots=True)
class Member:
    """One patient of a cohort: the zone whose calendar counts, and how far the feed has come."""

    id: UUID
    zone: str
    head: Head


class Entry(NamedTuple):
    """One standing diary entry, as much of it as figures need; `late_by` is from its anchor until it came in."""

    patient_id: UUID
    on: date
    only_day: bool
    anchor_at: datetime
    late_by: timedelta
    content: dict[str, Any]


def within_reach(session: Session, staff_id: UUID, now: datetime, study_id: UUID | None) -> list[Member]:
    """Return the patients somebody cares for, of a study only those whose consent to it holds, by id."""
    shown = (PatientRow.id, PatientRow.zone, func.coalesce(FeedRow.seq, 0), func.coalesce(FeedRow.epoch, ""))
    query = select(*shown).outerjoin(FeedRow, FeedRow.patient_id == PatientRow.id)
    query = query.where(PatientRow.id.in_(cared_for(staff_id, now)))
    if study_id is not None:
        joined = select(SubjectRow.patient_id).where(SubjectRow.study_id == study_id, holds(now))
        query = query.where(PatientRow.id.in_(joined))
    rows = session.execute(query.order_by(PatientRow.id))
    return [Member(patient_id, zone, Head(seq, epoch)) for patient_id, zone, seq, epoch in rows]


def entries(session: Session, patient_ids: Collection[UUID]) -> Iterator[Entry]:
    """Yield the standing entries of some patients, by patient and moment.

    Ids, moments and contents come as the driver gives them: the library's own objects for a hundred thousand of each
    would take longer than everything else together.
    """
    held = EntryRow.__table__.c
    moments = (type_coerce(held.anchor_at, DateTime), type_coerce(held.received_at, DateTime))
    shown = (held.occurred_on, held.occurred_at.is_(None), *moments, cast(held.content, Text))
    query = select(cast(held.patient_id, String), *shown)
    query = query.where(held.patient_id.in_(patient_ids), held.retracted.is_(False))
    query = query.order_by(held.patient_id, held.anchor_at, held.id).execution_options(yield_per=BATCH)
    known = {one.hex: one for one in patient_ids} | {str(one): one for one in patient_ids}
    for patient_id, on, only_day, anchor_at, received_at, content in session.execute(query):
        # SQLite drops the offset of what is stored in UTC.
        anchor = anchor_at if anchor_at.tzinfo else anchor_at.replace(tzinfo=UTC)
        yield Entry(known[patient_id], on, only_day, anchor, received_at - anchor_at, orjson.loads(content))
