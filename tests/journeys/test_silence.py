"""Silence is loud: a killed dispatcher is told on /readyz, in the app and by one mail to the operator, each time."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from backend.settings import load
from backend.storage.alerts import AlertRow
from backend.storage.db import make_engine
from tests.house import House
from tests.journeys.mailbox import Mailbox, open_mailbox
from tests.journeys.processes import Installation, Running, until

# That of many processes one mails, both databases show in tests/test_watch.py; here is what the processes do.
pytestmark = [pytest.mark.journey, pytest.mark.parametrize("installation", ["sqlite"], indirect=True)]

TOLD = ("ops@clinic.example", "night@clinic.example")
LOOKED = timedelta(minutes=10)


@pytest.fixture
def mailbox(installation: Installation) -> Iterator[Mailbox]:
    """The SMTP server of an installation whose operator has two addresses."""
    with open_mailbox() as opened:
        installation.told |= {
            "UITWERK_MAIL_HOST": "127.0.0.1",
            "UITWERK_MAIL_PORT": str(opened.port),
            "UITWERK_MAIL_SECURITY": "none",
            "UITWERK_OPERATOR_MAIL": " ".join(TOLD),
            "UITWERK_WATCH_EVERY_S": "0.2",
        }
        yield opened


@pytest.fixture
def engine(installation: Installation) -> Iterator[Engine]:
    """The installation's database."""
    made = make_engine(load(installation.environ).url, pooled=False)
    yield made
    made.dispose()


def asked(installation: Installation) -> tuple[int, Any]:
    """Return what /readyz answers."""
    answer = httpx2.get(f"{installation.base_url}/readyz", timeout=10)
    return answer.status_code, answer.json()


def delayed(installation: Installation, headers: dict[str, str]) -> set[str | None]:
    """Return since when reminders are delayed, as a phone is told when it begins and when it syncs."""
    with installation.client(headers) as phone:
        answers = [phone.get("/me/bootstrap"), phone.post("/me/sync", json={})]
    return {answer.json()["reminders_delayed_since"] for answer in answers}


def queue(engine: Engine) -> list[AlertRow]:
    """Return every alert there is."""
    with Session(engine) as session:
        return list(session.scalars(select(AlertRow)))


def falls_silent(installation: Installation, dispatcher: Running) -> None:
    """Kill the only dispatcher, and let time go by."""
    dispatcher.kill()
    installation.move_clock(installation.now() + LOOKED)


def goes_well(installation: Installation, engine: Engine) -> Running:
    """Start a dispatcher, and wait until somebody has seen that reminders go out again."""
    dispatcher = installation.dispatch()
    until(lambda: asked(installation)[0] == 200, "reminders go out")
    until(lambda: not [row for row in queue(engine) if ":lasts:" in row.key], "the watch has seen it")
    return dispatcher


@pytest.mark.promise("P16")
def test_each_time_the_dispatcher_dies_everybody_learns_it_and_the_operator_by_one_mail(
    installation: Installation, mailbox: Mailbox, engine: Engine, seeded: House
) -> None:
    phone = seeded.phone(seeded.patient())
    installation.serve(workers=2)
    dispatcher = goes_well(installation, engine)
    assert delayed(installation, phone) == {None}
    for silences in (1, 2):
        falls_silent(installation, dispatcher)
        status, told = until(lambda: _not_ready(installation), "/readyz says so")
        assert (status, told["wrong"]) == (503, ["dispatcher: silent"])
        assert delayed(installation, phone) == {told["reminders_delayed_since"]}
        until(partial(_all_sent, engine, silences * len(TOLD)), "the operator is told")
        dispatcher = goes_well(installation, engine)
        assert delayed(installation, phone) == {None}
    assert Counter(str(mail["To"]) for mail in mailbox.mails) == dict.fromkeys(TOLD, 2)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == len(mailbox.mails)
    assert [row.attempts for row in queue(engine)] == [1] * 4


def _not_ready(installation: Installation) -> tuple[int, Any] | None:
    found = asked(installation)
    return found if found[0] == 503 else None


def _all_sent(engine: Engine, count: int) -> bool:
    rows = queue(engine)
    return len(rows) == count and all(row.sent_at is not None for row in rows)
