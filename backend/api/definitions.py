"""Definitions over HTTP: a site's own questionnaires are drafted, published and read, beside those that ship."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema

from backend.api import fields, workbooks
from backend.api.endpoint import Answer, Reading, Room
from backend.api.versions import etag
from backend.domain import redcap, xlsforms
from backend.domain.fhir import reading as fhir_reading
from backend.domain.imported import Imported
from backend.domain.languages import LANGUAGES
from backend.domain.questionnaires import Status
from backend.services import claims, definitions
from backend.services.context import Context
from backend.services.definitions import Version

room = Room("questionnaires")

ALL = "/sites/own/questionnaires"
ONE = f"{ALL}/<string:key>/versions/<string:version_name>"
LARGEST = 1_000_000


class DefinitionIn(Schema):
    """A questionnaire as it is to be: its definition, whose form the reference of definitions tells."""

    definition = fields.Object(required=True)


class QuestionnaireHeadOut(Schema):
    """One version of a questionnaire, without what it asks.

    `edit` counts how often the draft was written, and is what If-Match names; `hash` is the SHA-256 of the definition
    as canonical JSON. What ships is published, and nobody of the site made it. What is `retired` was `published`, and
    is assigned to nobody any more.
    """

    key = fields.Text(60, required=True)
    version = fields.Integer(1, 999_999_999, required=True)
    edit = fields.Integer(1, 1_000_000, required=True)
    built_in = fields.Flag(required=True)
    published = fields.Flag(required=True)
    status = fields.Choice(Status, required=True)
    hash = fields.Text(64, required=True)
    made_at = fields.Instant(required=True, allow_none=True)
    made_by = fields.Id(required=True, allow_none=True)
    published_at = fields.Instant(required=True, allow_none=True)
    published_by = fields.Id(required=True, allow_none=True)
    retired_at = fields.Instant(required=True, allow_none=True)
    retired_by = fields.Id(required=True, allow_none=True)


class QuestionnaireOut(QuestionnaireHeadOut):
    """One version of a questionnaire with its definition."""

    definition = fields.Object(required=True)


class QuestionnaireLineOut(QuestionnaireHeadOut):
    """One version in the list: also its title by language, and which instrument its questionnaire is, if any."""

    title = fields.Object(required=True)
    instrument = fields.Text(60, required=True, allow_none=True)


class QuestionnaireList(Schema):
    """The versions of all questionnaires of a site: those that ship first, then by key, each oldest first."""

    items = fields.Many(fields.Part(QuestionnaireLineOut), most=100_000, required=True)


class ResourceIn(Schema):
    """A FHIR R4 Questionnaire of another system."""

    resource = fields.Object(required=True)


class LostOut(Schema):
    """What could not be carried over: a pointer into what was given, and why."""

    pointer = fields.Text(required=True)
    reason = fields.Text(500, required=True)


class WorkbookIn(Schema):
    """An XLSForm: the bytes of an .xlsx file in base64, and the language of its texts that name none."""

    xlsx = fields.Text(workbooks.LONGEST, required=True)
    language = fields.Words(*LANGUAGES)


class DictionaryIn(Schema):
    """A REDCap data dictionary (CSV), the language of its texts, and which instrument is meant where it has several."""

    csv = fields.Text(LARGEST, required=True)
    language = fields.Words(*LANGUAGES, required=True)
    form = fields.Text(200)


class TakenInOut(Schema):
    """The draft that was made of what another system gave, and what of that is not in it."""

    draft = fields.Part(QuestionnaireOut, required=True)
    lost = fields.Many(fields.Part(LostOut), most=100_000, required=True)


class GivenOutOut(Schema):
    """A questionnaire as a FHIR R4 Questionnaire, and what of the definition is not in it."""

    resource = fields.Object(required=True)
    lost = fields.Many(fields.Part(LostOut), most=10_000, required=True)


@room.route("GET", ALL, permission="questionnaires:read", gives=QuestionnaireList)
def list_questionnaires(ctx: Context) -> dict[str, Any]:
    """List the versions of the questionnaires of one's own site, and of those that ship."""
    known = claims.instruments(ctx)
    return {
        "items": [
            _head(found) | {"title": found.definition["title"], "instrument": known.get(found.key)}
            for found in definitions.of_site(ctx)
        ]
    }


@room.route(
    "POST",
    ALL,
    permission="questionnaires:write",
    takes=DefinitionIn,
    gives=QuestionnaireOut,
    status=201,
    problems=(409,),
    largest=LARGEST,
)
def draft_questionnaire(ctx: Context, data: dict[str, Any]) -> Answer:
    """Make a draft of the next version of a questionnaire of one's own site."""
    return _answer(definitions.draft(ctx, data["definition"]), 201)


@room.route("GET", ONE, permission="questionnaires:read", gives=QuestionnaireOut, problems=(404,))
def read_questionnaire(ctx: Context, key: str, version_name: str) -> Answer:
    """Read one version of a questionnaire."""
    return _answer(definitions.one(ctx, key, version_name))


