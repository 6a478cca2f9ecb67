"""Rules over made-up histories: whatever was given, missed, measured and shown, no plan changes without a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import MetaData, select

from backend.domain.dosing import PartGiven, Status, miss, plan, record_new
from backend.domain.moments import at_moment
from backend.domain.protocols import protocols
from backend.domain.regimens import Route
from backend.domain.samples import Matrix, State, Step
from backend.domain.treatment import PlanVersion
from backend.services import protocols as rules
from backend.services.protocols import Shown
from backend.storage import doses, samples, treatment
from backend.storage import protocols as switched
from tests.factories.chains import ZONE, local
from tests.factories.doses import TreatmentFactory
from tests.factories.studies import study
from tests.house import House, Patient, Staff

HISTORIES = 20
BANDS = [{"below_ug_ml": 10, "weeks": 4}, {"below_ug_ml": 20, "weeks": 6}, {"below_ug_ml": None, "weeks": 9}]
VALUES = ["0.4", "12", "15", "15.1", "16", "16", "25", "40", "199"]


@dataclass(frozen=True, slots=True)
class History:
    """Somebody's course, drawn by luck."""

    house: House
    patient: Patient
    luck: Random

    def live(self) -> None:
        """Give doses at drawn intervals, by drawn routes, some missed, with a level before some of them."""
        at, weeks = local("2025-01-06 09:00"), self.luck.choice([4, 4, 5, 6, 8])
        plans = [_plan(1, at, weeks, Route.IV)]
        moments = [at]
        for _ in range(self.luck.randint(1, 7)):
            if self.luck.random() < 0.2:
                weeks = self.luck.choice([4, 5, 6, 8, 9])
                plans.append(
                    _plan(len(plans) + 1, at + timedelta(days=1), weeks, self.luck.choice([Route.IV] * 5 + [Route.SC]))
                )
            at += timedelta(weeks=weeks, days=self.luck.choice([0] * 8 + [1, 4, -2]))
            moments.append(at)
        made = TreatmentFactory.build(started_on=moments[0].date(), versions=(plans[0],), zone=ZONE)
        with self.house.unit() as ctx:
            treatment.add(ctx.session, self.patient.id, made, None)
            for newer in range(1, len(plans)):
                grown = TreatmentFactory.build(id=made.id, versions=tuple(plans[: newer + 1]))
                treatment.add_version(ctx.session, grown, None)
            self._doses(ctx, made.id, moments)
            self._samples(ctx, moments)

    def _doses(self, ctx: Any, treatment_id: UUID, moments: Sequence[datetime]) -> None:
        for at in moments:
            slot, way = at_moment(at, ZONE), self.luck.choice([Route.IV] * 19 + [Route.SC])
            if self.luck.random() < 0.05:
                made = miss(plan(uuid4(), treatment_id, slot, way, at), at, "")
            else:
                made = record_new(uuid4(), treatment_id, [PartGiven(slot)], way, at)
            assert made.status in {Status.GIVEN, Status.MISSED}
            doses.add(ctx.session, self.patient.id, [made], None)

    def _samples(self, ctx: Any, moments: Sequence[datetime]) -> None:
        for at in moments[1:]:
            if self.luck.random() < 0.2:
                continue
            taken = at - timedelta(hours=self.luck.choice([1] * 8 + [30, -2]))
            sample_id, matrix = uuid4(), Matrix.CAPILLARY_WET.value
            row = {"patient_id": self.patient.id, "id": sample_id, "matrix": matrix, "created_mark": b"m"}
            samples.add(ctx.session, {**row, "created_at": taken, "version": 1})
            step = Step(
                State.COLLECTED, at_moment(taken, ZONE), "n", taken, taken, drops=self.luck.choice([9] * 9 + [3])
            )
            samples.append_step(ctx.session, self.patient.id, sample_id, 0, step)
            value = self.luck.choice(VALUES)
            told = {"analyte": "level", "value": value, "unit": "ug/mL", "comparator": self.luck.choice("======<>")}
            told |= {"lloq": None, "raw_value": value, "raw_unit": "ug/mL", "factor": None, "reason": ""}  # type: ignore[dict-item]
            stamp = {"position": 0, "released": False, "recorded_at": taken + timedelta(days=7), "recorded_by": None}
            samples.append_result(ctx.session, self.patient.id, sample_id, told | stamp)


def _plan(number: int, at: datetime, weeks: int, route: Route) -> PlanVersion:
    on: date = at.date()
    return PlanVersion(number, on, "standard", route, weeks, local("2025-01-06 09:00").time(), (), "", at)


def everything(house: House) -> dict[str, list[str]]:
    """Return all rows but those that say who looked."""
    with house.unit(writes=False) as ctx:
        meta = MetaData()
        meta.reflect(ctx.session.connection())
        told = [one for one in meta.sorted_tables if one.name != "events"]
        return {one.name: sorted(map(repr, ctx.session.execute(select(one)).all())) for one in told}


def shown(house: House, who: Staff, patient: Patient) -> list[Shown]:
    with house.unit(who, writes=False) as ctx:
        return rules.of_patient(ctx, patient.id)


@pytest.fixture
def carla(house: House) -> Staff:
    return house.login("clinician")


def test_no_rule_over_any_history_changes_anything(house: House, carla: Staff) -> None:
    joined = study(house)
    with house.unit() as ctx:
        for key in protocols():
            settings = {"bands": BANDS} if key.startswith("NEXT") else {}
            row = {"study_id": joined.id_, "protocol": key, "version": 1, "enabled": True, "settings": settings}
            switched.add(ctx.session, row | {"reason_sealed": b"", "changed_at": ctx.now, "changed_by": None})
    said: set[tuple[str, bool | None]] = set()
    patients = [house.patient(cares_for=[carla]) for _ in range(HISTORIES)]
    for number, patient in enumerate(patients):
        History(house, patient, Random(number)).live()
        assert joined.join(patient, carla).status_code == 200
    before = everything(house)
    for patient in patients:
        found = shown(house, carla, patient)
        assert [one.rule.key for one in found] == sorted(protocols())
        assert [one.mark for one in shown(house, carla, patient)] == [one.mark for one in found]
        said |= {(one.rule.key, one.verdict.met) for one in found}
        for one in found:
            weeks = one.verdict.params.get("weeks")
            assert weeks is None or one.bounds.hold(int(str(weeks)))
    assert everything(house) == before
    assert {("PDNMS", True), ("PDNMS", False), ("NEXT-MS-EID10", True), ("NEXT-MS-EID10", None)} <= said
