"""Linking through the services and set-wise, on both databases: the same as the naive model after every act."""

from collections import Counter
from datetime import UTC, date, datetime, time
from random import Random
from uuid import UUID, uuid4

import pytest

from backend.domain.dosing import PartGiven
from backend.domain.moments import Occurred
from backend.services import doses, intervals, treatment
from backend.services.context import Context
from backend.services.doses import Changed, Given, Told
from backend.services.treatment import Decision
from backend.storage import links, symptoms
from backend.storage.occurrences import columns
from tests.conftest import Copies
from tests.databases import KINDS
from tests.histories import Model, Step, Where, reports, steps, undoing
from tests.house import House, Patient, Staff

PLAN = Decision("standard", None, None, time(9), (), None, "start")


def store(ctx: Context, patient: Patient, told: list[Occurred]) -> dict[UUID, Occurred]:
    """Store bare entries of these moments."""
    found = {uuid4(): moment for moment in told}
    rows = [
        {
            "patient_id": patient.id,
            "id": entry_id,
            "version": 1,
            "retracted": False,
            "created_mark": b"",
            "content": {},
            "note_sealed": None,
            "recorded_at": ctx.now,
            "recorded_offset": 0,
            "received_at": ctx.now,
            "planned_on": None,
            "session_id": None,
            **columns(moment),
        }
        for entry_id, moment in found.items()
    ]
    symptoms.add_new(ctx.session, rows)
    return found


def act(ctx: Context, patient: Patient, treatment_id: UUID, step: Step) -> Changed:
    """Do a step by the services."""
    told = Told(step.dose_id, treatment_id, step.route, "why")
    given = Given(tuple(PartGiven(one) for one in step.moments), step.route, "why")
    if step.act == "plan":
        return doses.plan(ctx, patient.id, told, step.moments[0], None)
    if step.act == "insert":
        return doses.record_new(ctx, patient.id, told, given.parts)
    version = next(dose.version for dose in intervals.line(ctx, patient.id).doses if dose.id == step.dose_id)
    named = (ctx, patient.id, step.dose_id, version)
    match step.act:
        case "record":
            return doses.record(*named, given)
        case "correct":
            return doses.correct(*named, given)
        case "move":
            return doses.move(*named, step.moments[0], "why", None)
        case "miss":
            return doses.miss(*named, "why")
        case "cancel":
            return doses.cancel(*named, "why")
        case _:
            return doses.undo(*named, "why")


def check(ctx: Context, patient: Patient, told: dict[UUID, Occurred], model: Model) -> None:
    """Hold the statement and the function against the model for every entry."""
    found = {link.entry_id: link for link in links.of_entries(ctx.session, [patient.id])}
    line = intervals.line(ctx, patient.id)
    assert found.keys() == told.keys()
    for entry_id, moment in told.items():
        place, link, wanted = line.place(moment, None), found[entry_id], model.where(moment)
        flagged = "date-only-on-dose-day" in place.flags
        assert Where(place.interval, place.day_since_dose, place.days_before_actual, flagged) == wanted
        assert (link.interval, link.day_since_dose, link.days_before_actual) == (
            wanted.interval,
            wanted.day_since_dose,
            wanted.days_before_actual,
        )
        assert link.opener == model.opener(moment)


def begin(house: House, nurse: Staff, patient: Patient) -> UUID:
    treatment_id = uuid4()
    with house.unit(nurse) as ctx:
        treatment.start(ctx, patient.id, treatment_id, "natalizumab_iv", date(2026, 2, 20), PLAN)
    return treatment_id


def live(house: House, bram: Staff, seed: int) -> None:
    """Live through one history and undo it, held against the model after every act."""
    rng, model = Random(1000 + seed), Model()
    house.clock.now = datetime(2026, 12, 20, tzinfo=UTC)
    patient = house.patient(cares_for=[bram])
    treatment_id = begin(house, bram, patient)
    with house.unit(bram) as ctx:
        told = store(ctx, patient, reports(rng, 12))

    def do(step: Step) -> None:
        before = {key: model.opener(moment) for key, moment in told.items()}
        model.apply(step)
        after = {key: model.opener(moment) for key, moment in told.items()}
        house.clock.now = step.now
        with house.unit(bram) as ctx:
            changed = act(ctx, patient, treatment_id, step)
            assert changed.relinked == sum(before[key] != after[key] for key in told)
            check(ctx, patient, told, model)

    for step in steps(rng, model, 8):
        do(step)
    if seed % 4 == 0:
        with house.unit(bram) as ctx:
            treatment.stop(ctx, patient.id, treatment_id, 1, date(2026, 9, 1), "why")
            check(ctx, patient, told, model)
    for step in undoing(model, datetime(2027, 2, 1, tzinfo=UTC)):
        do(step)
    with house.unit(bram, writes=False) as ctx:
        assert {link.opener for link in links.of_entries(ctx.session, [patient.id])} == {None}


@pytest.mark.parametrize("chunk", range(2))
def test_twenty_histories_keep_every_entry_in_its_interval_and_come_back_when_undone(
    house: House, copies: Copies, chunk: int
) -> None:
    bram = house.login("nurse")
    # Ten on each database: no two of the twenty are the same.
    for seed in range(KINDS.index(copies.kind) + chunk * 10, chunk * 10 + 10, len(KINDS)):
        live(house, bram, seed)


def test_one_statement_links_many_patients_and_keeps_them_apart(house: House) -> None:
    bram = house.login("nurse")
    people = []
    for seed in range(4):
        house.clock.now = datetime(2026, 12, 20, tzinfo=UTC)
        rng, model, patient = Random(seed), Model(), house.patient(cares_for=[bram])
        treatment_id = begin(house, bram, patient)
        with house.unit(bram) as ctx:
            told = store(ctx, patient, reports(rng, 30))
        for step in steps(rng, model, 6):
            model.apply(step)
            house.clock.now = step.now
            with house.unit(bram) as ctx:
                act(ctx, patient, treatment_id, step)
        people.append((patient, told, model))
    with house.unit(bram, writes=False) as ctx:
        found = list(links.of_entries(ctx.session, [patient.id for patient, _, _ in people[:3]]))
        counts = links.per_interval(ctx.session, people[0][0].id)
    for patient, told, model in people[:3]:
        mine = {link.entry_id: link.opener for link in found if link.patient_id == patient.id}
        assert mine == {entry_id: model.opener(moment) for entry_id, moment in told.items()}
    assert len(found) == 90
    assert counts == Counter(people[0][2].opener(moment) for moment in people[0][1].values())