@room.route(
    "PUT", ONE, permission="questionnaires:write", takes=DefinitionIn, gives=QuestionnaireOut, problems=(404, 409),
    if_match=True, largest=LARGEST,
)  # fmt: skip
def replace_questionnaire(ctx: Context, key: str, version_name: str, data: dict[str, Any], version: int) -> Answer:
    """Replace a draft; the same again changes nothing, and a published version never changes."""
    return _answer(definitions.replace(ctx, key, version_name, version, data["definition"]))


@room.route("DELETE", ONE, permission="questionnaires:write", status=204, problems=(404, 409), if_match=True)
def discard_questionnaire(ctx: Context, key: str, version_name: str, version: int) -> None:
    """Throw a draft away; what was published stays."""
    definitions.discard(ctx, key, version_name, version)


@room.route(
    "POST", f"{ONE}/publication", permission="questionnaires:publish", gives=QuestionnaireOut, problems=(404, 409),
    if_match=True,
)  # fmt: skip
def publish_questionnaire(ctx: Context, key: str, version_name: str, version: int) -> Answer:
    """Publish a draft: from now on this version does not change."""
    return _answer(definitions.publish(ctx, key, version_name, version))


@room.route(
    "POST", f"{ONE}/retirement", permission="questionnaires:publish", gives=QuestionnaireOut, problems=(404, 409),
    if_match=True,
)  # fmt: skip
def retire_questionnaire(ctx: Context, key: str, version_name: str, version: int) -> Answer:
    """Retire a published version: it is assigned to nobody any more; who is asked it goes on, and answers stay."""
    return _answer(definitions.retire(ctx, key, version_name, version))


def _for_drafts(read: Callable[[dict[str, Any]], Imported]) -> Callable[[Reading, dict[str, Any]], Imported]:
    """Return what reads a file before the act begins, which it would hold up, for nobody but who may draft."""

    def prepare(reading: Reading, data: dict[str, Any]) -> Imported:
        with reading() as ctx:
            definitions.check_may_draft(ctx)
        return read(data)

    return prepare


_of_fhir = _for_drafts(lambda data: fhir_reading.read(data["resource"], "/resource"))
_of_xlsform = _for_drafts(
    lambda data: xlsforms.read(workbooks.opened(data["xlsx"], "/xlsx"), data.get("language"), "/xlsx")
)
_of_redcap = _for_drafts(lambda data: redcap.read(data["csv"].encode(), data["language"], data.get("form")))


@room.route(
    "POST", f"{ALL}/fhir", permission="questionnaires:write", takes=ResourceIn, gives=TakenInOut, status=201,
    problems=(409,), prepare=_of_fhir, largest=LARGEST,
)  # fmt: skip
def take_in_questionnaire(ctx: Context, prepared: Imported, **_data: Any) -> dict[str, Any]:
    """Make a draft of a FHIR R4 Questionnaire; what could not be carried is told."""
    return _taken_in(ctx, prepared)


@room.route(
    "POST", f"{ALL}/xlsform", permission="questionnaires:write", takes=WorkbookIn, gives=TakenInOut, status=201,
    problems=(409,), prepare=_of_xlsform, largest=LARGEST,
)  # fmt: skip
def take_in_xlsform(ctx: Context, prepared: Imported, **_data: Any) -> dict[str, Any]:
    """Make a draft of an XLSForm; what could not be carried is told with sheet, row and column."""
    return _taken_in(ctx, prepared)


@room.route(
    "POST", f"{ALL}/redcap", permission="questionnaires:write", takes=DictionaryIn, gives=TakenInOut, status=201,
    problems=(409,), prepare=_of_redcap, largest=2 * LARGEST,
)  # fmt: skip
def take_in_redcap(ctx: Context, prepared: Imported, **_data: Any) -> dict[str, Any]:
    """Make a draft of an instrument of a REDCap data dictionary; what could not be carried is told."""
    return _taken_in(ctx, prepared)


@room.route("GET", f"{ONE}/fhir", permission="questionnaires:read", gives=GivenOutOut, problems=(404,))
def give_out_questionnaire(ctx: Context, key: str, version_name: str) -> dict[str, Any]:
    """Read one version of a questionnaire as a FHIR R4 Questionnaire; what could not be carried is told."""
    found = definitions.give_out(ctx, key, version_name)
    return {"resource": found.resource, "lost": found.lost}


def _taken_in(ctx: Context, told: Imported) -> dict[str, Any]:
    made, lost = definitions.take_in(ctx, told)
    return {"draft": _whole(made), "lost": lost}


def _head(found: Version) -> dict[str, Any]:
    return {
        "key": found.key,
        "version": found.version,
        "edit": found.edit,
        "built_in": found.built_in,
        "published": found.published,
        "status": found.status,
        "hash": found.content_hash,
        "made_at": found.made_at,
        "made_by": found.made_by,
        "published_at": found.published_at,
        "published_by": found.published_by,
        "retired_at": found.retired_at,
        "retired_by": found.retired_by,
    }


def _answer(found: Version, status: int = 200) -> Answer:
    return Answer(_whole(found), status, etag(found.edit))


def _whole(found: Version) -> dict[str, Any]:
    return _head(found) | {"definition": found.definition}
