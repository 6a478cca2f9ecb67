"""The dispatcher process: which channels it has, and reminders on their way from the database to the mailbox."""

import email
import email.policy
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from backend import channels
from backend.failpoints import FailpointReached
from backend.mailing import OUTBOX
from backend.settings import Settings, SettingsError, load
from backend.storage.beats import last_beat
from backend.storage.ledger import AttemptRow
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from backend.worker import jobs, make_dispatcher, over
from notifications.channels.absent import Absent
from notifications.channels.apns import SANDBOX, Apns
from notifications.channels.email import Email
from notifications.channels.fcm import Fcm
from notifications.channels.folder import Folder
from notifications.channels.sms import Sms
from notifications.dispatcher import Dispatcher, Tally
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient

ADDRESS = "anna@example.org"
Make = Callable[..., Dispatcher]


class Mailbox:
    """Keeps every mail as it came."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Any]] = []

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"


@pytest.fixture
def server() -> Iterator[Controller]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


@pytest.fixture
def dispatcher(house: House) -> Iterator[Make]:
    """Makes dispatchers on the house's database, some settings changed; closes their connections."""
    made: list[Dispatcher] = []

    def make(**told: Any) -> Dispatcher:
        made.append(make_dispatcher(replace(house.settings, **told), house.clock))
        return made[-1]

    yield make
    for one in made:
        assert isinstance(one.outbox, SqlOutbox)
        one.outbox.engine.dispose()


@pytest.fixture(autouse=True)
def emptied(house: House) -> Iterator[None]:
    """Leave no mail behind in the folder that all tests of a process share."""
    yield
    for file in (house.settings.data_dir / OUTBOX).glob("*.eml"):
        file.unlink()


def reachable(house: House) -> Patient:
    anna = house.patient()
    with house.unit() as ctx:
        row = ctx.session.get_one(PatientRow, anna.id)
        mine = str(anna.id)
        row.email_sealed = ctx.sealer.seal(row.key, mine, ADDRESS, Place("patients", "email", mine))
    return anna


def statuses(house: House) -> list[str]:
    with house.unit(writes=False) as ctx:
        return [row.status for row in ctx.session.query(ReminderRow)]


def test_without_a_mail_server_mail_goes_to_the_outbox_folder(house: House) -> None:
    made = channels.of(house.settings)
    assert made["email"] == Folder(house.settings.data_dir / OUTBOX, house.settings.mail_from)


@pytest.mark.parametrize(
    ("security", "starttls", "ssl"), [("starttls", True, False), ("tls", False, True), ("none", False, False)]
)
def test_a_mail_server_is_spoken_to_as_the_settings_say(security: str, starttls: bool, ssl: bool) -> None:
    told = Settings(mail_host="mail.example", mail_port=25, mail_user="u", mail_password="p", mail_security=security)
    expected = Email("mail.example", 25, told.mail_from, "u", "p", starttls, ssl)
    assert channels.of(told)["email"] == expected


def test_every_channel_has_a_place_and_says_so_when_it_is_not_set_up(house: House) -> None:
    made = channels.of(house.settings)
    assert set(made) == {"email", "push", "sms", "fcm", "apns", "inbox"}
    assert {name for name, channel in made.items() if channel == Absent()} == {"sms", "fcm", "apns"}


def test_the_gateway_and_the_native_services_are_made_from_the_settings(tmp_path: Path) -> None:
    account, key = tmp_path / "account.json", tmp_path / "key.p8"
    told = Settings(
        base_url="https://uitwerk.example", sms_url="https://sms.example/send", sms_token="t", sms_secret="s",
        sms_fields="to=recipient callback=", fcm_file=account, apns_key_file=key, apns_key_id="k", apns_team="m",
        apns_topic="org.example", apns_sandbox=1,
    )  # fmt: skip
    made = channels.of(told)
    sms, apns = made["sms"], made["apns"]
    assert isinstance(sms, Sms)
    assert (sms.url, sms.fields) == ("https://sms.example/send", {"to": "recipient", "callback": ""})
    assert sms.callback_url == "https://uitwerk.example/api/v1/callbacks/sms"
    assert isinstance(made["fcm"], Fcm)
    assert isinstance(apns, Apns)
    assert (apns.base, apns.topic) == (SANDBOX, "org.example")


@pytest.mark.promise("P11")
@pytest.mark.promise("P17")
def test_a_due_reminder_becomes_one_mail_in_the_folder_and_says_nothing(house: House, dispatcher: Make) -> None:
    house.add(ReminderRowFactory.build(patient_id=reachable(house).id))
    worker = dispatcher()
    assert worker.run_once() == Tally(sent=1)
    assert worker.run_once() == Tally()
    assert statuses(house) == ["sent"]
    files = list((house.settings.data_dir / OUTBOX).glob("*.eml"))
    texts = [file.read_text() for file in files]
    for file in files:
        file.unlink()
    (text,) = texts
    assert ADDRESS in text
    assert "natalizumab" not in text.lower()
    with house.unit(writes=False) as ctx:
        assert last_beat(ctx.session) == house.clock.now


