"""Reading a cohort: after whatever is done, what is kept or read together is what would be read of each alone."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest

from backend.domain.moments import Occurred, at_moment, on_day
from backend.domain.reports import Report
from backend.domain.symptoms import Diary, OtherCause, Rating
from backend.domain.wearing_off import DEFAULT
from backend.services import cohort_reading, symptoms, trends
from backend.services.cohort_members import Asked, Subject, choose
from backend.services.cohort_reading import Shelf, read
from backend.services.followed import Followed
from backend.storage import cohorts, questionnaires
from backend.storage.cohorts import Member
from backend.storage.feed import Head
from tests.factories.chains import ZONE, chain
from tests.factories.cohorts import Shape, cohort
from tests.histories import Model, reports, steps
from tests.house import House, Patient, Staff
from tests.storage.test_links import act, begin

END = datetime(2026, 12, 20, tzinfo=UTC)


@pytest.fixture
def carla(house: House) -> Staff:
    house.clock.now = END
    return house.login("clinician")


def subjects(house: House, carla: Staff) -> tuple[Subject, ...]:
    with house.unit(carla, writes=False) as ctx:
        return choose(ctx, Asked()).subjects


def agrees(house: House, carla: Staff, patient: Patient) -> None:
    """Hold what is kept or read together against the trend of one patient, which is read anew each time."""
    with house.unit(carla, writes=False) as ctx:
        alone = trends.of_patient(ctx, patient.id).spans
        found = {one.id: one.spans for one in choose(ctx, Asked()).subjects}
    assert found.get(patient.id, ()) == alone


def log(house: House, patient: Patient, moments: list[Occurred], rng: Random) -> list[UUID]:
    made = [uuid4() for _ in moments]
    with house.unit(patient) as ctx:
        for entry_id, moment in zip(made, moments, strict=True):
            causes = frozenset(rng.sample([OtherCause.STEROIDS, OtherCause.HEAT], rng.randrange(2)))
            told = Diary((Rating("fatigue", rng.randrange(11)), Rating("pain", rng.randrange(11))), other_causes=causes)
            symptoms.log(ctx, Report(entry_id, moment, ctx.now - timedelta(hours=1)), told)
    return made


@pytest.mark.parametrize("seed", range(2))  # other lives on each database
def test_what_is_read_together_follows_every_dose_entry_and_retraction(house: House, carla: Staff, seed: int) -> None:
    rng, model, patient = Random(f"{seed} {house.settings.url[:6]}"), Model(), house.patient(cares_for=[carla])
    treatment_id = begin(house, carla, patient)
    entries = log(house, patient, reports(rng, 40), rng)
    agrees(house, carla, patient)
    for step in steps(rng, model, 6):
        model.apply(step)
        house.clock.now = step.now
        with house.unit(carla) as ctx:
            act(ctx, patient, treatment_id, step)
        agrees(house, carla, patient)
    with house.unit(patient) as ctx:
        symptoms.retract(ctx, entries[0], 1, ctx.now, "a mistake")
    agrees(house, carla, patient)
    log(house, patient, [at_moment(house.clock.now - timedelta(days=2), ZONE)], rng)
    agrees(house, carla, patient)


def test_a_patient_whose_feed_stands_is_not_read_again_and_one_whose_moved_is(house: House, carla: Staff) -> None:
    cohort(house, carla, 3, seed=1, shape=Shape((4, 4)))
    first = {one.id: one.followed for one in subjects(house, carla)}
    assert len(first) == 3
    assert all(first[one.id] is one.followed for one in subjects(house, carla))
    moved = Patient(next(iter(first)), house.patient().actor)
    with house.unit() as ctx:
        ctx.touched[moved.id] = {("diary-entry", uuid4())}
    again = {one.id: one.followed for one in subjects(house, carla)}
    assert [who for who in first if again[who] is not first[who]] == [moved.id]


def test_each_patient_of_many_batches_keeps_what_is_theirs(
    house: House, carla: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort_reading, "BATCH", 2)
    ids = cohort(house, carla, 5, seed=2, shape=Shape((4, 4), dateless=0.5))
    with house.unit(carla, writes=False) as ctx:
        found = read(ctx, cohorts.within_reach(ctx.session, carla.id, ctx.now, None))
        assert [one.id for one in found] == sorted(ids)
        for one in found:
            assert len(one.answers) == len(questionnaires.of_patient(ctx.session, one.id))
            assert one.spans(DEFAULT) == trends.of_patient(ctx, one.id).spans


def test_the_shelf_lets_go_of_whoever_was_not_asked_for_longest(house: House, carla: Staff) -> None:
    cohort(house, carla, 3, seed=4, shape=Shape((4,)))
    one, other, third = (subject.followed for subject in subjects(house, carla))
    shelf = Shelf(2)

    def kept(of: Followed) -> Followed | None:
        return shelf.get(Member(of.id, of.zone, of.head))

    shelf.put([one, other])
    assert kept(one) is one
    shelf.put([third])
    assert (kept(one), kept(other), kept(third)) == (one, None, third)
    assert shelf.get(Member(one.id, one.zone, Head(one.head.seq + 1, one.head.epoch))) is None
    assert shelf.get(Member(one.id, one.zone, Head(one.head.seq, "renewed"))) is None


def test_an_entry_that_names_only_a_day_counts_as_before_a_dose_of_its_day_wherever_it_was_made(
    house: House, carla: Staff
) -> None:
    patient = house.patient(cares_for=[carla])
    chain(house, patient, ["2026-03-02 01:00", "2026-04-01 01:00"])
    log(house, patient, [on_day(date(2026, 4, 1), "Pacific/Honolulu")], Random(1))
    (one,) = subjects(house, carla)
    assert [span.entries for span in one.spans] == [1, 0]
    agrees(house, carla, patient)
