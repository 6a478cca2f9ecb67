"""Alerts: one to each of the operator's addresses for each silence, one to each who cares for what waits too long."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backend.services import alerts
from backend.services.alerts import Alert
from backend.settings import Settings
from backend.storage.alerts import AlertRow
from backend.storage.beats import BeatRow
from backend.storage.undelivered import UndeliveredRow
from notifications.reminder import Accepted, Failed
from tests.factories.base import CareFactory, StaffFactory
from tests.factories.reminders import ReminderRowFactory
from tests.factories.undelivered import UndeliveredFactory
from tests.house import House, Staff

TOLD = ("ops@clinic.example", "night@clinic.example")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def settings(house: House) -> Settings:
    return replace(house.settings, operator_mail=" ".join(TOLD))


def beat(house: House) -> None:
    """Let a dispatcher be alive now."""
    with house.unit() as ctx:
        ctx.session.merge(BeatRow(worker="here:1", beat_at=house.clock.now))


def looked(house: House, settings: Settings) -> bool:
    with house.unit() as ctx:
        return alerts.notice(ctx.session, house.clock.now, settings)


def escalated(house: House, settings: Settings) -> None:
    with house.unit() as ctx:
        alerts.escalate(ctx.session, house.clock.now, settings)


def claimed(house: House, settings: Settings) -> list[Alert]:
    with house.unit() as ctx:
        return alerts.claim(ctx.session, house.clock.now, settings)


def settled(house: House, alert: Alert, outcome: Accepted | Failed) -> None:
    with house.unit() as ctx:
        alerts.settle(ctx.session, alert, outcome, house.clock.now)


def queue(house: House) -> list[AlertRow]:
    with house.unit(writes=False) as ctx:
        rows = list(ctx.session.scalars(select(AlertRow).order_by(AlertRow.made_at, AlertRow.address)))
        ctx.session.expunge_all()
    return rows


def addresses(house: House) -> list[str]:
    return [row.address for row in queue(house)]


@pytest.mark.promise("P16")
def test_each_address_is_told_once_however_long_it_lasts_and_again_when_it_falls_silent_anew(
    house: House, settings: Settings
) -> None:
    beat(house)
    began = house.clock.now
    house.clock.now += 2 * MINUTE
    assert looked(house, settings) is False
    assert queue(house) == []
    for _ in range(3):
        house.clock.now += MINUTE
        assert looked(house, settings) is True
    assert addresses(house) == sorted(TOLD)
    assert {row.since for row in queue(house)} == {began}
    beat(house)
    assert looked(house, settings) is False
    house.clock.now += 3 * MINUTE
    assert looked(house, settings) is True
    assert addresses(house) == sorted(TOLD) * 2


@pytest.mark.promise("P16")
def test_a_reminder_nobody_takes_is_one_silence_also_when_it_expires_and_others_wait(
    house: House, settings: Settings
) -> None:
    anna = house.patient()
    for minutes in (0, 10):
        at = house.clock.now + minutes * MINUTE
        told = {"send_at": at, "expires_at": at + timedelta(minutes=20)}
        house.add(ReminderRowFactory.build(patient_id=anna.id, status="planned", **told))
    began = house.clock.now
    for _ in range(30):
        house.clock.now += MINUTE
        beat(house)
        looked(house, settings)
    assert addresses(house) == sorted(TOLD)
    assert {row.since for row in queue(house)} == {began}


def test_a_clock_a_little_behind_does_not_make_two_silences_of_one(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += timedelta(seconds=121)
    for seconds in (0, -2, 2):
        house.clock.now += timedelta(seconds=seconds)
        looked(house, settings)
    assert addresses(house) == sorted(TOLD)


def test_where_no_dispatcher_ever_ran_it_is_silent_once_a_reminder_waits(house: House, settings: Settings) -> None:
    assert looked(house, settings) is True
    assert queue(house) == []
    house.add(ReminderRowFactory.build(patient_id=house.patient().id, status="planned"))
    house.clock.now += 3 * MINUTE
    looked(house, settings)
    assert addresses(house) == sorted(TOLD)


def test_an_address_that_is_added_while_it_is_silent_is_told_too(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += HOUR
    for told in ("", TOLD[0], " ".join(TOLD), f"{TOLD[0]} {TOLD[0]}"):
        looked(house, replace(settings, operator_mail=told))
    assert addresses(house) == sorted(TOLD)


def test_all_services_of_the_operator_are_one_address(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += HOUR
    looked(house, replace(settings, operator_mail="", operator_urls="one://a two://b"))
    assert addresses(house) == [alerts.RELAY]


@pytest.mark.promise("P30")
def test_the_operator_reads_since_when_and_what_to_do_in_both_languages(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += HOUR
    looked(house, settings)
    message = claimed(house, settings)[0].message
    assert message.subject == "Herinneringen blijven liggen / Reminders are held up"
    assert "Sinds 2026-06-01 10:00 UTC" in message.body
    assert "Since 2026-06-01 10:00 UTC" in message.body
    for said in ("uitwerk dispatch", "uitwerk doctor", f"{settings.public_url}/readyz"):
        assert message.body.count(said) == 2
    assert message.written_at == house.clock.now


def test_an_alert_that_is_taken_is_held_by_one_and_sent_once(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += HOUR
    looked(house, settings)
    held = claimed(house, settings)
    assert sorted(one.address for one in held) == sorted(TOLD)
    assert claimed(house, settings) == []
    for one in held:
        settled(house, one, Accepted("ref"))
    house.clock.now += DAY
    assert claimed(house, settings) == []
    assert {row.sent_at for row in queue(house)} == {house.clock.now - DAY}


def test_one_that_is_not_taken_is_tried_ten_times_ever_more_slowly(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += HOUR
    looked(house, replace(settings, operator_mail=TOLD[0]))
    pauses: list[int] = []
    for attempt in range(1, alerts.MOST_TRIES + 1):
        (held,) = claimed(house, settings)
        assert held.attempt == attempt
        settled(house, held, Failed(permanent=attempt % 2 == 0, why="smtp-unreachable"))
        tried = house.clock.now
        while not due(house) and house.clock.now < tried + HOUR:
            house.clock.now += MINUTE
        pauses.append(round((house.clock.now - tried) / MINUTE))
    assert pauses == [1, 5, *[15] * 7, 60]
    assert [(row.sent_at, row.why) for row in queue(house)] == [(None, "smtp-unreachable")]


def due(house: House) -> bool:
    return any(row.next_try_at <= house.clock.now and row.attempts < alerts.MOST_TRIES for row in queue(house))


def test_who_held_it_too_long_takes_nothing_away_from_who_holds_it_now(house: House, settings: Settings) -> None:
    beat(house)
    house.clock.now += HOUR
    looked(house, replace(settings, operator_mail=TOLD[0]))
    (slow,) = claimed(house, settings)
    house.clock.now += alerts.LEASE
    (quick,) = claimed(house, settings)
    settled(house, slow, Failed(permanent=False, why="smtp-broken-off"))
    house.clock.now += MINUTE
    assert claimed(house, settings) == []
    settled(house, quick, Accepted("ref"))
    settled(house, quick, Failed(permanent=False, why="smtp-broken-off"))
    house.clock.now += DAY
    assert claimed(house, settings) == []


@pytest.fixture
def waiting(house: House) -> tuple[Staff, Staff]:
    """Two who care, beside one who never joined, for a patient of whom something reached nobody just now."""
    bram, carla = (
        house.login("nurse", email="bram@clinic.example"),
        house.login("clinician", email="carla@clinic.example"),
    )
    anna = house.patient(cares_for=[bram, carla])
    invited = StaffFactory.build(site_id=house.site.id, joined_at=None)
    house.add(invited, CareFactory.build(patient_id=anna.id, staff_id=invited.id))
    house.add(UndeliveredFactory.build(patient_id=anna.id, since=house.clock.now, owner_id=bram.id))
    return bram, carla


def items(house: House) -> list[tuple[datetime | None, int]]:
    with house.unit(writes=False) as ctx:
        found = ctx.session.scalars(select(UndeliveredRow).order_by(UndeliveredRow.since))
        return [(row.escalated_at, row.version) for row in found]


@pytest.mark.promise("P16")
def test_everybody_who_cares_is_told_once_of_what_waits_for_more_than_a_day(
    house: House, settings: Settings, waiting: tuple[Staff, Staff]
) -> None:
    house.clock.now += DAY - MINUTE
    escalated(house, settings)
    assert (queue(house), items(house)) == ([], [(None, 1)])
    house.clock.now += MINUTE
    told_at = house.clock.now
    for _ in range(3):
        escalated(house, settings)
        house.clock.now += HOUR
    assert addresses(house) == ["bram@clinic.example", "carla@clinic.example"]
    assert items(house) == [(told_at, 1)]


@pytest.mark.promise("P17")
def test_who_cares_reads_that_something_waits_and_nothing_about_whom_or_what(
    house: House, settings: Settings, waiting: tuple[Staff, Staff]
) -> None:
    house.clock.now += DAY
    escalated(house, settings)
    message = claimed(house, settings)[0].message
    assert message.subject == "Er wacht iets op de werklijst"
    assert message.body.splitlines()[2] == settings.public_url
    with house.unit() as ctx:
        row = ctx.session.scalars(select(UndeliveredRow)).one()
        for said in (str(row.patient_id), str(row.id), row.kind, row.subject, row.due, row.why):
            assert said not in message.subject + message.body


def test_however_much_waits_each_is_told_once_in_the_language_of_the_site(house: House, settings: Settings) -> None:
    site = house.new_site(language="en")
    els = house.login("coordinator", site=site)
    for _ in range(4):
        anna = house.patient(cares_for=[els], site=site)
        house.add(*(UndeliveredFactory.build(patient_id=anna.id, since=house.clock.now) for _ in range(2)))
    house.clock.now += DAY
    escalated(house, settings)
    (held,) = claimed(house, settings)
    assert held.message.subject == "Something waits on the worklist"
    assert all(told_at is not None for told_at, _ in items(house))


@pytest.mark.parametrize("gone", ["settled", "later"])
def test_what_is_settled_or_only_counts_later_is_not_escalated(
    house: House, settings: Settings, waiting: tuple[Staff, Staff], gone: str
) -> None:
    now = house.clock.now
    changed: dict[str, Any] = {"settled": {"settled_at": now}, "later": {"since": now + HOUR}}[gone]
    with house.unit() as ctx:
        ctx.session.execute(update(UndeliveredRow).values(changed))
    house.clock.now += DAY
    escalated(house, settings)
    assert queue(house) == []


def test_where_nobody_cares_the_coordinators_and_administrators_of_the_site_are_told(
    house: House, settings: Settings
) -> None:
    now = house.clock.now
    gone = house.login("nurse", left_at=now)
    anna = house.patient(cares_for=[gone])
    was = house.login("clinician")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=was.id, starts_at=now - DAY, ends_at=now))
    house.login("coordinator", email="els@clinic.example")
    house.login("admin", email="fatima@clinic.example")
    house.login("admin", email="left@clinic.example", left_at=now)
    house.login("admin", email="elsewhere@clinic.example", site=house.new_site())
    house.add(UndeliveredFactory.build(patient_id=anna.id, since=now))
    house.clock.now += DAY
    escalated(house, settings)
    assert addresses(house) == ["els@clinic.example", "fatima@clinic.example"]


def test_where_nobody_is_left_at_the_site_the_operator_is_told(house: House, settings: Settings) -> None:
    house.add(UndeliveredFactory.build(patient_id=house.patient().id, since=house.clock.now))
    house.clock.now += DAY
    escalated(house, settings)
    assert addresses(house) == sorted(TOLD)
