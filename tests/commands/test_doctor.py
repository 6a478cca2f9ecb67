"""The doctor: finds what is unsafe, says what to do, tells no secret."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.commands import doctor
from backend.services import health
from backend.settings import Settings, load
from backend.storage.beats import BeatRow
from backend.storage.db import make_engine
from backend.storage.people import SiteRow
from tests.commands.conftest import Uitwerk
from tests.factories import base
from tests.factories.reminders import ReminderRowFactory

SAFE = {
    "UITWERK_ARGON2_MEMORY_KIB": "19456",
    "UITWERK_MAIL_HOST": "mail.clinic.example",
    "UITWERK_MAIL_PASSWORD": "hunter2-secret",
    "UITWERK_BASE_URL": "https://diary.clinic.example",
    "UITWERK_OPERATOR_MAIL": "ops@clinic.example night@clinic.example",
}
UNSAFE = [
    ({"APP_ENV": "test"}, "APP_ENV is test"),
    ({"UITWERK_BASE_URL": "http://diary.clinic.example"}, "people reach it at http://"),
    ({"UITWERK_HOST": "0.0.0.0"}, "it listens on 0.0.0.0"),
    ({"UITWERK_MAIL_HOST": ""}, "no mail server"),
    ({"UITWERK_MAIL_SECURITY": "none"}, "mail goes through"),
    ({"UITWERK_ARGON2_MEMORY_KIB": "1024"}, "password hashes"),
    ({"UITWERK_OPERATOR_MAIL": ""}, "nobody is told when reminders stop"),
    ({"UITWERK_OPERATOR_MAIL": "ops@clinic.example,night@clinic.example"}, "names 1 who are told"),
    ({"UITWERK_SMS_URL": "https://sms.example/send"}, "SMS go through sms.example"),
    ({"UITWERK_FCM_FILE": "/nowhere/fcm.json"}, "FCM signs with"),
    ({"UITWERK_APNS_KEY_FILE": __file__, "UITWERK_APNS_TEAM": "T"}, "APNs signs with"),
    ({"UITWERK_DATA_DIR": "/nowhere/at/all"}, "does not exist yet"),
]


@pytest.fixture(autouse=True)
def durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the tests' PostgreSQL, which runs with fsync off for speed, for a durable one."""
    monkeypatch.setattr(health, "weak", lambda _session: [])


def _settings(folder: Path, changed: dict[str, str] | None = None) -> Settings:
    told = {"DATABASE_URL": load().url, "UITWERK_DATA_DIR": str(folder)}
    return load({**told, **SAFE, **(changed or {})})


def _fill(found: Settings) -> None:
    """Let somebody be administrator and a dispatcher be alive."""
    now = datetime.now(UTC)
    site: SiteRow = base.SiteFactory.build()
    engine = make_engine(found.url, pooled=False)
    with Session(engine) as session:
        admin = base.StaffFactory.build(site_id=site.id, role="admin")
        for row in (site, admin, BeatRow(worker="here:1", beat_at=now)):
            session.add(row)
            session.flush()
        session.commit()


def _unsafe(found: Settings) -> list[str]:
    return [finding.what for finding in doctor.examine(found) if finding.do]


def test_a_sound_installation_has_nothing_unsafe(bare: Path) -> None:
    found = _settings(bare)
    _fill(found)
    assert _unsafe(found) == []


@pytest.mark.parametrize(("changed", "what"), UNSAFE, ids=[what for _, what in UNSAFE])
def test_each_unsafe_setting_is_found_alone(bare: Path, changed: dict[str, str], what: str) -> None:
    _fill(_settings(bare))
    unsafe = _unsafe(_settings(bare, changed))
    assert len(unsafe) == 1
    assert what in unsafe[0]


def test_what_is_missing_of_a_key_is_named(bare: Path) -> None:
    _fill(_settings(bare))
    found = doctor.examine(_settings(bare, {"UITWERK_APNS_KEY_FILE": __file__, "UITWERK_APNS_TEAM": "T"}))
    assert [one.do for one in found if one.do] == ["set UITWERK_APNS_KEY_ID, UITWERK_APNS_TOPIC"]


