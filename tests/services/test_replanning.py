"""The sweep: whose turn it is, soon after a pause ended or a site changed its rules, and nobody holds up the others."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.services import replanning
from backend.storage.access import TokenRow
from backend.storage.patients import PatientRow
from backend.storage.wishes import SiteRulesRow
from backend.worker import PAUSE_S, make_dispatcher, over
from tests.factories.base import FAR, SessionFactory, TokenFactory
from tests.house import House
from tests.services.treated import Anna, treated

UNREADABLE = {"dose": {"steps": "of a former release"}, "monitoring": {"steps": []}}


@pytest.fixture
def anna(house: House) -> Anna:
    house.clock.now = house.clock.now.replace(month=6, day=1)
    return treated(house)


def swept(house: House) -> int:
    """Go over everybody whose turn it is; return how many there were, at most three."""
    for turns in range(3):
        with house.unit() as ctx:
            if not replanning.go_over(ctx):
                return turns
    return 3


def gone_over(anna: Anna, at: datetime | None) -> None:
    with anna.house.unit() as ctx:
        anna.row(ctx).planned_at = at


def errors(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.msg for record in caplog.records if isinstance(record.msg, dict) and record.levelname == "ERROR"]


def told(anna: Anna, kind: str) -> list[str]:
    return [row.status for row in anna.of(kind)]


@pytest.mark.promise("P12")
def test_a_correction_held_back_by_a_pause_is_told_when_the_pause_is_over(anna: Anna) -> None:
    now = anna.house.clock.now
    planned, _ = anna.plan(3)
    anna.tell()
    anna.said(paused_from=now, paused_until=now + timedelta(hours=4))
    gone_over(anna, now)
    anna.move(planned, 10)
    assert told(anna, "correction") == ["suppressed"]
    anna.forward(hours=4, seconds=-1)
    assert swept(anna.house) == 0
    anna.forward(seconds=2)
    assert swept(anna.house) == 1
    assert "correction" in {one.reminder.kind for one in anna.tell()}
    anna.forward(hours=1)
    assert swept(anna.house) == 0


def test_a_site_that_changed_its_rules_has_its_patients_gone_over_once_and_those_of_that_moment_again(
    anna: Anna,
) -> None:
    """Somebody planned while the change was on its way was planned by the old rules, whatever the clock says."""
    house = anna.house
    gone_over(anna, house.clock.now)
    house.patient(planned_at=house.clock.now, site=house.new_site())
    anna.forward(hours=1)
    house.add(SiteRulesRow(site_id=house.site.id, rules={}, changed_at=house.clock.now - timedelta(seconds=5)))
    assert [swept(house), swept(house)] == [1, 0]
    anna.forward(minutes=1)
    assert [swept(house), swept(house)] == [1, 0]
    anna.forward(hours=1)
    assert swept(house) == 0


@pytest.mark.promise("P15")
def test_somebody_who_cannot_be_planned_holds_up_nobody_and_is_named_to_whoever_runs_it(
    anna: Anna, caplog: pytest.LogCaptureFixture
) -> None:
    house, now = anna.house, anna.house.clock.now
    anna.plan(5)
    before = [(row.key, row.status) for row in anna.stored()]
    other = house.patient(planned_at=now - timedelta(days=2))
    with house.unit() as ctx:
        anna.row(ctx).zone = "Nowhere/Land"
        anna.row(ctx).planned_at = now - timedelta(days=30)
    assert swept(house) == 2
    assert [(one["event"], one["patient"], one["code"]) for one in errors(caplog)] == [
        ("patient not planned", str(anna.patient.id), "ZoneInfoNotFoundError")
    ]
    with house.unit(writes=False) as ctx:
        moments = {row.id: row.planned_at for row in ctx.session.scalars(select(PatientRow))}
    assert moments == {anna.patient.id: now, other.id: now}
    assert [(row.key, row.status) for row in anna.stored()] == before


def test_what_was_half_planned_when_it_failed_is_undone(anna: Anna, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> None:
        raise ValueError("half way")

    gone_over(anna, None)
    monkeypatch.setattr("backend.services.reminders._tidy", breaks)
    assert swept(anna.house) == 1
    assert anna.stored() == []
    monkeypatch.undo()
    gone_over(anna, None)
    assert swept(anna.house) == 1
    assert anna.stored() != []


@pytest.mark.promise("P15")
@pytest.mark.parametrize("rules", [UNREADABLE, [], None, "of a former release"])
def test_a_stored_rule_that_reads_no_more_is_as_by_default_and_named_loudly(
    anna: Anna, rules: Any, caplog: pytest.LogCaptureFixture
) -> None:
    anna.plan(5)
    by_default = {row.key for row in anna.stored()}
    anna.site_says(rules)
    told = [(one["event"], one["site"]) for one in errors(caplog)]
    assert told == [("site rules unreadable", str(anna.house.site.id))]
    stands = {row.key for row in anna.stored() if row.status == "planned"}
    dropped = {key for key in by_default if key.startswith("monitoring:")} if rules is UNREADABLE else set()
    assert stands == by_default - dropped
    assert anna.open()


def test_an_admin_sees_and_mends_rules_that_read_no_more(house: House) -> None:
    house.add(SiteRulesRow(site_id=house.site.id, rules=UNREADABLE, changed_at=house.clock.now))
    fatima = house.login("admin")
    seen = house.get("/sites/own/reminder-rules", headers=fatima.headers).json
    assert seen["effective"]["dose"] == seen["defaults"]["dose"]
    assert seen["effective"]["monitoring"]["steps"] == []
    mending = {**fatima.headers, "If-Match": f'"{seen["version"]}"'}
    assert house.put("/sites/own/reminder-rules", headers=mending, json={"rules": {}}).status_code == 200


@pytest.fixture
def go_over(house: House) -> Iterator[Any]:
    """The dispatcher's job, on a door of its own to the database."""
    dispatcher = make_dispatcher(house.settings, house.clock)
    box: Any = dispatcher.outbox
    yield over(box, house.settings, house.clock)
    box.engine.dispose()


def test_between_two_patients_others_have_their_turn_and_who_finds_nobody_takes_no_lock(
    anna: Anna, go_over: Any
) -> None:
    gone_over(anna, None)
    assert go_over() == PAUSE_S
    with anna.house.unit() as ctx:  # on SQLite, this alone writes now
        ctx.session.flush()
        assert go_over() == 0.0


@pytest.mark.parametrize("ended", ["its tokens", "the session"])
def test_a_phone_that_can_sync_no_more_is_no_way(anna: Anna, ended: str) -> None:
    soon = anna.house.clock.now + timedelta(days=30)
    row = SessionFactory.build(patient_id=anna.patient.id, ends_at=soon if ended == "the session" else None)
    session_id = row.id
    until = soon if ended == "its tokens" else FAR
    tokens = [TokenFactory.build(session_id=session_id, kind=kind, expires_at=until) for kind in ("access", "refresh")]
    anna.house.add(row, *tokens)
    anna.plan(35)
    anna.change(email_sealed=None)
    assert {one.channel for one in anna.open()} == {"inbox"}
    anna.forward(days=30, seconds=-1)
    anna.replan()
    assert anna.open() != []
    anna.forward(seconds=1)
    anna.replan()
    assert (anna.open(), {one.why for one in anna.of("dose") if one.status == "suppressed"}) == ([], {"no-channel"})
    with anna.house.unit(writes=False) as ctx:
        assert len(ctx.session.scalars(select(TokenRow)).all()) == 2
