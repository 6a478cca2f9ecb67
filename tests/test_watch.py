"""The watch: any number of web processes look, each alert goes out once, and what fails is left to the next look."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from backend import mailing, watch
from backend.services import alerts
from backend.settings import SettingsError
from backend.storage import migrate
from backend.storage.alerts import AlertRow
from backend.storage.beats import BeatRow
from backend.storage.db import make_engine
from backend.watch import Watch
from notifications.channels.base import Channel
from notifications.reminder import Accepted, Failed, Message
from tests.factories.undelivered import UndeliveredFactory
from tests.house import House

PATIENCE_S = 10
OPS = "ops@clinic.example"
MINUTE = timedelta(minutes=1)


@dataclass
class Postbox:
    """A channel that keeps what it takes; `trouble` is raised, `answer` given instead."""

    sent: list[tuple[str, Message]] = field(default_factory=list)
    trouble: Exception | None = None
    answer: Failed | None = None

    def send(self, message: Message, address: str) -> Accepted | Failed:
        if self.trouble is not None:
            raise self.trouble
        if self.answer is not None:
            return self.answer
        self.sent.append((address, message))
        return Accepted(message.message_id)

    @property
    def addresses(self) -> list[str]:
        return sorted(address for address, _ in self.sent)


@pytest.fixture
def engine(house: House) -> Iterator[Engine]:
    made = make_engine(house.settings.url, pooled=False)
    yield made
    made.dispose()


@pytest.fixture
def box() -> Postbox:
    return Postbox()


Watching = Callable[..., Watch]


@pytest.fixture
def watching(house: House, engine: Engine, box: Postbox) -> Watching:
    """Makes a web process's watch; the operator has two addresses."""

    def make(channels: Mapping[str, Channel] | None = None, **told: Any) -> Watch:
        settings = replace(house.settings, **{"operator_mail": f"{OPS} night@clinic.example", **told})
        return Watch(engine, settings, house.clock, channels or {mailing.MAIL: box})

    return make


def beat(house: House) -> None:
    """Let a dispatcher be alive now."""
    with house.unit() as ctx:
        ctx.session.merge(BeatRow(worker="here:1", beat_at=house.clock.now))


def silent(house: House) -> None:
    """Let a dispatcher be alive now, and for longer than allowed no more."""
    beat(house)
    house.clock.now += 3 * MINUTE


@pytest.mark.promise("P16")
def test_of_many_processes_that_look_at_once_each_address_gets_one_mail_per_silence(
    house: House, watching: Watching, box: Postbox
) -> None:
    watches = [watching() for _ in range(4)]
    for silences in (1, 2):
        silent(house)
        with ThreadPoolExecutor(len(watches)) as pool:
            list(pool.map(lambda one: [one.run_once() for _ in range(3)], watches))
        assert box.addresses == sorted([OPS, "night@clinic.example"] * silences)
        beat(house)
        watches[0].run_once()
    assert len({message.message_id for _, message in box.sent}) == 4


@pytest.mark.promise("P16")
def test_what_waits_too_long_is_told_to_who_cares_once_by_many_processes(
    house: House, watching: Watching, box: Postbox
) -> None:
    bram = house.login("nurse", email="bram@clinic.example")
    house.add(UndeliveredFactory.build(patient_id=house.patient(cares_for=[bram]).id, since=house.clock.now))
    house.clock.now += timedelta(days=1)
    watches = [watching() for _ in range(4)]
    with ThreadPoolExecutor(len(watches)) as pool:
        list(pool.map(lambda one: [one.run_once() for _ in range(3)], watches))
    assert box.addresses == ["bram@clinic.example"]


def test_a_mail_server_that_fails_is_asked_again(house: House, watching: Watching, box: Postbox) -> None:
    silent(house)
    one = watching(operator_mail=OPS)
    box.trouble = ConnectionError("smtp.clinic.example")
    one.run_once()
    box.trouble, box.answer = None, Failed(permanent=True, why="smtp-recipient-550")
    house.clock.now += MINUTE
    one.run_once()
    box.answer = None
    one.run_once()
    assert box.sent == []
    house.clock.now += 5 * MINUTE
    one.run_once()
    assert box.addresses == [OPS]


