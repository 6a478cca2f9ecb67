"""Reminders: one row each, unique by its key for ever."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage import ledger
from backend.storage.db import Base, Instant
from backend.storage.ledger import By, ChangeRow, ReceiptRow
from notifications import states
from notifications.reminder import Reminder, Status


class ReminderRow(Base):
    """One thing to be told once. `fence` grows with each claim, so that a late sender cannot overwrite a newer one.

    `in_flight` while a provider is asked; `unsure` once nobody can know whether one took it, and then for good.
    """

    __tablename__ = "reminders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date]
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    send_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    channel: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    in_flight: Mapped[bool] = mapped_column(default=False)
    unsure: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    why: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        UniqueConstraint("patient_id", "key"),
        CheckConstraint(
            "status IN ('planned','due','claimed','sent','delivered','dismissed','opened','failed','expired',"
            "'cancelled','suppressed')",
            name="status",
        ),
        Index("ix_reminders_status_next_try", "status", "next_try_at"),
        Index("ix_reminders_status_channel_next_try", "status", "channel", "next_try_at"),
        Index("ix_reminders_status_expires", "status", "expires_at"),
    )


OPEN = tuple(sorted(status.value for status in states.OPEN))
"""Something may still be sent."""

TOLD = tuple(sorted(status.value for status in states.TOLD))
"""A provider took it, or more."""

WAITING = (Status.PLANNED.value, Status.DUE.value)
"""Nobody holds it."""

TEST = "test"
"""The kind of a message somebody asked for to see that it comes: no plan and no phone takes it away, or tells it."""

BY_PHONE = "told-by-phone"
"""Why a reminder was cancelled that the phone had shown by itself; it is not told again, whatever is planned."""

TELLING = ("shown", "opened")
"""Words of a phone by which the patient knows; a message wiped away unread was shown before."""

SNOOZED = "snoozed"
"""Why a reminder was cancelled that its patient wants to hear later; another one tells it then."""

NO_LONGER_DUE = "no-longer-due"


@dataclass(frozen=True, slots=True)
class Standing:
    """What planning needs to know of a stored reminder; moments aware, in UTC."""

    id: UUID
    key: str
    kind: str
    subject: str
    version: int
    step: str
    due_on: date
    due_at: datetime | None
    send_at: datetime
    expires_at: datetime
    channel: str
    status: str
    in_flight: bool
    unsure: bool
    lease_until: datetime | None
    why: str
    told_at: datetime


def _columns() -> list[Any]:
    """Return what Standing holds; told is what was sent, the last time, and else what a phone showed, the first."""
    sent_at = func.max(case((ChangeRow.state == Status.SENT.value, ChangeRow.at)))
    said = select(func.coalesce(sent_at, func.min(ChangeRow.at))).where(ChangeRow.state.in_(TOLD))
    told_at = said.where(ChangeRow.reminder_id == ReminderRow.id).correlate(ReminderRow).scalar_subquery()
    kept = [getattr(ReminderRow, name) for name in Standing.__slots__ if name != "told_at"]
    return [*kept, func.coalesce(told_at, ReminderRow.changed_at)]


_STANDING = select(*_columns())


def of_patient(
    session: Session, patient_id: UUID, since: datetime | None = None, until: datetime | None = None
) -> Sequence[ReminderRow]:
    """Return the reminders of a patient, by when they are sent; only those to be sent within a stretch, if given."""
    query = select(ReminderRow).where(ReminderRow.patient_id == patient_id)
    if since is not None:
        query = query.where(ReminderRow.send_at >= since)
    if until is not None:
        query = query.where(ReminderRow.send_at < until)
    return session.scalars(query.order_by(ReminderRow.send_at, ReminderRow.key)).all()


def marks(session: Session, patient_id: UUID) -> Sequence[Row[Any]]:
    """Return when each reminder of a patient is sent, what of, how it stands and by which channel, in that order."""
    told = [_table().c[name] for name in ("send_at", "kind", "step", "status", "channel")]
    query = select(*told).where(ReminderRow.patient_id == patient_id)
    return session.execute(query.order_by(ReminderRow.send_at, ReminderRow.key)).all()


def get(session: Session, reminder_id: UUID) -> ReminderRow | None:
    """Return one reminder."""
    return session.get(ReminderRow, reminder_id)


def standing(
    session: Session, patient_id: UUID, wanted: Collection[Reminder], today: date, now: datetime
) -> list[Standing]:
    """Return a patient's reminders that planning looks at, by send_at and key.

    Those are the open and suppressed ones, those that bear the key of one that is wanted however they ended, those
    told, or being told, about `today` or a moment still to come, and those told of what has versions and is wanted. On
    PostgreSQL their rows stay locked until the transaction ends, on SQLite the whole file is: no dispatcher can begin
    or settle an attempt on what is being planned.
    """
    # What never changes its version, as the diary, is known by its key: its history may be long.
    subjects = {one.subject for one in wanted if one.version}
    ahead = or_(ReminderRow.due_on >= today, ReminderRow.due_at > now, ReminderRow.subject.in_(subjects))
    told = and_(or_(ReminderRow.status.in_(TOLD), ReminderRow.in_flight, ReminderRow.unsure), ahead)
    live = ReminderRow.status.in_((*OPEN, Status.SUPPRESSED.value))
    mine = or_(live, told, ReminderRow.key.in_({one.key for one in wanted}))
    query = _STANDING.where(ReminderRow.patient_id == patient_id, mine).with_for_update()
    return [Standing(*row) for row in session.execute(query.order_by(ReminderRow.send_at, ReminderRow.key))]


def with_keys(session: Session, patient_id: UUID, keys: Collection[str]) -> list[Standing]:
    """Return a patient's reminders that bear one of `keys`, however they ended."""
    mine = _STANDING.where(ReminderRow.patient_id == patient_id, ReminderRow.key.in_(keys))
    return [Standing(*row) for row in session.execute(mine.with_for_update())] if keys else []


