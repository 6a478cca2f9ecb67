"""Forms over HTTP: which are asked now, in the patient's language, and their responses; those who treat read."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room, etag
from backend.api.shapes import OccurredIn, OccurredOut, PlaceOut, occurred
from backend.domain.occasions import About
from backend.domain.questionnaires import Behavior, Form, Operator, Option, Place, Type, Words
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
    """A response with its place, and the number of the interval it is about.

    `form_hash` is the SHA-256 of the definition it answers. `dropped` points at answers (below `answers`) that were
    sent to questions which the others hide: they are not kept.
    """

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    retracted = fields.Flag(required=True)
    duplicate = fields.Flag(required=True)
    form = fields.Text(60, required=True)
    form_version = fields.Text(20, required=True)
    form_hash = fields.Text(64, required=True)
    about = fields.Choice(About, required=True)
    about_interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    occurred = fields.Part(OccurredOut, required=True)
    recorded_at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)
    completed = fields.Flag(required=True)
    answers = fields.Object(required=True)
    dropped = fields.Many(fields.Text(), most=10_000, required=True)
    place = fields.Part(PlaceOut, required=True)


_RESPONSE = tuple(ResponseOut().fields)


class ResponseList(Schema):
    """Responses, oldest first."""

    items = fields.Many(fields.Part(ResponseOut), most=100_000, required=True)


class ConditionOut(Schema):
    """Holds by the answers to `question`: with `exists`, `answer` says whether there is to be one."""

    question = fields.Text(64, required=True)
    operator = fields.Choice(Operator, required=True)
    answer = fields.Anything(required=True)


class OptionOut(Schema):
    """One thing to choose; `low` to `high` where it is a band of another question."""

    code = fields.Text(64, required=True)
    text = fields.Text(2000, required=True)
    low = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)
    high = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)


class EndsOut(Schema):
    """The words at the ends of a scale."""

    low = fields.Text(2000, required=True)
    high = fields.Text(2000, required=True)


class ItemOut(Schema):
    """One item, in the order of asking; `parent` is the key of the group it stands in.

    It is put when its group is, and when its conditions hold: all of them or any, as `enable_behavior` says. Answers to
    what is not put count as none. `low` and `high` are values of the item's type, both included; `initial` is a list.
    """

    key = fields.Text(64, required=True)
    type = fields.Choice(Type, required=True)
    parent = fields.Text(64, required=True, allow_none=True)
    text = fields.Text(2000, shortest=0, required=True)
    help = fields.Text(2000, required=True, allow_none=True)
    required = fields.Flag(required=True)
    repeats = fields.Flag(required=True)
    initial = fields.Many(fields.Anything(), most=20, required=True)
    low = fields.Anything(required=True, allow_none=True)
    high = fields.Anything(required=True, allow_none=True)
    max_length = fields.Integer(1, 4000, required=True, allow_none=True)
    unit = fields.Text(40, required=True, allow_none=True)
    options = fields.Many(fields.Part(OptionOut), most=200, required=True)
    enable_when = fields.Many(fields.Part(ConditionOut), most=20, required=True)
    enable_behavior = fields.Choice(Behavior, required=True)
    band_of = fields.Text(64, required=True, allow_none=True)
    ends = fields.Part(EndsOut, required=True, allow_none=True)


_ITEM = tuple(ItemOut().fields)


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
    form = asked.form
    language = form.language(asked.language)
    return {
        "form": form.key,
        "version": form.version,
        "language": language,
        "title": form.title.told(language, form.languages[0]),
        "about": asked.occasion.about,
        "about_interval": asked.occasion.interval,
        "opens_on": asked.occasion.opens_on,
        "closes_on": asked.occasion.closes_on,
        "items": items_shown(form, language),
    }


def items_shown(form: Form, language: str) -> list[dict[str, Any]]:
    """Return the items of a form in one language, in the order of asking."""
    return [_item(place, language, form.languages[0]) for place in form.places.values()]


def _item(place: Place, language: str, first: str) -> dict[str, Any]:
    item = place.item
    told = {
        "parent": place.parent,
        "text": item.text.told(language, first) if item.text else "",
        "help": item.help.told(language, first) if item.help else None,
        "options": [_option(option, language, first) for option in item.options],
        "ends": _ends(item.ends, language, first),
    }
    return {name: told[name] if name in told else getattr(item, name) for name in _ITEM}


def _option(option: Option, language: str, first: str) -> dict[str, Any]:
    text = option.text.told(language, first)
    return {"code": option.code, "text": text, "low": option.low, "high": option.high}


def _ends(ends: tuple[Words, Words] | None, language: str, first: str) -> dict[str, str] | None:
    return None if ends is None else {"low": ends[0].told(language, first), "high": ends[1].told(language, first)}
