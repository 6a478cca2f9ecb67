"""Reminders that another engine (Procrastinate) carries reach the same mailbox, each exactly once."""

from collections import Counter
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, select

from backend.storage.ledger import AttemptRow
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from tests.factories.reminders import ReminderRowFactory
from tests.house import House
from tests.journeys.mailbox import open_mailbox
from tests.journeys.processes import Installation, until

REMINDERS, PATIENTS = 600, 20

pytestmark = pytest.mark.journey


def remembered(seeded: House) -> None:
    """Put reminders that are due into the database, of patients with an address."""
    patients = [seeded.patient() for _ in range(PATIENTS)]
    with seeded.unit() as ctx:
        for patient in patients:
            row = ctx.session.get_one(PatientRow, patient.id)
            place = Place("patients", "email", str(row.id))
            row.email_sealed = ctx.sealer.seal(row.key, str(row.id), f"{row.id}@example.org", place)
    seeded.add(*(ReminderRowFactory.build(patient_id=patients[n % PATIENTS].id) for n in range(REMINDERS)))


def stored(seeded: House, column: Any) -> list[Any]:
    with seeded.unit(writes=False) as ctx:
        return list(ctx.session.scalars(select(column)))


def test_600_reminders_are_carried_by_two_workers_and_each_is_sent_exactly_once(
    installation: Installation, seeded: House
) -> None:
    if installation.kind == "sqlite":
        pytest.skip("the engine needs PostgreSQL; the next test shows that it says so")
    remembered(seeded)
    with open_mailbox() as mailbox:
        installation.told |= {"UITWERK_MAIL_HOST": "127.0.0.1", "UITWERK_MAIL_PORT": str(mailbox.port)}
        installation.told |= {"UITWERK_MAIL_SECURITY": "none"}
        workers = [installation.start("dispatch", "--engine", "procrastinate") for _ in range(2)]
        until(lambda: set(stored(seeded, ReminderRow.status)) == {"sent"}, "all are sent", 120)
        for worker in workers:
            worker.stop()
        copies = mailbox.copies()
    assert [worker.process.returncode for worker in workers] == [0, 0]
    assert Counter(copies.values()) == {1: REMINDERS}
    assert stored(seeded, AttemptRow.outcome) == ["accepted"] * REMINDERS
    assert jobs(installation) <= {"reminder"}, "the queue holds ids and nothing else"


def jobs(installation: Installation) -> set[str]:
    """Return the names of everything that any job still in the queue holds."""
    url = make_url(installation.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        return {
            name for (told,) in connection.execute("SELECT args FROM procrastinate.procrastinate_jobs") for name in told
        }


def test_without_postgresql_the_engine_is_refused_in_words(installation: Installation) -> None:
    if installation.kind == "postgresql":
        pytest.skip("PostgreSQL is what it needs")
    running = installation.start("dispatch", "--engine", "procrastinate")
    assert until(running.process.poll, "the command ends") == 1
    assert "Procrastinate needs PostgreSQL." in running.log.read_text()
