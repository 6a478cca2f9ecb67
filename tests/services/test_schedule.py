"""What decides what falls due, as it is read: nudges only for who wants them, windows of studies, checklists."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, update

from backend.domain.checklists import Asked, Checklist, Item, Words
from backend.domain.regimens import Route
from backend.domain.schedule import Facts, Kind, due
from backend.services import schedule
from backend.storage import checklists
from backend.storage.research import StudyRow, SubjectRow
from backend.storage.symptoms import EntryRow
from backend.storage.wishes import WishesRow
from tests.factories.chains import chain, local
from tests.factories.entries import Rated, keep
from tests.factories.responses import ResponseUpload
from tests.house import House, Patient

GIVEN = ["2026-03-09 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]  # the next is expected on 1 June


@pytest.fixture
def anna(house: House) -> Patient:
    """Somebody on an infusion every four weeks; she keeps a diary in the days before the standing moment."""
    house.clock.now = local("2026-05-29 12:00")
    return house.patient()


def facts(house: House, anna: Patient) -> Facts:
    with house.unit(anna, writes=False) as ctx:
        return schedule.facts(ctx, anna.id)


def nights(house: House, anna: Patient) -> list[date]:
    return [one.on for one in due(facts(house, anna)) if one.kind is Kind.DIARY]


def wish_for_nudges(house: House, anna: Patient, wanted: bool = True) -> None:
    house.add(WishesRow(patient_id=anna.id, nudges=wanted, changed_at=house.clock.now))


def days_of_may(*days: int) -> list[date]:
    return [date(2026, 5, day) for day in days]


def diary(house: House, anna: Patient, first: str, ratings: list[int]) -> None:
    """Keep a diary from the evening after a dose."""
    start: datetime = local(first).replace(hour=20)
    keep(house, anna, [Rated(start + timedelta(days=n), {"fatigue": r}) for n, r in enumerate(ratings, start=1)])


@contextmanager
def queries(house: House) -> Iterator[list[str]]:
    """Gather what is asked of the database."""
    asked: list[str] = []
    with house.unit(writes=False) as ctx:
        engine = ctx.session.get_bind().engine

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_who_never_asked_for_nudges_gets_none_and_no_diary_is_read_for_it(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    with queries(house) as asked:
        assert facts(house, anna).nudges is None
    assert not any(EntryRow.__tablename__ in statement for statement in asked)
    wish_for_nudges(house, anna, wanted=False)
    assert facts(house, anna).nudges is None


def test_the_diary_is_asked_for_on_the_evenings_of_the_last_week_not_yet_written_down(
    house: House, anna: Patient
) -> None:
    chain(house, anna, GIVEN)
    wish_for_nudges(house, anna)
    assert nights(house, anna) == days_of_may(25, 26, 27, 28, 29, 30, 31)
    keep(house, anna, [Rated(local("2026-05-25 23:30"), {}), Rated(local("2026-05-28 00:10"), {"fatigue": 3})])
    assert nights(house, anna) == days_of_may(26, 27, 29, 30, 31)


def test_a_retracted_entry_is_asked_for_again(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    wish_for_nudges(house, anna)
    keep(house, anna, [Rated(local("2026-05-26 20:00"), {})])
    assert days_of_may(26)[0] not in nights(house, anna)
    with house.unit() as ctx:
        ctx.session.execute(update(EntryRow).values(retracted=True))
    assert nights(house, anna) == days_of_may(25, 26, 27, 28, 29, 30, 31)


def test_the_window_begins_where_the_diary_saw_it_begin(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    wish_for_nudges(house, anna)
    diary(house, anna, GIVEN[1], [2] * 23 + [6] * 4)  # four days before the dose
    assert facts(house, anna).nudges is not None
    assert nights(house, anna) == days_of_may(28, 29, 30, 31)


def test_where_the_diary_says_too_little_what_was_recalled_counts(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    wish_for_nudges(house, anna)
    told = ResponseUpload.build(at="2026-05-05T10:00:00+02:00", about="previous", answers={
        "experienced": "yes", "onset_days_before_dose": 2,
    })  # fmt: skip
    answer = house.post("/me/responses", json=told, headers=house.phone(anna))
    assert answer.status_code == 201, answer.text
    assert nights(house, anna) == days_of_may(30, 31)


def test_wearing_off_of_long_ago_says_nothing_of_now(house: House, anna: Patient) -> None:
    first = local("2025-06-30 09:00")
    given = [(first + timedelta(weeks=4 * n)).replace(tzinfo=None).isoformat(" ", "minutes") for n in range(12)]
    chain(house, anna, given)
    wish_for_nudges(house, anna)
    diary(house, anna, given[0], [2] * 24 + [6] * 3)
    found = facts(house, anna).nudges
    assert found is not None
    assert found.onset_days is None
    diary(house, anna, given[4], [2] * 24 + [6] * 3)
    found = facts(house, anna).nudges
    assert found is not None
    assert found.onset_days == 3


def test_somebody_without_doses_who_wants_nudges_is_asked_nothing(house: House, anna: Patient) -> None:
    wish_for_nudges(house, anna)
    assert nights(house, anna) == []


def join(house: House, anna: Patient, design: str | None, since: str = "2026-03-01 09:00") -> UUID:
    study_id = uuid4()
    row = StudyRow(
        id=study_id, name=f"Study {study_id}", site_id=house.site.id, secret_sealed=b"", created_at=house.clock.now
    )
    row.windows = design
    consent = SubjectRow(study_id=study_id, patient_id=anna.id, pseudonym="p", consented_at=local(since))
    house.add(row, consent)
    return study_id


def windows(house: House, anna: Patient) -> list[tuple[date, date]]:
    return [(one.opens_on, one.closes_on) for one in facts(house, anna).windows]


LAST_WEEK = (date(2026, 5, 25), date(2026, 6, 1))


def test_the_windows_of_a_study_are_those_of_the_design_it_names(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    study_id = join(house, anna, "RATCHFORD", since="2026-05-20 09:00")
    join(house, anna, None)
    join(house, anna, "of-another-version")
    assert windows(house, anna) == [LAST_WEEK]
    (found,) = [one for one in due(facts(house, anna)) if one.subject.startswith("study:")]
    assert (found.kind, found.since, found.on) == (Kind.FORM, *LAST_WEEK)
    assert str(study_id) in found.subject


def test_who_withdrew_is_asked_nothing_more(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    study_id = join(house, anna, "RATCHFORD")
    assert windows(house, anna)
    with house.unit() as ctx:
        leaving = update(SubjectRow).where(SubjectRow.study_id == study_id)
        ctx.session.execute(leaving.values(withdrawn_at=house.clock.now))
    assert windows(house, anna) == []


def test_a_window_is_met_by_an_entry_or_an_answer_on_one_of_its_days(house: House, anna: Patient) -> None:
    chain(house, anna, GIVEN)
    join(house, anna, "RATCHFORD", since="2026-05-03 09:00")
    assert len(windows(house, anna)) == 3  # the first week of the last interval, and the ends of both
    keep(house, anna, [Rated(local("2026-05-11 20:00"), {})])
    assert LAST_WEEK in windows(house, anna)
    assert len(windows(house, anna)) == 2
    told = ResponseUpload.build(at="2026-05-28T10:00:00+02:00")
    answer = house.post("/me/responses", json=told, headers=house.phone(anna))
    assert answer.status_code == 201, answer.text
    assert LAST_WEEK not in windows(house, anna)


@pytest.mark.parametrize(("nudges", "design", "follows"), [
    (False, None, False), (True, None, True), (False, "RATCHFORD", True),
])  # fmt: skip
def test_only_where_it_matters_does_a_diary_entry_move_anything(
    house: House, anna: Patient, nudges: bool, design: str | None, follows: bool
) -> None:
    wish_for_nudges(house, anna, wanted=nudges)
    join(house, anna, design)
    with house.unit(anna, writes=False) as ctx:
        assert schedule.follows_diary(ctx, anna.id) is follows


@pytest.mark.parametrize(
    ("items", "told"), [((Item("well", Words("Bent u fit?", "Are you well?")),), {Kind.CHECKLIST}), ((), set())]
)
def test_the_checklist_of_a_dose_at_home_is_told_where_it_asks_anything(
    house: House, anna: Patient, items: tuple[Item, ...], told: set[Kind]
) -> None:
    chain(house, anna, GIVEN)
    asked = Asked("natalizumab_iv", Route.IV, True, items, Words("Bel ons.", "Call us."))
    with house.unit() as ctx:
        checklists.add(ctx.session, house.site.id, Checklist(asked, 1, house.clock.now, None))
    found = {one.kind for one in due(facts(house, anna))} - {Kind.FORM, Kind.MONITORING}
    assert found == {Kind.DOSE_EXPECTED, Kind.HOME_DOSE, Kind.HOME_DOSE_LATE} | told
