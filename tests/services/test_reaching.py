"""Who can be reached and wants to be: what is held back and why, and what is put on somebody's list."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.domain.requests import Outcome
from backend.services import replanning, undelivered
from backend.services.reminders import Moved
from notifications.reminder import Accepted, Failed, Suppressed
from tests.house import House, Staff
from tests.services.treated import Anna, treated

DONE = Outcome.AGREED
FATAL = Failed(permanent=True, why="smtp-550")
NO_MAILBOX = Failed(permanent=True, why="smtp-550", gone=("email",))


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse")


@pytest.fixture
def anna(house: House, bram: Staff) -> Anna:
    house.clock.now = house.clock.now.replace(month=6, day=1)
    made = treated(house)
    made.cared_for(bram)
    return made


def states(anna: Anna, kind: str = "dose") -> set[tuple[str, str]]:
    return {(row.status, row.why) for row in anna.of(kind)}


def listed(anna: Anna) -> list[tuple[str, str, str | None]]:
    return [(item.kind, item.why, item.outcome) for item in anna.items()]


def test_what_falls_into_a_pause_is_held_back_and_what_comes_after_is_not(anna: Anna) -> None:
    anna.plan(20)
    now = anna.house.clock.now
    moved = anna.said(paused_from=now, paused_until=now + timedelta(days=15))
    doses = anna.of("dose")
    assert [(row.status, row.why) for row in doses] == [("suppressed", "paused"), ("planned", ""), ("planned", "")]
    assert {one.id for one in moved.cancelled if one.kind == "dose"} == {doses[0].id}
    anna.said(paused_from=None, paused_until=None)
    assert states(anna) == {("planned", "")}
    assert [row.id for row in anna.of("dose")] == [row.id for row in doses]


def test_a_kind_somebody_stopped_is_held_back_and_no_other(anna: Anna) -> None:
    anna.plan(20)
    anna.said(stopped="dose monitoring")
    assert states(anna) == {("suppressed", "stopped")}
    assert states(anna, "form") == {("planned", "")}
    anna.plan(25)
    assert states(anna) <= {("suppressed", "stopped"), ("cancelled", "no-longer-due")}
    assert anna.replan() == Moved((), (), ())


def test_a_pause_that_began_while_it_was_claimed_holds_the_next_try_back(anna: Anna) -> None:
    anna.plan(5)
    anna.tell(Suppressed("paused"))
    assert ("suppressed", "paused") in states(anna)
    assert listed(anna) == []  # nobody is called for what somebody did not want to hear
    anna.replan()  # there is no pause any more
    assert ("planned", "") in states(anna)
    assert "dose" in {one.reminder.kind for one in anna.tell()}


@pytest.mark.promise("P11")
def test_whom_nothing_reaches_is_on_the_list_once_and_off_it_when_a_way_comes(anna: Anna, bram: Staff) -> None:
    anna.plan(20)
    anna.change(email_refused_at=anna.house.clock.now)
    assert states(anna) == {("suppressed", "no-channel")}
    assert {row.status for row in anna.stored()} == {"suppressed"}
    anna.forward(days=1)
    anna.replan()
    anna.plan(30)
    (item,) = anna.items()
    assert (item.kind, item.why, item.owner_id, item.settled_at) == ("unreachable", "no-channel", bram.id, None)
    anna.change(email_refused_at=None)
    assert ("planned", "") in states(anna)
    assert [(kind, outcome) for kind, _, outcome in listed(anna)] == [("unreachable", "no-longer-due")]


@pytest.mark.promise("P11")
def test_whom_nothing_reaches_again_on_the_same_day_is_on_the_list_again(anna: Anna) -> None:
    anna.plan(20)
    for refused in (anna.house.clock.now, None, anna.house.clock.now):
        anna.change(email_refused_at=refused)
    assert [kind for kind, _, outcome in listed(anna) if outcome is None] == ["unreachable"]


@pytest.mark.promise("P11")
def test_whom_somebody_knows_to_be_unreachable_is_on_the_list_again_only_after_a_way_had_come(
    anna: Anna, bram: Staff
) -> None:
    anna.plan(20)
    anna.change(email_refused_at=anna.house.clock.now)
    for _ in range(2):
        (item,) = [item for item in anna.items() if item.settled_at is None]
        assert (item.kind, item.due) == ("unreachable", "")
        with anna.house.unit(bram) as ctx:
            undelivered.settle(ctx, item.id, item.version, None, DONE)
        for _ in range(3):
            anna.forward(days=1)
            anna.replan()
        assert [outcome for _, _, outcome in listed(anna)] == [DONE.value]
        for refused in (None, anna.house.clock.now):
            anna.change(email_refused_at=refused)
    assert [outcome for _, _, outcome in listed(anna)] == [None]


def test_a_paired_phone_is_a_way_and_the_last_one(anna: Anna) -> None:
    anna.plan(20)
    anna.house.phone(anna.patient)
    anna.replan()
    assert {row.channel for row in anna.of("dose")} == {"email"}
    anna.change(email_sealed=None)
    assert {(row.status, row.channel) for row in anna.of("dose")} == {("planned", "inbox")}
    assert listed(anna) == []


def test_nobody_is_unreachable_whom_nobody_wants_to_reach(house: House) -> None:
    patient = house.patient(email_sealed=None)
    somebody = Anna(house, patient, patient.id)
    somebody.replan()
    assert (somebody.stored(), somebody.items()) == ([], [])


@pytest.mark.promise("P11")
def test_an_address_found_gone_leads_to_a_plan_without_it_soon(anna: Anna) -> None:
    anna.plan(5)
    go_over_all(anna)
    assert "dose" in {one.reminder.kind for one in anna.tell(NO_MAILBOX)}
    assert go_over_all(anna) == 1
    assert {row.why for row in anna.stored() if row.status == "suppressed"} == {"no-channel"}
    assert ("unreachable", "no-channel", None) in listed(anna)
    assert ("dose", "smtp-550", None) in listed(anna)


def go_over_all(anna: Anna) -> int:
    """Go over everybody whose turn it is, and return how many that were."""
    count = 0
    while True:
        with anna.house.unit() as ctx:
            if not replanning.go_over(ctx):
                return count
        count += 1


def later(anna: Anna) -> Anna:
    anna.forward(days=4)
    return anna


@pytest.mark.promise("P11")
@pytest.mark.parametrize("settled_by", ["given", "moved away", "told later", "nothing"])
def test_what_failed_is_off_the_list_once_it_is_done_told_or_no_longer_due(anna: Anna, settled_by: str) -> None:
    planned, _ = anna.plan(5)
    assert "dose" in {one.reminder.kind for one in anna.tell(FATAL)}
    acts: dict[str, Callable[[], Any]] = {
        "given": lambda: anna.give(planned),
        "moved away": lambda: anna.cancel(planned),
        "told later": lambda: later(anna).tell(Accepted("ref")),
        "nothing": anna.replan,
    }
    acts[settled_by]()
    outcomes = {"given": "no-longer-due", "moved away": "no-longer-due", "told later": "reached", "nothing": None}
    assert [outcome for kind, _, outcome in listed(anna) if kind == "dose"] == [outcomes[settled_by]]
