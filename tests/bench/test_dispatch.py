"""W6a: due reminders through claim, attempt, a channel that does nothing and acknowledgement, beside bare claims."""

import time
from dataclasses import replace
from datetime import timedelta
from statistics import median
from uuid import uuid4

from sqlalchemy import Engine, bindparam, insert, select, update

from backend.storage.db import make_engine
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from backend.worker import make_dispatcher
from notifications.dispatcher import Dispatcher
from notifications.reminder import Accepted, Message
from tests.factories.base import NOW
from tests.factories.reminders import ReminderRowFactory
from tests.house import House
from tests.journeys.processes import Installation

REMINDERS, ROUNDS, BATCH = 1000, 5, 100
GOAL, FLOOR = 0.2, 0.002
"""Of bare claims. Each reminder has two durable commits of its own here (P11), a bare claim a hundredth of one."""


class Nowhere:
    """A channel that takes everything at once."""

    def send(self, message: Message, address: str) -> Accepted:
        return Accepted(message.message_id)


def test_w6a_a_dispatcher_beside_bare_claims(installation: Installation, seeded: House) -> None:
    engine = make_engine(installation.database_url, 5000)
    made = make_dispatcher(seeded.settings, clock=lambda: NOW + timedelta(minutes=1))
    dispatcher = replace(made, channels={"email": Nowhere()}, batch=BATCH)
    reached(seeded)
    ratios, rates = [], []
    for _ in range(ROUNDS):
        ours, bare = _dispatched(seeded, dispatcher), _claimed(seeded, engine)
        ratios.append(bare / ours)
        rates.append(REMINDERS / ours)
    said = f"{median(rates):.0f} reminders/s, {median(ratios):.3f} of bare claims (goal {GOAL})"
    print(f"\nW6a {installation.kind}: {said}")
    engine.dispose()
    assert median(ratios) >= FLOOR, ratios


def reached(seeded: House) -> None:
    """Enrol a patient who has an address."""
    patient = seeded.patient()
    with seeded.unit() as ctx:
        row = ctx.session.get_one(PatientRow, patient.id)
        place = Place("patients", "email", str(row.id))
        row.email_sealed = ctx.sealer.seal(row.key, str(row.id), "anna@example.org", place)


def _put(seeded: House) -> None:
    rows = [ReminderRowFactory.build(patient_id=uuid4()) for _ in range(REMINDERS)]
    values = [
        {column.name: getattr(row, column.name) for column in ReminderRow.__table__.columns} | {"key": uuid4().hex}
        for row in rows
    ]
    with seeded.unit() as ctx:
        held = ctx.session.scalars(select(PatientRow)).first()
        assert held is not None
        ctx.session.execute(insert(ReminderRow), [one | {"patient_id": held.id} for one in values])


def _dispatched(seeded: House, dispatcher: Dispatcher) -> float:
    """Return the seconds in which a dispatcher tells them all."""
    _put(seeded)
    started = time.perf_counter()
    told = 0
    while told < REMINDERS:
        told += dispatcher.work().sent
    return time.perf_counter() - started


def _claimed(seeded: House, engine: Engine) -> float:
    """Return the seconds in which bare SQL claims them all, a hundred at a time, and ends them."""
    _put(seeded)
    started = time.perf_counter()
    done = 0
    while done < REMINDERS:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            waits = select(ReminderRow.id).where(ReminderRow.status == "planned").order_by(ReminderRow.next_try_at)
            ids = list(connection.scalars(waits.limit(BATCH).with_for_update(skip_locked=True)))
            one = update(ReminderRow).where(ReminderRow.id == bindparam("row")).values(status="sent")
            connection.execute(one, [{"row": row} for row in ids])
        done += len(ids)
    return time.perf_counter() - started
