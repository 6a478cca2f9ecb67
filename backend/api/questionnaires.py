"""Forms over HTTP: which are asked now, in the patient's language, and their responses; those who treat read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.form_shapes import ItemOut, items_shown
from backend.api.shapes import OccurredIn, OccurredOut, PlaceOut, occurred
from backend.api.versions import etag
from backend.domain.occasions import About
from backend.domain.reports import Report
from backend.services import own_forms, questionnaires
from backend.services.answerable import Named
from backend.services.context import Context
from backend.services.own_forms import Asked
from backend.services.questionnaires import Response, Told

room = Room("responses")


class ToldIn(Schema):
    """What a patient answers; `about` is the interval it falls in or the one before."""

    about = fields.Choice(About, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)
    completed = fields.Flag(required=True)
    answers = fields.Object(required=True)


class ResponseIn(ToldIn):
    """A new response to a form, under the id the phone made; to a site's own also the version or hash answered."""

    id = fields.Id(required=True)
    form = fields.Text(60, required=True)
    form_version = fields.Text(20, load_default=None, allow_none=True)
    form_hash = fields.Text(64, load_default=None, allow_none=True)


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


class OwnQuestionnaireOut(Schema):
    """One version of a questionnaire in one language, with the hash that its answers name."""

    form = fields.Text(60, required=True)
    version = fields.Text(20, required=True)
    hash = fields.Text(64, required=True)
    language = fields.Words("nl", "en", required=True)
    title = fields.Text(2000, required=True)
    items = fields.Many(fields.Part(ItemOut), most=500, required=True)


class AskedList(Schema):
    """The forms that are asked now."""

    items = fields.Many(fields.Part(AskedOut), most=10, required=True)


@room.route("GET", "/me/forms", permission="own-responses:read", gives=AskedList)
def list_own_forms(ctx: Context) -> dict[str, Any]:
    """List the forms that are asked now, with their questions in one's own language."""
    return {"items": [asked_shown(asked) for asked in own_forms.asked_now(ctx)]}


@room.route(
    "GET", "/me/questionnaires/<string:key>/versions/<string:version_name>", permission="own-responses:read",
    gives=OwnQuestionnaireOut, problems=(404,),
)  # fmt: skip
def read_own_questionnaire(ctx: Context, key: str, version_name: str) -> dict[str, Any]:
    """Read one version of a questionnaire that one is asked, or was, in one's own language; or of one that ships."""
    found, language = own_forms.definition(ctx, key, version_name)
    form = found.form
    return {
        "form": form.key,
        "version": form.version,
        "hash": found.content_hash,
        "language": language,
        "title": form.title.told(language, form.languages[0]),
        "items": items_shown(form, language),
    }


@room.route(
    "POST", "/me/responses", permission="own-responses:write", takes=ResponseIn, gives=ResponseOut, status=201,
    also=(200,), problems=(409,),
)  # fmt: skip
def respond(ctx: Context, data: dict[str, Any]) -> Answer:
    """Answer a form; a retry of the same upload answers 200 with `duplicate`."""
    report = Report(data["id"], occurred(data["occurred"]), data["recorded_at"])
    response = questionnaires.respond(ctx, report, named(data), _told(data))
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


def named(data: Mapping[str, Any]) -> Named:
    """Return which form a response answers."""
    return Named(data["form"], data["form_version"], data["form_hash"])


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