@pytest.mark.promise("P30")
def test_what_failed_is_in_the_log_without_an_address(
    house: House, watching: Watching, box: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    silent(house)
    box.trouble = ConnectionError(OPS)
    one = watching(operator_mail=OPS)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            one.run_once()
    assert "ConnectionError" in caplog.text
    assert caplog.text.count("reminders stopped") == 1
    assert OPS not in caplog.text


def test_one_step_that_fails_keeps_nobody_from_the_others(
    house: House, watching: Watching, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent(house)
    with monkeypatch.context() as broken:
        broken.setattr(alerts, "escalate", lambda *_: 1 / 0)
        watching().run_once()
    assert len(box.sent) == 2


@pytest.mark.promise("P33")
def test_nothing_is_done_on_another_schema(house: House, watching: Watching, box: Postbox) -> None:
    silent(house)

    def stand_at(revision: str) -> None:
        with house.unit() as ctx:
            ctx.session.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})

    stand_at("0002")
    try:
        watching().run_once()
        with house.unit(writes=False) as ctx:
            assert ctx.session.scalars(select(AlertRow)).all() == []
    finally:
        stand_at(migrate.head())
    watching().run_once()
    assert len(box.sent) == 2


def test_a_database_that_is_away_ends_no_watch(
    house: House, watching: Watching, caplog: pytest.LogCaptureFixture
) -> None:
    one = replace(watching(), engine=make_engine("sqlite:////nowhere/at/all.db", pooled=False))
    with caplog.at_level(logging.ERROR):
        one.run_once()
    assert "watch failed" in caplog.text


def test_it_looks_again_and_again_until_told_to_stop(house: House, watching: Watching, box: Postbox) -> None:
    stop, looks = threading.Event(), []

    class Counting(Watch):
        def run_once(self) -> None:
            looks.append(1)
            if len(looks) == 3:
                stop.set()

    one = watching()
    thread = threading.Thread(target=Counting(one.engine, one.settings, one.clock, {}).run, args=(0.001, stop))
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert len(looks) == 3


@pytest.mark.promise("P16")
def test_a_process_watches_by_itself_and_writes_mail_to_the_folder_where_no_server_is_set(house: House) -> None:
    silent(house)
    clock_file = house.settings.data_dir / "clock"
    clock_file.write_text(str(timedelta(days=36525).total_seconds()))
    stop = watch.start(replace(house.settings, operator_mail=OPS, watch_every_s=0.01, clock_file=clock_file))
    outbox, waited = house.settings.data_dir / mailing.OUTBOX, threading.Event()
    try:
        for _ in range(PATIENCE_S * 100):
            if files := list(outbox.glob("alert-*.eml")):
                break
            waited.wait(0.01)
        (mail,) = files
        assert message_from_bytes(mail.read_bytes(), policy=policy.default)["To"] == OPS
    finally:
        stop.set()
        for file in outbox.glob("alert-*.eml"):
            file.unlink()


@dataclass(frozen=True)
class Result:
    """What version 2 answers, where version 1 answered a bool or None."""

    good: bool

    def __bool__(self) -> bool:
        return self.good


@dataclass
class Apprise:
    """Answers as `apprise.Apprise` does: whether an address is one, and whether all services took it."""

    told: list[tuple[str, str]]
    addresses: list[str] = field(default_factory=list)

    def add(self, addresses: list[str]) -> bool:
        self.addresses += addresses
        return all("://" in one for one in addresses)

    def notify(self, *, title: str, body: str) -> Result | bool | None:
        self.told.append((title, body))
        if "new://" in self.addresses:
            return Result("full://" not in self.addresses)
        return None if "dead://" in self.addresses else "full://" not in self.addresses


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        ("one://a two://b", None),
        ("one://a two", "relay-bad-address"),
        ("one://a full://", "relay-refused"),
        ("new:// one://a", None),
        ("new:// full://", "relay-refused"),
        ("dead://", "relay-refused"),
    ],
)
def test_the_operators_services_are_told_through_the_extra(
    house: House, watching: Watching, monkeypatch: pytest.MonkeyPatch, addresses: str, why: str | None
) -> None:
    silent(house)
    told: list[tuple[str, str]] = []
    monkeypatch.setitem(sys.modules, "apprise", SimpleNamespace(Apprise=lambda: Apprise(told)))
    settings = replace(house.settings, operator_urls=addresses)
    watching(mailing.alarms(settings), operator_urls=addresses, operator_mail="").run_once()
    with house.unit(writes=False) as ctx:
        (row,) = ctx.session.scalars(select(AlertRow))
        assert (row.why, row.sent_at is None) == (why or "", why is not None)
    assert len(told) == (why != "relay-bad-address")


def test_without_the_extra_it_says_what_to_install(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match=r"pip install 'uitwerk\[apprise\]'"):
        mailing.alarms(replace(house.settings, operator_urls="json://localhost"))