def create(
    session: Session, patient_id: UUID, wanted: Iterable[Reminder], now: datetime, by: By = By.PLANNING
) -> list[UUID]:
    """Store new reminders, planned or suppressed, and return their ids, in their order."""
    rows = [_values(r, now) | {"id": uuid4(), "patient_id": patient_id, "key": r.key} for r in wanted]
    if rows:
        session.execute(insert(_table()), rows)
        ledger.keep(session, (ledger.change(r["id"], Status(r["status"]), now, by, r["why"]) for r in rows))
    return [row["id"] for row in rows]


def renew(session: Session, wanted: Iterable[tuple[Standing, Reminder]], now: datetime) -> None:
    """Give standing reminders their new times and let them wait again, under their own ids.

    One that was cancelled while it was being sent goes back to the sender who still has it, so that no second one
    sends the same.
    """
    rows = [_values(reminder, now) | {"row_id": row.id, "status": _resumed(row, now)} for row, reminder in wanted]
    _put(session, rows)
    ledger.keep(session, (ledger.change(r["row_id"], Status(r["status"]), now, By.PLANNING, "renewed") for r in rows))


def cancel(session: Session, reminder_ids: Collection[UUID], now: datetime, why: str = NO_LONGER_DUE) -> None:
    """End reminders that are open or held back; the sender of one that is being sent will find out."""
    live = (*OPEN, Status.SUPPRESSED.value)
    _end(session, reminder_ids, live, now, Status.CANCELLED, why, By.PLANNING)


def suppress(session: Session, wanted: Iterable[tuple[Standing, Reminder]], now: datetime) -> None:
    """Hold reminders back that wait, or are held back already, each for its reason and with its times."""
    rows = [_values(reminder, now) | {"row_id": row.id} for row, reminder in wanted]
    _put(session, rows)
    ledger.keep(session, (ledger.change(r["row_id"], Status.SUPPRESSED, now, By.PLANNING, r["why"]) for r in rows))


def advance(session: Session, row: ReminderRow, state: Status, at: datetime, by: By, why: str = "") -> bool:
    """Let a reminder, its row held by the caller, go on to a state; False where that would be backwards (issue 4)."""
    if not states.may_follow(Status(row.status), state):
        return False
    row.status, row.changed_at, row.why = state.value, at, why[:60]
    session.flush()
    ledger.keep(session, [ledger.change(row.id, state, at, by, why)])
    return True


def held(session: Session, reminder_id: UUID) -> ReminderRow | None:
    """Return one reminder with its row locked for writing (SQLite holds the whole file by then)."""
    query = select(ReminderRow).where(ReminderRow.id == reminder_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def was_told(session: Session, row: ReminderRow) -> bool:
    """Whether a phone has told of a reminder by itself.

    With the row locked the answer stands: a receipt that is being written refers to it, so one waits for the other.
    """
    query = select(ReceiptRow.state).where(ReceiptRow.reminder_id == row.id, ReceiptRow.state.in_(TELLING))
    return row.kind != TEST and session.execute(query.limit(1)).first() is not None


def _put(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows anew, each under its `row_id`."""
    if rows:
        table = _table()
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row_id"}
        session.execute(update(table).where(table.c.id == bindparam("row_id")).values(values), rows)


def _end(
    session: Session,
    reminder_ids: Collection[UUID],
    live: tuple[str, ...],
    now: datetime,
    status: Status,
    why: str,
    by: By,
) -> None:
    """End those of some reminders that are in one of the states given."""
    if not reminder_ids:
        return
    values = {"status": status.value, "changed_at": now, "why": why}
    mine = (ReminderRow.id.in_(reminder_ids), ReminderRow.status.in_(live))
    statement = update(ReminderRow).where(*mine).values(**values).returning(ReminderRow.id)
    done = list(session.scalars(statement, execution_options={"synchronize_session": False}))
    ledger.keep(session, (ledger.change(one, status, now, by, why) for one in done))


def _table() -> Table:
    """Return the table: unlike the mapped class it writes rows with and without a moment in one statement."""
    return ReminderRow.__table__  # type: ignore[return-value]  # a mapped class has a Table


def _resumed(row: Standing, now: datetime) -> str:
    held = row.in_flight and row.lease_until is not None and row.lease_until > now
    return (Status.CLAIMED if held else Status.PLANNED).value


def _values(reminder: Reminder, now: datetime) -> dict[str, Any]:
    return {
        "kind": reminder.kind,
        "subject": reminder.subject,
        "version": reminder.version,
        "step": reminder.step,
        "due_on": reminder.due_on,
        "due_at": reminder.due_at,
        "send_at": reminder.send_at,
        "expires_at": reminder.expires_at,
        "channel": reminder.channel,
        "status": (Status.SUPPRESSED if reminder.suppressed else Status.PLANNED).value,
        "next_try_at": reminder.send_at,
        "changed_at": now,
        "why": reminder.suppressed,
        "attempts": 0,
    }
