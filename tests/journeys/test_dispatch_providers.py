"""Providers that hang, put off, refuse and babble: nobody else waits for them, and the ledger shows each attempt."""

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from backend.mailing import OUTBOX
from backend.storage.ledger import AttemptRow
from backend.storage.outbox import SqlOutbox
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from backend.worker import make_dispatcher
from notifications.dispatcher import Dispatcher
from notifications.retrying import BACK_OFF_S
from tests.factories.base import NOW, CareFactory
from tests.house import House, Staff
from tests.journeys.dispatching import Reachable, Warm, falling_due, put, reachable
from tests.journeys.processes import Installation, until
from tests.journeys.sink import open_sink
from tests.notifications.answering import HTML, Provider, Says, provider
from tests.notifications.pushing import Browser

HANGING, OTHERS, WITHIN_S = 30, 200, 60.0
GATEWAY = "/messages"
TAKEN = {"sms": Says(200, {"id": "theirs"}), "push": Says(201)}
PHONES = "/me/push-subscriptions"
PUT_OFF_S = 120
SOON = format_datetime((NOW + timedelta(seconds=PUT_OFF_S)).astimezone(UTC), usegmt=True)

pytestmark = pytest.mark.journey


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a mail server that lets itself be called and says nothing, for ever."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=HANGING)) as listening:
        yield listening.getsockname()[1]


def told_by(house: House, channel: str, status: str) -> list[tuple[ReminderRow, AttemptRow]]:
    """Return the reminders of a channel that came to a state, each with its last attempt."""
    query = select(ReminderRow, AttemptRow).join(AttemptRow, AttemptRow.reminder_id == ReminderRow.id)
    with house.unit(writes=False) as ctx:
        mine = (ReminderRow.channel == channel, ReminderRow.status == status)
        found = [(row, last) for row, last in ctx.session.execute(query.where(*mine).order_by(AttemptRow.attempt))]
        ctx.session.expunge_all()
    return found


@pytest.mark.promise("P15")
def test_while_one_provider_hangs_all_others_are_told_in_time(
    installation: Installation, seeded: House, warm: Warm, silent: int
) -> None:
    people = reachable(seeded, HANGING, start=OTHERS, channels="email")
    put(seeded, list(zip(people, falling_due([NOW] * HANGING, "email"), strict=True)))  # they are due first
    people = reachable(seeded, OTHERS)
    send_at = NOW + timedelta(seconds=1)
    put(seeded, list(zip(people, falling_due([send_at] * OTHERS), strict=True)))
    told = {"UITWERK_MAIL_HOST": "127.0.0.1", "UITWERK_MAIL_PORT": str(silent), "UITWERK_MAIL_SECURITY": "none"}
    with open_sink() as sink:
        installation.told |= {**told, **sink.environ}
        installation.move_clock(send_at)
        warm.fork(installation.environ)
        until(lambda: len(told_by(seeded, "sms", "sent")) == OTHERS, "everybody else is told", WITHIN_S)
        hanging = told_by(seeded, "email", "claimed") + told_by(seeded, "email", "due")
    assert hanging, "nobody was told by the provider that hangs"
    assert not told_by(seeded, "email", "sent")
    ended = [last.ended_at for _, last in told_by(seeded, "sms", "sent") if last.ended_at is not None]
    late_s = sorted((at - send_at).total_seconds() for at in ended)
    assert late_s[int(0.95 * OTHERS)] < WITHIN_S
    assert {copy.to for copy in sink.taken()} == {one.number for one in people}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("tls")) as made:
        yield made


@pytest.fixture(scope="module")
def clear() -> Iterator[Provider]:
    with provider(None) as made:
        yield made


@dataclass
class Ward:
    """A nurse, a browser, a dispatcher on the house's clock, and the providers that it may call."""

    house: House
    nurse: Staff
    dispatcher: Dispatcher
    providers: dict[str, Provider]
    browser: Browser

    def says(self, channel: str, *answers: Says) -> None:
        """Let a channel's provider answer so, and take everything after that."""
        path = self.browser.path if channel == "push" else GATEWAY
        self.providers[channel].says(path, *answers, TAKEN[channel])

    def due(self, channels: str) -> "Anna":
        """Let a reminder fall due to somebody who wants to be told by these channels, and has a phone that wakes."""
        (one,) = reachable(self.house, 1, channels=channels)
        self.house.add(CareFactory.build(patient_id=one.id, staff_id=self.nurse.id, starts_at=NOW))
        anna = Anna(self, one, self.house.phone(one.patient))
        answer = self.house.post(PHONES, headers=anna.phone, json=self.browser.told)
        assert answer.status_code == 201, answer.json
        (reminder,) = falling_due([NOW], channels.split(maxsplit=1)[0])
        put(self.house, [(one, reminder)])
        return anna


