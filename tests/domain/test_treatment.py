"""Treatment plans: versions over time, and the next dose they expect."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from backend.domain.dosing import Status
from backend.domain.drugs import drug
from backend.domain.errors import ClinicError
from backend.domain.moments import at_wall
from backend.domain.regimens import Route
from backend.domain.treatment import (
    Treatment,
    amend,
    checked,
    crowded,
    expected,
    loggable_at_home,
    stop,
)
from tests.factories.chains import ZONE
from tests.factories.doses import KNOWN, PlanFactory, TreatmentFactory, given, planned

RNG = Random(400)
DATES = [date(2026, 1, 1) + timedelta(days=RNG.randrange(5 * 365)) for _ in range(400)]


def on(treatment: Treatment, *doses: object) -> date | None:
    coming = expected(treatment, doses)  # type: ignore[arg-type]
    return coming.on if coming else None


def widened(treatment: Treatment, weeks: int, valid_from: date, decided: str = "2026-01-20") -> Treatment:
    recorded_at = datetime.fromisoformat(f"{decided}T12:00:00+00:00")
    return amend(treatment, PlanFactory.build(interval_weeks=weeks, valid_from=valid_from, recorded_at=recorded_at))


@pytest.mark.parametrize("weeks", range(4, 10))
def test_whole_weeks_later_is_the_same_weekday_at_nine_in_amsterdam_on_400_dates(weeks: int) -> None:
    here = ZoneInfo(ZONE)
    for day in DATES:
        plan = PlanFactory.build(interval_weeks=weeks, valid_from=day)
        treatment = TreatmentFactory.build(started_on=day, versions=(plan,))
        coming = expected(treatment, [given(treatment, f"{day} 09:00")])
        assert coming is not None
        local = coming.at.astimezone(here)
        assert (local.weekday(), local.time(), local.date()) == (day.weekday(), time(9), day + timedelta(weeks=weeks))
        assert coming.at.utcoffset() == timedelta(0)
        assert at_wall(coming.on, time(9), ZONE) == coming.at


def test_a_planned_dose_goes_before_the_projection_and_is_certain() -> None:
    treatment = TreatmentFactory.build()
    first, slot = given(treatment, "2026-01-05 09:00"), planned(treatment, "2026-02-04 11:00")
    projected = expected(treatment, [first])
    assert projected is not None
    assert (projected.on, projected.certain) == (date(2026, 2, 2), False)
    coming = expected(treatment, [first, slot])
    assert coming is not None
    assert (coming.on, coming.dose_id, coming.certain) == (date(2026, 2, 4), slot.id, True)
    assert coming.at == datetime(2026, 2, 4, 10, tzinfo=UTC)


def test_a_planned_dose_that_a_given_one_overtook_is_no_longer_next() -> None:
    treatment = TreatmentFactory.build()
    forgotten = planned(treatment, "2026-02-02 09:00")
    assert on(treatment, forgotten, given(treatment, "2026-02-02 08:30")) == date(2026, 3, 2)


@pytest.mark.parametrize("status", [Status.MISSED, Status.CANCELLED])
def test_after_a_missed_or_cancelled_dose_only_people_make_a_date(status: Status) -> None:
    treatment = TreatmentFactory.build()
    first = given(treatment, "2026-01-05 09:00")
    late = datetime(2026, 2, 2, 12, tzinfo=UTC)
    gone = planned(treatment, "2026-02-02 09:00", status=status, recorded_at=late)
    assert on(treatment, first, gone) is None
    assert on(treatment, first, gone, planned(treatment, "2026-02-09 09:00")) == date(2026, 2, 9)
    assert on(treatment, first, gone, given(treatment, "2026-02-10 09:00")) == date(2026, 3, 10)
    newer = widened(treatment, 6, date(2026, 2, 3), "2026-02-03")
    assert on(newer, first, gone) == date(2026, 2, 16)


def test_where_the_regimen_names_days_a_missed_one_is_followed_by_the_next() -> None:
    plan = PlanFactory.build(regimen="betaferon", route=Route.SC)
    treatment = TreatmentFactory.build(drug_key="interferon_beta", versions=(plan,))
    missed = planned(treatment, "2026-01-07 20:00", status=Status.MISSED)
    assert on(treatment, given(treatment, "2026-01-05 20:00"), missed) == date(2026, 1, 9)


def test_stretching_while_an_interval_runs_moves_its_end() -> None:
    treatment = TreatmentFactory.build()
    first = given(treatment, "2026-01-05 09:00")
    assert on(widened(treatment, 6, date(2026, 1, 20)), first) == date(2026, 2, 16)


def test_what_is_decided_for_the_dose_day_holds_from_the_next_interval_on() -> None:
    treatment = widened(TreatmentFactory.build(), 6, date(2026, 2, 2))
    first = given(treatment, "2026-01-05 09:00")
    assert on(treatment, first) == date(2026, 2, 2)
    assert on(treatment, first, given(treatment, "2026-02-02 09:00")) == date(2026, 3, 16)


def test_a_decision_on_an_overdue_dose_moves_it_and_one_for_far_later_does_not() -> None:
    first = given(TreatmentFactory.build(), "2026-01-05 09:00")
    overdue = TreatmentFactory.build(id=first.treatment_id)
    assert on(widened(overdue, 5, date(2026, 2, 4), "2026-02-04"), first) == date(2026, 2, 9)
    assert on(widened(overdue, 5, date(2026, 2, 4)), first) == date(2026, 2, 2)


def test_a_shorter_interval_that_would_have_ended_before_its_first_day_waits_for_the_next() -> None:
    treatment = TreatmentFactory.build(versions=(PlanFactory.build(interval_weeks=8),))
    first = given(treatment, "2026-01-05 09:00")
    assert on(widened(treatment, 4, date(2026, 2, 10)), first) == date(2026, 3, 2)


def test_nothing_is_expected_of_a_stopped_treatment_and_stopping_twice_is_refused() -> None:
    halted = stop(TreatmentFactory.build(), date(2026, 1, 20), "why", KNOWN)
    assert on(halted, given(halted, "2026-01-05 09:00"), planned(halted, "2026-02-02 09:00")) is None
    assert (halted.versions[-1].version, halted.versions[-1].reason) == (2, "why")
    for act in (lambda: stop(halted, date(2026, 1, 21), "why", KNOWN), lambda: widened(halted, 5, date(2026, 1, 20))):
        with pytest.raises(ClinicError, match="wrong-state"):
            act()


def test_months_do_not_drift_and_loading_is_counted_from_the_first_dose() -> None:
    plan = PlanFactory.build(route=Route.SC)
    treatment = TreatmentFactory.build(drug_key="ofatumumab", started_on=date(2026, 1, 31), versions=(plan,))
    days = ["2026-01-31", "2026-02-07", "2026-02-14", "2026-02-28", "2026-03-28"]
    doses = [given(treatment, f"{day} 09:00") for day in days]
    assert [on(treatment, *doses[:n]) for n in range(5)] == [date.fromisoformat(day) for day in days]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"regimen": "nonsense"}, "unknown-drug"),
        ({"route": Route.ORAL}, "wrong-route"),
        ({"interval_weeks": 61}, "out-of-bounds"),
        ({"interval_weeks": 0}, "out-of-bounds"),
        ({"weekdays": (1, 2)}, "invalid"),
    ],
)
def test_a_plan_that_does_not_fit_the_drug_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(ClinicError, match=code):
        checked(PlanFactory.build(**changes), drug("natalizumab_iv"))


def test_an_injection_of_the_same_substance_is_a_switch_of_route() -> None:
    assert checked(PlanFactory.build(route=Route.SC), drug("natalizumab_iv")).route is Route.SC


def test_a_dose_closer_than_the_drug_allows_is_too_soon_also_across_treatments_of_a_substance() -> None:
    infusions = TreatmentFactory.build(drug_key="ocrelizumab_iv")
    injections = TreatmentFactory.build(drug_key="ocrelizumab_sc")
    first = given(infusions, "2026-01-05 09:00")
    both = [infusions, injections]
    assert crowded(injections, both, [first], planned(injections, "2026-06-04 09:00"))
    assert not crowded(injections, both, [first], planned(injections, "2026-06-05 09:00"))
    undone = given(infusions, "2026-01-05 09:00", status=Status.UNDONE)
    assert not crowded(injections, both, [undone], planned(injections, "2026-02-05 09:00"))


def test_only_what_is_self_administered_is_logged_at_home() -> None:
    assert loggable_at_home(drug("ofatumumab"), Route.SC)
    assert loggable_at_home(drug("teriflunomide"), Route.ORAL)
    assert loggable_at_home(drug("interferon_beta"), Route.IM)
    for key in ("natalizumab_iv", "natalizumab_sc", "ocrelizumab_sc"):
        assert not loggable_at_home(drug(key), Route.SC), key
