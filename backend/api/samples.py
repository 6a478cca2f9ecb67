"""Samples over HTTP: a patient's phone logs the prick; those who care order samples and log what became of them."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.shapes import OccurredIn, OccurredOut, PlaceOut, occurred
from backend.api.versions import etag
from backend.domain.levels import TroughClass
from backend.domain.reports import Report
from backend.domain.samples import DROPS_MAX, Matrix, Problem, State, Step, Unusable, standing
from backend.services import samples
from backend.services.context import Context
from backend.services.samples import PHONE_STATES, STAFF_STATES, Happened

room = Room("samples")


class BloodIn(Schema):
    """What belongs to the prick itself."""

    drops = fields.Integer(1, DROPS_MAX, load_default=None, allow_none=True)
    problems = fields.Many(fields.Choice(Problem), most=10, load_default=list)


class SampleIn(BloodIn):
    """A sample the patient took, under the id the phone made."""

    id = fields.Id(required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)
    matrix = fields.Choice(Matrix, load_default=Matrix.CAPILLARY_WET)


class OwnStepIn(BloodIn):
    """What the patient did with a sample; drops and problems belong to `collected`."""

    state = fields.Words(*PHONE_STATES, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)


class OrderIn(Schema):
    """A sample for the coming dose; the server makes an id when none is given."""

    id = fields.Id(load_default=None, allow_none=True)
    matrix = fields.Choice(Matrix, load_default=Matrix.CAPILLARY_WET)


class StepIn(BloodIn):
    """What the clinic or the lab did with a sample; a rejection needs its reason."""

    state = fields.Words(*STAFF_STATES, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    reason = fields.Text(500, load_default=None, allow_none=True)


class StepCorrectionIn(BloodIn):
    """What stands in the place of step number `corrects`; `withdrawn` says it never happened."""

    corrects = fields.Integer(0, 10_000, required=True)
    state = fields.Choice(State, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    reason = fields.Text(500, required=True)


class StepOut(Schema):
    """One step, with its place in the history; `corrects` names the step it replaces."""

    position = fields.Integer(0, 10_000, required=True)
    state = fields.Choice(State, required=True)
    occurred = fields.Part(OccurredOut, required=True)
    recorded_at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)
    by = fields.Text(80, required=True)
    reason = fields.Text(500, required=True, allow_none=True)
    drops = fields.Integer(1, DROPS_MAX, required=True, allow_none=True)
    problems = fields.Many(fields.Choice(Problem), most=10, required=True)
    corrects = fields.Integer(0, 10_000, required=True, allow_none=True)


class PlacedOut(Schema):
    """A sample and what follows from its times; `provisional` while the dose after it was not given."""

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    matrix = fields.Choice(Matrix, required=True)
    state = fields.Choice(State, required=True)
    ordered_for = fields.Day(required=True, allow_none=True)
    collected = fields.Part(OccurredOut, required=True, allow_none=True)
    place = fields.Part(PlaceOut, required=True, allow_none=True)
    trough_class = fields.Choice(TroughClass, required=True)
    provisional = fields.Flag(required=True)
    unusable = fields.Many(fields.Choice(Unusable), most=10, required=True)


class SampleOut(PlacedOut):
    """A sample with its steps, oldest first, corrections included."""

    duplicate = fields.Flag(required=True)
    steps = fields.Many(fields.Part(StepOut), most=10_000, required=True)


class SampleList(Schema):
    """Samples, oldest first."""

    items = fields.Many(fields.Part(SampleOut), most=100_000, required=True)


class ToDo(StrEnum):
    """What the patient does next."""

    AWAIT_KIT = "await_kit"
    CONFIRM_KIT = "confirm_kit"
    PRICK = "prick"
    POST = "post"
    AWAIT_RESULT = "await_result"
    NOTHING = "nothing"


TO_DO = {
    State.ORDERED: ToDo.AWAIT_KIT,
    State.KIT_SENT: ToDo.CONFIRM_KIT,
    State.KIT_RECEIVED: ToDo.PRICK,
    State.COLLECTED: ToDo.POST,
    State.POSTED: ToDo.AWAIT_RESULT,
    State.RECEIVED: ToDo.AWAIT_RESULT,
    State.ANALYSED: ToDo.AWAIT_RESULT,
}


class OwnStepOut(Schema):
    """One step that stands, and when it was taken."""

    state = fields.Choice(State, required=True)
    occurred = fields.Part(OccurredOut, required=True)


class OwnSampleOut(PlacedOut):
    """One of one's own samples, the steps it went through, and what to do next."""

    duplicate = fields.Flag(required=True)
    steps = fields.Many(fields.Part(OwnStepOut), most=100, required=True)
    to_do = fields.Choice(ToDo, required=True)


