"""Undelivered: what reached nobody and somebody is to look at, each with an owner, until it is settled."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    case,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.patients import CareRow, PatientRow, cared_for
from backend.storage.people import StaffRow

UNREACHABLE = "unreachable"
"""The kind of an item about a patient whom no message can reach at all."""

_OPEN_AGAIN = {"settled_at": None, "settled_by": None, "outcome": None, "escalated_at": None}


class UndeliveredRow(Base):
    """One thing a patient was not told, whatever the number of its reminders; it counts from `since`, maybe only later.

    `due` is the day it was about, if any; `owner_id` who is to look at it, None where nobody has a care relationship;
    `outcome` how it ended.
    """

    __tablename__ = "undelivered"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(100))
    due: Mapped[str] = mapped_column(String(30))
    reminder_id: Mapped[UUID | None] = mapped_column(ForeignKey("reminders.id"))
    why: Mapped[str] = mapped_column(String(60))
    since: Mapped[datetime] = mapped_column(Instant)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    escalated_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        UniqueConstraint("patient_id", "kind", "subject", "due"),
        Index("ix_undelivered_open", "settled_at", "since"),
    )


def raise_items(session: Session, items: Iterable[dict[str, Any]], now: datetime) -> None:
    """Put things on the list, each owned by whoever cares for the patient; what is on it is not put there twice.

    What somebody settled stays so; what left the list by itself, as when the message came through, is open again. Each
    item holds patient_id, kind, subject, due, reminder_id, why and since.
    """
    # In one order everywhere, so that nobody waits in a circle for rows that are there already.
    rows = sorted(items, key=lambda row: (row["patient_id"], row["kind"], row["subject"], row["due"]))
    if not rows:
        return
    owners = owners_of(session, {row["patient_id"] for row in rows}, now)
    values = [{"id": uuid4(), "owner_id": owners.get(row["patient_id"]), "version": 1, **row} for row in rows]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(UndeliveredRow)
    again = {name: statement.excluded[name] for name in ("reminder_id", "why", "since", "owner_id")}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["patient_id", "kind", "subject", "due"],
            set_={**again, **_OPEN_AGAIN, "version": UndeliveredRow.version + 1},
            where=and_(UndeliveredRow.settled_at.is_not(None), UndeliveredRow.settled_by.is_(None)),
        ),
        values,
    )


def owners_of(session: Session, patient_ids: Collection[UUID], now: datetime) -> dict[UUID, UUID]:
    """Return who looks after each patient: a nurse before others, the longest care relationship first."""
    nurses_first = case((StaffRow.role == "nurse", 0), else_=1)
    query = _carers(now).where(CareRow.patient_id.in_(patient_ids))
    query = query.order_by(nurses_first, CareRow.starts_at, CareRow.id)
    found: dict[UUID, UUID] = {}
    for patient_id, row in session.execute(query):
        found.setdefault(patient_id, row.id)
    return found


def settle(
    session: Session, patient_id: UUID, things: Collection[tuple[str, str]], now: datetime, outcome: str
) -> None:
    """Take things, each a kind and subject, off a patient's list."""
    if things:
        which = tuple_(UndeliveredRow.kind, UndeliveredRow.subject).in_(things)
        mine = (UndeliveredRow.patient_id == patient_id, UndeliveredRow.settled_at.is_(None), which)
        values = {"settled_at": now, "outcome": outcome, "version": UndeliveredRow.version + 1}
        statement = update(UndeliveredRow).where(*mine).values(values)
        session.execute(statement, execution_options={"synchronize_session": False})


def begin_anew(session: Session, patient_id: UUID, kind: str) -> None:
    """Let what somebody settled be open again if it ever comes back: it was over in between.

    Who settled it is told by the events.
    """
    mine = (UndeliveredRow.patient_id == patient_id, UndeliveredRow.kind == kind)
    settled = update(UndeliveredRow).where(*mine, UndeliveredRow.settled_by.is_not(None))
    session.execute(settled.values(settled_by=None), execution_options={"synchronize_session": False})


