"""Rehearsal: an act answers as it would, and of it nothing is left, whether it went well or not."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from backend.domain.errors import ClinicError
from backend.services import doses, events, feed
from backend.services.context import Context
from backend.services.doses import Told
from backend.services.feed import Kind
from backend.services.rehearsal import rehearsed
from backend.storage import doses as stored
from backend.storage.events import EventRow
from backend.storage.feed import ChangeRow
from backend.storage.patients import PatientRow
from tests.factories.base import PatientFactory
from tests.house import House, Patient, Staff
from tests.services.treated import Anna, treated


@pytest.fixture
def bram(house: House) -> Staff:
    return house.login("nurse")


@pytest.fixture
def anna(house: House, bram: Staff) -> Anna:
    found = treated(house)
    found.cared_for(bram)
    found.replan()
    return found


def counted(house: House) -> tuple[int, int]:
    """How much stands in the log of events and in the feed."""
    with house.unit(writes=False) as ctx:
        counts = [ctx.session.scalar(select(func.count()).select_from(row)) or 0 for row in (EventRow, ChangeRow)]
    return counts[0], counts[1]


def test_a_rehearsed_act_answers_and_leaves_nothing(house: House, bram: Staff, anna: Anna) -> None:
    planned, _ = anna.plan(7)
    before, reminders = counted(house), [(row.key, row.status) for row in anna.stored()]
    with house.unit(bram) as ctx:
        with rehearsed(ctx) as trial:
            answer = doses.move(trial, anna.patient.id, planned.id, 1, anna.slot(14), "asked", None)
        assert (answer.shown.dose.version, answer.shown.dose.planned) == (2, anna.slot(14))
        assert answer.moved.cancelled
        assert answer.moved.created
        assert (ctx.trail, ctx.touched) == ([], {})
    with house.unit(writes=False) as ctx:
        standing = stored.get(ctx.session, anna.patient.id, planned.id)
        assert standing is not None
        assert (standing.version, standing.planned) == (1, planned.planned)
    assert [(row.key, row.status) for row in anna.stored()] == reminders
    assert counted(house) == before


def test_what_the_act_around_it_does_is_kept(house: House, bram: Staff, anna: Anna) -> None:
    before = counted(house)
    with house.unit(bram) as ctx:
        row = ctx.session.get_one(PatientRow, anna.patient.id)
        row.language = "en"
        feed.touch(ctx, row.id, Kind.PROFILE)
        with rehearsed(ctx) as trial:
            ctx.session.get_one(PatientRow, anna.patient.id).zone = "Europe/Paris"
            events.note(trial, "doses:write", anna.patient.id)
            feed.touch(trial, anna.patient.id, Kind.PLAN)
        assert (row.language, row.zone) == ("en", "Europe/Amsterdam")
        events.note(ctx, "doses:read", anna.patient.id)
    with house.unit(writes=False) as ctx:
        row = ctx.session.get_one(PatientRow, anna.patient.id)
        assert (row.language, row.zone) == ("en", "Europe/Amsterdam")
    assert counted(house)[0] == before[0] + 1


def _cancelled_twice(ctx: Context, anna: Anna, dose_id: UUID) -> None:
    with rehearsed(ctx) as trial:
        doses.cancel(trial, anna.patient.id, dose_id, 1, "ill")
        doses.cancel(trial, anna.patient.id, dose_id, 1, "ill")


def _enrolled_twice(ctx: Context, twin: PatientRow) -> None:
    with rehearsed(ctx) as trial:
        trial.session.expunge(twin)
        trial.session.add(PatientFactory.build(id=twin.id, site_id=twin.site_id, key=b"k"))
        trial.session.flush()


def test_a_refusal_inside_comes_out_and_the_act_goes_on(house: House, bram: Staff, anna: Anna) -> None:
    planned, _ = anna.plan(7)
    with house.unit(bram) as ctx:
        with pytest.raises(ClinicError) as refused:
            _cancelled_twice(ctx, anna, planned.id)
        assert refused.value.error.code == "stale-version"
        standing = stored.get(ctx.session, anna.patient.id, planned.id)
        assert standing is not None
        assert standing.version == 1
        doses.cancel(ctx, anna.patient.id, planned.id, 1, "ill")
    with house.unit(writes=False) as ctx:
        standing = stored.get(ctx.session, anna.patient.id, planned.id)
        assert standing is not None
        assert standing.version == 2


def test_a_statement_that_fails_inside_takes_nothing_along(house: House, bram: Staff, anna: Anna) -> None:
    with house.unit(bram) as ctx:
        twin = ctx.session.get_one(PatientRow, anna.patient.id)
        with pytest.raises(IntegrityError):
            _enrolled_twice(ctx, twin)
        ctx.session.get_one(PatientRow, anna.patient.id).language = "en"
    with house.unit(writes=False) as ctx:
        assert ctx.session.get_one(PatientRow, anna.patient.id).language == "en"


def test_reminders_are_planned_inside_even_where_the_act_around_puts_that_off(
    house: House, bram: Staff, anna: Anna
) -> None:
    house.clock.now += timedelta(minutes=1)
    planned, _ = anna.plan(7)
    with house.unit(bram) as ctx:
        waiting: set[object] = set()
        put_off = type(ctx)(**{name: getattr(ctx, name) for name in ctx.__slots__} | {"postponed": waiting})
        with rehearsed(put_off) as trial:
            answer = doses.cancel(trial, anna.patient.id, planned.id, 1, "ill")
        assert answer.moved.cancelled
        assert waiting == set()


def test_a_new_dose_can_be_rehearsed_and_then_planned_under_the_same_id(house: House, bram: Staff, anna: Anna) -> None:
    patient: Patient = anna.patient
    told = Told(patient.id, anna.treatment_id, None)
    for _ in range(2):
        with house.unit(bram) as ctx, rehearsed(ctx) as trial:
            assert not doses.plan(trial, patient.id, told, anna.slot(9), None).duplicate
    with house.unit(bram) as ctx:
        assert not doses.plan(ctx, patient.id, told, anna.slot(9), None).duplicate
