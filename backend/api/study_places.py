"""Places in studies over HTTP: a study's arms and visits, who takes part, and what became of their visits."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.assignment_shapes import DaysShape
from backend.api.consents import ConsentOut
from backend.api.endpoint import Answer, Room
from backend.api.versions import etag
from backend.domain.consents import Purpose
from backend.domain.study_plans import MOST_ARMS, MOST_VISITS, told_plan
from backend.domain.visits import Fate, State, Timing
from backend.services import study_places, study_plans
from backend.services.context import Context
from backend.services.study_places import Place, Visit, Why
from backend.services.study_plans import Decided

room = Room("studies")


class NamesShape(Schema):
    """A name in each language there is one in."""

    nl = fields.Text(120)
    en = fields.Text(120)


class ArmShape(Schema):
    """An arm: its key and its name."""

    key = fields.Text(40, required=True)
    names = fields.Part(NamesShape, required=True)


class VisitShape(Schema):
    """A visit: its key, its name, and its days, told as those of an assignment; grace is how much later it may be."""

    key = fields.Text(40, required=True)
    names = fields.Part(NamesShape, required=True)
    days = fields.Part(DaysShape, required=True)


class StudyPlanIn(Schema):
    """The arms and visits of a study from now on."""

    arms = fields.Many(fields.Part(ArmShape), most=MOST_ARMS, required=True)
    visits = fields.Many(fields.Part(VisitShape), most=MOST_VISITS, required=True)


class StudyPlanOut(StudyPlanIn):
    """The arms and visits of a study, which version that is, and since when; 0 where nothing was decided yet."""

    version = fields.Integer(0, 1_000_000, required=True)
    from_on = fields.Day(required=True, allow_none=True)
    recorded_at = fields.Instant(required=True, allow_none=True)
    recorded_by = fields.Id(required=True, allow_none=True)


class ParticipantOut(Schema):
    """Somebody who takes part: since when, until when the study asked of them, their arm, and what they agreed to."""

    patient_id = fields.Id(required=True)
    consented_at = fields.Instant(required=True)
    finished_at = fields.Instant(required=True, allow_none=True)
    arm = fields.Text(40, required=True, allow_none=True)
    holds = fields.Many(fields.Choice(Purpose), most=len(Purpose), required=True)


class ParticipantList(Schema):
    """Those who take part and whom one cares for, by when they consented."""

    items = fields.Many(fields.Part(ParticipantOut), most=100_000, required=True)


class VisitOut(Schema):
    """One visit of a patient: its name, its days with grace, how it stands, and on which day it was held and how that
    lies to its days; `turn` is which time it is.
    """

    key = fields.Text(40, required=True)
    turn = fields.Text(60, required=True)
    names = fields.Part(NamesShape, required=True)
    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    opens_on = fields.Day(required=True)
    closes_on = fields.Day(required=True)
    grace_on = fields.Day(required=True)
    state = fields.Choice(State, required=True)
    on = fields.Day(required=True, allow_none=True)
    timing = fields.Choice(Timing, required=True, allow_none=True)


class PastOut(Schema):
    """One thing that was done: a consent, an arm, a visit, or the end; by whom and when it was recorded."""

    kind = fields.Text(20, required=True)
    told = fields.Object(required=True)
    recorded_at = fields.Instant(required=True)
    recorded_by = fields.Id(required=True, allow_none=True)
    by_patient = fields.Flag(required=True)


class StudyPlaceOut(Schema):
    """A patient's place in a study: consents, arm, visits in order, and all that was done, oldest first."""

    consent = fields.Part(ConsentOut, required=True)
    arm = fields.Text(40, required=True, allow_none=True)
    visits = fields.Many(fields.Part(VisitOut), most=100_000, required=True)
    history = fields.Many(fields.Part(PastOut), most=100_000, required=True)


class StudyPlaceList(Schema):
    """A patient's places in studies."""

    items = fields.Many(fields.Part(StudyPlaceOut), most=10_000, required=True)


class ArmIn(Schema):
    """The arm a patient is in, as was decided elsewhere."""

    arm = fields.Text(40, required=True)


