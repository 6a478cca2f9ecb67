"""Digests: whatever is done, lists and figures from digests say what they say when everything is read anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, event, func, select, update

from backend.domain.reports import Report
from backend.domain.symptoms import Diary, Rating
from backend.services import cohort_reading, digest_mark, digesting, roster, symptoms, treatment, ward, worklist
from backend.services.cohort import of_cohort
from backend.services.cohort_members import Asked
from backend.services.cohort_reading import digest, from_tables
from backend.services.treatment import Decision
from backend.storage import cohorts, digests
from backend.storage.digests import DigestRow
from backend.storage.feed import FeedRow
from backend.storage.patients import PatientRow
from backend.worker import BETWEEN_DIGESTS_S, outbox
from backend.worker import digests as worker_digests
from tests.factories.cohorts import Shape, cohort
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, level
from tests.histories import Model, reports, steps
from tests.house import House, Staff
from tests.storage.test_links import act, begin

END = datetime(2026, 12, 20, tzinfo=UTC)
PLANTED = "Wilhelmina told her neighbour"


@pytest.fixture
def carla(house: House) -> Staff:
    house.clock.now = END
    return house.login("clinician")


def refreshed(house: House) -> None:
    """Let the background do its work to the end."""
    more = True
    while more:
        with house.unit(writes=False) as ctx:
            more = digesting.refresh(ctx)


def forgotten(house: House) -> None:
    """Leave no digest, so that everything is read anew."""
    with house.unit() as ctx:
        ctx.session.execute(delete(DigestRow))


def standing(house: House) -> int:
    with house.unit(writes=False) as ctx:
        ids = list(ctx.session.scalars(select(PatientRow.id)))
        return len(digests.whole(ctx.session, ids, digest_mark.mark()))


def told(house: House, carla: Staff) -> list[Any]:
    """Return everything that is made from digests: list, calendar, worklist and figures."""
    cohort_reading.forget()
    today = house.clock.now.date()
    first = today - timedelta(days=30)
    with house.unit(carla, writes=False) as ctx:
        need = worklist.waiting(ctx)
        rows = [(row.need.patient.id, row.need.item, row.need.words) for row in need.rows]
        calendar = ward.calendar(ctx, first, today + timedelta(days=30))
        return [roster.standing(ctx).rows, calendar, rows, need.counts, of_cohort(ctx, Asked())]


def agrees(house: House, carla: Staff) -> None:
    """Hold what digests tell against what is read anew; before, the old ones are there and must not be taken."""
    stale = told(house, carla)
    refreshed(house)
    assert standing(house) > 0
    kept = told(house, carla)
    forgotten(house)
    anew = told(house, carla)
    assert kept == anew
    assert stale == anew


class Life:
    """A patient to whom things happen, one after the other, each by the way it comes in."""

    def __init__(self, house: House, carla: Staff, rng: Random) -> None:
        self.house, self.carla, self.rng = house, carla, rng
        self.patient = house.patient(cares_for=[carla])
        self.phone = house.phone(self.patient)
        self.treatment_id = begin(house, carla, self.patient)
        self.plans, self.model, self.entries = 1, Model(), list[UUID]()

    def step(self) -> None:
        """Do something with a dose."""
        for one in steps(self.rng, self.model, 1):
            self.model.apply(one)
            with self.house.unit(self.carla) as ctx:
                act(replace(ctx, now=max(one.now, ctx.now)), self.patient, self.treatment_id, one)

    def entry(self) -> None:
        """Write in the diary, at some moment of the year or on a mere day."""
        self.entries.append(uuid4())
        (moment,) = reports(self.rng, 1)
        with self.house.unit(self.patient) as ctx:
            report = Report(self.entries[-1], moment, ctx.now - timedelta(hours=1))
            symptoms.log(ctx, report, Diary((Rating("fatigue", self.rng.randrange(11)),), note=PLANTED))

    def retraction(self) -> None:
        """Take an entry back."""
        if self.entries:
            with self.house.unit(self.patient) as ctx:
                symptoms.retract(ctx, self.entries.pop(), 1, ctx.now, PLANTED)

    def form(self) -> None:
        """Answer the form about this interval or the one before."""
        about = self.rng.choice(("current", "previous"))
        self._post("/me/responses", ResponseUpload(at=self._at(), about=about, completed=self.rng.random() < 0.7))

    def prick(self) -> None:
        """Prick a finger, and let the clinic say what was measured."""
        upload: Any = SampleUpload(at=self._at(), drops=self.rng.randrange(4, 12))
        self._post("/me/samples", upload)
        path = f"/patients/{self.patient.id}/samples/{upload['id']}/results"
        assert (
            self.house.post(path, json=level(self.rng.randrange(1, 40)), headers=self.carla.headers).status_code == 201
        )

    def plan(self) -> None:
        """Decide on another interval."""
        weeks = self.rng.randrange(4, 9)
        decided = Decision("standard", None, weeks, time(9), (), None, PLANTED)
        with self.house.unit(self.carla) as ctx:
            treatment.amend(ctx, self.patient.id, self.treatment_id, self.plans, decided)
        self.plans += 1

    def zone(self) -> None:
        """Move to another zone."""
        with self.house.unit() as ctx:
            zone = self.rng.choice(("Pacific/Auckland", "America/New_York", "Europe/Amsterdam"))
            ctx.session.execute(update(PatientRow).where(PatientRow.id == self.patient.id).values(zone=zone))

    def _at(self) -> str:
        return (self.house.clock.now - timedelta(days=self.rng.randrange(1, 200))).isoformat()

    def _post(self, path: str, body: Any) -> None:
        answer = self.house.post(path, json=body, headers=self.phone)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("seed", range(2))  # other lives on each database
def test_after_each_change_lists_and_figures_are_what_they_are_without_digests(
    house: House, carla: Staff, seed: int
) -> None:
    rng = Random(f"{seed} {house.settings.url[:6]}")
    cohort(house, carla, 2, seed=seed, shape=Shape((4, 4, 6)))
    life = Life(house, carla, rng)
    kinds: list[Callable[[], None]] = [
        life.step,
        life.entry,
        life.retraction,
        life.form,
        life.prick,
        life.plan,
        life.zone,
    ]
    for happens in (life.step, life.step, life.step, life.entry, *rng.choices(kinds, (4, 2, 1, 2, 1, 1, 1), k=8)):
        house.clock.now += timedelta(hours=rng.randrange(1, 50))
        happens()
        agrees(house, carla)
    yesterday = house.clock.now.date() - timedelta(days=1)
    with house.unit(carla) as ctx:
        treatment.stop(ctx, life.patient.id, life.treatment_id, life.plans, yesterday, PLANTED)
    agrees(house, carla)


def test_what_is_kept_is_read_back_as_it_was(house: House, carla: Staff) -> None:
    cohort(house, carla, 4, seed=3, shape=Shape((4, 6, 6), dateless=0.4, pricks=1.0, answers=1.0))
    with house.unit(carla, writes=False) as ctx:
        members = cohorts.within_reach(ctx.session, carla.id, ctx.now, None)
        made = from_tables(ctx, members)
        ctx.digests.extend(map(digest, made))
    cohort_reading.forget()
    with house.unit(carla, writes=False) as ctx:
        found = cohort_reading.read(ctx, members)
    for one, other in zip(made, found, strict=True):
        assert one.line == other.line
        assert (one.rated, one.written, one.early) == (other.rated, other.written, other.early)
        assert (one.recalled, one.pricks, one.coming_on) == (other.recalled, other.pricks, other.coming_on)


def test_a_cohort_that_was_asked_for_is_kept_for_the_next_process(house: House, carla: Staff) -> None:
    cohort(house, carla, 3, seed=5, shape=Shape((4, 4)))
    told(house, carla)
    assert standing(house) == 3
    cohort_reading.forget()
    with entries_read(house) as said, house.unit(carla, writes=False) as ctx:
        assert of_cohort(ctx, Asked()).n == 3
    assert said == [], "no entry is read again"


@contextmanager
def entries_read(house: House) -> Iterator[list[str]]:
    """Gather the statements that read diary entries."""
    said: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM diary_entries" in statement:
            said.append(statement)

    with house.app.app_context():
        engine = house.app.extensions["sqlalchemy"].engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_an_older_digest_takes_the_place_of_no_newer_one(house: House, carla: Staff) -> None:
    (patient_id,) = cohort(house, carla, 1, seed=6, shape=Shape((4,)))
    with house.unit(writes=False) as ctx:
        (before,) = digests.lacking(ctx.session, digest_mark.mark(), 5)
        (old,) = map(digest, from_tables(ctx, [before]))
    moved(house, patient_id)
    refreshed(house)
    with house.unit() as ctx:
        digests.put(ctx.session, [old])
        assert ctx.session.scalars(select(DigestRow.seq)).all() == [before.head.seq + 1]
    assert standing(house) == 1


def test_an_older_digest_is_not_kept_where_there_is_none(house: House, carla: Staff) -> None:
    (patient_id,) = cohort(house, carla, 1, seed=6, shape=Shape((4,)))
    with house.unit(writes=False) as ctx:
        members = digests.lacking(ctx.session, digest_mark.mark(), 5)
        (old,) = map(digest, from_tables(ctx, members))
    moved(house, patient_id)
    with house.unit() as ctx:
        digests.put(ctx.session, [old])
        assert ctx.session.scalar(select(func.count()).select_from(DigestRow)) == 0


@pytest.mark.parametrize(
    "what", [{"made_by": "older code"}, {"zone": "Europe/London"}, {"epoch": "another"}, {"seq": 0}]
)
def test_a_digest_of_other_code_zone_epoch_or_number_does_not_stand(
    house: House, carla: Staff, what: dict[str, Any]
) -> None:
    cohort(house, carla, 1, seed=7, shape=Shape((4,)))
    refreshed(house)
    assert standing(house) == 1
    with house.unit() as ctx:
        ctx.session.execute(update(DigestRow).values(**what))
    assert standing(house) == 0
    refreshed(house)
    assert standing(house) == 1


def test_in_the_background_as_many_are_read_as_there_are_and_a_bad_record_holds_up_nobody(
    house: House, carla: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = cohort(house, carla, 5, seed=8, shape=Shape((4,)))

    def troubled(ctx: Any, members: Any) -> Any:
        if ids[0] in {one.id for one in members}:
            raise ValueError("a record that cannot be read")
        return from_tables(ctx, members)

    monkeypatch.setattr(digesting, "BATCH", 2)
    monkeypatch.setattr(digesting, "from_tables", troubled)
    refreshed(house)
    assert standing(house) >= 3
    monkeypatch.undo()
    refreshed(house)
    assert standing(house) == 5


def test_the_dispatcher_keeps_digests_and_says_when_there_may_be_more(
    house: House, carla: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort(house, carla, 3, seed=8, shape=Shape((4,)))
    monkeypatch.setattr(digesting, "BATCH", 2)
    box = outbox(house.settings)
    at_first = worker_digests(box, house.settings, house.clock)
    assert (at_first(), standing(house)) == (0.0, 0), "what waits to be sent goes before"
    job = worker_digests(box, house.settings, house.clock, after_s=0)
    assert (job(), standing(house)) == (BETWEEN_DIGESTS_S, 2)
    assert (job(), standing(house)) == (0.0, 3)
    box.engine.dispose()


def test_a_patient_without_a_feed_gets_no_digest(house: House, carla: Staff) -> None:
    house.patient(cares_for=[carla])
    told(house, carla)
    refreshed(house)
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(DigestRow)) == 0


def test_nothing_that_anybody_wrote_is_in_a_digest(house: House, carla: Staff) -> None:
    life = Life(house, carla, Random(9))
    for happens in (life.step, life.step, life.entry, life.form, life.prick, life.plan, life.retraction):
        happens()
    refreshed(house)
    with house.unit(writes=False) as ctx:
        (row,) = ctx.session.execute(select(DigestRow.course, DigestRow.diary))
    assert not any(word in part for part in row for word in (*PLANTED.split(), "why"))


def test_with_the_patient_goes_the_digest(house: House, carla: Staff) -> None:
    patient = house.patient(cares_for=[])
    moved(house, patient.id)
    refreshed(house)
    with house.unit() as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(DigestRow)) == 1
        for table in ("feed_changes", "feeds"):
            ctx.session.execute(delete(FeedRow.metadata.tables[table]))
        ctx.session.execute(delete(PatientRow).where(PatientRow.id == patient.id))
        assert ctx.session.scalar(select(func.count()).select_from(DigestRow)) == 0


def moved(house: House, patient_id: UUID) -> None:
    """Let a patient's feed move on."""
    with house.unit() as ctx:
        ctx.touched[patient_id] = {("diary-entry", uuid4())}
