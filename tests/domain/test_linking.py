"""Linking: every report is in exactly one interval, whatever happens to the doses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from backend.domain import dosing
from backend.domain.dosing import Dose, PartGiven, Status
from backend.domain.linking import Chain, chain, place, planned_then, relinked, touched, unsettled_from
from backend.domain.moments import Occurred, at_moment, on_day
from backend.domain.regimens import Route
from backend.domain.treatment import Treatment, amend, stop
from tests.factories.chains import ZONE
from tests.factories.doses import KNOWN, PlanFactory, TreatmentFactory, given, moment, planned
from tests.histories import Model, Step, Where, reports, steps, undoing


def standing(report: Occurred, line: Chain) -> Where:
    found = place(report, None, line)
    flagged = "date-only-on-dose-day" in found.flags
    return Where(found.interval, found.day_since_dose, found.days_before_actual, flagged)


def do(step: Step, versions: dict[UUID, list[Dose]], treatment: Treatment) -> None:
    """Do a step by the domain's own functions."""
    history = versions.setdefault(step.dose_id, [])
    parts = [PartGiven(one) for one in step.moments]
    match step.act:
        case "plan":
            made = dosing.plan(step.dose_id, treatment.id, step.moments[0], step.route, step.now)
        case "insert":
            made = dosing.record_new(step.dose_id, treatment.id, parts, step.route, step.now)
        case "record":
            made = dosing.record(history[-1], parts, step.route, step.now)
        case "correct":
            made = dosing.correct(history[-1], parts, step.route, step.now, "why")
        case "move":
            made = dosing.move(history[-1], step.moments[0], step.now, "why")
        case "miss":
            made = dosing.miss(history[-1], step.now, "why")
        case "cancel":
            made = dosing.cancel(history[-1], step.now, "why")
        case _:
            made = dosing.undo(history, step.now, "why")
    history.append(made)


@pytest.mark.parametrize("seed", range(40))
def test_after_every_act_each_report_is_where_the_naive_model_says_and_undoing_all_gives_the_start_back(
    seed: int,
) -> None:
    rng = Random(seed)
    treatment = TreatmentFactory.build()
    if seed % 4 == 0:
        treatment = stop(treatment, date(2026, 9, 1), "why", KNOWN)
    told, model = reports(rng, 60), Model()
    versions: dict[UUID, list[Dose]] = {}
    start = [standing(one, chain([treatment], [])) for one in told]
    before = chain([treatment], [])
    openers = [model.opener(one) for one in told]

    def check(step: Step) -> None:
        nonlocal before, openers
        do(step, versions, treatment)
        model.apply(step)
        line = chain([treatment], [history[-1] for history in versions.values()])
        assert [standing(one, line) for one in told] == [model.where(one) for one in told], step
        now_openers = [model.opener(one) for one in told]
        changed = [one for one, old, new in zip(told, openers, now_openers, strict=True) if old != new]
        span = touched(before, line)
        if changed:
            assert span is not None
            assert all(span[0] <= one.anchor and (span[1] is None or one.anchor <= span[1]) for one in changed)
        assert relinked(before, line, told) == len(changed)
        before, openers = line, now_openers

    for step in steps(rng, model, 40):
        check(step)
    for step in undoing(model, datetime(2027, 6, 1, tzinfo=UTC)):
        check(step)
    assert [standing(one, before) for one in told] == start
    assert {history[-1].status for history in versions.values()} == {Status.UNDONE}


def test_on_the_dose_day_what_comes_before_the_dose_belongs_to_the_interval_that_ends() -> None:
    treatment = TreatmentFactory.build()
    line = chain([treatment], [given(treatment, "2026-01-05 09:00"), given(treatment, "2026-02-02 09:00")])
    assert place(moment("2026-02-02 08:59"), None, line).interval == 1
    assert place(moment("2026-02-02 08:59"), None, line).day_since_dose == 28
    assert place(moment("2026-02-02 08:59"), None, line).days_before_actual == 0
    assert place(moment("2026-02-02 09:00"), None, line) == place(moment("2026-02-02 21:00"), None, line)
    assert place(moment("2026-02-02 09:00"), None, line).day_since_dose == 0
    day = place(on_day(date(2026, 2, 2), ZONE), None, line)
    assert (day.interval, day.flags) == (1, ("date-only-on-dose-day",))


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", ZONE])
def test_a_day_without_a_time_is_compared_by_calendar_wherever_the_patient_was(zone: str) -> None:
    treatment = TreatmentFactory.build()
    line = chain([treatment], [given(treatment, "2026-01-05 14:00"), given(treatment, "2026-02-02 09:00")])
    assert place(on_day(date(2026, 1, 5), zone), None, line).interval is None
    assert place(on_day(date(2026, 1, 6), zone), None, line).interval == 1
    assert place(on_day(date(2026, 2, 2), zone), None, line).interval == 1
    assert place(on_day(date(2026, 2, 3), zone), None, line).interval == 2


def test_a_dose_at_the_same_moment_on_another_day_moves_what_counts_in_days() -> None:
    """Half past midnight in Amsterdam is half past eleven of the day before in London."""
    treatment = TreatmentFactory.build()
    first, second = given(treatment, "2026-01-05 09:00"), given(treatment, "2026-02-03 00:30")
    abroad = at_moment(datetime.fromisoformat("2026-02-02T23:30:00+00:00"), "Europe/London")
    moved = replace(second, given=abroad, parts=(PartGiven(abroad),))
    before, after = chain([treatment], [first, second]), chain([treatment], [first, moved])
    assert before.anchors == after.anchors
    told = [on_day(date(2026, 2, 3), ZONE), moment("2026-02-05 12:00")]
    assert [place(one, None, line).day_since_dose for one in told for line in (before, after)] == [29, 1, 2, 3]
    unsettled, span = unsettled_from(before, after), touched(before, after)
    assert unsettled is not None
    assert unsettled <= before.anchors[0]
    assert span is not None
    assert span[0] <= told[0].anchor
    assert (unsettled_from(before, before), touched(after, after)) == (None, None)