def of_patient(session: Session, patient_id: UUID) -> tuple[list[tuple[str, str]], bool]:
    """Return kind and subject of what is on a patient's list, also what only counts later.

    And whether somebody has settled already that the patient is unreachable.
    """
    settled = and_(UndeliveredRow.kind == UNREACHABLE, UndeliveredRow.settled_by.is_not(None))
    query = select(UndeliveredRow.kind, UndeliveredRow.subject, UndeliveredRow.settled_by)
    mine = (UndeliveredRow.patient_id == patient_id, or_(UndeliveredRow.settled_at.is_(None), settled))
    rows = session.execute(query.where(*mine)).all()
    return [(kind, subject) for kind, subject, by in rows if by is None], any(by is not None for *_, by in rows)


def all_of(session: Session, patient_id: UUID) -> Sequence[UndeliveredRow]:
    """Return everything that is or was on a patient's list, oldest first."""
    query = select(UndeliveredRow).where(UndeliveredRow.patient_id == patient_id)
    return session.scalars(query.order_by(UndeliveredRow.since, UndeliveredRow.id)).all()


def listed(
    session: Session, staff_id: UUID, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[UndeliveredRow]:
    """Return what is open for the patients somebody cares for, the oldest first, from behind `after` (a page)."""
    query = select(UndeliveredRow).where(UndeliveredRow.patient_id.in_(cared_for(staff_id, now)), _is_open(now))
    if after is not None:
        moment, last = after
        later = UndeliveredRow.since > moment
        query = query.where(or_(later, (UndeliveredRow.since == moment) & (UndeliveredRow.id > last)))
    return session.scalars(query.order_by(UndeliveredRow.since, UndeliveredRow.id).limit(limit)).all()


def open_of(session: Session, patient_ids: Collection[UUID], now: datetime) -> Sequence[UndeliveredRow]:
    """Return what is open for some patients, the oldest first."""
    query = select(UndeliveredRow).where(UndeliveredRow.patient_id.in_(patient_ids), _is_open(now))
    return session.scalars(query.order_by(UndeliveredRow.since, UndeliveredRow.id)).all()


def count(session: Session, staff_id: UUID, now: datetime) -> int:
    """Return how much is open for the patients somebody cares for."""
    query = select(func.count()).select_from(UndeliveredRow)
    return session.scalar(query.where(UndeliveredRow.patient_id.in_(cared_for(staff_id, now)), _is_open(now))) or 0


def count_of_nobody(session: Session, site_id: UUID, now: datetime) -> int:
    """Return how much is open at a site for patients whom nobody cares for."""
    query = select(func.count()).select_from(UndeliveredRow).join(PatientRow).where(PatientRow.site_id == site_id)
    cared = _carers(now).with_only_columns(CareRow.patient_id)
    return session.scalar(query.where(_is_open(now), UndeliveredRow.patient_id.not_in(cared))) or 0


def carers(session: Session, patient_ids: Collection[UUID], now: datetime) -> dict[UUID, dict[UUID, StaffRow]]:
    """Return by patient, and by their ids, all who care for them."""
    found: dict[UUID, dict[UUID, StaffRow]] = {patient_id: {} for patient_id in patient_ids}
    query = _carers(now).where(CareRow.patient_id.in_(patient_ids)).order_by(CareRow.starts_at, CareRow.id)
    for patient_id, row in session.execute(query):
        found[patient_id][row.id] = row
    return found


def get(session: Session, item_id: UUID, *, lock: bool = False) -> UndeliveredRow | None:
    """Return one item, locked for writing if asked."""
    query = select(UndeliveredRow).where(UndeliveredRow.id == item_id)
    if lock:
        query = query.with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def overdue(session: Session, before: datetime, limit: int) -> Sequence[UndeliveredRow]:
    """Return open items that count since before a moment and nobody was told of, locked; held ones are passed over."""
    mine = (_is_open(before), UndeliveredRow.escalated_at.is_(None))
    query = select(UndeliveredRow).where(*mine).order_by(UndeliveredRow.since).limit(limit)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(UndeliveredRow.settled_at.is_(None), UndeliveredRow.since <= now)


def _carers(now: datetime) -> Select[UUID, StaffRow]:
    # Who opened a record in an emergency looks after nobody for good: what reached nobody is not theirs.
    stands = and_(
        CareRow.starts_at <= now,
        or_(CareRow.ends_at.is_(None), CareRow.ends_at > now),
        CareRow.emergency.is_(False),
    )
    query = select(CareRow.patient_id, StaffRow).join(StaffRow, StaffRow.id == CareRow.staff_id)
    return query.where(stands, StaffRow.left_at.is_(None))