class VisitIn(Schema):
    """What became of a visit, and the local day on which it was held."""

    fate = fields.Choice(Fate, required=True)
    on = fields.Day(load_default=None, allow_none=True)


class FinishIn(Schema):
    """Why the study is over for a patient."""

    why = fields.Choice(Why, required=True)


@room.route("GET", "/studies/<uuid:study_id>/plan", permission="studies:read", gives=StudyPlanOut, problems=(404,))
def show_study_plan(ctx: Context, study_id: UUID) -> Answer:
    """Show the arms and visits of a study."""
    return _plan(study_plans.of_study(ctx, study_id))


@room.route(
    "PUT", "/studies/<uuid:study_id>/plan", permission="study-plans:write", takes=StudyPlanIn, gives=StudyPlanOut,
    if_match=True, problems=(404, 409),
)  # fmt: skip
def decide_study_plan(ctx: Context, study_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Decide on the arms and visits of a study from now on; If-Match names the version that was read, "0" for none."""
    return _plan(study_plans.decide(ctx, study_id, version, data))


@room.route(
    "GET", "/studies/<uuid:study_id>/participants", permission="participants:list", gives=ParticipantList,
    problems=(404,),
)  # fmt: skip
def list_participants(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List those who take part in a study and whom one cares for."""
    return {"items": study_places.participants(ctx, study_id)}


@room.route("GET", "/patients/<uuid:patient_id>/studies", permission="subjects:read", gives=StudyPlaceList)
def list_places(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's places in studies: consents, arm, visits, and all that was done."""
    return {"items": [_place(one) for one in study_places.of_patient(ctx, patient_id)]}


@room.route(
    "PUT", "/patients/<uuid:patient_id>/studies/<uuid:study_id>/arm", permission="subjects:write", takes=ArmIn,
    gives=StudyPlaceOut, problems=(409,),
)  # fmt: skip
def put_in_arm(ctx: Context, patient_id: UUID, study_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
    """Record which arm a patient is in."""
    return _place(study_places.allocate(ctx, patient_id, study_id, data["arm"]))


@room.route(
    "PUT", "/patients/<uuid:patient_id>/studies/<uuid:study_id>/visits/<string:key>/<string:turn>",
    permission="subjects:write", takes=VisitIn, gives=StudyPlaceOut, problems=(409,),
)  # fmt: skip
def tell_visit(
    ctx: Context, patient_id: UUID, study_id: UUID, key: str, turn: str, data: dict[str, Any]
) -> dict[str, Any]:
    """Record what became of a visit; what is said last stands."""
    return _place(study_places.tell_visit(ctx, patient_id, study_id, key, turn, data["fate"], data["on"]))


@room.route(
    "POST", "/patients/<uuid:patient_id>/studies/<uuid:study_id>/finish", permission="subjects:write",
    takes=FinishIn, gives=StudyPlaceOut, problems=(409,),
)  # fmt: skip
def finish_study(ctx: Context, patient_id: UUID, study_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
    """Record that a study is over for a patient: it asks nothing more, and keeps what it has."""
    return _place(study_places.finish(ctx, patient_id, study_id, data["why"]))


def _plan(one: Decided) -> Answer:
    told = told_plan(one.plan)
    for visit in told["visits"]:
        del visit["days"]["questionnaire"], visit["days"]["version"]
    moments = {"from_on": one.from_on, "recorded_at": one.recorded_at, "recorded_by": one.recorded_by}
    return Answer({**told, "version": one.version, **moments}, headers=etag(one.version))


def _place(one: Place) -> dict[str, Any]:
    visits = [_visit(each) for each in one.visits]
    return {"consent": one.consent, "arm": one.arm, "visits": visits, "history": one.history}


def _visit(one: Visit) -> dict[str, Any]:
    told = one.planned
    days = {name: getattr(told, name) for name in ("opens_on", "closes_on", "grace_on", "state", "on", "timing")}
    return {"key": told.key, "turn": told.turn, "names": one.names, "interval": told.interval, **days}
