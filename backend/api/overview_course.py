"""The course on a patient's page over HTTP: plans, doses, levels, samples, forms and messages as they leave."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.history import WhoOut
from backend.api.results import LARGEST
from backend.api.shapes import OccurredOut
from backend.api.treatment import ExpectedOut, PlanVersionOut, expected_shown, plan_shown
from backend.domain.dosing import Status
from backend.domain.levels import Comparator, TroughClass
from backend.domain.occasions import About
from backend.domain.regimens import Route
from backend.domain.samples import Matrix, State, Unusable
from backend.services.ledger import STATES
from backend.services.overview_course import Course, Event, Level
from backend.services.samples import Sample

MOST = 100_000


class PlanByOut(PlanVersionOut):
    """One version of a plan, with who decided it and why."""

    recorded_by = fields.Part(WhoOut, required=True, allow_none=True)


class CourseOut(Schema):
    """A treatment with every version of its plan, oldest first, and the next dose it expects."""

    id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    name_nl = fields.Text(120, required=True)
    name_en = fields.Text(120, required=True)
    started_on = fields.Day(required=True)
    stopped_on = fields.Day(required=True, allow_none=True)
    zone = fields.Text(64, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    plans = fields.Many(fields.Part(PlanByOut), most=10_000, required=True)
    expected = fields.Part(ExpectedOut, required=True, allow_none=True)


class DoseEventOut(Schema):
    """A dose event; `interval_opened` is the number of the interval that begins with it."""

    id = fields.Id(required=True)
    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    status = fields.Choice(Status, required=True)
    route = fields.Choice(Route, required=True)
    planned = fields.Part(OccurredOut, required=True, allow_none=True)
    given = fields.Part(OccurredOut, required=True, allow_none=True)
    version = fields.Integer(1, 1_000_000, required=True)
    interval_opened = fields.Integer(1, MOST, required=True, allow_none=True)


class StandingLevelOut(Schema):
    """A standing level, whether the patient may see it or not, and where its prick stands."""

    sample_id = fields.Id(required=True)
    on = fields.Day(required=True)
    at = fields.Instant(required=True, allow_none=True)
    interval = fields.Integer(1, MOST, required=True, allow_none=True)
    day_since_dose = fields.Integer(0, MOST, required=True, allow_none=True)
    days_before_actual = fields.Integer(0, MOST, required=True, allow_none=True)
    value = fields.Number(0, LARGEST, required=True)
    unit = fields.Text(20, required=True)
    comparator = fields.Choice(Comparator, required=True)
    lloq = fields.Number(0, LARGEST, required=True, allow_none=True)
    matrix = fields.Choice(Matrix, required=True)
    trough_class = fields.Choice(TroughClass, required=True)
    provisional = fields.Flag(required=True)
    unusable = fields.Many(fields.Choice(Unusable), most=10, required=True)
    released = fields.Flag(required=True)


class AnsweredFormOut(Schema):
    """A response: the day it was given, and the interval it is about."""

    id = fields.Id(required=True)
    on = fields.Day(required=True)
    form = fields.Text(60, required=True)
    interval = fields.Integer(1, MOST, required=True, allow_none=True)
    about = fields.Choice(About, required=True)
    completed = fields.Flag(required=True)


class SampleMarkOut(Schema):
    """A sample as a mark on the timeline."""

    id = fields.Id(required=True)
    state = fields.Choice(State, required=True)
    ordered_for = fields.Day(required=True, allow_none=True)
    collected_on = fields.Day(required=True, allow_none=True)
    matrix = fields.Choice(Matrix, required=True)
    unusable = fields.Many(fields.Choice(Unusable), most=10, required=True)


class MessageOut(Schema):
    """A reminder as a mark on the timeline."""

    on = fields.Day(required=True)
    at = fields.Instant(required=True)
    kind = fields.Text(20, required=True)
    step = fields.Text(20, required=True)
    status = fields.Words(*STATES, required=True)
    channel = fields.Text(20, shortest=0, required=True)


def course_shown(course: Course) -> dict[str, Any]:
    """Return a treatment as it leaves."""
    found = course.treatment
    return {
        "id": found.id,
        "drug": found.drug_key,
        "name_nl": course.drug.name_nl,
        "name_en": course.drug.name_en,
        "started_on": found.started_on,
        "stopped_on": found.stopped_on,
        "zone": found.zone,
        "version": found.versions[-1].version,
        "plans": [plan_shown(one.plan) | {"recorded_by": one.by} for one in course.plans],
        "expected": expected_shown(course.expected),
    }


def event_shown(event: Event) -> dict[str, Any]:
    """Return a dose event as it leaves."""
    dose = event.dose
    return {
        "id": dose.id,
        "treatment_id": dose.treatment_id,
        "drug": event.drug_key,
        "status": dose.status,
        "route": dose.route,
        "planned": dose.planned,
        "given": dose.given,
        "version": dose.version,
        "interval_opened": event.interval_opened,
    }


def level_shown(level: Level) -> dict[str, Any]:
    """Return a level as it leaves."""
    sample, told = level.sample, level.told
    return {
        "sample_id": sample.id,
        "on": sample.collected.on if sample.collected else None,
        "at": sample.collected.at if sample.collected else None,
        "interval": level.place.interval,
        "day_since_dose": level.place.day_since_dose,
        "days_before_actual": level.place.days_before_actual,
        "value": told.value,
        "unit": told.unit,
        "comparator": told.comparator,
        "lloq": told.lloq,
        "matrix": sample.matrix,
        "trough_class": sample.trough.trough_class,
        "provisional": sample.trough.provisional,
        "unusable": sample.unusable,
        "released": told.released,
    }


def sample_shown(sample: Sample) -> dict[str, Any]:
    """Return a sample as it leaves."""
    return {
        "id": sample.id,
        "state": sample.state,
        "ordered_for": sample.ordered_for,
        "collected_on": sample.collected.on if sample.collected else None,
        "matrix": sample.matrix,
        "unusable": sample.unusable,
    }
