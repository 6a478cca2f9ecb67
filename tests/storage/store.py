"""An outbox on a database of its own with one patient, for tests of what is stored; and acts done at once."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from backend.storage import feed, ledger, push
from backend.storage.access import add_token, open_session
from backend.storage.db import unit_of_work
from backend.storage.ledger import AttemptRow, ReceiptRow
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.push import SubscriptionRow
from backend.storage.reminders import ReminderRow, cancel
from backend.storage.sealing import Place, Sealer
from backend.storage.undelivered import UndeliveredRow
from notifications.reminder import Accepted, Again, Claimed, Failed
from tests.factories.base import NOW, CareFactory, PatientFactory, StaffFactory
from tests.factories.reminders import ReminderRowFactory

LEASE = timedelta(minutes=2)
LATER = NOW + LEASE
SOON = NOW + timedelta(seconds=60)
OVER = NOW + timedelta(hours=1)
TOOK, PASSING, FATAL = Accepted("ref"), Failed(permanent=False, why="smtp-451"), Failed(permanent=True, why="smtp-550")
BY_MAIL = Again(SOON, "email")


@dataclass(frozen=True, slots=True)
class Store:
    """A database of its own with one patient, and the outbox on it."""

    engine: Engine
    outbox: SqlOutbox
    patient_id: UUID
    site_id: UUID

    def put(self, count: int = 1, **columns: Any) -> list[UUID]:
        rows = ReminderRowFactory.build_batch(count, **{"patient_id": self.patient_id, **columns})
        ids = [row.id for row in rows]
        self.add(*rows)
        return ids

    def add(self, *rows: Any) -> None:
        with unit_of_work(Session(self.engine), writes=True) as session:
            for row in rows:
                session.add(row)
                session.flush()

    def claim(
        self, now: datetime = NOW, limit: int = 50, channel: str | None = None, ids: Collection[str] | None = None
    ) -> list[Claimed]:
        return self.outbox.claim(now, "one", LEASE, limit, channel, ids)

    def tried(self, now: datetime = NOW) -> Claimed:
        """Claim the only one that is due and begin an attempt."""
        (claimed,) = self.claim(now)
        assert self.outbox.attempt(claimed, now)
        return claimed

    def cancel(self, *ids: UUID) -> None:
        with unit_of_work(Session(self.engine), writes=True) as session:
            cancel(session, ids, NOW)

    def change(self, **columns: Any) -> None:
        """Let the patient be reached otherwise."""
        with unit_of_work(Session(self.engine), writes=True) as session:
            patient = session.get_one(PatientRow, self.patient_id)
            for name, value in columns.items():
                setattr(patient, name, value)

    def sealed(self, column: str, told: str) -> bytes:
        """Seal an address of the patient's own."""
        with Session(self.engine) as session:
            patient = session.get_one(PatientRow, self.patient_id)
            sealed = self.outbox.sealer.seal(
                patient.key, str(patient.id), told, Place("patients", column, str(patient.id))
            )
            assert sealed is not None
            return sealed

    def pair(self) -> UUID:
        """Pair a phone of the patient's and return its session."""
        session_id = uuid4()
        with unit_of_work(Session(self.engine), writes=True) as session:
            open_session(session, session_id, "phone", NOW, None, patient_id=self.patient_id)
            add_token(session, session_id.bytes, session_id, "refresh", NOW + timedelta(days=90))
        return session_id

    def phone(self, service: str = "webpush") -> UUID:
        """Let a phone of the patient be woken, and return the subscription's id."""
        session_id, made = self.pair(), uuid4()
        with Session(self.engine) as session:
            patient = session.get_one(PatientRow, self.patient_id)
            target = json.dumps({"token": str(made)})
            sealed = self.outbox.sealer.seal(patient.key, str(patient.id), target, push.place(made))
        row = SubscriptionRow(id=made, session_id=session_id, service=service, mark=made.bytes, made_at=NOW)
        row.patient_id, row.target_sealed = self.patient_id, sealed or b""
        self.add(row)
        return made

    def cared_for(self, role: str = "nurse", since: datetime = NOW, until: datetime | None = None) -> UUID:
        """Let somebody care for the patient, and return them."""
        staff = StaffFactory.build(role=role, site_id=self.site_id)
        staff_id: UUID = staff.id
        self.add(staff)
        self.add(CareFactory.build(patient_id=self.patient_id, staff_id=staff_id, starts_at=since, ends_at=until))
        return staff_id

    def shown(self, reminder_id: UUID, state: str = "shown") -> None:
        self.add(ReceiptRow(reminder_id=reminder_id, source=uuid4().hex, state=state, at=NOW, received_at=NOW))

    def told(self, patient_id: UUID | None = None) -> int:
        """How often the phones were told of other reminders."""
        with Session(self.engine) as session:
            return feed.head(session, patient_id or self.patient_id).seq

    def row(self, reminder_id: UUID) -> ReminderRow:
        with Session(self.engine) as session:
            return session.get_one(ReminderRow, reminder_id)

    def patient(self) -> PatientRow:
        with Session(self.engine) as session:
            return session.get_one(PatientRow, self.patient_id)

    def attempts(self) -> list[tuple[int, int, str]]:
        """Each attempt by number: its number, fence and outcome."""
        with Session(self.engine) as session:
            rows = session.scalars(select(AttemptRow).order_by(AttemptRow.attempt))
            return [(row.attempt, row.fence, row.outcome) for row in rows]

    def changes(self, reminder_id: UUID) -> list[tuple[str, datetime, str, str]]:
        """The ledger of a reminder: state, moment, why and by whom."""
        with Session(self.engine) as session:
            rows = ledger.changes(session, [reminder_id]).get(reminder_id, [])
            return [(row.state, row.at, row.why, row.by) for row in rows]

    def items(self) -> list[UndeliveredRow]:
        """What is or was on the list of those who care for patients."""
        with Session(self.engine) as session:
            return list(session.scalars(select(UndeliveredRow).order_by(UndeliveredRow.since, UndeliveredRow.due)))


def enrol(engine: Engine, sealer: Sealer, site: Any, **columns: Any) -> UUID:
    """Enrol a patient who can be reached by mail."""
    patient = PatientFactory.build(site_id=site.id)
    row = str(patient.id)
    patient.key = sealer.new_key(row)
    patient.email_sealed = sealer.seal(patient.key, row, "anna@example.org", Place("patients", "email", row))
    for name, value in columns.items():
        setattr(patient, name, value)
    patient_id: UUID = patient.id
    with unit_of_work(Session(engine), writes=True) as session:
        session.merge(site)
        session.flush()
        session.add(patient)
    return patient_id


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts in threads that start together."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [done.result() for done in [threads.submit(run, act) for act in acts]]