def test_a_calendar_behind_the_doses_counts_as_day_0_and_is_flagged() -> None:
    treatment = TreatmentFactory.build()
    line = chain([treatment], [given(treatment, "2026-01-05 09:00")])
    abroad = at_moment(datetime.fromisoformat("2026-01-04T23:00:00-10:00"), "Pacific/Honolulu")
    shifted = place(abroad, None, line)
    assert (shifted.interval, shifted.day_since_dose, shifted.flags) == (1, 0, ("zone-shift",))


def test_a_split_dose_is_one_event_anchored_at_its_first_part() -> None:
    treatment = TreatmentFactory.build(drug_key="ocrelizumab_iv")
    line = chain([treatment], [given(treatment, "2026-01-05 09:00", "2026-01-19 09:00")])
    assert len(line.intervals) == 1
    assert place(moment("2026-01-19 12:00"), None, line).day_since_dose == 14


def test_a_route_switch_does_not_break_the_chain() -> None:
    treatment = TreatmentFactory.build()
    doses = [given(treatment, "2026-01-05 09:00"), given(treatment, "2026-02-02 09:00", route=Route.SC)]
    first, second = chain([treatment], doses).intervals
    assert (first.route_switch, first.route, second.route, second.route_switch) == (True, Route.IV, Route.SC, False)


def test_the_interval_of_a_stopped_treatment_stays_open_and_ends_when_another_begins() -> None:
    old = stop(TreatmentFactory.build(), date(2026, 2, 1), "why", KNOWN)
    last = given(old, "2026-01-05 09:00")
    (interval,) = chain([old], [last]).intervals
    assert (interval.stopped, interval.planned_end_on, interval.closed_on) == (True, None, None)
    new = TreatmentFactory.build(drug_key="ocrelizumab_iv", started_on=date(2026, 3, 2))
    assert chain([old, new], [last]).intervals[0].planned_end_on == date(2026, 3, 2)
    both = chain([old, new], [last, given(new, "2026-03-02 10:00")]).intervals
    assert [one.drug_key for one in both] == ["natalizumab_iv", "ocrelizumab_iv"]
    assert (both[0].closed_on, both[0].stopped) == (date(2026, 3, 2), False)


def test_tablets_every_day_open_no_intervals() -> None:
    tablets = TreatmentFactory.build(drug_key="teriflunomide")
    infusions = TreatmentFactory.build()
    doses = [given(infusions, "2026-01-05 09:00"), given(tablets, "2026-01-06 08:00", route=Route.ORAL)]
    line = chain([tablets, infusions], doses)
    assert [one.drug_key for one in line.intervals] == ["natalizumab_iv"]
    assert line.intervals[0].planned_end_on == date(2026, 2, 2)


def test_the_class_of_an_interval_is_its_planned_whole_weeks_under_the_plan_it_ran_under() -> None:
    treatment = TreatmentFactory.build()
    doses = [given(treatment, f"{day} 09:00") for day in ("2026-01-05", "2026-02-02", "2026-03-09")]
    # Decided at the visit of 2 February, so for the interval that begins there.
    wider = amend(treatment, PlanFactory.build(interval_weeks=5, valid_from=date(2026, 2, 2), recorded_at=KNOWN))
    assert [one.planned_weeks for one in chain([wider], doses).intervals] == [4, 5, 5]
    loading = TreatmentFactory.build(drug_key="ocrelizumab_iv")
    assert [one.planned_weeks for one in chain([loading], [given(loading, "2026-01-05 09:00")]).intervals] == [None]


def test_the_plan_as_known_at_a_moment_forgets_what_was_decided_later() -> None:
    treatment = TreatmentFactory.build()
    first = given(treatment, "2026-01-05 09:00")
    decided_at = datetime(2026, 1, 20, 12, tzinfo=UTC)
    wider = amend(treatment, PlanFactory.build(interval_weeks=6, valid_from=date(2026, 1, 20), recorded_at=decided_at))
    late = replace(planned(treatment, "2026-02-20 09:00"), recorded_at=decided_at + timedelta(days=5))
    earlier, later = decided_at - timedelta(days=1), decided_at + timedelta(days=1)
    assert planned_then([wider], [first, late], earlier) == date(2026, 2, 2)
    assert planned_then([wider], [first, late], later) == date(2026, 2, 16)
    assert planned_then([wider], [first, late], later + timedelta(days=9)) == date(2026, 2, 20)
    halted = stop(wider, date(2026, 1, 20), "why", decided_at + timedelta(days=2))
    assert planned_then([halted], [first], later) == date(2026, 2, 16)
    assert planned_then([halted], [first], later + timedelta(days=2)) is None


def test_days_before_planned_may_run_below_zero_when_the_dose_is_late() -> None:
    treatment = TreatmentFactory.build()
    line = chain([treatment], [given(treatment, "2026-01-05 09:00")])
    found = place(moment("2026-02-05 12:00"), date(2026, 2, 2), line)
    assert (found.days_before_planned, found.days_before_actual, found.cycle_fraction) == (-3, None, None)
