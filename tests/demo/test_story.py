"""The invented story: the same for a seed, and as varied as the product has to bear."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from statistics import mean, median

import pytest

from backend.demo.course import course
from backend.demo.diary import ABROAD, clocks_change
from backend.demo.forms import forms
from backend.demo.people import ONSET_DAY, Kind, source
from backend.demo.pricks import concentration
from backend.demo.story import SEED, Life, tell
from backend.domain import finding_values, findings
from backend.domain.dosing import Act, Status
from backend.domain.moments import Precision
from backend.domain.regimens import Route
from backend.domain.reports import checked
from backend.domain.requests import AskedFor
from backend.domain.samples import State, Unusable, validity
from backend.domain.symptoms import check

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)


@cache
def lives() -> tuple[Life, ...]:
    return tuple(tell(NOW))


def test_the_same_seed_tells_the_same_story() -> None:
    assert tuple(tell(NOW, patients=6)) == tuple(tell(NOW, patients=6))


def test_another_seed_tells_another() -> None:
    assert next(tell(NOW, seed=1)).entries != next(tell(NOW, seed=2)).entries


def test_who_comes_later_does_not_change_who_came_before() -> None:
    few, more = tell(NOW, patients=5), tell(NOW, patients=9)
    assert [life.course.versions for life, _ in zip(few, more, strict=False)] == [
        life.course.versions for life in tell(NOW, patients=5)
    ]


def test_the_onset_is_day_21_in_the_middle_and_four_in_ten_never_feel_it() -> None:
    patterns = [life.person.wearing_off for life in lives()]
    felt = [pattern for pattern in patterns if pattern]
    assert median(pattern.onset_day for pattern in felt) == pytest.approx(ONSET_DAY, abs=1)
    assert median(pattern.relief_days for pattern in felt) == 1
    assert len(felt) == 36


@pytest.mark.parametrize("feels_it", [True, False])
def test_complaints_rise_at_the_end_of_four_weeks_for_those_who_feel_it_only(feels_it: bool) -> None:
    early, late = list[int](), list[int]()
    for life in lives():
        if life.person.kind.natalizumab and (life.person.wearing_off is not None) is feels_it:
            early += _ratings(life, range(4, 11))
            late += _ratings(life, range(25, 28))
    assert (mean(late) - mean(early) > 1.5) is feels_it
    assert feels_it or abs(mean(late) - mean(early)) < 0.3


def _ratings(life: Life, days: range) -> list[int]:
    """Return the ratings on some days after a dose, while the patient was still dosed every four weeks."""
    given = [dose.given.on for dose in life.course.given[: life.person.stretch_after] if dose.given]
    wanted = {on + timedelta(days=day) for on in given for day in days}
    told = (entry for entry in life.entries if entry.report.occurred.on in wanted)
    return [rating.intensity for entry in told for rating in entry.diary.ratings]


def test_most_are_stretched_to_five_to_nine_weeks_with_a_reason() -> None:
    stretched = [life for life in lives() if life.person.kind.natalizumab and life.person.weeks > 4]
    assert len(stretched) > 35
    for life in stretched:
        (treatment,) = life.course.treatments
        weeks = [version.interval_weeks or 0 for version in treatment.versions]
        assert weeks == sorted(weeks)
        assert all(version.reason for version in treatment.versions)
    last = {life.course.treatments[0].versions[-1].interval_weeks for life in stretched}
    assert {5, 6, 7, 8, 9} <= last


def test_every_way_of_being_treated_is_there() -> None:
    drugs = {treatment.drug_key for life in lives() for treatment in life.course.treatments}
    assert drugs == {"natalizumab_iv", "natalizumab_sc", "ocrelizumab_iv", "ofatumumab"}
    routes = [{dose.route for dose in life.course.given} for life in lives()]
    assert {Route.IV, Route.SC} in routes
    assert sum(life.course.treatments[0].stopped_on is not None for life in lives()) == 1


def test_an_ocrelizumab_start_is_one_dose_of_two_parts() -> None:
    for life in lives():
        if life.person.kind.value == "ocrelizumab_iv":
            first, *others = life.course.given
            assert [part.mg for part in first.parts] == [300.0, 300.0]
            assert all([part.mg for part in dose.parts] == [600.0] for dose in others)


def test_doses_are_moved_missed_and_recorded_late() -> None:
    versions = [version for life in lives() for version in life.course.versions]
    assert {Act.PLAN, Act.RECORD, Act.MOVE, Act.MISS, Act.CORRECT} <= {version.act for version in versions}
    assert any(v.given and (v.recorded_at - v.given.dose_anchor).days >= 2 for v in versions if v.act is Act.RECORD)


def test_planned_doses_lie_ahead_for_reminders_to_stand_on() -> None:
    ahead = [d for life in lives() for d in life.course.doses if d.status is Status.PLANNED and d.anchor > NOW]
    assert len(ahead) > 40


def test_nothing_is_known_before_it_happens_or_after_the_story_ends() -> None:
    for life in lives():
        assert all(version.recorded_at <= NOW for version in life.course.versions)
        assert [v.recorded_at for v in life.course.versions] == sorted(v.recorded_at for v in life.course.versions)
        for told in life.entries:
            assert told.received_at <= NOW
            checked(told.report, told.received_at)
            assert check(told.diary) == told.diary


def test_the_diary_has_gaps_late_and_dateless_entries_notes_causes_and_good_days() -> None:
    entries = [told for life in lives() for told in life.entries]
    assert 15_000 <= len(entries) <= 22_000
    assert any(told.report.occurred.precision is Precision.DAY for told in entries)
    assert any((told.report.recorded_at.date() - told.report.occurred.on).days > 1 for told in entries)
    assert any(told.diary.no_complaints for told in entries)
    assert any(told.diary.other_causes for told in entries)
    assert any(told.diary.note for told in entries)
    assert len({told.report.id for told in entries}) == len(entries)


def test_one_patient_travels() -> None:
    abroad = {life.person.number for life in lives() if any(t.report.occurred.zone == ABROAD for t in life.entries)}
    assert len(abroad) == 1


def test_the_days_on_which_the_clocks_change_are_written_about() -> None:
    days = {told.report.occurred.on for told in lives()[0].entries}
    changes = {on for on in days if clocks_change(on)}
    assert {on.month for on in changes} == {3, 10}
    assert len(changes) == 4


def test_pricks_fail_in_every_way_the_lab_knows() -> None:
    every = [prick for life in lives() for prick in life.pricks]
    reasons = {reason for prick in every for reason in validity(prick.steps)}
    assert {Unusable.TOO_FEW_DROPS, Unusable.POSTED_LATE, Unusable.REJECTED} <= reasons
    assert all((prick.level is None) == (prick.steps[-1].state is State.REJECTED) for prick in every)
    assert sum(prick.level is not None for prick in every) > 300


def test_a_level_halves_as_its_own_constant_says() -> None:
    assert concentration(25, 0.06, 0) == 100
    assert concentration(25, 0.06, 28) == pytest.approx(18.64, abs=0.01)  # 100 * exp(-1.68)


def test_what_the_clinic_found_is_told_in_every_kind_and_can_be_entered() -> None:
    every = [one for life in lives() for one in life.findings]
    assert {one.kind for one in every} == set(findings.Kind)
    for one in every:
        assert finding_values.check(one.kind, one.values) == one.values
        assert one.occurred.on <= one.entered_at.date() <= NOW.date()
        findings.check_end(one.kind, one.occurred.on, one.ended_on, one.entered_at.date())
    assert len({one.id for one in every}) == len(every)
    assert 10 <= sum(one.kind is findings.Kind.RELAPSE for one in every) <= 40


def test_tests_are_done_twice_a_year_and_b_cells_are_counted_before_each_dose_of_ocrelizumab() -> None:
    for life in lives():
        days = sorted(one.occurred.on for one in life.findings if one.kind is findings.Kind.EDSS)
        assert all(180 <= (after - before).days <= 190 for before, after in pairwise(days))
        assert len(days) >= 4
        counted = [one for one in life.findings if one.values.get("analyte") == "cd19"]
        given = [dose.given.on for dose in life.course.given if dose.given and life.person.kind is Kind.OCRELIZUMAB]
        assert len(counted) == len(given)
        assert all(any(0 < (on - one.occurred.on).days < 20 for on in given) for one in counted)


def test_jc_virus_is_looked_for_twice_a_year_and_for_some_it_is_time_again() -> None:
    late = 0
    for life in lives():
        if not life.person.kind.natalizumab or life.person.stops:
            continue
        done = [one.done_on for one in life.checks if one.check == "jcv-antibody"]
        told = [one.occurred.on for one in life.findings if one.values.get("analyte") == "jcv_status"]
        assert told[: len(done)] == done
        late += (NOW.date() - done[-1]).days > 190
    assert 1 <= late <= 15


def test_the_checks_and_findings_leave_the_rest_of_the_story_as_it_was() -> None:
    """What is left to do is taken from one patient each; of the others everything is told by its own dice."""
    untouched = [life for life in lives() if not life.wishes and all(prick.released for prick in life.pricks)]
    for life in untouched[:12]:
        again = course(life.person, source(SEED, f"course {life.person.number}"), NOW)
        if again.versions == life.course.versions:
            assert tuple(forms(life.person, again, source(SEED, f"forms {life.person.number}"), NOW)) == life.forms


@pytest.mark.parametrize("days", [1, 201])
def test_something_of_each_kind_is_left_for_somebody_to_do(days: int) -> None:
    now = NOW + timedelta(days=days)
    told = tuple(tell(now))
    today = now.date()
    doses = [dose for life in told for dose in life.course.doses]
    assert [dose.status for dose in doses if dose.status is Status.PLANNED and dose.on < today] == [Status.PLANNED]
    assert any(dose.status is Status.MISSED and (today - dose.on).days < 10 for dose in doses)
    wishes = [wish.kind for life in told for wish in life.wishes]
    assert sorted(wishes) == [AskedFor.CONTACT, AskedFor.MOVE]
    pricks = [prick for life in told for prick in life.pricks]
    assert [prick.level is not None for prick in pricks if not prick.released] == [True]
    assert any(
        p.steps[-1].state is State.REJECTED and now - p.steps[-1].recorded_at < timedelta(days=2) for p in pricks
    )
    assert told[0].wishes == ()
    for life in told:
        assert all(step.recorded_at <= now for prick in life.pricks for step in prick.steps)