@pytest.mark.promise("P16")
def test_it_says_who_is_told_and_which_ways_to_phones_there_are(bare: Path) -> None:
    found = _settings(bare)
    _fill(found)
    told = [one.what for one in doctor.examine(found)]
    assert "UITWERK_OPERATOR_MAIL names 2 who are told when reminders stop" in told
    assert {"no SMS gateway", "no FCM", "no APNs"} <= set(told)
    sms = {
        "UITWERK_SMS_URL": "https://sms.example/send",
        "UITWERK_SMS_TOKEN": "hunter2",
        "UITWERK_SMS_SECRET": "s" * 40,
    }
    assert _unsafe(_settings(bare, sms)) == []
    told = [one.what for one in doctor.examine(_settings(bare, sms | {"UITWERK_SMS_SECRET": "s" * 40}))]
    assert "the SMS gateway may say what became of a message" in told


def test_services_of_the_operator_need_the_extra(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    found = _settings(bare, {"UITWERK_OPERATOR_URLS": "json://clinic.example/hunter2", "UITWERK_OPERATOR_MAIL": ""})
    _fill(found)
    (unsafe,) = (one for one in doctor.examine(found) if one.do)
    assert (unsafe.what, unsafe.do) == (
        "the services in UITWERK_OPERATOR_URLS cannot be told",
        "UITWERK_OPERATOR_URLS needs an extra: pip install 'uitwerk[apprise]'.",
    )


@pytest.mark.promise("P16")
def test_a_reminder_that_waits_is_found_although_a_dispatcher_is_alive(bare: Path) -> None:
    found = _settings(bare)
    _fill(found)
    now, engine = datetime.now(UTC), make_engine(found.url, pooled=False)
    with Session(engine) as session:
        site_id = session.scalars(select(SiteRow.id)).one()
        patient = base.PatientFactory.build(site_id=site_id, key=b"", planned_at=None)
        session.add(patient)
        session.flush()
        waits = {"send_at": now - timedelta(minutes=3), "expires_at": now + timedelta(hours=1)}
        session.add(ReminderRowFactory.build(patient_id=patient.id, status="planned", **waits))
        session.commit()
    assert "reminders: due, and nobody takes them" in _unsafe(found)


def test_serving_without_the_extra_that_is_asked_for_is_refused(
    bare: Path, uitwerk: Uitwerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setenv("UITWERK_OPERATOR_URLS", "json://clinic.example/hunter2")
    told = uitwerk("serve")
    assert told.code != 0
    assert "pip install 'uitwerk[apprise]'" in told.err
    assert "hunter2" not in told.out + told.err


@pytest.mark.parametrize("name", ["", "uitwerk.key"])
def test_what_others_can_read_is_found(bare: Path, name: str) -> None:
    found = _settings(bare)
    _fill(found)
    (bare / "uitwerk.key").write_text("00" * 32)
    (bare / "uitwerk.key").chmod(0o600)
    (bare / name).chmod(0o750)
    assert _unsafe(found) == [f"the {'key' if name else 'data folder'} is {bare / name}"]


def test_a_damaged_key_is_found(bare: Path) -> None:
    found = _settings(bare)
    _fill(found)
    (bare / "uitwerk.key").write_text("not a key")
    (bare / "uitwerk.key").chmod(0o600)
    assert _unsafe(found) == ["the key does not serve: uitwerk.key is not a key"]


def test_a_new_installation_lacks_a_dispatcher_and_an_administrator(bare: Path) -> None:
    assert _unsafe(_settings(bare)) == ["dispatcher: none has ever run", "nobody is administrator"]


def test_a_schema_that_is_behind_is_found(bare: Path, uitwerk: Uitwerk) -> None:
    uitwerk("migrate", "--to", "base")
    assert _unsafe(_settings(bare)) == ["the schema is not there"]


@pytest.mark.promise("P30")
def test_the_doctor_tells_no_secret_and_leaves_with_1(
    bare: Path, uitwerk: Uitwerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)
    told = uitwerk("doctor")
    assert told.code == 1
    assert "hunter2" not in told.out + told.err
    assert told.out.endswith("looked at\n")


def test_weak_settings_of_the_database_are_found(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _settings(bare)
    _fill(found)
    monkeypatch.setattr(health, "weak", lambda _session: ["synchronous"])
    assert _unsafe(found) == ["what is stored may be lost in a power cut"]
