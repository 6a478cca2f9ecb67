"""Dose events: each act makes a new version, and undo takes the last one back."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from backend.domain import dosing
from backend.domain.dosing import Act, Dose, PartGiven, Status
from backend.domain.errors import ClinicError
from backend.domain.moments import on_day
from backend.domain.regimens import Route
from tests.factories.chains import ZONE
from tests.factories.doses import TreatmentFactory, given, moment, planned

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHOLE = (PartGiven(moment("2026-03-02 09:10")),)


def slot() -> Dose:
    return planned(TreatmentFactory.build(), "2026-03-02 09:00")


def test_recording_keeps_the_slot_and_anchors_at_the_first_part() -> None:
    parts = (PartGiven(moment("2026-03-02 09:30"), 150.0), PartGiven(moment("2026-03-02 09:10"), 150.0))
    dose = dosing.record(slot(), parts, Route.SC, NOW)
    assert (dose.status, dose.version, dose.route) == (Status.GIVEN, 2, Route.SC)
    assert dose.planned == moment("2026-03-02 09:00")
    assert dose.given == moment("2026-03-02 09:10")
    assert dose.anchor == datetime(2026, 3, 2, 8, 10, tzinfo=UTC)


def test_a_dose_cannot_have_been_given_in_the_future_nor_without_a_part() -> None:
    with pytest.raises(ClinicError, match="out-of-time"):
        dosing.record(slot(), [PartGiven(moment("2026-03-02 14:00"))], Route.IV, NOW)
    with pytest.raises(ClinicError, match="invalid"):
        dosing.record_new(uuid4(), uuid4(), [], Route.IV, NOW)
    dosing.record(slot(), [PartGiven(on_day(NOW.date(), ZONE))], Route.IV, NOW)


def test_acts_that_do_not_fit_the_state_are_refused() -> None:
    done = dosing.record(slot(), WHOLE, Route.IV, NOW)
    for act in (
        lambda: dosing.record(done, WHOLE, Route.IV, NOW),
        lambda: dosing.move(done, moment("2026-03-09 09:00"), NOW, "why"),
        lambda: dosing.miss(done, NOW, "why"),
        lambda: dosing.cancel(done, NOW, "why"),
        lambda: dosing.correct(slot(), WHOLE, Route.IV, NOW, "why"),
    ):
        with pytest.raises(ClinicError, match="wrong-state"):
            act()


def test_a_missed_dose_may_still_be_recorded_late() -> None:
    missed = dosing.miss(slot(), NOW, "ill")
    assert dosing.record(missed, WHOLE, Route.IV, NOW).status is Status.GIVEN


def test_undo_takes_back_one_act_at_a_time_down_to_the_tombstone() -> None:
    history = [slot()]
    history.append(dosing.move(history[-1], moment("2026-03-02 11:00"), NOW, "why"))
    history.append(dosing.record(history[-1], WHOLE, Route.IV, NOW))
    seen = []
    for _ in range(3):
        history.append(dosing.undo(history, NOW, "mistake"))
        seen.append((history[-1].status, history[-1].planned, history[-1].act, history[-1].version))
    assert seen == [
        (Status.PLANNED, moment("2026-03-02 11:00"), Act.UNDO, 4),
        (Status.PLANNED, moment("2026-03-02 09:00"), Act.UNDO, 5),
        (Status.UNDONE, moment("2026-03-02 09:00"), Act.UNDO, 6),
    ]
    with pytest.raises(ClinicError, match="nothing-to-undo"):
        dosing.undo(history, NOW, "mistake")


def test_what_was_done_after_an_undo_is_undone_next() -> None:
    history = [slot()]
    history.append(dosing.miss(history[-1], NOW, "ill"))
    history.append(dosing.undo(history, NOW, "mistake"))
    history.append(dosing.cancel(history[-1], NOW, "moved away"))
    assert dosing.undo(history, NOW, "mistake").status is Status.PLANNED


def test_more_than_a_day_after_the_last_part_a_dose_needs_a_reason() -> None:
    two_parts = (PartGiven(moment("2026-02-10 09:00")), PartGiven(moment("2026-03-01 14:00")))
    dosing.explained(two_parts, NOW, "")
    dosing.explained([PartGiven(on_day(NOW.date(), ZONE))], NOW, "")
    dosing.explained(two_parts, NOW + timedelta(hours=2), "the pump failed")
    with pytest.raises(ClinicError) as caught:
        dosing.explained(two_parts, NOW + timedelta(hours=2), " ")
    assert list(caught.value.pointers) == ["/reason"]


def test_as_of_knows_each_dose_as_it_was_then() -> None:
    first = slot()
    moved = dosing.move(first, moment("2026-03-09 09:00"), NOW, "why")
    later = given(TreatmentFactory.build(), "2026-03-03 09:00", recorded_at=NOW + timedelta(days=1))
    assert dosing.as_of([moved, later, first], NOW - timedelta(seconds=1)) == (first,)
    assert set(dosing.as_of([moved, later, first], NOW + timedelta(days=2))) == {moved, later}
