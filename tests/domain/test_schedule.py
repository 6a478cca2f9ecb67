"""What falls due: each kind from its cause, and nothing that has lost its cause."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from backend.domain import dosing
from backend.domain.dosing import Dose, PartGiven
from backend.domain.drugs import catalogue
from backend.domain.linking import chain
from backend.domain.moments import Occurred, at_moment, at_wall, on_day
from backend.domain.nudges import Nudges
from backend.domain.occasions import CLOSES_DAYS, open_occasions
from backend.domain.regimens import Route
from backend.domain.samples import State
from backend.domain.schedule import Due, Facts, Kind, PendingSample, Window, due
from backend.domain.treatment import PlanVersion, Treatment, stop

ZONE = "Europe/Amsterdam"
START = date(2026, 1, 5)  # a Monday
KNOWN = datetime(2025, 12, 1, tzinfo=UTC)
NOW = datetime(2032, 1, 1, tzinfo=UTC)
FIRST, SECOND, SAMPLE, TREATMENT = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


def treated(drug: str = "natalizumab_iv", weeks: int | None = 4, treatment_id: UUID = TREATMENT) -> Treatment:
    regimen = catalogue()[drug].regimens[0]
    plan = PlanVersion(1, START, regimen.key, regimen.route, weeks, time(9), (), "start", KNOWN)
    return Treatment(treatment_id, drug, START, None, ZONE, (plan,))


def wall(on: date) -> Occurred:
    return at_moment(at_wall(on, time(9), ZONE), ZONE)


def had(on: date, dose_id: UUID = FIRST, treatment_id: UUID = TREATMENT) -> Dose:
    return dosing.record_new(dose_id, treatment_id, [PartGiven(wall(on))], Route.IV, NOW)


def planned(on: date, dose_id: UUID = SECOND, treatment_id: UUID = TREATMENT) -> Dose:
    return dosing.plan(dose_id, treatment_id, wall(on), Route.IV, KNOWN)


def fall(*doses: Dose, of: tuple[Treatment, ...] | None = None, **more: object) -> tuple[Due, ...]:
    treatments = (treated(),) if of is None else of
    return due(Facts(treatments, doses, chain(treatments, doses), **more))  # type: ignore[arg-type]


def only(kind: Kind, found: tuple[Due, ...]) -> list[Due]:
    return [one for one in found if one.kind is kind]


def in_days(days: int) -> date:
    return START + timedelta(days=days)


@pytest.mark.promise("P13")
@generated(st.integers(0, 1500), st.integers(4, 9))
def test_a_planned_dose_falls_due_at_its_slot_on_the_wall_clock(after: int, weeks: int) -> None:
    on = in_days(after + weeks * 7)
    assert only(Kind.DOSE, fall(had(in_days(after)), planned(on))) == [
        Due(Kind.DOSE, f"dose:{SECOND}", 1, on, at_wall(on, time(9), ZONE), since=in_days(after))
    ]


def test_without_an_appointment_only_the_day_is_told() -> None:
    found = fall(had(START))
    assert only(Kind.DOSE_EXPECTED, found) == [
        Due(Kind.DOSE_EXPECTED, f"after:{FIRST}", 2, in_days(28), None, since=START)
    ]
    assert not only(Kind.DOSE, found)
    assert not only(Kind.DOSE_LATE, found)  # that message asks already why nobody was heard of


def test_the_first_dose_ends_no_stretch() -> None:
    (found,) = only(Kind.DOSE, fall(planned(in_days(3))))
    assert found.since is None


def test_an_appointment_of_which_nothing_is_written_down_is_asked_for_once_the_ward_had_a_day() -> None:
    dose = planned(in_days(28))
    assert only(Kind.DOSE_LATE, fall(had(START), dose)) == [Due(Kind.DOSE_LATE, f"dose:{SECOND}", 1, in_days(30))]
    given = dosing.record(dose, [PartGiven(wall(in_days(29)))], Route.IV, NOW)
    for settled in (given, dosing.miss(dose, NOW, "ill"), dosing.cancel(dose, NOW, "ill")):
        assert f"dose:{SECOND}" not in {one.subject for one in only(Kind.DOSE_LATE, fall(had(START), settled))}


def test_a_dose_of_ones_own_that_is_not_written_down_is_asked_for_the_day_after() -> None:
    found = fall(had(START), of=(treated("ofatumumab", None),))
    assert only(Kind.HOME_DOSE_LATE, found) == [Due(Kind.HOME_DOSE_LATE, f"after:{FIRST}", 2, in_days(8))]
    assert not only(Kind.DOSE_LATE, found)


@pytest.mark.promise("P12")
@generated(st.integers(15, 60), st.integers(15, 60))
def test_a_moved_dose_leaves_nothing_of_the_old_date(first: int, then: int) -> None:
    dose = planned(in_days(first))
    moved = dosing.move(dose, wall(in_days(then)), KNOWN, "asked")
    kits = [PendingSample(SAMPLE, State.ORDERED)]
    before, after = (fall(had(START), one, samples=kits) for one in (dose, moved))
    mine = {Kind.DOSE, Kind.DOSE_LATE, Kind.SAMPLE, Kind.SAMPLE_KIT, Kind.FORM}
    old, new = ({one for one in found if one.kind in mine} for found in (before, after))
    assert len(old) == len(new) == 5
    # Even moved away and back: the version differs. Days alone tell the form's apart.
    assert {one.kind for one in old & new} == (set() if first != then else {Kind.FORM})
    shift = timedelta(days=then - first)
    assert {(one.kind, one.subject, one.on + shift) for one in old} == {(one.kind, one.subject, one.on) for one in new}


@pytest.mark.parametrize("ended", [dosing.miss, dosing.cancel])
def test_a_dose_that_will_not_be_given_is_told_no_more_and_no_date_is_invented(ended: object) -> None:
    dose = planned(in_days(28))
    found = fall(had(START), ended(dose, NOW, "ill"), samples=[PendingSample(SAMPLE, State.ORDERED)])  # type: ignore[operator]
    assert {one.kind for one in found} <= {Kind.MONITORING}


def test_a_stopped_treatment_awaits_no_dose_and_no_form_but_its_checks() -> None:
    stopped = stop(treated(), in_days(30), reason="wish", now=NOW)
    found = fall(had(START), planned(in_days(28)), of=(stopped,), samples=[PendingSample(SAMPLE, State.ORDERED)])
    assert {one.kind for one in found} <= {Kind.MONITORING}
    assert only(Kind.MONITORING, found)


def test_daily_tablets_are_not_told_one_by_one_and_open_no_form() -> None:
    tablets = treated("dimethyl_fumarate", None)
    found = fall(had(START), of=(tablets,), samples=[PendingSample(SAMPLE, State.ORDERED)])
    assert {one.kind for one in found} == {Kind.MONITORING}


def test_an_injection_at_home_is_told_as_such_at_the_plans_clock_time() -> None:
    own = treated("ofatumumab", None)
    found = fall(had(START), of=(own,))
    assert only(Kind.HOME_DOSE, found) == [
        Due(Kind.HOME_DOSE, f"after:{FIRST}", 2, in_days(7), at_wall(in_days(7), time(9), ZONE), since=START)
    ]


def test_an_injection_with_a_checklist_is_given_in_the_clinic() -> None:
    found = fall(had(START), planned(in_days(28)), of=(treated("natalizumab_sc"),))
    assert only(Kind.DOSE, found)
    assert not only(Kind.HOME_DOSE, found)


def test_where_the_site_opened_the_way_home_a_day_without_appointment_is_told_on_the_day_too() -> None:
    own = treated("natalizumab_sc")
    found = fall(had(START), of=(own,), opened=frozenset({own.id}))
    assert [(one.on, one.at) for one in only(Kind.DOSE_EXPECTED, found)] == [(in_days(28), None)]
    assert [(one.on, one.at) for one in only(Kind.HOME_DOSE, found)] == [(in_days(28), wall(in_days(28)).at)]
    appointed = fall(had(START), planned(in_days(28)), of=(own,), opened=frozenset({own.id}))
    assert only(Kind.DOSE, appointed)
    assert not only(Kind.HOME_DOSE, appointed)
    assert not only(Kind.HOME_DOSE, fall(had(START), of=(own,), opened=frozenset({FIRST})))
    assert [one.on for one in only(Kind.HOME_DOSE_LATE, found)] == [in_days(29)]


def test_a_checklist_is_told_with_the_dose_at_home_that_asks_for_it() -> None:
    own = treated("natalizumab_sc")
    sets = {"opened": frozenset({own.id}), "checklists": frozenset({own.id})}
    (found,) = only(Kind.CHECKLIST, fall(had(START), of=(own,), **sets))
    assert (found.on, found.at, found.subject) == (in_days(28), None, f"after:{FIRST}")
    assert not only(Kind.CHECKLIST, fall(had(START), planned(in_days(28)), of=(own,), **sets))  # given in the clinic
    assert not only(Kind.CHECKLIST, fall(had(START), of=(own,), opened=frozenset({own.id})))
    assert only(Kind.CHECKLIST, fall(had(START), of=(treated("ofatumumab", None),), checklists=frozenset({own.id})))


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (State.ORDERED, [(Kind.SAMPLE_KIT, 18), (Kind.SAMPLE, 28)]),
        (State.KIT_SENT, [(Kind.SAMPLE_KIT, 18), (Kind.SAMPLE, 28)]),
        (State.KIT_RECEIVED, [(Kind.SAMPLE, 28)]),
        (State.COLLECTED, [(Kind.SAMPLE_POST, 28)]),
        (State.POSTED, []),
        (State.REPORTED, []),
        (State.CANCELLED, []),
        (State.LOST, []),
    ],
)
def test_a_finger_prick_is_told_step_by_step(state: State, kinds: list[tuple[Kind, int]]) -> None:
    collected = in_days(28) if state is State.COLLECTED else None
    found = fall(had(START), planned(in_days(28)), samples=[PendingSample(SAMPLE, state, collected)])
    mine = [one for one in found if one.subject == f"sample:{SAMPLE}"]
    assert [(one.kind, (one.on - START).days) for one in mine] == kinds
    for prick in only(Kind.SAMPLE, found):
        assert prick.at == at_wall(in_days(28), time(9), ZONE)


def test_a_prick_before_a_dose_that_nobody_planned_has_no_clock_time() -> None:
    (prick,) = only(Kind.SAMPLE, fall(had(START), samples=[PendingSample(SAMPLE, State.KIT_RECEIVED)]))
    assert (prick.on, prick.at) == (in_days(28), None)


def test_the_form_is_asked_for_from_before_the_dose_until_a_week_after_it() -> None:
    found = only(Kind.FORM, fall(had(START), had(in_days(28), SECOND), planned(in_days(56), UUID(int=9))))
    assert [(one.subject, one.since, one.on) for one in found] == [
        (f"end-of-interval:{FIRST}", in_days(26), in_days(35)),
        (f"end-of-interval:{SECOND}", in_days(54), in_days(63)),
    ]


@pytest.mark.promise("P12")
@pytest.mark.parametrize("appointed", [True, False])
@pytest.mark.parametrize(
    ("given_on", "since"),
    [(28, 26), (27, 26), (26, 26), (24, 24), (29, 26), (40, 26)],  # long before it opened: from the dose on
)
def test_what_was_said_of_a_form_stands_when_the_dose_is_given(appointed: bool, given_on: int, since: int) -> None:
    """Subject, version and first day stay, so that nothing is told twice; the last day follows the dose."""
    dose = planned(in_days(28))
    part = [PartGiven(wall(in_days(given_on)))]
    (before,) = only(Kind.FORM, fall(had(START), dose) if appointed else fall(had(START)))
    done = dosing.record(dose, part, Route.IV, NOW) if appointed else had(in_days(given_on), SECOND)
    after, _ = only(Kind.FORM, fall(had(START), done))
    assert (after.subject, after.version) == (before.subject, before.version)
    assert (after.since, after.on) == (in_days(since), in_days(given_on + CLOSES_DAYS))
    assert before.since == in_days(26)


def test_a_form_is_asked_for_on_the_days_on_which_it_can_be_answered() -> None:
    """What is reminded of is what is open: the occasions of every day of the stretch, and of none after it."""
    doses = (had(START), had(in_days(29), SECOND))
    line = chain((treated(),), doses)
    first = only(Kind.FORM, fall(*doses))[0]
    assert first.since is not None
    open_on = [
        any(one.interval == 1 for one in open_occasions(line, 2, in_days(57), (), first.since + timedelta(days=day)))
        for day in range((first.on - first.since).days + 2)
    ]
    # It opens with what was known before the dose; that it came a day late is known from that day on.
    assert open_on[1:] == [True] * (len(open_on) - 2) + [False]


def test_a_window_of_a_study_is_asked_for_from_its_first_day_to_its_last() -> None:
    window = Window("study:1", 3, in_days(5), in_days(14))
    (found,) = only(Kind.FORM, fall(windows=[window]))
    assert found == Due(Kind.FORM, "study:1", 3, in_days(14), since=in_days(5))


def test_the_diary_is_asked_for_only_of_somebody_who_wants_it() -> None:
    assert not only(Kind.DIARY, fall(had(START)))
    wanted = only(Kind.DIARY, fall(had(START), nudges=Nudges()))
    assert [(one.subject, one.version, one.on) for one in wanted] == [
        ("diary", 0, in_days(day)) for day in range(21, 28)
    ]
    assert not only(Kind.DIARY, fall(nudges=Nudges()))
    assert not only(Kind.DIARY, fall(had(START), of=(stop(treated(), in_days(2), "wish", NOW),), nudges=Nudges()))


@pytest.mark.parametrize(("days", "asked"), [(7, False), (14, False), (15, True), (28, True)])
def test_no_form_is_asked_about_an_interval_too_short_to_show_wearing_off(days: int, asked: bool) -> None:
    running = only(Kind.FORM, fall(had(START), planned(in_days(days))))
    ended = only(Kind.FORM, fall(had(START), had(in_days(days), SECOND)))
    about_first = [due for due in ended if due.on == in_days(days + CLOSES_DAYS)]
    assert (bool(running), bool(about_first)) == (asked, asked)


def test_an_answered_form_is_not_asked_for_again() -> None:
    doses = (had(START), had(in_days(28), SECOND), planned(in_days(56), UUID(int=9)))
    found = only(Kind.FORM, fall(*doses, answered=frozenset({1})))
    assert [one.subject for one in found] == [f"end-of-interval:{SECOND}"]
    assert not only(Kind.FORM, fall(*doses, answered=frozenset({1, 2})))


def test_a_check_done_is_due_again_a_span_later() -> None:
    def falls(done: dict[str, date]) -> list[date]:
        found = only(Kind.MONITORING, fall(had(START), checks={TREATMENT: done}))
        return [one.on for one in found if one.subject.endswith(":jcv-antibody")]

    (first,) = falls({})
    (second,) = falls({"jcv-antibody": date(2026, 7, 1)})
    assert first <= START
    assert second == date(2027, 1, 1)  # every 6 months


def test_blood_before_each_dose_is_asked_for_until_it_was_taken() -> None:
    own = treated("ocrelizumab_iv", None)

    def asked(*doses: Dose, on: date | None) -> list[Due]:
        checks = {TREATMENT: {"blood-before-dose": on}} if on else {}
        found = only(Kind.MONITORING, fall(*doses, of=(own,), checks=checks))
        return [one for one in found if one.subject.endswith(":blood-before-dose")]

    one, other = had(START), planned(in_days(168))
    assert [due.on for due in asked(one, other, on=None)] == [in_days(168)]
    assert [due.on for due in asked(one, other, on=START)] == [in_days(168)]  # that was for the last one
    assert asked(one, other, on=in_days(160)) == []


def test_two_treatments_are_each_told_and_the_prick_follows_the_earlier_dose() -> None:
    mine = (treated(), treated("ocrelizumab_iv", None, UUID(int=5)))
    doses = (had(START), planned(in_days(28)), planned(in_days(20), UUID(int=9), UUID(int=5)))
    found = fall(*doses, of=mine, samples=[PendingSample(SAMPLE, State.KIT_RECEIVED)])
    assert [(one.subject, one.on) for one in only(Kind.DOSE, found)] == [
        (f"dose:{UUID(int=9)}", in_days(20)),
        (f"dose:{SECOND}", in_days(28)),
    ]
    assert [one.on for one in only(Kind.SAMPLE, found)] == [in_days(20)]


def test_somebody_without_treatment_is_told_nothing() -> None:
    assert fall(of=(), samples=[PendingSample(SAMPLE, State.ORDERED)]) == ()


@generated(st.lists(st.integers(0, 700), min_size=1, max_size=8, unique=True), st.randoms())
def test_the_order_in_which_facts_are_given_changes_nothing(days: list[int], chance: object) -> None:
    doses = [had(in_days(day), UUID(int=100 + day)) for day in days]
    shuffled = doses.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fall(*doses) == fall(*shuffled)


def test_a_dose_on_a_day_without_a_time_is_due_at_the_plans_clock_time() -> None:
    dose = replace(planned(in_days(28)), planned=on_day(in_days(28), ZONE))
    (found,) = only(Kind.DOSE, fall(had(START), dose))
    assert found.at == at_wall(in_days(28), time(9), ZONE)


@pytest.mark.parametrize("drug", sorted(catalogue()))
def test_every_subject_fits_its_column_for_every_drug(drug: str) -> None:
    weeks = 26 if drug == "rituximab" else None
    found = fall(had(START, uuid4()), of=(treated(drug, weeks),))
    assert all(len(one.subject) <= 100 and len(one.kind) <= 20 for one in found)
