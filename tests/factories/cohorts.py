"""Cohorts for tests: many patients with years of doses, diaries, forms and pricks, written straight into the tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from secrets import token_hex
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, insert

from backend.domain.definitions import content_hash
from backend.domain.forms import form
from backend.domain.moments import Occurred, at_moment, on_day
from backend.domain.recall import FORM
from backend.storage.db import Base
from backend.storage.doses import DoseRow, DoseVersionRow
from backend.storage.feed import FeedRow
from backend.storage.occurrences import as_json, columns
from backend.storage.patients import CareRow, PatientRow
from backend.storage.questionnaires import ResponseRow
from backend.storage.samples import ResultRow, SampleRow, StepRow
from backend.storage.symptoms import EntryRow
from backend.storage.treatment import PlanRow, TreatmentRow
from tests.house import House, Staff

ZONE = "Europe/Amsterdam"
HERE = ZoneInfo(ZONE)
SYMPTOMS = ("fatigue", "sensory", "walking", "cognition", "weakness", "pain", "mood")
SLOT = time(9)
ANSWERED = timedelta(days=2)
"""So long after a dose the form about the interval it ended is answered."""
BATCH = 2000
FORM_HASH = content_hash(form(FORM))


@dataclass(frozen=True, slots=True)
class Shape:
    """How a cohort is made: weeks between doses in turn, chance of writing per day, and of a form and a prick.

    `rises` is the share of patients whose ratings rise in the last week of an interval.
    """

    weeks: tuple[int, ...] = (4, 4, 4, 4, 4, 4, 6, 6, 6, 6)
    writes: float = 0.42
    answers: float = 0.5
    pricks: float = 0.3
    rises: float = 0.6
    dateless: float = 0.1
    late: float = 0.05


@dataclass
class Cohort:
    """Rows that wait to be written, by table, and the ids of the patients made."""

    rng: Random
    ended_on: date
    patients: list[UUID] = field(default_factory=list)
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def put(self, row: type[Base], **values: Any) -> None:
        """Keep a row for later."""
        self.rows.setdefault(row, []).append(values)

    def new_id(self) -> UUID:
        """Return an id from the cohort's own dice."""
        return UUID(int=self.rng.getrandbits(128), version=4)


def cohort(house: House, carer: Staff, count: int, seed: int = 1, shape: Shape | None = None) -> list[UUID]:
    """Write a cohort whom `carer` treats; the same for the same arguments. Returns the patients' ids."""
    made = Cohort(Random(seed), house.clock.now.date())
    sealer = house.app.extensions["uitwerk"].sealer
    for _ in range(count):
        patient_id = made.new_id()
        _enrol(made, patient_id, house, carer, sealer.new_key(str(patient_id)))
        _live(made, patient_id, shape or Shape())
    with house.unit() as ctx:
        for row, values in made.rows.items():
            for piece in _pieces(values):
                ctx.session.execute(insert(_table(row)), piece)
    return made.patients


def _enrol(made: Cohort, patient_id: UUID, house: House, carer: Staff, key: bytes) -> None:
    long_ago = house.clock.now - timedelta(days=3000)
    made.patients.append(patient_id)
    values = {"zone": ZONE, "language": "nl", "channels": "email", "enrolled_at": long_ago, "version": 1}
    made.put(
        PatientRow, id=patient_id, site_id=house.site.id, key=key, planned_at=datetime(2090, 1, 1, tzinfo=UTC), **values
    )
    # The epoch is no seeded one: what is kept of a patient of another test must not pass for this one's.
    made.put(FeedRow, patient_id=patient_id, seq=1, epoch=token_hex(8))
    made.put(CareRow, id=made.new_id(), patient_id=patient_id, staff_id=carer.id, starts_at=long_ago)


def _live(made: Cohort, patient_id: UUID, shape: Shape) -> None:
    rng = made.rng
    days = [made.ended_on - timedelta(weeks=sum(shape.weeks) + rng.randrange(4), days=rng.randrange(7))]
    for weeks in shape.weeks:
        days.append(days[-1] + timedelta(weeks=weeks, days=rng.choice((0, 0, 0, 1, -1))))
    treatment_id = _treat(made, patient_id, days, shape)
    for on in days:
        _dose(made, patient_id, treatment_id, on)
    rises = rng.random() < shape.rises
    for opened_on, closed_on in zip(days, [*days[1:], made.ended_on], strict=True):
        for day in range((closed_on - opened_on).days):
            if rng.random() < shape.writes:
                left = (closed_on - opened_on).days - day
                _entry(made, patient_id, opened_on + timedelta(days=day), rises and left <= 7, shape)
        if closed_on + ANSWERED < made.ended_on:
            _around(made, patient_id, closed_on, shape)


