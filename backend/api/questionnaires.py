"""Forms over HTTP: which are asked now, in the patient's language, and their responses; those who treat read."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room, etag
from backend.api.shapes import OccurredIn, OccurredOut, PlaceOut, occurred
from backend.domain.occasions import About
from backend.domain.questionnaires import Condition, Item, Kind, Words
from backend.domain.reports import Report
from backend.services import questionnaires
from backend.services.context import Context
from backend.services.questionnaires import Asked, Response, Told

room = Room("responses")


class ToldIn(Schema):
    """What a patient answers; `about` is the interval it falls in or the one before."""

    about = fields.Choice(About, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)
    completed = fields.Flag(required=True)
    answers = fields.Object(required=True)


class ResponseIn(ToldIn):
    """A new response to a form, under the id the phone made."""

    id = fields.Id(required=True)
    form = fields.Text(60, required=True)


class ResponseCorrectionIn(ToldIn):
    """A newer version of a response, naming the version it replaces and why."""

    base_version = fields.Integer(1, 1_000_000, required=True)
    reason = fields.Text(500, required=True)


class ResponseRetractionIn(Schema):
    """The version that is retracted, when on the phone's clock, and why."""

    base_version = fields.Integer(1, 1_000_000, required=True)
    recorded_at = fields.Instant(required=True)
    reason = fields.Text(500, required=True)


class ResponseOut(Schema):
    """A response with its place, and the number of the interval it is about."""

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    retracted = fields.Flag(required=True)
    duplicate = fields.Flag(required=True)
    form = fields.Text(60, required=True)
    form_version = fields.Text(20, required=True)
    about = fields.Choice(About, required=True)
    about_interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    occurred = fields.Part(OccurredOut, required=True)
    recorded_at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)
    completed = fields.Flag(required=True)
    answers = fields.Object(required=True)
    place = fields.Part(PlaceOut, required=True)


_RESPONSE = tuple(ResponseOut().fields)


class ResponseList(Schema):
    """Responses, oldest first."""

    items = fields.Many(fields.Part(ResponseOut), most=100_000, required=True)


class ConditionOut(Schema):
    """Holds when the question `key` was answered exactly so: a word, or `true`/`false` for yes and no."""

    key = fields.Text(64, required=True)
    equals = fields.Text(100, required=True)


class ChoiceOut(Schema):
    """One thing to choose; `low` to `high` where it is a band of another question."""

    code = fields.Text(64, required=True)
    text = fields.Text(500, required=True)
    low = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)
    high = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)


class EndsOut(Schema):
    """The words at the ends of a scale."""

    low = fields.Text(500, required=True)
    high = fields.Text(500, required=True)


class ItemOut(Schema):
    """One question, in the order of asking."""

    key = fields.Text(64, required=True)
    kind = fields.Choice(Kind, required=True)
    text = fields.Text(1000, required=True)
    required = fields.Flag(required=True)
    low = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)
    high = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)
    choices = fields.Many(fields.Part(ChoiceOut), most=100, required=True)
    show_when = fields.Part(ConditionOut, required=True, allow_none=True)
    hide_when = fields.Part(ConditionOut, required=True, allow_none=True)
    band_of = fields.Text(64, required=True, allow_none=True)
    ends = fields.Part(EndsOut, required=True, allow_none=True)


class AskedOut(Schema):
    """A form that is asked now; send its `about` with the response. `closes_on` is null until the dose is given."""

    form = fields.Text(60, required=True)
    version = fields.Text(20, required=True)
    language = fields.Words("nl", "en", required=True)
    title = fields.Text(500, required=True)
    about = fields.Choice(About, required=True)
    about_interval = fields.Integer(1, 100_000, required=True)
    opens_on = fields.Day(required=True)
    closes_on = fields.Day(required=True, allow_none=True)
    items = fields.Many(fields.Part(ItemOut), most=500, required=True)


class AskedList(Schema):
    """The forms that are asked now."""

    items = fields.Many(fields.Part(AskedOut), most=10, required=True)


