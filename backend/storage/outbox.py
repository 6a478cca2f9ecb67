"""The outbox in the database: reminders claimed under a lease and a fence; it alone commits for itself.

Locks: every act here holds rows of reminders only and waits for no second one (claim and expire skip what is held,
attempt and acknowledge touch one row), while planning holds a patient's row first and then that patient's reminders.
So planning may wait for a dispatcher or a dispatcher for planning, but never both for each other. What is found gone is
written down in an act of its own for the same reason. The feeds come last, as everywhere, and in the same order.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Table, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from backend.storage import feed, push, reminders
from backend.storage.db import unit_of_work
from backend.storage.patients import PatientRow
from backend.storage.push import SubscriptionRow
from backend.storage.records import insert_once
from backend.storage.reminders import BY_PHONE, OPEN, AttemptRow, BeatRow, ReminderRow
from backend.storage.sealing import Place, Sealer, SealError
from notifications.reminder import Accepted, Claimed, Deferred, Failed, Outcome, Reminder, Status

EMAIL, PUSH = "email", "push"


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """The port of notifications.outbox on our tables, for any number of dispatchers."""

    engine: Engine
    sealer: Sealer

    def claim(self, now: datetime, worker: str, lease: timedelta, limit: int) -> list[Claimed]:  # noqa: ARG002 - the fence tells holders apart
        """Take up to `limit` due reminders, oldest first; other workers' rows are skipped, not waited for.

        What a silent worker left behind goes first: it was due before. Asked apart, so that each half is a walk
        along the index that ends at `limit`, however long the backlog.
        """
        with self._act() as session:
            found = _taken(session, _silent(now), now, limit)
            if len(found) < limit:
                found += _taken(session, _waiting(now), now, limit - len(found))
            if not found:
                return []
            values = {
                "status": Status.CLAIMED.value,
                "lease_until": now + lease,
                "fence": ReminderRow.fence + 1,
                "why": "",
            }
            mine = update(ReminderRow).where(ReminderRow.id.in_([row.id for row, _ in found]))
            session.execute(mine.values(values), execution_options={"synchronize_session": False})
            phones = push.of_patients(session, {patient.id for row, patient in found if row.channel == PUSH})
            claimed = [self._claimed(row, patient, phones.get(patient.id, ())) for row, patient in found]
            _fall_back(session, [one.id for one, (row, _) in zip(claimed, found, strict=True) if _other_way(one, row)])
            return claimed

    def attempt(self, claimed: Claimed, now: datetime) -> bool:
        """Commit the attempt before the provider is called; False when fenced off or cancelled meanwhile."""
        with self._act() as session:
            held = update(ReminderRow).where(*_held(claimed), ReminderRow.status == Status.CLAIMED.value)
            values = {"attempts": claimed.attempt, "in_flight": True, "changed_at": now}
            if not _one(session.execute(held.values(values))):
                return False
            # Tries by mail begin anew after those by push, so the row's own count is not the number of this one.
            last = select(func.max(AttemptRow.attempt)).where(AttemptRow.reminder_id == UUID(claimed.id))
            attempt = {
                "attempt": (session.scalar(last) or 0) + 1,
                "fence": claimed.fence,
                "started_at": now,
                "outcome": "open",
            }
            session.execute(insert(AttemptRow), {"reminder_id": UUID(claimed.id), **attempt})
            return True

    def acknowledge(self, claimed: Claimed, outcome: Outcome, now: datetime, next_try_at: datetime | None) -> bool:
        """Write down what became of it, and which subscriptions are gone; False when the fence was lost."""
        held = self._settle(claimed, outcome, now, next_try_at)
        if not isinstance(outcome, Deferred) and outcome.gone:
            with self._act() as session:
                push.end(session, [UUID(name) for name in outcome.gone], now)
        return held

    def _settle(self, claimed: Claimed, outcome: Outcome, now: datetime, next_try_at: datetime | None) -> bool:
        with self._act() as session:
            row = session.scalar(select(ReminderRow).where(*_held(claimed)).with_for_update())
            if row is None:
                return False
            row.in_flight = False
            row.changed_at = now
            if not isinstance(outcome, Deferred):
                _end_attempt(session, claimed, outcome, now)
            if isinstance(outcome, Accepted):
                row.status, row.why = Status.SENT.value, ""
            elif row.status == Status.CLAIMED.value:
                _try_again(session, row, claimed, outcome, next_try_at)
            session.flush()
            if row.status not in OPEN:
                _tell(session, row.patient_id)
            return True

    def expire(self, now: datetime) -> int:
        """End what waited, or was claimed by a worker that fell silent, until it made no sense any more.

        Rows that somebody holds are left for the next round: nobody waits here, so nobody can wait in a circle.
        """
        count = 0
        while some := self._expire_some(now):
            count += some
        return count

    def _expire_some(self, now: datetime) -> int:
        """End a part of them: however many there are, no feed is held for long."""
        late = select(ReminderRow.id, ReminderRow.patient_id).where(
            ReminderRow.expires_at <= now, or_(_is_waiting(), _silent(now))
        )
        with self._act() as session:
            found = session.execute(late.limit(_CHUNK).with_for_update(skip_locked=True)).all()
            if found:
                mine = update(ReminderRow).where(ReminderRow.id.in_([row.id for row in found]))
                values = {"status": Status.EXPIRED.value, "in_flight": False, "changed_at": now, "why": "too-late"}
                session.execute(mine.values(values), execution_options={"synchronize_session": False})
            for patient_id in sorted({row.patient_id for row in found}):
                _tell(session, patient_id)
            return len(found)

    def beat(self, worker: str, now: datetime) -> None:
        """Write down that the worker is alive; two of one name may do so at once."""
        table: Table = BeatRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
        with self._act() as session:
            mine = update(BeatRow).where(BeatRow.worker == worker).values(beat_at=now)
            if not _one(session.execute(mine)):
                insert_once(session, table, {"worker": worker, "beat_at": now})

    @contextmanager
    def _act(self) -> Iterator[Session]:
        with unit_of_work(Session(self.engine), writes=True) as session:
            yield session

    def _claimed(self, row: ReminderRow, patient: PatientRow, phones: Sequence[SubscriptionRow]) -> Claimed:
        by_mail = row.channel == PUSH and not phones and patient.email_sealed is not None
        reminder = Reminder(
            row.key, row.kind, row.subject, row.version, row.step, row.due_on, row.due_at, row.send_at,
            row.expires_at, EMAIL if by_mail else row.channel,
        )  # fmt: skip
        pushed = reminder.channel == PUSH
        return Claimed(
            id=str(row.id),
            fence=row.fence + 1,
            reminder=reminder,
            attempt=1 if by_mail else row.attempts + 1,
            address=self._phones(patient, phones) if pushed else self._email(patient),
            language=patient.language,
            zone=patient.zone,
            message_id=f"reminder-{row.id}",
            quiet_from=patient.quiet_from,
            quiet_to=patient.quiet_to,
        )

    def _phones(self, patient: PatientRow, phones: Sequence[SubscriptionRow]) -> str:
        """Return every phone to wake, as the channel reads it; empty where there is none.

        Of one whose address does not open only the id is told: the channel calls it gone.
        """
        told: list[dict[str, str]] = []
        for row in phones:
            target = {}
            with suppress(SealError, ValueError):
                target = json.loads(
                    self.sealer.open(patient.key, str(patient.id), row.target_sealed, push.place(row.id)) or "{}"
                )
            told.append({**target, "id": str(row.id)})
        return json.dumps(told) if told else ""

    def _email(self, patient: PatientRow) -> str:
        """Return where to write to; empty where it does not open: one bad row must not stop the others (P15)."""
        place = Place("patients", "email", str(patient.id))
        try:
            return self.sealer.open(patient.key, str(patient.id), patient.email_sealed, place) or ""
        except (SealError, ValueError):
            return ""


_CHUNK = 200


def _taken(
    session: Session, which: ColumnElement[bool], now: datetime, limit: int
) -> list[tuple[ReminderRow, PatientRow]]:
    """Return due reminders with their patients, the reminders' rows locked."""
    query = (
        select(ReminderRow, PatientRow)
        .join(PatientRow, PatientRow.id == ReminderRow.patient_id)
        .where(which, ReminderRow.expires_at > now)
        .order_by(ReminderRow.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=ReminderRow)
    )
    return [(row, patient) for row, patient in session.execute(query)]


