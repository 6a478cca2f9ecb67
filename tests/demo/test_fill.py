"""Writing the story down: both databases hold what was told, and every entry keeps the plan of its own moment."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.demo import staff
from backend.demo.fill import Filled, empty, fill
from backend.demo.people import Kind
from backend.demo.story import Life, tell
from backend.demo.study import NAME
from backend.domain.linking import planned_then
from backend.domain.permissions import Role
from backend.services import findings, intervals, secrets, words
from backend.services.access import totp_place
from backend.services.context import Actor
from backend.storage import people, reminders, research, symptoms
from backend.storage.doses import DoseRow
from backend.storage.findings import FindingRow
from backend.storage.monitoring import CheckRow
from backend.storage.patients import PatientRow
from backend.storage.questionnaires import ResponseRow
from backend.storage.requests import RequestRow
from backend.storage.samples import ResultRow, SampleRow
from backend.storage.symptoms import EntryRow
from tests.conftest import Copies, open_house
from tests.factories.base import NOW
from tests.house import House, Patient

LIVES = tuple(tell(NOW, patients=5))


@dataclass(frozen=True, slots=True)
class Demo:
    """A house of its own, filled once: these tests read it, or change only who may log in."""

    house: House
    filled: Filled


@pytest.fixture(scope="module")
def demo(copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo hospital with the lives told, on each database."""
    with open_house(copies.url(), tmp_path_factory.mktemp("demo")) as house, house.app.app_context():
        ctx = house.app.extensions["uitwerk"].context("demo")
        yield Demo(house, fill(ctx.session, ctx, LIVES))


@pytest.fixture
def house(demo: Demo) -> House:
    """The filled house."""
    return demo.house


def test_both_databases_hold_what_was_told(house: House, demo: Demo) -> None:
    filled = demo.filled
    with house.unit(writes=False) as ctx:
        counts = [_count(ctx.session, row) for row in (DoseRow, EntryRow, SampleRow, ResponseRow, FindingRow)]
        checks, wishes = (_count(ctx.session, row) for row in (CheckRow, RequestRow))
        assert not empty(ctx.session)
    assert counts == [
        sum(len(life.course.doses) for life in LIVES),
        sum(len(life.entries) for life in LIVES),
        sum(len(life.pricks) for life in LIVES),
        sum(len(life.forms) for life in LIVES),
        sum(len(life.findings) for life in LIVES),
    ]
    assert counts == [filled.doses, filled.entries, filled.samples, filled.responses, filled.findings]
    assert checks == sum(len(life.checks) for life in LIVES)
    assert wishes == sum(len(life.wishes) for life in LIVES)


def _count(session: Session, row: type) -> int:
    return session.execute(select(func.count()).select_from(row)).scalar_one()


def test_what_is_stored_of_plan_and_doses_is_what_was_told(house: House) -> None:
    with house.unit(writes=False) as ctx:
        for life in LIVES:
            row = ctx.session.get_one(PatientRow, life.person.id)
            line = intervals.whole_line(ctx, row.id)
            assert [words.plans_shown(ctx, row, stored) for stored in line.treatments] == list(life.course.treatments)
            told = sorted(life.course.versions, key=lambda v: (v.id, v.version))
            held = [words.shown(ctx, row, dose, dose.id, dose.version) for dose in line.versions or []]
            assert sorted(held, key=lambda v: (v.id, v.version)) == told
            sealed = [plan.reason for stored in line.treatments for plan in stored.versions]
            assert not set(sealed) & {plan.reason for stored in life.course.treatments for plan in stored.versions}


def test_every_entry_keeps_the_day_that_was_planned_at_its_own_moment(house: House) -> None:
    with house.unit(writes=False) as ctx:
        for life in LIVES:
            stored = {row.id: row for row in symptoms.of_patient(ctx.session, life.person.id)}
            line = intervals.line(ctx, life.person.id)
            for told in life.entries[::25]:
                planned_on = intervals.planned_on(ctx, life.person.id, line, told.report)
                assert stored[told.report.id].planned_on == planned_on == _planned(life, told.report.known_at)


