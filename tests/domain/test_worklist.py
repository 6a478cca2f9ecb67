"""What needs somebody: each kind appears and goes for its own reason, and a call takes it off as it says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.adherence import Said, State
from backend.domain.calls import DATED, Outcome, check, check_day, hides
from backend.domain.calls import Said as Called
from backend.domain.dosing import Act, Dose, Status
from backend.domain.drugs import catalogue
from backend.domain.errors import ClinicError
from backend.domain.linking import chain
from backend.domain.needs import enough, needs
from backend.domain.occasions import About
from backend.domain.samples import Matrix, Step
from backend.domain.samples import State as Where
from backend.domain.treatment import Treatment, expected
from backend.domain.worklist import Facts, Item, Kind, Taken, Withheld
from tests.factories.chains import ZONE, local
from tests.factories.doses import PlanFactory, TreatmentFactory, moment, planned
from tests.factories.doses import given as dose

NATALIZUMAB = TreatmentFactory.build()
FIRST, SECOND = "2026-01-05 09:00", "2026-02-02 09:00"


def told(
    now: str,
    *doses: Dose,
    treatments: Sequence[Treatment] = (NATALIZUMAB,),
    kinds: set[Kind] | None = None,
    **more: Any,
) -> list[Item]:
    """Return what needs somebody at a moment in Amsterdam, of some kinds, but for checks unless asked."""
    facts = Facts(ZONE, local(now), treatments, doses, chain(treatments, doses), **more)
    return list(needs(facts, set(Kind) - {Kind.MONITORING_DUE} if kinds is None else kinds))


def keys(items: list[Item]) -> list[str]:
    return [item.key for item in items]


def state_of(first: Dose, status: Status, at: str) -> Dose:
    return replace(first, status=status, version=first.version + 1, recorded_at=local(at), act=Act.MISS)


def test_a_missed_dose_waits_since_it_was_said_until_another_is_planned() -> None:
    opener = dose(NATALIZUMAB, FIRST)
    slot = planned(NATALIZUMAB, SECOND)
    missed = state_of(slot, Status.MISSED, "2026-02-02 12:00")
    (item,) = told("2026-02-03 09:00", opener, missed)
    assert item.key == f"dose_missed:{slot.id}:2"
    assert (item.since, item.due_on) == (local("2026-02-02 12:00"), date(2026, 2, 2))
    assert told("2026-02-03 09:00", opener, missed, planned(NATALIZUMAB, "2026-02-09 09:00")) == []
    assert told("2026-02-10 09:00", opener, missed, dose(NATALIZUMAB, "2026-02-09 09:00")) == []


def test_a_missed_dose_that_another_followed_waits_no_more_whatever_became_of_the_next() -> None:
    missed = state_of(planned(NATALIZUMAB, SECOND), Status.MISSED, "2026-02-02 12:00")
    cancelled = state_of(planned(NATALIZUMAB, "2026-03-09 09:00"), Status.CANCELLED, "2026-02-20 12:00")
    doses = (dose(NATALIZUMAB, FIRST), missed, dose(NATALIZUMAB, "2026-02-09 09:00"), cancelled)
    assert told("2026-02-21 09:00", *doses, kinds={Kind.DOSE_MISSED}) == []


def test_a_plan_made_after_the_missed_dose_says_how_it_goes_on() -> None:
    missed = state_of(planned(NATALIZUMAB, SECOND), Status.MISSED, "2026-02-02 12:00")
    newer = PlanFactory.build(version=2, recorded_at=local("2026-02-03 09:00"), valid_from=date(2026, 2, 3))
    course = replace(NATALIZUMAB, versions=(*NATALIZUMAB.versions, newer))
    opener, only = dose(NATALIZUMAB, FIRST), {Kind.DOSE_MISSED}
    assert len(told("2026-02-03 10:00", opener, missed, kinds=only)) == 1
    assert told("2026-02-03 10:00", opener, missed, treatments=[course], kinds=only) == []


def test_of_a_stopped_treatment_no_dose_is_missed_or_overdue() -> None:
    stopped = replace(NATALIZUMAB, stopped_on=date(2026, 2, 1))
    missed = state_of(planned(stopped, SECOND), Status.MISSED, "2026-02-02 12:00")
    assert told("2026-05-01 09:00", dose(stopped, FIRST), missed, treatments=[stopped]) == []


def test_a_dose_is_overdue_from_the_day_after_and_anew_when_it_was_moved() -> None:
    opener, slot = dose(NATALIZUMAB, FIRST), planned(NATALIZUMAB, SECOND)
    assert told("2026-02-02 23:59", opener, slot) == []
    (item,) = told("2026-02-03 00:00", opener, slot)
    assert item.key == f"dose_overdue:dose:{slot.id}:2026-02-02"
    assert (item.since, item.due_on) == (local("2026-02-03 00:00"), date(2026, 2, 2))
    moved = replace(slot, planned=moment("2026-02-05 09:00"), version=2)
    assert told("2026-02-05 12:00", opener, moved) == []
    assert keys(told("2026-02-06 12:00", opener, moved)) == [f"dose_overdue:dose:{slot.id}:2026-02-05"]
    assert told("2026-02-06 12:00", opener, dose(NATALIZUMAB, SECOND)) == []


def test_a_dose_nobody_planned_is_overdue_on_the_plans_own_day() -> None:
    opener = dose(NATALIZUMAB, FIRST)
    (item,) = told("2026-02-03 09:00", opener)
    assert (item.key, item.detail["dose_id"]) == (f"dose_overdue:after:{opener.id}:2026-02-02", None)
    assert keys(told("2026-01-06 09:00")) == [f"dose_overdue:start:{NATALIZUMAB.id}:2026-01-05"]


def test_the_day_is_that_of_where_the_dose_is_given() -> None:
    away = replace(planned(NATALIZUMAB, SECOND), planned=replace(moment(SECOND), zone="America/New_York"))
    assert told("2026-02-03 05:59", dose(NATALIZUMAB, FIRST), away) == []
    assert told("2026-02-03 06:00", dose(NATALIZUMAB, FIRST), away)[0].since == local("2026-02-03 06:00")


def test_a_treatment_that_came_here_late_was_not_overdue_before() -> None:
    late = replace(NATALIZUMAB, versions=(PlanFactory.build(recorded_at=local("2026-05-01 09:00")),))
    (item,) = told("2026-05-02 09:00", treatments=[late])
    assert (item.since, item.due_on) == (local("2026-05-01 09:00"), date(2026, 1, 5))


def test_tablets_of_every_day_are_never_overdue() -> None:
    tablets = TreatmentFactory.build(
        drug_key="teriflunomide", versions=(PlanFactory.build(regimen=catalogue()["teriflunomide"].regimens[0].key),)
    )
    assert told("2026-05-02 09:00", treatments=[tablets]) == []


def step(state: Where, at: str, **more: Any) -> Step:
    return Step(state, moment(at), "nurse:1", local(at), local(at), **more)


def sample(*steps: Step) -> Taken:
    return Taken(uuid4(), Matrix.CAPILLARY_WET, steps[0].received_at, steps)


COLLECTED = step(Where.COLLECTED, "2026-02-02 08:00")
DOSES = (dose(NATALIZUMAB, FIRST), dose(NATALIZUMAB, SECOND), planned(NATALIZUMAB, "2026-03-02 09:00"))
SAMPLES = {Kind.SAMPLE_MISSING, Kind.SAMPLE_REJECTED}


def samples_at(now: str, *taken: Taken) -> list[Item]:
    return told(now, *DOSES, samples=taken, kinds=SAMPLES)


def test_a_sample_is_missing_at_the_lab_after_four_days_until_it_is_there() -> None:
    under_way = sample(COLLECTED, step(Where.POSTED, "2026-02-02 10:00"))
    assert samples_at("2026-02-06 23:59", under_way) == []
    (item,) = samples_at("2026-02-07 00:00", under_way)
    assert (item.key, item.since) == (f"sample_missing:{under_way.id}:lab", local("2026-02-07 00:00"))
    for there in (Where.RECEIVED, Where.LOST, Where.CANCELLED, Where.REPORTED):
        arrived = replace(under_way, steps=(*under_way.steps, step(there, "2026-02-06 10:00")))
        assert samples_at("2026-02-20 09:00", arrived) == []
    never = replace(COLLECTED, state=Where.WITHDRAWN, corrects=0, reason="another patient's")
    assert samples_at("2026-02-20 09:00", sample(COLLECTED, never)) == []


def test_a_posted_sample_nobody_logged_the_prick_of_counts_from_when_it_was_posted() -> None:
    posted = sample(step(Where.POSTED, "2026-02-03 10:00"))
    assert samples_at("2026-02-07 23:00", posted) == []
    assert len(samples_at("2026-02-08 00:00", posted)) == 1


@pytest.mark.parametrize("state", [Where.ORDERED, Where.KIT_SENT, Where.KIT_RECEIVED])
def test_an_order_whose_dose_was_given_without_a_prick_waits_from_the_day_after(state: Where) -> None:
    ordered = sample(step(state, "2026-01-20 10:00"))
    assert samples_at("2026-02-02 23:59", ordered) == []
    (item,) = samples_at("2026-02-03 00:00", ordered)
    assert item.key == f"sample_missing:{ordered.id}:{DOSES[1].id}"
    assert (item.detail["state"], item.detail["ordered_for"]) == (state, date(2026, 2, 2))
    pricked = sample(COLLECTED, step(Where.RECEIVED, "2026-02-03 09:00"))
    assert samples_at("2026-02-20 09:00", ordered, pricked) == []
    of_another_dose = sample(step(Where.COLLECTED, "2026-02-10 08:00"), step(Where.RECEIVED, "2026-02-11 09:00"))
    assert len(samples_at("2026-02-20 09:00", ordered, of_another_dose)) == 1
    assert samples_at("2026-02-20 09:00", sample(step(state, "2026-02-02 09:30"))) == []


REJECTED = step(Where.REJECTED, "2026-02-04 09:00", reason="clotted")


def test_a_rejected_sample_waits_until_there_is_a_newer_one_for_that_dose_or_one_ordered_since() -> None:
    bad = sample(COLLECTED, REJECTED)
    (item,) = samples_at("2026-02-05 09:00", bad)
    assert (item.key, item.since) == (f"sample_rejected:{bad.id}", local("2026-02-04 09:00"))
    newer = sample(step(Where.COLLECTED, "2026-02-02 08:30"), step(Where.RECEIVED, "2026-02-03 09:00"))
    older = sample(step(Where.COLLECTED, "2026-02-02 07:30"), step(Where.RECEIVED, "2026-02-03 09:00"))
    before = sample(step(Where.ORDERED, "2026-02-03 09:00"))
    since = sample(step(Where.ORDERED, "2026-02-05 08:00"))
    assert samples_at("2026-02-05 09:00", bad, newer) == []
    assert samples_at("2026-02-05 09:00", bad, since) == []
    for other in (older, before):  # of another prick, or for the next dose anyway
        assert keys(samples_at("2026-02-05 09:00", bad, other)) == [item.key]
    lost = replace(newer, steps=(newer.steps[0], step(Where.LOST, "2026-02-05 08:00")))
    assert keys(samples_at("2026-02-05 09:00", bad, lost)) == [item.key]


def test_of_two_rejected_for_one_dose_the_newer_waits() -> None:
    first = sample(COLLECTED, REJECTED)
    second = sample(step(Where.COLLECTED, "2026-02-02 08:30"), REJECTED)
    assert keys(samples_at("2026-02-05 09:00", first, second)) == [f"sample_rejected:{second.id}"]


def test_a_rejection_taken_back_or_overtaken_by_the_next_dose_needs_nobody() -> None:
    back = sample(COLLECTED, REJECTED, step(Where.WITHDRAWN, "2026-02-04 10:00", corrects=1, reason="mixed up"))
    assert [item for item in samples_at("2026-02-05 09:00", back) if item.kind is Kind.SAMPLE_REJECTED] == []
    bad = sample(COLLECTED, REJECTED)
    assert len(samples_at("2026-03-03 09:00", bad)) == 1
    assert (
        told("2026-03-03 09:00", *DOSES[:2], dose(NATALIZUMAB, "2026-03-02 09:00"), samples=[bad], kinds=SAMPLES) == []
    )


def test_a_withheld_result_waits_since_it_came_and_anew_once_corrected() -> None:
    taken = sample(COLLECTED)
    first = Withheld(taken.id, "level", 0, local("2026-02-06 10:00"))
    (item,) = told("2026-02-06 12:00", *DOSES, samples=[taken], withheld=[first], kinds={Kind.RESULT_TO_RELEASE})
    assert item.key == f"result_to_release:{taken.id}:level:0"
    assert (item.since, item.detail["collected_on"]) == (first.recorded_at, date(2026, 2, 2))
    newer = replace(first, position=1)
    (anew,) = told("2026-02-06 12:00", *DOSES, samples=[taken], withheld=[newer], kinds={Kind.RESULT_TO_RELEASE})
    assert anew.key != item.key


def forms_at(now: str, *said: Said) -> list[Item]:
    return told(now, *DOSES, said=said, kinds={Kind.FORM_OVERDUE})


def test_a_form_is_overdue_once_its_days_are_over_and_for_four_weeks() -> None:
    assert forms_at("2026-02-09 23:59") == []
    (item,) = forms_at("2026-02-10 00:00")
    assert item.key == f"form_overdue:end-of-interval:{DOSES[0].id}"
    assert (item.since, item.detail["state"]) == (local("2026-02-10 00:00"), State.MISSED)
    assert len(forms_at("2026-03-09 23:00")) == 1
    assert forms_at("2026-03-10 00:00") == []


def test_a_form_that_was_begun_is_overdue_too_and_a_completed_one_is_not() -> None:
    answer = Said(moment("2026-02-01 10:00"), About.CURRENT, completed=False)
    assert [item.detail["state"] for item in forms_at("2026-02-10 09:00", answer)] == [State.PARTIAL]
    assert forms_at("2026-02-10 09:00", answer, replace(answer, completed=True)) == []
    assert forms_at("2026-02-12 09:00", Said(moment("2026-02-11 10:00"), About.PREVIOUS, completed=True)) == []


def checks_at(now: str, done: dict[str, date], **more: Any) -> list[Item]:
    checks = {NATALIZUMAB.id: done}
    return told(now, *DOSES, checks=checks, kinds={Kind.MONITORING_DUE}, **more)


RECENT = dict.fromkeys(("jcv-antibody", "mri", "mri-short"), date(2026, 2, 1))


def test_a_check_waits_from_when_it_is_to_be_arranged_until_it_is_done() -> None:
    assert checks_at("2026-04-23 23:59", RECENT) == []
    (item,) = checks_at("2026-04-24 00:00", RECENT)
    assert item.key == f"monitoring_due:{NATALIZUMAB.id}:mri-short:2026-05-01"
    assert (item.since, item.due_on) == (local("2026-04-24 00:00"), date(2026, 5, 1))
    assert item.detail["overdue"] is False
    assert checks_at("2026-05-02 09:00", RECENT)[0].detail["overdue"] is True
    assert checks_at("2026-05-02 09:00", RECENT | {"mri-short": date(2026, 5, 2)}) == []
    assert len(checks_at("2026-04-10 09:00", RECENT, ahead_days=21)) == 1


def test_what_is_measured_at_the_visit_itself_is_not_to_be_arranged() -> None:
    assert "blood-pressure" in {item.key for item in NATALIZUMAB.drug.monitoring}
    assert not [item for item in checks_at("2026-03-01 09:00", {}) if "blood-pressure" in item.key]


def test_what_waits_longest_comes_first_and_nothing_else_decides() -> None:
    under_way = sample(COLLECTED)
    found = told("2026-03-05 09:00", *DOSES[:2], samples=[under_way], kinds=set(Kind))
    assert len({item.kind for item in found}) == 4
    assert [item.since for item in found] == sorted(item.since for item in found)


def test_an_outcome_says_enough_or_is_refused() -> None:
    day = date(2026, 6, 1)
    for outcome in Outcome:
        check(outcome, day if outcome in DATED else None, "why")
    wrong = [(Outcome.REMOVED, None, " "), (Outcome.AGREED, None, None), (Outcome.LATER, None, None)]
    for case in (*wrong, (Outcome.REACHED, day, None), (Outcome.REMOVED, day, "why")):
        with pytest.raises(ClinicError):
            check(*case)
    check_day(day, day)
    with pytest.raises(ClinicError, match="out-of-time"):
        check_day(day, day + timedelta(days=1))


NOW = local("2026-06-01 10:00")


@given(st.sampled_from(Outcome), st.integers(-5, 5), st.integers(-5, 5), st.integers(-5, 5))
def test_a_call_hides_for_good_or_until_its_day_and_only_what_it_was_about(
    outcome: Outcome, called: int, since: int, today: int
) -> None:
    at, began, on = (NOW + timedelta(days=n) for n in (called, since, 2))
    said = Called(outcome, on.date() if outcome in DATED else None, at)
    expected_hidden = at >= began and (outcome not in DATED or today < 2)
    assert hides(said, began, (NOW + timedelta(days=today)).date()) is expected_hidden
    assert not hides(None, began, NOW.date())


def test_having_spoken_to_somebody_takes_what_is_still_so_off_for_a_week_only() -> None:
    said = Called(Outcome.REACHED, None, NOW)
    days = [(NOW + timedelta(days=n)).date() for n in (0, 6, 7)]
    assert [hides(said, NOW, day, comes_back=True) for day in days] == [True, True, False]
    assert hides(said, NOW, days[-1])
    removed = Called(Outcome.REMOVED, None, NOW)
    assert hides(removed, NOW, days[-1], comes_back=True)


@given(
    st.sampled_from(sorted(key for key, drug in catalogue().items() if drug.regimens)),
    st.lists(st.integers(1, 90), min_size=9, max_size=14),
    st.booleans(),
    st.integers(8, 9),
)
def test_where_the_newest_doses_are_enough_they_say_the_same_as_all(
    drug: str, gaps: list[int], personal: bool, kept: int
) -> None:
    regimen = catalogue()[drug].regimens[0]
    weeks = 6 if personal and hasattr(regimen.pattern, "loading") else None
    plan = PlanFactory.build(regimen=regimen.key, route=regimen.route, interval_weeks=weeks)
    course = TreatmentFactory.build(drug_key=drug, versions=(plan,))
    days = [date(2026, 1, 5) + timedelta(days=sum(gaps[:n])) for n in range(len(gaps))]
    every = [dose(course, f"{day} 09:00") for day in days]
    if enough(course, kept):
        assert expected(course, every[-kept:]) == expected(course, every)