def _treat(made: Cohort, patient_id: UUID, days: list[date], shape: Shape) -> UUID:
    """Put a treatment down with a plan for every length of its intervals, each known on the day it holds from."""
    treatment_id = made.new_id()
    known = {"zone": ZONE, "created_at": _at(days[0], 8)}
    made.put(
        TreatmentRow, id=treatment_id, patient_id=patient_id, drug="natalizumab_iv", started_on=days[0],
        stopped_on=None, **known,
    )  # fmt: skip
    version, before = 0, 0
    for on, weeks in zip(days, shape.weeks, strict=False):
        if weeks != before:
            version, before = version + 1, weeks
            made.put(
                PlanRow, treatment_id=treatment_id, version=version, valid_from=on, regimen="standard", route="iv",
                interval_weeks=weeks, slot=SLOT, weekdays=[], reason="", recorded_at=_at(on, 8), recorded_by=None,
            )  # fmt: skip
    return treatment_id


def _dose(made: Cohort, patient_id: UUID, treatment_id: UUID, on: date) -> None:
    given, dose_id = at_moment(_at(on, 9), ZONE), made.new_id()
    shared = {
        "patient_id": patient_id,
        "treatment_id": treatment_id,
        "status": "given",
        "route": "iv",
        "planned": as_json(given),
        "parts": [{"given": as_json(given), "mg": 300.0, "body_site": None}],
        "act": "record",
        "reason": "",
        "recorded_at": _at(on, 10),
        "device_at": None,
        "device_offset": None,
        "recorded_by": None,
        "version": 1,
    }
    made.put(DoseRow, id=dose_id, anchor_at=given.dose_anchor, given_on=on, **shared)
    made.put(DoseVersionRow, dose_id=dose_id, **shared)


def _entry(made: Cohort, patient_id: UUID, on: date, risen: bool, shape: Shape) -> None:
    rng = made.rng
    at = _at(on, 20, rng.randrange(60))
    received_at = at + (timedelta(days=rng.randrange(1, 5)) if rng.random() < shape.late else timedelta(minutes=1))
    none = not risen and rng.random() < 0.05
    ratings = [
        {
            "symptom": symptom,
            "intensity": min(10, rng.randrange(4) + 3 * risen),
            "change_vs_usual": None,
            "impact": None,
            "onset_on": None,
            "resolved_on": None,
        }
        for symptom in (() if none else SYMPTOMS)
    ]
    causes = ["infection_fever"] if rng.random() < 0.03 else []
    content = {"ratings": ratings, "no_complaints": none, "wearing_off": None, "other_causes": causes}
    made.put(
        EntryRow, content=content, note_sealed=None,
        **_report(made, patient_id, on_day(on, ZONE) if rng.random() < shape.dateless else at_moment(at, ZONE), at),
        received_at=received_at,
    )  # fmt: skip


def _around(made: Cohort, patient_id: UUID, on: date, shape: Shape) -> None:
    """Put down what goes with a dose: the form about the interval that it ended, and pricks before it."""
    rng = made.rng
    if rng.random() < shape.answers:
        felt = rng.random() < 0.5
        answers: dict[str, Any] = {"ever_experienced": "yes", "experienced": "yes" if felt else "no"}
        if felt:
            answers |= {"onset_days_before_dose": rng.randrange(1, 30), "resolved_days_after_dose": rng.randrange(4)}
        at = _at(on + ANSWERED, 20)
        made.put(
            ResponseRow, form=FORM, form_version=1, form_hash=FORM_HASH, about="previous", completed=True,
            answers=answers, dropped=[],
            **_report(made, patient_id, at_moment(at, ZONE), at), received_at=at,
        )  # fmt: skip
    if rng.random() < shape.pricks:
        level = round(rng.uniform(2, 40), 1)
        for matrix, hour, value in (("capillary_wet", 7, level), ("venous_serum", 8, level + rng.gauss(0.4, 1))):
            _sample(made, patient_id, matrix, _at(on, hour), f"{max(value, 0.5):.1f}")


def _sample(made: Cohort, patient_id: UUID, matrix: str, at: datetime, value: str) -> None:
    sample_id = made.new_id()
    named = {"patient_id": patient_id, "sample_id": sample_id}
    made.put(
        SampleRow, patient_id=patient_id, id=sample_id, matrix=matrix, created_mark=b"", created_at=at, version=3
    )  # fmt: skip
    for position, (state, hours) in enumerate((("collected", 0), ("reported", 48))):
        moment = at + timedelta(hours=hours)
        made.put(
            StepRow, **named, position=position, state=state, at=as_json(at_moment(moment, ZONE)), by="lab",
            recorded_at=moment, recorded_offset=60, received_at=moment, reason=None,
            drops=10 if state == "collected" else None, problems=[], corrects=None,
        )  # fmt: skip
    made.put(
        ResultRow, **named, position=0, analyte="level", value=value, unit="ug/mL", comparator="=", lloq="0.5",
        raw_value=value, raw_unit="ug/mL", factor=None, reason="", released=True, recorded_at=at, recorded_by=None,
    )  # fmt: skip


def _report(made: Cohort, patient_id: UUID, occurred: Occurred, at: datetime) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "id": made.new_id(),
        "version": 1,
        "retracted": False,
        "created_mark": b"",
        "standing_mark": None,
        "planned_on": None,
        "session_id": None,
        "recorded_at": at,
        "recorded_offset": 60,
        **columns(occurred),
    }


def _at(on: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(on, time(hour, minute), HERE)


def _table(row: type[Base]) -> Table:
    return row.__table__  # type: ignore[return-value]  # a mapped class has a Table


def _pieces(values: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
