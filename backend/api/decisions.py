"""Decisions over HTTP: a clinician decides under a study's dosing rule, and sees before what that would change."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.protocols import RuleStateOut
from backend.api.reminders import ToldOut
from backend.api.shapes import OccurredIn, OccurredOut, occurred
from backend.api.treatment import ExpectedOut, expected_shown
from backend.domain.decisions import TOO_EARLY, Choice, Move, Told
from backend.domain.dosing import Dose
from backend.domain.regimens import Route
from backend.services import decisions
from backend.services.context import Context
from backend.services.decisions import Decided, Decision, Difference, Stand

room = Room("decisions")
_DECISIONS = "/patients/<uuid:patient_id>/decisions"


class MovedDoseIn(Schema):
    """To which slot the next planned dose is moved, from which version of it; why, if sooner than the drug allows."""

    dose_id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    planned = fields.Part(OccurredIn, required=True)
    override_reason = fields.Text(500, load_default=None, allow_none=True)


class DecisionIn(Schema):
    """A decision, under an id of the client's own.

    `state_mark` and `treatment_version` name what was seen. Only a change has `interval_weeks`, `valid_from` (today
    if left out) and `move`, and at least the first or the last of them.
    """

    id = fields.Id(required=True)
    study_id = fields.Id(required=True)
    protocol = fields.Text(40, required=True)
    choice = fields.Choice(Choice, required=True)
    reason = fields.Text(500, required=True)
    state_mark = fields.Text(64, required=True)
    treatment_version = fields.Integer(1, 1_000_000, load_default=None, allow_none=True)
    interval_weeks = fields.Integer(1, 60, load_default=None, allow_none=True)
    valid_from = fields.Day(load_default=None, allow_none=True)
    move = fields.Part(MovedDoseIn, load_default=None, allow_none=True)


class DecisionOut(Schema):
    """A decision as it is kept, with the rule's `state` exactly as it was shown; the plan is that of `treatment_id`.

    `flags` holds `before-changes-from-interval` where a change reaches an interval which the level could not yet
    change by the rule's own account.
    """

    id = fields.Id(required=True)
    study_id = fields.Id(required=True)
    protocol = fields.Text(40, required=True)
    protocol_version = fields.Integer(1, 1_000_000, required=True)
    choice = fields.Choice(Choice, required=True)
    reason = fields.Text(500, required=True)
    state = fields.Part(RuleStateOut, required=True)
    treatment_id = fields.Id(required=True, allow_none=True)
    plan_before = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    plan_after = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    dose_id = fields.Id(required=True, allow_none=True)
    dose_version = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    flags = fields.Many(fields.Words(TOO_EARLY), most=10, required=True)
    decided_at = fields.Instant(required=True)
    decided_by = fields.Id(required=True)


class DecisionList(Schema):
    """Decisions about a patient, oldest first."""

    items = fields.Many(fields.Part(DecisionOut), most=100_000, required=True)


class PlanStandOut(Schema):
    """How a plan stands: its version, and the next dose it expects."""

    version = fields.Integer(1, 1_000_000, required=True)
    valid_from = fields.Day(required=True)
    interval_weeks = fields.Integer(1, 60, required=True, allow_none=True)
    route = fields.Choice(Route, required=True)
    expected = fields.Part(ExpectedOut, required=True, allow_none=True)


class PlanChangeOut(Schema):
    """The plan before and after; null without a treatment."""

    before = fields.Part(PlanStandOut, required=True, allow_none=True)
    after = fields.Part(PlanStandOut, required=True, allow_none=True)


class SlotOut(Schema):
    """The slot of a planned dose in a version of it."""

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    planned = fields.Part(OccurredOut, required=True, allow_none=True)


class SlotChangeOut(Schema):
    """The dose that moves, before and after."""

    before = fields.Part(SlotOut, required=True)
    after = fields.Part(SlotOut, required=True)


class DecisionDifferenceOut(Schema):
    """What a decision changes: the plan, the dose that moves if any, and the reminders that follow."""

    plan = fields.Part(PlanChangeOut, required=True)
    dose = fields.Part(SlotChangeOut, required=True, allow_none=True)
    cancelled = fields.Many(fields.Part(ToldOut), most=1000, required=True)
    created = fields.Many(fields.Part(ToldOut), most=1000, required=True)
    in_flight = fields.Many(fields.Part(ToldOut), most=1000, required=True)


class DecidedOut(Schema):
    """A decision and what it changes; of a preview nothing is kept, and ids of its reminders are of nothing."""

    decision = fields.Part(DecisionOut, required=True)
    difference = fields.Part(DecisionDifferenceOut, required=True)
    duplicate = fields.Flag(required=True)


@room.route(
    "POST", f"{_DECISIONS}/preview", permission="decisions:write", takes=DecisionIn, gives=DecidedOut,
    problems=(404, 409),
)  # fmt: skip
def preview_decision(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
    """See what a decision would change; nothing is kept."""
    return _decided(decisions.preview(ctx, patient_id, _told(data)))


@room.route(
    "POST", _DECISIONS, permission="decisions:write", takes=DecisionIn, gives=DecidedOut, status=201, also=(200,),
    problems=(404, 409),
)  # fmt: skip
def decide_on_interval(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Decide under a study's dosing rule; a retry of the same under the same id answers 200 with `duplicate`."""
    made = decisions.decide(ctx, patient_id, _told(data))
    return Answer(_decided(made), 200 if made.duplicate else 201)


@room.route("GET", _DECISIONS, permission="protocols:read", gives=DecisionList, problems=(404,))
def list_decisions(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what was decided about a patient under dosing rules, each with the rule's state as it was shown."""
    return {"items": [_kept(one) for one in decisions.of_patient(ctx, patient_id)]}


def _told(data: dict[str, Any]) -> Told:
    move = data.pop("move")
    if move is None:
        return Told(**data)
    slot = occurred(move["planned"], "/move/planned")
    return Told(**data, move=Move(move["dose_id"], move["version"], slot, move["override_reason"]))


def _decided(made: Decided) -> dict[str, Any]:
    return {
        "decision": _kept(made.decision),
        "difference": _difference(made.difference),
        "duplicate": made.duplicate,
    }


def _kept(one: Decision) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Decision.__slots__}


def _difference(found: Difference) -> dict[str, Any]:
    before, after = found.dose_before, found.dose_after
    moved = before is not None and after is not None
    return {
        "plan": {"before": _stand(found.plan_before), "after": _stand(found.plan_after)},
        "dose": {"before": _slot(before), "after": _slot(after)} if moved else None,
        "cancelled": found.moved.cancelled,
        "created": found.moved.created,
        "in_flight": found.moved.in_flight,
    }


def _slot(dose: Dose | None) -> dict[str, Any] | None:
    return None if dose is None else {"id": dose.id, "version": dose.version, "planned": dose.planned}


def _stand(stand: Stand | None) -> dict[str, Any] | None:
    if stand is None:
        return None
    plan = stand.plan
    return {
        "version": plan.version,
        "valid_from": plan.valid_from,
        "interval_weeks": plan.interval_weeks,
        "route": plan.route,
        "expected": expected_shown(stand.expected),
    }
