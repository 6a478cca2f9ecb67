"""Phones whose clock is wrong, or that travel: what they log lands in the right interval and on the right local day."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from backend.storage.access import SessionRow
from backend.storage.records import ClockRow
from tests.api.syncing import SyncingPhone, put
from tests.factories.chains import chain, local
from tests.house import House, Patient

AMSTERDAM = "Europe/Amsterdam"
GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00"]


@pytest.fixture
def anna(house: House) -> Patient:
    made = house.patient()
    chain(house, made, GIVEN)
    return made


@pytest.fixture
def phone(house: House, anna: Patient) -> SyncingPhone:
    return SyncingPhone(house, anna)


def logged(at: datetime, zone: str = AMSTERDAM, days_ago: int | None = None) -> dict[str, Any]:
    """Return an entry as a phone makes it whose clock says `at`: about this moment, or about a day so long before."""
    here = at.astimezone(ZoneInfo(zone))
    on = (here - timedelta(days=days_ago or 0)).date().isoformat()
    occurred = {"at": here.isoformat()} if days_ago is None else {"on": on}
    told = {"occurred": {**occurred, "zone": zone}, "recorded_at": here.isoformat(), "no_complaints": True}
    return put("diary-entry", told)


def sent(phone: SyncingPhone, change: dict[str, Any], now: datetime, phone_says: datetime, **told: Any) -> Any:
    """Send a change when it is `now` and the phone says otherwise; return the entry as it stands."""
    phone.house.clock.now = now
    (result,) = phone.sync(change | told, sent_at=phone_says.isoformat())
    assert result["result"] in {"created", "duplicate"}, result
    return phone.of("diary-entry")[change["id"]]


FAST, SLOW = timedelta(minutes=20), timedelta(days=-3)


def test_a_phone_twenty_minutes_fast_does_not_put_complaints_behind_the_dose(house: House, phone: SyncingPhone) -> None:
    """At ten to nine, before the infusion of nine, the phone says ten past."""
    true = local("2026-03-30 08:50")
    entry = sent(phone, logged(true + FAST), true, true + FAST)
    assert (entry["place"]["interval"], entry["place"]["day_since_dose"]) == (1, 28)
    assert entry["occurred"]["at"] == "2026-03-30T08:50:00+02:00"
    assert entry["recorded_at"] == "2026-03-30T09:10:00+02:00"


def test_a_phone_three_days_slow_lands_in_the_interval_that_runs(house: House, phone: SyncingPhone) -> None:
    true = local("2026-04-01 20:00")
    entry = sent(phone, logged(true + SLOW), true, true + SLOW)
    assert (entry["place"]["interval"], entry["place"]["day_since_dose"]) == (2, 2)
    assert entry["occurred"]["on"] == "2026-04-01"
    yesterday = sent(phone, logged(true + SLOW, days_ago=1), true, true + SLOW)
    assert (yesterday["occurred"]["on"], yesterday["place"]["day_since_dose"]) == ("2026-03-31", 1)


def test_an_entry_that_waited_days_for_signal_on_a_slow_phone_keeps_its_day(house: House, phone: SyncingPhone) -> None:
    written, arrives = local("2026-03-31 21:00"), local("2026-04-05 09:00")
    entry = sent(phone, logged(written + SLOW), arrives, arrives + SLOW)
    assert (entry["occurred"]["on"], entry["place"]["interval"], entry["place"]["day_since_dose"]) == (
        "2026-03-31",
        2,
        1,
    )


def test_a_clock_put_right_before_sending_counts_for_what_was_written_before(house: House, phone: SyncingPhone) -> None:
    """The phone noticed by how much it was set: three days forward."""
    written, arrives = local("2026-03-31 21:00"), local("2026-04-01 09:00")
    change = logged(written + SLOW) | {"clock_shift_s": 3 * 86_400}
    entry = sent(phone, change, arrives, arrives)
    assert (entry["occurred"]["on"], entry["place"]["day_since_dose"]) == ("2026-03-31", 1)


def test_a_retry_after_the_clock_was_put_right_is_still_the_same_entry(house: House, phone: SyncingPhone) -> None:
    true = local("2026-04-01 20:00")
    change = logged(true + SLOW)
    first = sent(phone, change, true, true + SLOW)
    later = true + timedelta(hours=2)
    house.clock.now = later
    (again,) = phone.sync(change, sent_at=later.isoformat())
    assert (again["result"], again["stored"]["occurred"]) == ("duplicate", first["occurred"])


@pytest.mark.promise("P06")
def test_what_the_phone_claimed_and_how_far_it_was_off_are_kept(
    house: House, anna: Patient, phone: SyncingPhone
) -> None:
    true = local("2026-04-01 20:00")
    change = logged(true + FAST)
    sent(phone, change, true, true + FAST)
    with house.unit(writes=False) as ctx:
        (claim,) = ctx.session.scalars(select(ClockRow).where(ClockRow.patient_id == anna.id)).all()
        device = ctx.session.scalars(select(SessionRow).where(SessionRow.patient_id == anna.id)).one()
        assert claim.claimed == {name: change["data"][name] for name in ("occurred", "recorded_at")}
        assert (claim.skew_s, device.skew_s, device.synced_at) == (-1200, -1200, true)


def test_two_minutes_more_or_less_are_the_way_and_not_the_clock(house: House, phone: SyncingPhone) -> None:
    true = local("2026-04-01 20:00")
    entry = sent(phone, logged(true - timedelta(seconds=110)), true, true - timedelta(seconds=110))
    assert entry["occurred"]["at"] == "2026-04-01T19:58:10+02:00"


@pytest.mark.parametrize(
    ("zone", "true", "on", "day"),
    [
        ("Pacific/Kiritimati", "2026-03-31 22:30", "2026-04-01", 2),  # +14: already tomorrow there
        ("Pacific/Pago_Pago", "2026-04-01 09:00", "2026-03-31", 1),  # -11: still yesterday there
        (AMSTERDAM, "2026-03-29 23:30", "2026-03-29", 27),  # the day the clocks went forward
    ],
)
def test_a_traveller_logs_on_the_local_day_of_where_they_are(
    house: House, phone: SyncingPhone, zone: str, true: str, on: str, day: int
) -> None:
    now = local(true)
    entry = sent(phone, logged(now, zone), now, now)
    assert (entry["occurred"]["on"], entry["place"]["day_since_dose"]) == (on, day)


def test_a_wrong_clock_on_the_night_the_clocks_change_gives_the_right_offset(house: House, phone: SyncingPhone) -> None:
    """Three days slow over the last Sunday of March: the phone still has winter time, the moment has summer time."""
    true = local("2026-03-30 21:00")
    entry = sent(phone, logged(true + SLOW), true, true + SLOW)
    assert entry["occurred"]["at"] == "2026-03-30T21:00:00+02:00"
    assert (entry["place"]["interval"], entry["place"]["day_since_dose"]) == (2, 0)


@pytest.mark.parametrize("off", [FAST, SLOW])
def test_an_entry_edited_on_a_wrong_clock_stays_where_it_was(house: House, phone: SyncingPhone, off: timedelta) -> None:
    """The app sends back the moment it was given, which is already put right."""
    true = local("2026-03-30 09:10")
    change = logged(true + off)
    given = sent(phone, change, true, true + off)
    for version in (1, 2):
        true += timedelta(minutes=1)
        data = {**change["data"], "occurred": {"at": given["occurred"]["at"], "zone": AMSTERDAM}}
        data |= {"recorded_at": (true + off).isoformat(), "note": f"note {version}", "reason": "more"}
        house.clock.now = true
        (done,) = phone.sync({**change, "base_version": version, "data": data}, sent_at=(true + off).isoformat())
        assert (done["result"], done["stored"]["occurred"]) == ("updated", given["occurred"])


def test_an_edit_that_repeats_what_the_phone_claimed_means_the_same_moment(house: House, phone: SyncingPhone) -> None:
    """Edited before the answer to the first upload came: the phone never saw the moment put right."""
    true = local("2026-04-01 20:00")
    change = logged(true + SLOW)
    given = sent(phone, change, true, true + SLOW)
    data = {**change["data"], "note": "tram", "reason": "more"}
    (done,) = phone.sync({**change, "base_version": 1, "data": data}, sent_at=(true + SLOW).isoformat())
    assert (done["result"], done["stored"]["occurred"]) == ("updated", given["occurred"])


def test_a_retry_that_took_longer_on_its_way_is_still_the_same(house: House, phone: SyncingPhone) -> None:
    """118 seconds off at the first try, 123 at the second: on either side of what counts as the way."""
    true = local("2026-04-01 20:00")
    made = logged(true)
    corrected = {**made, "base_version": 1, "data": {**made["data"], "note": "tram", "reason": "more"}}
    for late, outcome in ((118, ["created", "updated"]), (123, ["duplicate", "duplicate"])):
        house.clock.now = true + timedelta(seconds=late)
        results = phone.sync(made, corrected, sent_at=true.isoformat())
        assert [one["result"] for one in results] == outcome
    (stored,) = phone.of("diary-entry").values()
    assert (stored["version"], stored["occurred"]["at"]) == (2, "2026-04-01T20:00:00+02:00")


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_clock_that_lost_everything_is_put_right_too(house: House, phone: SyncingPhone, year: int) -> None:
    """A flat battery left the phone in another age: its own times could not be stored, what it means can."""
    true, says = local("2026-04-01 20:00"), datetime.fromisoformat(f"{year}-01-01T00:05:00+00:00")
    entry = sent(phone, logged(says), true, says)
    assert (entry["occurred"]["on"], entry["place"]["day_since_dose"]) == ("2026-04-01", 2)
