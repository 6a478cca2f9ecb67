"""`uitwerk reminders why`: the whole account of a patient's reminders, for whoever runs the installation."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import cli
from backend.settings import load
from backend.storage.db import make_engine, unit_of_work
from backend.storage.events import EventRow
from backend.storage.ledger import AttemptRow, By, ReceiptRow, change, keep
from backend.storage.people import StaffRow
from backend.storage.sealing import Place, Sealer, load_key
from notifications.reminder import Status
from tests.commands.conftest import Uitwerk
from tests.factories import base
from tests.factories.reminders import ReminderRowFactory

ZONE = "America/New_York"
NOW = base.NOW


@pytest.fixture
def anna(bare: Path) -> UUID:
    """A patient in New York with three reminders, of which the first went wrong."""
    sealer, engine = Sealer(load_key(load().keys)), make_engine(load().url, pooled=False)
    patient_id = uuid4()
    with unit_of_work(Session(engine), writes=True) as session:
        site = base.SiteFactory.build(name="Centre Secret")
        key = sealer.new_key(str(patient_id))
        name = sealer.seal(key, str(patient_id), "Anna Secret", Place("patients", "name", str(patient_id)))
        patient = base.PatientFactory.build(id=patient_id, site_id=site.id, key=key, name_sealed=name, zone=ZONE)
        bram: StaffRow = base.StaffFactory.build(site_id=site.id, name="Bram Secret")
        failed, sent, planned = (
            ReminderRowFactory.build(patient_id=patient.id, send_at=NOW + timedelta(days=day)) for day in range(3)
        )
        failed.status, failed.why, sent.status = "failed", "push-503", "sent"
        for row in (site, patient, bram, failed, sent, planned):
            session.add(row)
            session.flush()
        keep(session, [change(failed.id, Status.FAILED, NOW, By.DISPATCHER, "push-503")])
        tried = AttemptRow(
            reminder_id=failed.id, attempt=1, fence=1, channel="push", started_at=NOW, outcome="push-503"
        )
        said = ReceiptRow(reminder_id=sent.id, source=uuid4().hex, state="shown", at=NOW, received_at=NOW)
        session.add_all([tried, said])
        return patient_id


def test_each_reminder_is_accounted_for_in_its_patients_own_time_the_newest_last(anna: UUID, uitwerk: Uitwerk) -> None:
    told = uitwerk("reminders", "why", "--patient", str(anna))
    assert (told.code, told.err) == (cli.OK, "")
    lines = told.out.splitlines()
    heads = [line for line in lines if line.startswith("2026-")]
    assert heads == [
        "2026-06-01 06:00:00-0400  dose day-before: failed - the push service answered 503 [push-503]",
        "2026-06-02 06:00:00-0400  dose day-before: sent",
        "2026-06-03 06:00:00-0400  dose day-before: due",
    ]
    assert "  exists     for dose-1 (version 1) due on 2026-06-02: 1 day before, at 09:00" in lines
    assert "  2026-06-01 06:00:00-0400  failed by dispatcher - the push service answered 503 [push-503]" in lines
    attempt = "  attempt  1 by push 2026-06-01 06:00:00-0400 - the push service answered 503 [push-503]"
    assert attempt in lines
    assert "  receipt    phone says shown at 2026-06-01 06:00:00-0400, heard at 2026-06-01 06:00:00-0400" in lines
    assert lines[-1] == f"3 reminders; times are those of {ZONE}"


def test_nobody_is_named(anna: UUID, uitwerk: Uitwerk) -> None:
    for words in ((), ("--json",)):
        told = uitwerk("reminders", "why", "--patient", str(anna), *words).out
        assert "push-503" in told
        assert "Secret" not in told


def test_a_stretch_can_be_asked_for_and_the_same_as_json(anna: UUID, uitwerk: Uitwerk) -> None:
    span = ("--since", "2026-06-02T12:00:00+02:00", "--until", "2026-06-03T10:00:00Z")
    told = uitwerk("reminders", "why", "--patient", str(anna), *span, "--json")
    (one,) = json.loads(told.out)["items"]
    assert (one["status"], one["send_at"]) == ("sent", "2026-06-02T10:00:00+00:00")
    assert one["receipts"][0]["source"] == "phone"
    assert one["because"]["rule"] == "1 day before, at 09:00"


@pytest.mark.promise("P23")
def test_that_somebody_looked_is_written_down(anna: UUID, uitwerk: Uitwerk) -> None:
    uitwerk("reminders", "why", "--patient", str(anna))
    with Session(make_engine(load().url, pooled=False)) as session:
        (event,) = session.scalars(select(EventRow))
        assert (event.act, event.patient_id, event.actor_role, event.subject, event.request_id) == (
            "reminders:read", anna, "nobody", "console", "console"
        )  # fmt: skip


@pytest.mark.parametrize("told", ["anna", "0b54a6c2-0000-4000-8000-000000000000", ""])
def test_it_refuses_what_is_no_patient_without_saying_it_again(bare: Path, uitwerk: Uitwerk, told: str) -> None:
    refused = uitwerk("reminders", "why", "--patient", told)
    assert (refused.code, refused.out) == (cli.REFUSED, "")
    assert refused.err.startswith("uitwerk reminders: ")
    assert not told or told not in refused.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("why",),
        ("how", "--patient", "0b54a6c2-0000-4000-8000-000000000000"),
        ("why", "--patient", "0b54a6c2-0000-4000-8000-000000000000", "--since", "yesterday"),
        ("why", "--patient", "0b54a6c2-0000-4000-8000-000000000000", "--until", "2026-06-01"),
        ("why", "--patient", "0b54a6c2-0000-4000-8000-000000000000", "--since", "2026-06-01T10:00:00"),
        ("why", "--patient", "0b54a6c2-0000-4000-8000-000000000000", "--since", "2026-02-30T10:00:00Z"),
    ],
)
def test_wrong_usage_is_told_apart(bare: Path, uitwerk: Uitwerk, words: tuple[str, ...]) -> None:
    assert uitwerk("reminders", *words).code == cli.USAGE