@pytest.mark.promise("P11")
def test_a_due_reminder_reaches_the_mail_server_once(house: House, server: Controller, dispatcher: Make) -> None:
    told = {"mail_host": "127.0.0.1", "mail_port": server.port, "mail_security": "none"}
    house.add(ReminderRowFactory.build(patient_id=reachable(house).id))
    first, second = (dispatcher(**told) for _ in range(2))
    assert first.run_once().sent + second.run_once().sent == 1
    ((recipients, mail),) = server.handler.mails
    assert recipients == [ADDRESS]
    with house.unit(writes=False) as ctx:
        row = ctx.session.query(ReminderRow).one()
        assert mail["Message-ID"].startswith(f"<reminder-{row.id}@")


@pytest.mark.promise("P14")
def test_a_dispatcher_that_comes_too_late_lists_what_expired(house: House, dispatcher: Make) -> None:
    house.add(ReminderRowFactory.build(patient_id=reachable(house).id))
    house.clock.now += timedelta(hours=1)
    assert dispatcher().run_once() == Tally(expired=1)
    assert statuses(house) == ["expired"]


def test_somebody_without_an_address_delays_nobody(house: House, dispatcher: Make) -> None:
    told = {"mail_host": "127.0.0.1", "mail_port": 1, "mail_security": "none"}
    house.add(ReminderRowFactory.build(patient_id=house.patient().id))
    house.add(ReminderRowFactory.build(patient_id=reachable(house).id))
    assert dispatcher(**told).run_once() == Tally(failed=1, retried=1)
    assert sorted(statuses(house)) == ["due", "failed"]


@pytest.mark.parametrize("told", ["nowhere:kill", "claimed:explode", "claimed"])
def test_a_failpoint_there_is_not_is_refused(house: House, told: str) -> None:
    with pytest.raises(SettingsError, match="FAILPOINT"):
        make_dispatcher(replace(house.settings, failpoint=told))


def test_a_failpoint_outside_tests_keeps_the_process_from_starting() -> None:
    with pytest.raises(SettingsError, match="FAILPOINT is a test seam"):
        load({"FAILPOINT": "claimed:kill"})


def test_trouble_after_the_provider_answered_leaves_the_attempt_open_until_the_lease_is_over(
    house: House, dispatcher: Make
) -> None:
    house.add(ReminderRowFactory.build(patient_id=reachable(house).id))
    with pytest.raises(FailpointReached):
        dispatcher(failpoint="answered:raise").run_once()
    assert statuses(house) == ["claimed"]
    assert dispatcher().run_once() == Tally()
    house.clock.now += timedelta(seconds=house.settings.lease_s)
    assert dispatcher().run_once() == Tally(sent=1)
    assert attempts(house) == ["open", "accepted"]


def attempts(house: House) -> list[str]:
    with house.unit(writes=False) as ctx:
        return list(ctx.session.scalars(select(AttemptRow.outcome).order_by(AttemptRow.attempt)))


def test_the_dispatcher_goes_over_every_patient_once_a_day(house: House, dispatcher: Make) -> None:
    """What stands and is in no plan goes, as after a change of a site's rules or of the world's clocks."""
    anna = reachable(house)
    house.add(ReminderRowFactory.build(patient_id=anna.id, send_at=house.clock.now + timedelta(days=3)))
    box = dispatcher().outbox
    assert isinstance(box, SqlOutbox)
    go_over = over(box, house.settings, house.clock)
    assert not go_over(), "her turn is far away"
    turn(house, anna, None)
    assert go_over()
    assert statuses(house) == ["cancelled"]
    assert not go_over(), "not twice a day"
    turn(house, anna, house.clock.now - timedelta(hours=25))
    assert go_over()


def test_a_dispatcher_told_to_stop_begins_nothing_and_gives_back_what_it_claimed(house: House) -> None:
    house.add(ReminderRowFactory.build(patient_id=reachable(house).id))
    stop = threading.Event()
    made = jobs(house.settings, stop, house.clock)
    stop.set()
    for job in made:
        job()
    assert statuses(house) == ["due"]
    assert attempts(house) == []
    for box in {one.args[0].outbox for one in made[:1] if isinstance(one, partial)}:
        box.engine.dispose()


def turn(house: House, patient: Patient, planned_at: datetime | None) -> None:
    with house.unit() as ctx:
        ctx.session.get_one(PatientRow, patient.id).planned_at = planned_at
