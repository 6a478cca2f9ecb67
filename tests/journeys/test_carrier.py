"""Reminders that another engine (Procrastinate) carries reach the same mailbox, each exactly once."""

import asyncio
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from sqlalchemy import make_url, select

from backend import carrier, worker
from backend.settings import load
from backend.storage.ledger import AttemptRow
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from tests.factories.base import NOW
from tests.factories.reminders import ReminderRowFactory
from tests.house import House
from tests.journeys.mailbox import open_mailbox
from tests.journeys.processes import Installation, until

REMINDERS, PATIENTS = 200, 20

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


def stored(seeded: House, query: Any) -> list[Any]:
    with seeded.unit(writes=False) as ctx:
        return list(ctx.session.scalars(query))


def test_200_reminders_are_carried_by_two_workers_and_each_is_sent_exactly_once(
    installation: Installation, seeded: House
) -> None:
    if installation.kind == "sqlite":
        pytest.skip("the engine needs PostgreSQL; the next test shows that it says so")
    remembered(seeded)
    with open_mailbox() as mailbox:
        installation.told |= {"UITWERK_MAIL_HOST": "127.0.0.1", "UITWERK_MAIL_PORT": str(mailbox.port)}
        installation.told |= {"UITWERK_MAIL_SECURITY": "none"}
        running = [installation.start("dispatch", "--engine", "procrastinate") for _ in range(2)]
        until(lambda: set(stored(seeded, select(ReminderRow.status))) == {"sent"}, "all are sent", 120)
        for one in running:
            one.stop()
        copies = mailbox.copies()
    assert [one.process.returncode for one in running] == [0, 0]
    assert Counter(copies.values()) == {1: REMINDERS}
    assert stored(seeded, select(AttemptRow.outcome)) == ["accepted"] * REMINDERS
    assert jobs(installation) <= {"reminder"}, "the queue holds ids and nothing else"


def jobs(installation: Installation) -> set[str]:
    """Return the names of everything that any job still in the queue holds."""
    return {
        name for (told,) in asked(installation, "SELECT args FROM procrastinate.procrastinate_jobs") for name in told
    }


def asked(installation: Installation, query: LiteralString) -> list[tuple[Any, ...]]:
    """Let the engine's tables be asked or changed."""
    url = make_url(installation.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.promise("P15")
def test_a_provider_that_hangs_holds_up_no_other(installation: Installation, seeded: House) -> None:
    """One by one, four at a time, the mails alone would take minutes."""
    if installation.kind == "sqlite":
        pytest.skip("the engine needs PostgreSQL")
    anna, bert = seeded.patient(), seeded.patient()
    seeded.phone(bert)
    with seeded.unit() as ctx:
        row = ctx.session.get_one(PatientRow, anna.id)
        place = Place("patients", "email", str(row.id))
        row.email_sealed = ctx.sealer.seal(row.key, str(row.id), "anna@example.org", place)
    earlier = NOW - timedelta(minutes=5)
    seeded.add(*(ReminderRowFactory.build(patient_id=anna.id, send_at=earlier) for _ in range(120)))
    seeded.add(*(ReminderRowFactory.build(patient_id=bert.id, channel="inbox") for _ in range(5)))
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        installation.told |= {"UITWERK_MAIL_HOST": "127.0.0.1", "UITWERK_MAIL_SECURITY": "none"}
        installation.told |= {"UITWERK_MAIL_PORT": str(hanging.getsockname()[1])}
        running = installation.start("dispatch", "--engine", "procrastinate")
        inbox = select(ReminderRow.status).where(ReminderRow.channel == "inbox")
        until(lambda: set(stored(seeded, inbox)) == {"sent"}, "those for the app are told", 20)
        running.kill()
    assert set(stored(seeded, select(ReminderRow.status).where(ReminderRow.channel == "email"))).isdisjoint({"sent"})


def test_the_jobs_of_a_worker_that_died_are_dropped(installation: Installation) -> None:
    if installation.kind == "sqlite":
        pytest.skip("the engine needs PostgreSQL")
    settings = load(installation.environ)
    carrier.prepare(settings)
    dispatcher = worker.make_dispatcher(settings)
    app = carrier.make(settings, dispatcher)
    left = "SELECT status::text FROM procrastinate.procrastinate_jobs ORDER BY id"

    async def dies() -> None:
        async with app.open_async():
            queue = carrier.named("email")
            for reminder in ("one", "two"):
                await app.configure_task(queue, queue=queue).defer_async(reminder=reminder)
            died = await app.job_manager.register_worker()
            assert await app.job_manager.fetch_job(queues=[queue], worker_id=died)
            await carrier.drop_stalled(app)
            assert asked(installation, left) == [("doing",), ("todo",)], "it may be at work still"
            silent = (
                "UPDATE procrastinate.procrastinate_workers SET last_heartbeat = now() - interval '1 h' RETURNING 1"
            )
            assert asked(installation, silent) == [(1,)]
            await carrier.drop_stalled(app)

    with ThreadPoolExecutor(1) as elsewhere:  # a browser of another test may hold this thread's loop
        elsewhere.submit(asyncio.run, dies()).result()
    assert isinstance(dispatcher.outbox, SqlOutbox)
    dispatcher.outbox.engine.dispose()
    assert asked(installation, left) == [("todo",)]


def test_without_postgresql_the_engine_is_refused_in_words(installation: Installation) -> None:
    if installation.kind == "postgresql":
        pytest.skip("PostgreSQL is what it needs")
    running = installation.start("dispatch", "--engine", "procrastinate")
    assert until(running.process.poll, "the command ends") == 1
    assert "Procrastinate needs PostgreSQL." in running.log.read_text()