def _other_way(claimed: Claimed, row: ReminderRow) -> bool:
    return claimed.reminder.channel != row.channel


def _fall_back(session: Session, reminder_ids: Sequence[str]) -> None:
    """Let what no phone is left for go by mail, as planning would; the tries by mail begin anew."""
    if reminder_ids:
        mine = update(ReminderRow).where(ReminderRow.id.in_([UUID(one) for one in reminder_ids]))
        values = {"channel": EMAIL, "attempts": 0}
        session.execute(mine.values(values), execution_options={"synchronize_session": False})


def _try_again(
    session: Session, row: ReminderRow, claimed: Claimed, outcome: Failed | Deferred, next_try_at: datetime | None
) -> None:
    """Let what was not sent wait again: for its next try, or by mail where pushing came to nothing; else it failed."""
    over = isinstance(outcome, Failed) and (next_try_at is None or next_try_at >= row.expires_at)
    if over and _mail_is_left(session, row, claimed):
        row.channel, row.attempts, next_try_at = EMAIL, 0, row.changed_at
    row.status = (Status.WAITING if next_try_at else Status.FAILED).value
    row.why = outcome.why
    row.next_try_at = next_try_at or row.next_try_at
    if next_try_at and reminders.was_told(session, row):
        row.status, row.why = Status.CANCELLED.value, BY_PHONE


def _mail_is_left(session: Session, row: ReminderRow, claimed: Claimed) -> bool:
    if claimed.reminder.channel != PUSH or row.changed_at >= row.expires_at:
        return False
    has_mail = select(PatientRow.email_sealed.is_not(None)).where(PatientRow.id == row.patient_id)
    return bool(session.scalar(has_mail))


def _tell(session: Session, patient_id: UUID) -> None:
    """Let the phones know that another reminder has ended, or they would tell it by themselves."""
    feed.append(session, patient_id, {("reminders", patient_id)})


def _is_waiting() -> ColumnElement[bool]:
    return ReminderRow.status == Status.WAITING.value


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(_is_waiting(), ReminderRow.next_try_at <= now)


def _silent(now: datetime) -> ColumnElement[bool]:
    """Claimed by a worker that did not come back within its lease."""
    return and_(ReminderRow.status == Status.CLAIMED.value, ReminderRow.lease_until <= now)


def _held(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    return ReminderRow.id == UUID(claimed.id), ReminderRow.fence == claimed.fence


def _end_attempt(session: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> None:
    told = "accepted" if isinstance(outcome, Accepted) else outcome.why
    mine = (AttemptRow.reminder_id == UUID(claimed.id), AttemptRow.fence == claimed.fence)
    session.execute(update(AttemptRow).where(*mine).values(ended_at=now, outcome=told[:60]))


def _one(done: Any) -> bool:
    return bool(done.rowcount == 1)