@room.route("GET", "/me/forms", permission="own-responses:read", gives=AskedList)
def list_own_forms(ctx: Context) -> dict[str, Any]:
    """List the forms that are asked now, with their questions in one's own language."""
    return {"items": [asked_shown(asked) for asked in questionnaires.asked_now(ctx)]}


@room.route(
    "POST", "/me/responses", permission="own-responses:write", takes=ResponseIn, gives=ResponseOut, status=201,
    also=(200,), problems=(409,),
)  # fmt: skip
def respond(ctx: Context, data: dict[str, Any]) -> Answer:
    """Answer a form; a retry of the same upload answers 200 with `duplicate`."""
    report = Report(data["id"], occurred(data["occurred"]), data["recorded_at"])
    response = questionnaires.respond(ctx, report, data["form"], _told(data))
    return Answer(response, 200 if response.duplicate else 201, etag(response.version))


@room.route("GET", "/me/responses", permission="own-responses:read", gives=ResponseList)
def list_own_responses(ctx: Context) -> dict[str, Any]:
    """List one's own responses, oldest first."""
    return {"items": questionnaires.own(ctx)}


@room.route(
    "PUT", "/me/responses/<uuid:response_id>", permission="own-responses:write", takes=ResponseCorrectionIn,
    gives=ResponseOut, problems=(404, 409),
)  # fmt: skip
def correct_response(ctx: Context, response_id: UUID, data: dict[str, Any]) -> Answer:
    """Correct a response; the version it replaces is kept."""
    report = Report(response_id, occurred(data["occurred"]), data["recorded_at"])
    response = questionnaires.correct(ctx, data["base_version"], report, _told(data), data["reason"])
    return Answer(response, headers=etag(response.version))


@room.route(
    "POST", "/me/responses/<uuid:response_id>/retraction", permission="own-responses:write",
    takes=ResponseRetractionIn, gives=ResponseOut, problems=(404, 409),
)  # fmt: skip
def retract_response(ctx: Context, response_id: UUID, data: dict[str, Any]) -> Response:
    """Retract a response; it does not come back."""
    told = (data["base_version"], data["recorded_at"], data["reason"])
    return questionnaires.retract(ctx, response_id, *told)


@room.route("GET", "/patients/<uuid:patient_id>/responses", permission="responses:read", gives=ResponseList)
def list_responses(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's responses, oldest first."""
    return {"items": questionnaires.of_patient(ctx, patient_id)}


def shown(response: Response) -> dict[str, Any]:
    """Return a response as it leaves."""
    return {name: getattr(response, name) for name in _RESPONSE}


def _told(data: dict[str, Any]) -> Told:
    return Told(data["about"], data["completed"], data["answers"])


def asked_shown(asked: Asked) -> dict[str, Any]:
    """Return a form that is asked now, in the patient's language."""
    language = "nl" if asked.language.startswith("nl") else "en"
    return {
        "form": asked.form.key,
        "version": asked.form.version,
        "language": language,
        "title": getattr(asked.form.title, language),
        "about": asked.occasion.about,
        "about_interval": asked.occasion.interval,
        "opens_on": asked.occasion.opens_on,
        "closes_on": asked.occasion.closes_on,
        "items": [_item(item, language) for item in asked.form.items.values()],
    }


def _item(item: Item, language: str) -> dict[str, Any]:
    choices = [{"code": c.code, "text": getattr(c, language), "low": c.low, "high": c.high} for c in item.choices]
    return {
        "key": item.key,
        "kind": item.kind,
        "text": getattr(item.text, language),
        "required": item.required,
        "low": item.low,
        "high": item.high,
        "choices": choices,
        "show_when": _condition(item.show_when),
        "hide_when": _condition(item.hide_when),
        "band_of": item.band_of,
        "ends": _ends(item.ends, language),
    }


def _condition(condition: Condition | None) -> dict[str, str] | None:
    if condition is None:
        return None
    equals = condition.equals if isinstance(condition.equals, str) else str(condition.equals).lower()
    return {"key": condition.key, "equals": equals}


def _ends(ends: tuple[Words, Words] | None, language: str) -> dict[str, str] | None:
    return None if ends is None else {"low": getattr(ends[0], language), "high": getattr(ends[1], language)}