def _planned(life: Life, moment: object) -> object:
    """The day planned at a moment, by playing the doses again: only for those that are booked one by one."""
    known = {v.id: v for v in life.course.versions if v.recorded_at <= moment}  # type: ignore[operator]
    booked = sorted(v.planned.on for v in known.values() if v.status.value == "planned" and v.planned)
    if booked:
        return booked[0]
    return planned_then(life.course.treatments, life.course.versions, moment)  # type: ignore[arg-type]


def test_what_was_found_is_read_as_it_was_told(house: House) -> None:
    with house.unit(writes=False) as ctx:
        for life in LIVES:
            row = ctx.session.get_one(PatientRow, life.person.id)
            held = {one.id: one for one in findings.every(ctx, row, intervals.line(ctx, row.id))}
            for told in life.findings:
                found = held[told.id]
                assert (found.kind, found.occurred, found.ended_on) == (told.kind, told.occurred, told.ended_on)
                assert (found.values, found.note) == (told.values, told.note)
                assert found.recorded_at == told.entered_at


def test_a_result_that_is_left_to_release_is_not_shown(house: House) -> None:
    left = [prick.id for life in LIVES for prick in life.pricks if not prick.released]
    with house.unit(writes=False) as ctx:
        withheld = ctx.session.scalars(select(ResultRow.sample_id).where(ResultRow.released.is_(False))).all()
    assert list(withheld) == left


def test_reminders_stand_for_the_doses_ahead(house: House) -> None:
    with house.unit(writes=False) as ctx:
        standing = [row for life in LIVES for row in reminders.of_patient(ctx.session, life.person.id)]
        assert "dose" in {row.kind for row in standing if row.status == "planned"}
        assert all(row.expires_at > NOW for row in standing if row.status == "planned")


def test_injections_may_be_given_at_home_after_the_hospitals_checklist(house: House) -> None:
    switched = next(life.person for life in LIVES if life.person.kind is Kind.SWITCHED)
    told = house.get("/me/checklists", headers=house.phone(Patient(switched.id, Actor(Role.PATIENT)))).json["items"]
    assert [(one["drug"], one["version"], len(one["items"])) for one in told] == [("natalizumab_sc", 1, 5)]


def test_those_who_consented_and_nobody_else_are_in_the_study(house: House) -> None:
    with house.unit(writes=False) as ctx:
        actor = staff.actors(ctx, people.sites(ctx.session)[-1].id)[Role.RESEARCHER]
        (study,) = research.studies_of(ctx.session, actor.staff_id, ctx.now)  # type: ignore[arg-type]
        assert study.name == NAME
        subjects = set(research.subjects(ctx.session, study.id, ctx.now))
    assert subjects == {life.person.id for life in LIVES if life.person.consents}


def test_nobody_can_log_in_until_let_in_and_never_twice_with_the_same(house: House) -> None:
    with house.unit(writes=False) as ctx:
        bram = people.staff_by_email(ctx.session, "bram@voorbeeld.example")
        assert bram is not None
        assert (bram.password_hash, bram.totp_sealed, bram.joined_at) == (None, None, None)
        first, second = staff.passwords(ctx), staff.passwords(ctx)
    with house.unit() as ctx:
        staff.let_in(ctx, first)
    with house.unit() as ctx:
        logins = {login.role: login for login in staff.let_in(ctx, second)}
    nurse = logins[Role.NURSE]
    assert nurse.password != first[Role.NURSE][0]
    with house.unit(writes=False) as ctx:
        row = people.staff_by_email(ctx.session, nurse.email)
        assert row is not None
        assert row.totp_sealed is not None
        assert secrets.matches(ctx.settings, row.password_hash, nurse.password)
        assert not secrets.matches(ctx.settings, row.password_hash, first[Role.NURSE][0])
        assert ctx.sealer.open_own(row.totp_sealed, totp_place(row.id)) == nurse.totp_secret


def test_a_life_without_entries_is_written_too(copies: Copies, tmp_path: Path) -> None:
    with open_house(copies.url(), tmp_path) as house, house.app.app_context():
        ctx = house.app.extensions["uitwerk"].context("demo")
        filled = fill(ctx.session, ctx, [replace(LIVES[0], entries=())])
    assert filled.entries == 0
