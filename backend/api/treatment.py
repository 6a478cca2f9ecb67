"""Treatments over HTTP: start, change and stop a plan with a reason; a patient sees the plan and what comes next."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room, clock_text
from backend.api.reminders import MovedOut
from backend.api.versions import etag
from backend.domain.dosing import BodySite
from backend.domain.linking import Interval
from backend.domain.regimens import Route
from backend.domain.treatment import Expected, PlanVersion, entry
from backend.services import treatment
from backend.services.context import Context
from backend.services.treatment import Changed, Course, Decision, Own

room = Room("treatments")


class PlanIn(Schema):
    """What was decided: regimen, route (the regimen's if left out), personal interval, clock time, chosen weekdays."""

    regimen = fields.Text(60, load_default="standard")
    route = fields.Choice(Route, load_default=None, allow_none=True)
    interval_weeks = fields.Integer(1, 60, load_default=None, allow_none=True)
    slot = fields.Clock(required=True)
    weekdays = fields.Many(fields.Integer(1, 7), most=7, load_default=list)
    valid_from = fields.Day(load_default=None, allow_none=True)
    reason = fields.Text(500, required=True)


class TreatmentIn(PlanIn):
    """A new treatment with its first plan; `id` may be the client's own."""

    id = fields.Id(load_default=None, allow_none=True)
    drug = fields.Text(40, required=True)
    started_on = fields.Day(required=True)


class StopIn(Schema):
    """From which day the treatment is stopped, and why."""

    stopped_on = fields.Day(required=True)
    reason = fields.Text(500, required=True)


class PlanVersionOut(Schema):
    """One version of a plan, and why it was decided."""

    version = fields.Integer(1, 1_000_000, required=True)
    valid_from = fields.Day(required=True)
    regimen = fields.Text(60, required=True)
    route = fields.Choice(Route, required=True)
    interval_weeks = fields.Integer(1, 60, required=True, allow_none=True)
    slot = fields.Clock(required=True)
    weekdays = fields.Many(fields.Integer(1, 7), most=7, required=True)
    reason = fields.Text(500, required=True)
    recorded_at = fields.Instant(required=True)


class PlanOut(PlanVersionOut):
    """One version of a plan, with who decided and why."""

    recorded_by = fields.Id(required=True, allow_none=True)


class ExpectedOut(Schema):
    """The next dose: `planned` was decided by somebody, `projected` follows from the plan alone."""

    on = fields.Day(required=True)
    at = fields.Instant(required=True)
    sure = fields.Words("planned", "projected", required=True)
    dose_id = fields.Id(required=True, allow_none=True)


class TreatmentOut(Schema):
    """A treatment with every version of its plan, oldest first (a stop is the last), and the next dose it expects."""

    id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    started_on = fields.Day(required=True)
    stopped_on = fields.Day(required=True, allow_none=True)
    zone = fields.Text(64, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    plans = fields.Many(fields.Part(PlanOut), most=10_000, required=True)
    expected = fields.Part(ExpectedOut, required=True, allow_none=True)


class TreatmentList(Schema):
    """Treatments, oldest first."""

    items = fields.Many(fields.Part(TreatmentOut), most=1000, required=True)


class TreatmentChangedOut(Schema):
    """A treatment after an act, and which reminders that moved."""

    treatment = fields.Part(TreatmentOut, required=True)
    moved = fields.Part(MovedOut, required=True)
    duplicate = fields.Flag(required=True)


class OwnTreatmentOut(Schema):
    """One's own treatment as it stands: the drug's `name` in one's own language, and where it may be injected.

    `at_home` tells whether one logs its doses oneself.
    """

    id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    name = fields.Text(120, required=True)
    at_home = fields.Flag(required=True)
    body_sites = fields.Many(fields.Choice(BodySite), most=20, required=True)
    route = fields.Choice(Route, required=True)
    interval_weeks = fields.Integer(1, 60, required=True, allow_none=True)
    started_on = fields.Day(required=True)
    stopped_on = fields.Day(required=True, allow_none=True)
    expected = fields.Part(ExpectedOut, required=True, allow_none=True)


class RunningOut(Schema):
    """The running interval: `day` is today's, counted from the dose day as 0."""

    number = fields.Integer(1, 100_000, required=True)
    opened_on = fields.Day(required=True)
    planned_end_on = fields.Day(required=True, allow_none=True)
    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    stopped = fields.Flag(required=True)
    day = fields.Integer(0, 100_000, required=True)


class OwnPlanOut(Schema):
    """One's own treatments, and the running interval if there is one."""

    today = fields.Day(required=True)
    treatments = fields.Many(fields.Part(OwnTreatmentOut), most=1000, required=True)
    interval = fields.Part(RunningOut, required=True, allow_none=True)


@room.route(
    "POST", "/patients/<uuid:patient_id>/treatments", permission="treatments:write", takes=TreatmentIn,
    gives=TreatmentChangedOut, status=201, also=(200,), problems=(404, 409),
)  # fmt: skip
def start_treatment(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Start a treatment; a retry of the same under the same id answers 200 with `duplicate`."""
    changed = treatment.start(ctx, patient_id, data["id"], data["drug"], data["started_on"], _decision(data))
    return _changed(changed, 200 if changed.duplicate else 201)


@room.route(
    "GET", "/patients/<uuid:patient_id>/treatments", permission="treatments:read", gives=TreatmentList, problems=(404,)
)
def list_treatments(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's treatments with the versions of their plan."""
    return {"items": [_shown(course) for course in treatment.of_patient(ctx, patient_id)]}


@room.route(
    "POST", "/patients/<uuid:patient_id>/treatments/<uuid:treatment_id>/plans", permission="treatments:write",
    takes=PlanIn, gives=TreatmentChangedOut, status=201, problems=(404, 409), if_match=True,
)  # fmt: skip
def amend_treatment(ctx: Context, patient_id: UUID, treatment_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Change a plan from a day on; the versions before it are kept."""
    return _changed(treatment.amend(ctx, patient_id, treatment_id, version, _decision(data)), 201)


@room.route(
    "POST", "/patients/<uuid:patient_id>/treatments/<uuid:treatment_id>/stop", permission="treatments:write",
    takes=StopIn, gives=TreatmentChangedOut, problems=(404, 409), if_match=True,
)  # fmt: skip
def stop_treatment(ctx: Context, patient_id: UUID, treatment_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Stop a treatment; its last interval stays open."""
    return _changed(treatment.stop(ctx, patient_id, treatment_id, version, data["stopped_on"], data["reason"]), 200)


@room.route("GET", "/me/plan", permission="own-plan:read", gives=OwnPlanOut)
def get_own_plan(ctx: Context) -> dict[str, Any]:
    """Get one's own plan: treatments, the next dose and how sure it is, and today's day in the interval."""
    return own_shown(treatment.own(ctx))


def own_shown(found: Own) -> dict[str, Any]:
    """Return a plan as its patient sees it."""
    return {
        "today": found.today,
        "treatments": [_own(course, found) for course in found.courses],
        "interval": _running(found.interval, found.day or 0) if found.interval else None,
    }


def _decision(data: dict[str, Any]) -> Decision:
    return Decision(
        data["regimen"],
        data["route"],
        data["interval_weeks"],
        data["slot"],
        tuple(data["weekdays"]),
        data["valid_from"],
        data["reason"],
    )


def _changed(changed: Changed, status: int) -> Answer:
    shown = _shown(changed.course)
    body = {"treatment": shown, "moved": changed.moved, "duplicate": changed.duplicate}
    return Answer(body, status, etag(shown["version"]))


def _shown(course: Course) -> dict[str, Any]:
    found = course.treatment
    return {
        "id": found.id,
        "drug": found.drug_key,
        "started_on": found.started_on,
        "stopped_on": found.stopped_on,
        "zone": found.zone,
        "version": found.versions[-1].version,
        "plans": [plan_shown(plan) | {"recorded_by": course.deciders[plan.version]} for plan in found.versions],
        "expected": expected_shown(course.expected),
    }


def plan_shown(plan: PlanVersion) -> dict[str, Any]:
    """Return one version of a plan as it leaves, but for who decided it."""
    return {
        "version": plan.version,
        "valid_from": plan.valid_from,
        "regimen": plan.regimen,
        "route": plan.route,
        "interval_weeks": plan.interval_weeks,
        "slot": clock_text(plan.slot),
        "weekdays": plan.weekdays,
        "reason": plan.reason,
        "recorded_at": plan.recorded_at,
    }


def expected_shown(coming: Expected | None) -> dict[str, Any] | None:
    """Return the next dose as it leaves."""
    if coming is None:
        return None
    sure = "planned" if coming.certain else "projected"
    return {"on": coming.on, "at": coming.at, "sure": sure, "dose_id": coming.dose_id}


def _own(course: Course, own: Own) -> dict[str, Any]:
    found = course.treatment
    plan = found.plan_on(own.today)
    drug = entry(found.drug, plan.route)
    return {
        "id": found.id,
        "drug": found.drug_key,
        "name": drug.name_en if own.language == "en" else drug.name_nl,
        "at_home": found.id in own.at_home,
        "body_sites": drug.administration.sites if drug.administration else (),
        "route": plan.route,
        "interval_weeks": plan.interval_weeks,
        "started_on": found.started_on,
        "stopped_on": found.stopped_on,
        "expected": expected_shown(course.expected),
    }


def _running(interval: Interval, day: int) -> dict[str, Any]:
    return {
        "number": interval.number,
        "opened_on": interval.opened_on,
        "planned_end_on": interval.planned_end_on,
        "planned_weeks": interval.planned_weeks,
        "stopped": interval.stopped,
        "day": day,
    }