@room.route(
    "POST", "/me/samples", permission="own-samples:write", takes=SampleIn, gives=OwnSampleOut, status=201, also=(200,),
    problems=(409,),
)  # fmt: skip
def log_sample(ctx: Context, data: dict[str, Any]) -> Answer:
    """Log a finger prick; a retry of the same upload answers 200 with `duplicate`."""
    report = Report(data["id"], occurred(data["occurred"]), data["recorded_at"])
    return _made(samples.log(ctx, report, data["matrix"], data["drops"], data["problems"]), own=True)


@room.route(
    "POST", "/me/samples/<uuid:sample_id>/steps", permission="own-samples:write", takes=OwnStepIn, gives=OwnSampleOut,
    status=201, also=(200,), problems=(409,),
)  # fmt: skip
def log_own_sample_step(ctx: Context, sample_id: UUID, data: dict[str, Any]) -> Answer:
    """Log what was done with one's own sample; a retry answers 200 with `duplicate`."""
    told = _happened(data)
    return _made(samples.log_step(ctx, Report(sample_id, told.occurred, data["recorded_at"]), told), own=True)


@room.route(
    "POST", "/patients/<uuid:patient_id>/samples", permission="samples:write", takes=OrderIn, gives=SampleOut,
    status=201, also=(200,), problems=(409,),
)  # fmt: skip
def order_sample(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Order a sample for the coming dose; a retry under the same id answers 200 with `duplicate`."""
    return _made(samples.order(ctx, patient_id, data["id"], data["matrix"]))


@room.route("GET", "/patients/<uuid:patient_id>/samples", permission="samples:read", gives=SampleList)
def list_samples(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's samples, oldest first, without results."""
    return {"items": [shown(sample) for sample in samples.of_patient(ctx, patient_id)]}


@room.route(
    "POST", "/patients/<uuid:patient_id>/samples/<uuid:sample_id>/steps", permission="samples:write", takes=StepIn,
    gives=SampleOut, status=201, also=(200,), problems=(409,),
)  # fmt: skip
def add_sample_step(ctx: Context, patient_id: UUID, sample_id: UUID, data: dict[str, Any]) -> Answer:
    """Log what the clinic or the lab did with a sample; a retry answers 200 with `duplicate`."""
    return _made(samples.add_step(ctx, patient_id, sample_id, _happened(data)))


@room.route(
    "POST", "/patients/<uuid:patient_id>/samples/<uuid:sample_id>/corrections", permission="samples:write",
    takes=StepCorrectionIn, gives=SampleOut, status=201, if_match=True,
)  # fmt: skip
def correct_sample_step(ctx: Context, patient_id: UUID, sample_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Correct or withdraw a step of a sample; the step itself stays on record."""
    return _made(samples.correct_step(ctx, patient_id, sample_id, version, data["corrects"], _happened(data)))


def placed(sample: samples.Sample) -> dict[str, Any]:
    """Return a sample and what follows from its times, as it leaves."""
    return {
        "id": sample.id,
        "version": sample.version,
        "matrix": sample.matrix,
        "state": sample.state,
        "ordered_for": sample.ordered_for,
        "collected": sample.collected,
        "place": sample.place,
        "trough_class": sample.trough.trough_class,
        "provisional": sample.trough.provisional,
        "unusable": sample.unusable,
    }


def shown(sample: samples.Sample) -> dict[str, Any]:
    """Return a sample as staff see it."""
    steps = [_step(position, step) for position, step in enumerate(sample.steps)]
    return placed(sample) | {"duplicate": sample.duplicate, "steps": steps}


def own_shown(sample: samples.Sample) -> dict[str, Any]:
    """Return a sample as its patient sees it."""
    steps = [{"state": step.state, "occurred": step.at} for step in standing(sample.steps)]
    to_do = TO_DO.get(sample.state, ToDo.NOTHING)
    return placed(sample) | {"duplicate": sample.duplicate, "steps": steps, "to_do": to_do}


def _made(sample: samples.Sample, *, own: bool = False) -> Answer:
    body = own_shown(sample) if own else shown(sample)
    return Answer(body, 200 if sample.duplicate else 201, etag(sample.version))


def _happened(data: dict[str, Any]) -> Happened:
    state = State(data["state"])
    return Happened(state, occurred(data["occurred"]), data.get("reason"), data["drops"], tuple(data["problems"]))


def _step(position: int, step: Step) -> dict[str, Any]:
    return {
        "position": position,
        "state": step.state,
        "occurred": step.at,
        "recorded_at": step.recorded_at,
        "received_at": step.received_at,
        "by": step.by,
        "reason": step.reason,
        "drops": step.drops,
        "problems": step.problems,
        "corrects": step.corrects,
    }