@dataclass
class Anna:
    """A patient to whom one reminder is due, and her phone."""

    ward: Ward
    one: Reachable
    phone: dict[str, str]

    def ends(self) -> dict[str, Any]:
        """Dispatch whenever her reminder is due, the clock going on to that moment; return it in its end."""
        house = self.ward.house
        while (row := self.ledger())["status"] in {"planned", "due"}:
            while self.ward.dispatcher.run_once().settled:
                pass
            with house.unit(writes=False) as ctx:
                house.clock.now = ctx.session.scalars(select(ReminderRow.next_try_at)).one()
        return row

    def ledger(self) -> dict[str, Any]:
        """Return the reminder as her nurse sees it."""
        answer = self.ward.house.get(f"/patients/{self.one.id}/reminders", headers=self.ward.nurse.headers)
        (found,) = answer.json["items"]
        return dict(found)

    def phones(self) -> int:
        """Return how many phones of hers can be woken."""
        return len(self.ward.house.get(PHONES, headers=self.phone).json["items"])


@pytest.fixture
def ward(house: House, tls: Provider, clear: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    settings = replace(house.settings, push_test_hosts=tls.seam, push_test_ca=tls.ca, sms_url=clear.origin + GATEWAY)
    monkeypatch.setattr(house.app.extensions["uitwerk"], "settings", settings)
    dispatcher = make_dispatcher(settings, house.clock)
    assert isinstance(dispatcher.outbox, SqlOutbox)
    yield Ward(house, house.login("nurse"), dispatcher, {"push": tls, "sms": clear}, Browser(tls.origin))
    dispatcher.outbox.engine.dispose()
    tls.forget()
    clear.forget()
    for file in (settings.data_dir / OUTBOX).glob("*.eml"):
        file.unlink()


def tried(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Return by which channel a reminder was tried and how that ended, in order."""
    return [(one["channel"], one["outcome"]) for one in row["attempts"]]


def waits_s(row: dict[str, Any]) -> list[float]:
    """Return the seconds between the attempts."""
    at = [datetime.fromisoformat(one["started_at"]) for one in row["attempts"]]
    return [(after - before).total_seconds() for before, after in pairwise(at)]


@pytest.mark.promise("P15")
@pytest.mark.parametrize("channel", ["sms", "push"])
@pytest.mark.parametrize("wait", [str(PUT_OFF_S), SOON], ids=["seconds", "date"])
def test_a_provider_that_asks_to_wait_is_left_alone_for_so_long(ward: Ward, channel: str, wait: str) -> None:
    anna = ward.due(channel)
    ward.says(channel, Says(429, HTML, {"Retry-After": wait}))
    row = anna.ends()
    assert (row["status"], tried(row)) == ("sent", [(channel, f"{channel}-429"), (channel, "accepted")])
    assert waits_s(row) == [PUT_OFF_S]


@pytest.mark.promise("P15")
@pytest.mark.parametrize("channel", ["sms", "push"])
def test_a_provider_that_fails_three_times_is_asked_a_fourth_time(ward: Ward, channel: str) -> None:
    anna = ward.due(channel)
    ward.says(channel, *[Says(500, HTML)] * 3)
    row = anna.ends()
    assert row["status"] == "sent"
    assert tried(row) == [(channel, f"{channel}-500")] * 3 + [(channel, "accepted")]
    assert all(least <= wait <= 1.25 * least for wait, least in zip(waits_s(row), BACK_OFF_S, strict=False))


@pytest.mark.parametrize(
    ("channel", "status", "why"),
    [("sms", 200, "sms-unreadable"), ("sms", 502, "sms-502"), ("push", 502, "push-502"), ("push", 403, "push-403")],
)
def test_a_page_where_an_answer_should_be_is_no_answer(ward: Ward, channel: str, status: int, why: str) -> None:
    anna = ward.due(channel)
    ward.says(channel, Says(status, HTML, {"Content-Type": "text/html"}))
    row = anna.ends()
    assert (row["status"], tried(row)) == ("sent", [(channel, why), (channel, "accepted")])


@pytest.mark.promise("P15")
@pytest.mark.parametrize("status", [404, 410])
def test_a_phone_that_is_gone_is_not_called_again_and_the_next_channel_is_taken_at_once(
    ward: Ward, status: int
) -> None:
    anna = ward.due("push email")
    ward.says("push", Says(status, HTML))
    assert anna.phones() == 1
    row = anna.ends()
    assert (row["status"], tried(row)) == ("sent", [("push", f"push-{status}"), ("email", "accepted")])
    assert (waits_s(row), anna.phones(), len(ward.providers["push"].got)) == ([0], 0, 1)


@pytest.mark.promise("P15")
@pytest.mark.parametrize("status", [404, 410])
def test_a_number_the_gateway_does_not_take_fails_for_good_and_somebody_is_told(ward: Ward, status: int) -> None:
    anna = ward.due("sms")
    ward.says("sms", Says(status, HTML))
    row = anna.ends()
    assert (row["status"], row["why"], tried(row)) == ("failed", f"sms-{status}", [("sms", f"sms-{status}")])
    with ward.house.unit(writes=False) as ctx:
        (item,) = ctx.session.scalars(select(UndeliveredRow))
        assert (str(item.reminder_id), item.owner_id, item.settled_at) == (row["id"], ward.nurse.id, None)


@pytest.mark.promise("P15")
def test_after_two_passing_failures_the_next_channel_has_its_turn(ward: Ward) -> None:
    anna = ward.due("push sms")
    ward.says("push", *[Says(503, HTML)] * 9)
    ward.says("sms")
    row = anna.ends()
    assert (row["status"], tried(row)) == ("sent", [("push", "push-503")] * 2 + [("sms", "accepted")])
