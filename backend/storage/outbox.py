"""The outbox in the database: reminders claimed under a lease and a fence; it alone commits for itself.

Locks: every act here holds rows of reminders only and waits for no second one (claim and expire skip what is held,
attempt and acknowledge touch one row), while planning holds a patient's row first and then that patient's reminders.
So planning may wait for a dispatcher or a dispatcher for planning, but never both for each other. What is found gone is
written down in an act of its own for the same reason. The feeds come last, as everywhere, and in the same order.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from backend.storage import beats, fates, feed, heard, ledger, push, reminders, undelivered, ways
from backend.storage.db import unit_of_work
from backend.storage.ledger import AttemptRow, By
from backend.storage.patients import PatientRow
from backend.storage.reminders import BY_PHONE, OPEN, WAITING, ReminderRow
from backend.storage.sealing import Sealer
from backend.storage.ways import EMAIL, SMS, Ways
from notifications.reminder import Accepted, Again, Claimed, Failed, Outcome, Reminder, Status


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """The port of notifications.outbox on our tables, for any number of dispatchers."""

    engine: Engine
    sealer: Sealer

    def claim(
        self,
        now: datetime,
        worker: str,  # noqa: ARG002 - the fence tells holders apart
        lease: timedelta,
        limit: int,
        channel: str | None = None,
        ids: Collection[str] | None = None,
    ) -> list[Claimed]:
        """Take up to `limit` due reminders, oldest first; other workers' rows are skipped, not waited for.

        What a silent worker left behind goes first: it was due before. Asked apart, so that each part is a walk
        along the index that ends at `limit`, however long the backlog.
        """
        kept = _kept_to(channel, ids)
        with self._act() as session:
            found: list[tuple[ReminderRow, PatientRow]] = []
            for which in (_silent(now), _waits(Status.DUE, now), _waits(Status.PLANNED, now)):
                if len(found) < limit:
                    found += _taken(session, and_(which, *kept), now, limit - len(found))
            if not found:
                return []
            ledger.keep(session, (change for row, _ in found for change in fates.claiming(row, now)))
            values = {
                "status": Status.CLAIMED.value,
                "lease_until": now + lease,
                "fence": ReminderRow.fence + 1,
                "unsure": _MAY_HAVE_TOLD,
                "why": "",
            }
            mine = update(ReminderRow).where(ReminderRow.id.in_([row.id for row, _ in found]))
            session.execute(mine.values(values), execution_options={"synchronize_session": False})
            reached = ways.of_patients(session, {patient.id: patient for _, patient in found}.values(), now)
            claimed = [self._claimed(row, reached[patient.id]) for row, patient in found]
            _take_other_way(session, [one for one, (row, _) in zip(claimed, found, strict=True) if _moved(one, row)])
            return claimed

    def waiting(self, now: datetime, limit: int, channel: str) -> list[str]:
        """Return the ids of reminders that may be claimed for a channel now, the first so many."""
        with unit_of_work(Session(self.engine), writes=False) as session:
            found: list[UUID] = []
            for which in (_silent(now), _waits(Status.DUE, now), _waits(Status.PLANNED, now)):
                query = select(ReminderRow.id).where(which, ReminderRow.expires_at > now, *_kept_to(channel, None))
                found += session.scalars(query.order_by(ReminderRow.next_try_at).limit(limit - len(found)))
            return [str(one) for one in found]

    def attempt(self, claimed: Claimed, now: datetime) -> bool:
        """Commit the attempt before the provider is called; False when fenced off or cancelled meanwhile."""
        with self._act() as session:
            held = update(ReminderRow).where(*_held(claimed), ReminderRow.status == Status.CLAIMED.value)
            values = {"attempts": claimed.attempt, "in_flight": True, "changed_at": now}
            if self._told_meanwhile(session, claimed, now) or not _one(session.execute(held.values(values))):
                return False
            # Tries by another channel begin anew, so the row's own count is not the number of this one.
            last = select(func.max(AttemptRow.attempt)).where(AttemptRow.reminder_id == UUID(claimed.id))
            attempt = {
                "reminder_id": UUID(claimed.id),
                "attempt": (session.scalar(last) or 0) + 1,
                "fence": claimed.fence,
                "channel": claimed.reminder.channel,
                "started_at": now,
                "outcome": "open",
            }
            session.execute(insert(AttemptRow), attempt)
            return True

    def _told_meanwhile(self, session: Session, claimed: Claimed, now: datetime) -> bool:
        """End what a phone told by itself since a sender before this one fell silent."""
        if claimed.fence == 1:
            return False
        row = session.scalar(select(ReminderRow).where(*_held(claimed)).with_for_update())
        if row is None or not reminders.was_told(session, row):
            return False
        if reminders.advance(session, row, Status.CANCELLED, now, By.PHONE, BY_PHONE):
            heard.catch_up(session, [row], now)
            _tell(session, row.patient_id)
        return True

    def acknowledge(self, claimed: Claimed, outcome: Outcome, now: datetime, again: Again | None) -> bool:
        """Write down what became of it, and which addresses are gone; False when the fence was lost."""
        held = self._settle(claimed, outcome, now, again)
        if isinstance(outcome, Accepted | Failed) and outcome.gone:
            self._forget(claimed, outcome.gone, now)
        return held

    def _forget(self, claimed: Claimed, gone: Sequence[str], now: datetime) -> None:
        """Disable addresses that were found not to exist, unless they were changed meanwhile (issue 4).

        The patient's reminders are gone over soon after: there may be no way left.
        """
        channel = claimed.reminder.channel
        column = {EMAIL: "email_refused_at", SMS: "phone_refused_at"}.get(channel)
        with self._act() as session:
            of_it = select(ReminderRow.patient_id).where(ReminderRow.id == UUID(claimed.id)).scalar_subquery()
            patient = session.scalars(select(PatientRow).where(PatientRow.id == of_it).with_for_update()).one()
            if column is None:
                push.end(session, [UUID(name) for name in gone], now)
            elif ways.of_patient(session, patient, now).address(channel, self.sealer) == claimed.address:
                setattr(patient, column, now)
            else:
                return
            patient.planned_at = None
            session.flush()

    def _settle(self, claimed: Claimed, outcome: Outcome, now: datetime, again: Again | None) -> bool:
        with self._act() as session:
            row = session.scalar(select(ReminderRow).where(*_held(claimed)).with_for_update())
            if row is None:
                return False
            row.in_flight, row.unsure = False, row.unsure or (isinstance(outcome, Failed) and outcome.unsure)
            if isinstance(outcome, Accepted | Failed):
                _end_attempt(session, claimed, outcome, now)
            if isinstance(outcome, Accepted):
                fates.sent(session, row, claimed.reminder.channel, now)
            elif row.status == Status.CLAIMED.value:
                fates.not_sent(session, row, outcome, now, again)
            session.flush()
            heard.catch_up(session, [row], now)  # what came in while it was being sent
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
        waits = ReminderRow.status.in_(WAITING)
        late = select(ReminderRow).where(ReminderRow.expires_at <= now, or_(waits, _silent(now)))
        with self._act() as session:
            found = session.scalars(late.limit(_CHUNK).with_for_update(skip_locked=True)).all()
            if found:
                mine = update(ReminderRow).where(ReminderRow.id.in_([row.id for row in found]))
                values = {"status": Status.EXPIRED.value, "changed_at": now, "why": "too-late", **_LET_GO}
                session.execute(mine.values(values), execution_options={"synchronize_session": False})
                ledger.keep(session, (change for row in found for change in fates.expiring(row, now)))
                undelivered.raise_items(session, fates.too_late(session, found, now), now)
                heard.catch_up(session, _claimed_anew(session, found), now)
            for patient_id in sorted({row.patient_id for row in found}):
                _tell(session, patient_id)
            return len(found)

    def beat(self, worker: str, now: datetime) -> None:
        """Write down that the worker is alive."""
        with self._act() as session:
            beats.beat(session, worker, now)

    @contextmanager
    def _act(self) -> Iterator[Session]:
        with unit_of_work(Session(self.engine), writes=True) as session:
            yield session

    def _claimed(self, row: ReminderRow, reached: Ways) -> Claimed:
        """Return a row as its sender needs it; where its channel leads nowhere any more, the next that does."""
        person = reached.person()
        channel = row.channel if row.channel in person.channels else next(iter(person.channels), row.channel)
        reminder = Reminder(
            row.key, row.kind, row.subject, row.version, row.step, row.due_on, row.due_at, row.send_at,
            row.expires_at, channel,
        )  # fmt: skip
        behind = person.channels.index(channel) + 1 if channel in person.channels else 0
        return Claimed(
            id=str(row.id),
            fence=row.fence + 1,
            reminder=reminder,
            attempt=row.attempts + 1 if channel == row.channel else 1,
            address=reached.address(channel, self.sealer) if channel in person.channels else "",
            person=person,
            message_id=f"reminder-{row.id}",
            others=person.channels[behind:],
        )


_CHUNK = 200
_MAY_HAVE_TOLD = or_(ReminderRow.unsure, ReminderRow.in_flight)
"""Nobody can know what a sender did that fell silent in the midst of it."""
_LET_GO = {"in_flight": False, "unsure": _MAY_HAVE_TOLD}


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


def _claimed_anew(session: Session, found: Sequence[ReminderRow]) -> list[ReminderRow]:
    """Return those that a silent worker had, as they stand: a phone may have told of them meanwhile."""
    had = [row for row in found if row.status == Status.CLAIMED.value]
    for row in had:
        session.refresh(row)
    return had


def _kept_to(channel: str | None, ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    kept = [] if channel is None else [ReminderRow.channel == channel]
    return kept if ids is None else [*kept, ReminderRow.id.in_([UUID(one) for one in ids])]


def _moved(claimed: Claimed, row: ReminderRow) -> bool:
    return claimed.reminder.channel != row.channel


def _take_other_way(session: Session, claimed: Sequence[Claimed]) -> None:
    """Let what its channel leads nowhere for go by another, as planning would; the tries begin anew."""
    for one in claimed:
        mine = update(ReminderRow).where(ReminderRow.id == UUID(one.id))
        values = {"channel": one.reminder.channel, "attempts": 0}
        session.execute(mine.values(values), execution_options={"synchronize_session": False})


def _tell(session: Session, patient_id: UUID) -> None:
    """Let the phones know that another reminder has ended, or they would tell it by themselves."""
    feed.append(session, patient_id, {("reminders", patient_id)})


def _waits(status: Status, now: datetime) -> ColumnElement[bool]:
    return and_(ReminderRow.status == status.value, ReminderRow.next_try_at <= now)


def _silent(now: datetime) -> ColumnElement[bool]:
    """Claimed by a worker that did not come back within its lease."""
    return and_(ReminderRow.status == Status.CLAIMED.value, ReminderRow.lease_until <= now)


def _held(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    return ReminderRow.id == UUID(claimed.id), ReminderRow.fence == claimed.fence


def _end_attempt(session: Session, claimed: Claimed, outcome: Accepted | Failed, now: datetime) -> None:
    if isinstance(outcome, Accepted):
        told = {"ended_at": now, "outcome": "accepted", "provider_ref": outcome.provider_ref[:200]}
    else:
        told = {"ended_at": now, "outcome": outcome.why[:60]}
    mine = (AttemptRow.reminder_id == UUID(claimed.id), AttemptRow.fence == claimed.fence)
    session.execute(update(AttemptRow).where(*mine).values(**told))


def _one(done: Any) -> bool:
    return bool(done.rowcount == 1)
