"""The linking rule set-wise: for many patients at once, which interval each diary entry falls in, in one statement."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, DateTime, Integer, Select, and_, case, cast, func, literal, null, select, union_all
from sqlalchemy import Date as DayType
from sqlalchemy.orm import Session, aliased

from backend.domain.dosing import Status
from backend.domain.drugs import catalogue
from backend.domain.moments import Occurred
from backend.domain.treatment import opens_intervals
from backend.storage.doses import DoseRow
from backend.storage.occurrences import occurrence
from backend.storage.questionnaires import ResponseRow
from backend.storage.symptoms import EntryRow
from backend.storage.treatment import TreatmentRow


@dataclass(frozen=True, slots=True)
class Link:
    """One entry in its interval: `opener` is the dose that opened it, None with `interval` before the first dose."""

    patient_id: UUID
    entry_id: UUID
    opener: UUID | None
    interval: int | None
    day_since_dose: int | None
    days_before_actual: int | None


def of_entries(session: Session, patient_ids: Sequence[UUID]) -> Iterator[Link]:
    """Yield the link of every standing entry of some patients, by patient and moment.

    The same rule as `backend.domain.linking.place`: a moment is compared with the doses' moments, a day with their
    days. Both are counted by one running sum over doses and entries in one order.
    """
    for patient_id, entry_id, on, number, opener, opened_on, next_on in session.execute(_links(patient_ids)):
        since = None if opened_on is None else max((on - opened_on).days, 0)
        before = None if next_on is None else max((next_on - on).days, 0)
        yield Link(patient_id, entry_id, opener, number or None, since, before)


def per_interval(session: Session, patient_id: UUID) -> Counter[UUID | None]:
    """Return how many standing entries fall in the interval each dose opened; None counts those before the first."""
    return Counter(link.opener for link in of_entries(session, [patient_id]))


def reports_between(session: Session, patient_id: UUID, first: datetime, last: datetime | None) -> list[Occurred]:
    """Return the moments of a patient's standing entries and responses anchored in a span, without an end if None."""
    found: list[Occurred] = []
    for row in (EntryRow, ResponseRow):
        query = select(row.occurred_at, row.occurred_on, row.occurred_offset, row.zone)
        query = query.where(row.patient_id == patient_id, row.retracted.is_(False), row.anchor_at >= first)
        if last is not None:
            query = query.where(row.anchor_at <= last)
        found += [occurrence(*values) for values in session.execute(query)]
    return found


def anchored_since(session: Session, patient_id: UUID, first: datetime) -> dict[str, list[UUID]]:
    """Return the ids of a patient's entries and responses anchored from a moment on, by what they are."""
    found = {}
    for kind, row in (("diary-entry", EntryRow), ("response", ResponseRow)):
        query = select(row.id).where(row.patient_id == patient_id, row.retracted.is_(False), row.anchor_at >= first)
        found[kind] = list(session.scalars(query))
    return found


def _links(patient_ids: Sequence[UUID]) -> Select[Any]:
    line = _line(patient_ids)
    counted = _counted(line, patient_ids)
    opener, following = aliased(line), aliased(line)
    return (
        select(
            counted.c.patient_id,
            counted.c.id,
            counted.c.on,
            counted.c.number,
            opener.c.id,
            opener.c.given_on,
            following.c.given_on,
        )
        .outerjoin(opener, and_(opener.c.patient_id == counted.c.patient_id, opener.c.number == counted.c.number))
        .outerjoin(
            following, and_(following.c.patient_id == counted.c.patient_id, following.c.number == counted.c.number + 1)
        )
        .where(counted.c.opens == 0)
        .order_by(counted.c.patient_id, counted.c.anchor_at, counted.c.id)
    )


def _line(patient_ids: Sequence[UUID]) -> CTE:
    """The given doses that open intervals, numbered per patient."""
    daily = [key for key, drug in catalogue().items() if not opens_intervals(drug)]
    order = func.row_number().over(partition_by=DoseRow.patient_id, order_by=(DoseRow.anchor_at, DoseRow.id))
    return (
        select(DoseRow.patient_id, DoseRow.id, DoseRow.anchor_at, DoseRow.given_on, order.label("number"))
        .join(TreatmentRow, TreatmentRow.id == DoseRow.treatment_id)
        .where(DoseRow.patient_id.in_(patient_ids), DoseRow.status == Status.GIVEN.value)
        .where(TreatmentRow.drug.not_in(daily))
        .cte("line")
    )


def _counted(line: CTE, patient_ids: Sequence[UUID]) -> CTE:
    """Doses and entries in one order, each with the number of doses up to it.

    Doses stand in it twice: among the moments, where a dose goes before an entry of the same moment, and among the
    days, where an entry goes before a dose of the same day.
    """
    no_moment, no_day = cast(null(), DateTime(timezone=True)), cast(null(), DayType)
    entry_at = case((EntryRow.occurred_at.is_not(None), EntryRow.anchor_at))
    entry_on = case((EntryRow.occurred_at.is_(None), EntryRow.occurred_on))
    rank = case((EntryRow.occurred_at.is_(None), 0), else_=1)
    entries = select(
        EntryRow.patient_id,
        EntryRow.id,
        EntryRow.anchor_at,
        EntryRow.occurred_on.label("on"),
        entry_at.label("by_moment"),
        entry_on.label("by_day"),
        rank.label("rank"),
        literal(0).label("opens"),
    ).where(EntryRow.patient_id.in_(patient_ids), EntryRow.retracted.is_(False))
    doses = line.c.patient_id, line.c.id, line.c.anchor_at, line.c.given_on
    by_moment = select(*doses, line.c.anchor_at, no_day, cast(0, Integer), cast(1, Integer))
    by_day = select(*doses, no_moment, line.c.given_on, cast(1, Integer), cast(1, Integer))
    every = union_all(entries, by_moment, by_day).cte("every")
    track = case((every.c.by_moment.is_(None), 1), else_=0)
    running = func.sum(every.c.opens).over(
        partition_by=(every.c.patient_id, track),
        order_by=(every.c.by_moment, every.c.by_day, every.c.rank, every.c.id),
        rows=(None, 0),
    )
    return select(every, cast(running, Integer).label("number")).cte("counted")
