"""The private calendar feed over HTTP: opened by its address alone, revocable, and telling a stranger nothing."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from icalendar import Calendar, Component
from sqlalchemy import text

from backend.domain import dosing
from backend.domain.dosing import Dose
from backend.domain.moments import at_moment
from backend.domain.regimens import Route
from backend.storage import doses
from backend.storage.events import EventRow
from tests.factories.chains import ZONE, chain, local
from tests.house import PREFIX, House, Patient


def planned(house: House, anna: Patient, at: str = "2026-06-08 09:00") -> Dose:
    treatment_id = chain(house, anna, ["2026-05-11 09:00"])
    dose = dosing.plan(uuid4(), treatment_id, at_moment(local(at), ZONE), Route.IV, house.clock.now)
    with house.unit() as ctx:
        doses.add(ctx.session, anna.id, [dose], None)
    return dose


def put(house: House, anna: Patient, dose: Dose) -> Dose:
    with house.unit() as ctx:
        assert doses.put(ctx.session, anna.id, dose, None)
    return dose


def made(house: House, phone: dict[str, str]) -> str:
    """Make a feed and return its path below the API."""
    answer = house.post("/me/calendar", headers=phone)
    assert answer.status_code == 201
    base, found, path = answer.json["url"].partition(PREFIX)
    assert (base, found) == (house.settings.public_url, PREFIX)
    return str(path)


def shown(house: House, path: str) -> list[Component]:
    answer = house.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return list(Calendar.from_ical(answer.data).walk("VEVENT"))


def begins(entry: Component) -> datetime:
    moment = entry.decoded("DTSTART")
    assert isinstance(moment, datetime)
    return moment


@pytest.mark.promise("P17")
def test_whoever_has_the_address_sees_when_and_nothing_of_what(house: House) -> None:
    anna = house.patient()
    planned(house, anna)
    path = made(house, house.phone(anna))
    (entry,) = shown(house, path)
    assert begins(entry) == datetime(2026, 6, 8, 7, tzinfo=UTC)
    assert entry["SUMMARY"] == "Afspraak"
    told = house.get(path).data.decode()
    assert "DTSTART:20260608T070000Z" in told
    assert "VTIMEZONE" not in told
    assert not any(word in told.lower() for word in ("natalizumab", "tysabri", "infu", str(anna.id), "dose", "ms"))


@pytest.mark.promise("P12")
def test_a_moved_dose_moves_in_the_calendar_under_the_same_uid_with_a_higher_sequence(house: House) -> None:
    anna = house.patient()
    dose = planned(house, anna)
    path = made(house, house.phone(anna))
    (before,) = shown(house, path)
    dose = put(house, anna, dosing.move(dose, at_moment(local("2026-06-15 09:00"), ZONE), house.clock.now, "asked"))
    (after,) = shown(house, path)
    assert after["UID"] == before["UID"]
    assert int(str(after["SEQUENCE"])) > int(str(before["SEQUENCE"]))
    assert begins(after) - begins(before) == timedelta(days=7)
    put(house, anna, dosing.cancel(dose, house.clock.now, "holiday"))
    assert shown(house, path) == []


def test_an_uncertain_day_is_no_appointment(house: House) -> None:
    anna = house.patient()
    chain(house, anna, ["2026-05-11 09:00"])
    assert shown(house, made(house, house.phone(anna))) == []


@pytest.mark.promise("P22")
@pytest.mark.promise("P19")
def test_a_revoked_feed_is_gone_as_if_it_had_never_been(house: House) -> None:
    anna = house.patient()
    planned(house, anna)
    phone = house.phone(anna)
    path = made(house, phone)
    assert house.delete("/me/calendar", headers=phone).status_code == 204
    gone, unknown = house.get(path), house.get("/calendar/" + "x" * 43)
    assert gone.status_code == unknown.status_code == 404
    headers = [{k: v for k, v in a.headers if k.lower() not in {"x-request-id", "date"}} for a in (gone, unknown)]
    assert headers[0] == headers[1]
    assert gone.data == unknown.data
    assert house.delete("/me/calendar", headers=phone).status_code == 204


def test_a_new_feed_ends_the_one_before(house: House) -> None:
    phone = house.phone(house.patient())
    first, second = made(house, phone), made(house, phone)
    assert first != second
    assert house.get(first).status_code == 404
    assert house.get(second).status_code == 200


def test_the_address_is_kept_nowhere_in_clear(house: House) -> None:
    anna = house.patient()
    token = made(house, house.phone(anna)).rpartition("/")[2]
    assert len(token) >= 43
    assert house.get(f"/calendar/{token}").status_code == 200
    with house.unit(writes=False) as ctx:
        kept = ctx.session.execute(text("SELECT calendar_hash FROM patients")).scalar_one()
        trail = [str(vars(row)) for row in ctx.session.query(EventRow)]
    assert token.encode() not in bytes(kept)
    assert trail
    assert not any(token in line for line in trail)


def test_every_reading_of_the_feed_is_written_down(house: House) -> None:
    anna = house.patient()
    shown(house, made(house, house.phone(anna)))
    with house.unit(writes=False) as ctx:
        kinds = [row.patient_id for row in ctx.session.query(EventRow) if "calendar:read" in str(vars(row))]
    assert kinds == [anna.id]


def test_staff_have_no_feed(house: House) -> None:
    bram = house.login("nurse")
    assert house.post("/me/calendar", headers=bram.headers).status_code == 403
