"""The diary over HTTP: a patient's phone logs, corrects and retracts; those who treat read."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields, paging
from backend.api.endpoint import Answer, Room
from backend.api.shapes import OccurredIn, OccurredOut, PageIn, PlaceOut, occurred
from backend.api.versions import etag
from backend.domain.reports import Report
from backend.domain.symptoms import Change, Diary, Impact, OtherCause, Rating, WearingOffFelt
from backend.services import symptoms
from backend.services.context import Context

room = Room("diary-entries")


class RatingIn(Schema):
    """One complaint, 0 (none) to 10 (worst imaginable), NRS-11; `words` only and always for `other`."""

    symptom = fields.Text(40, required=True)
    intensity = fields.Integer(0, 10, required=True)
    change_vs_usual = fields.Choice(Change, load_default=None, allow_none=True)
    impact = fields.Choice(Impact, load_default=None, allow_none=True)
    onset_on = fields.Day(load_default=None, allow_none=True)
    resolved_on = fields.Day(load_default=None, allow_none=True)
    words = fields.Text(200, load_default=None, allow_none=True)


class DiaryIn(Schema):
    """What a patient says of a moment or a day."""

    ratings = fields.Many(fields.Part(RatingIn), most=50, load_default=list)
    no_complaints = fields.Flag(load_default=False)
    wearing_off = fields.Choice(WearingOffFelt, load_default=None, allow_none=True)
    other_causes = fields.Many(fields.Choice(OtherCause), most=20, load_default=list)
    note = fields.Text(load_default=None, allow_none=True)


class EntryIn(DiaryIn):
    """A new entry under the id the phone made."""

    id = fields.Id(required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)


class CorrectionIn(DiaryIn):
    """A newer version of an entry, naming the version it replaces and why."""

    base_version = fields.Integer(1, 1_000_000, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    recorded_at = fields.Instant(required=True)
    reason = fields.Text(500, required=True)


class RetractionIn(Schema):
    """The version that is retracted, when on the phone's clock, and why."""

    base_version = fields.Integer(1, 1_000_000, required=True)
    recorded_at = fields.Instant(required=True)
    reason = fields.Text(500, required=True)


class EntryOut(Schema):
    """A diary entry with its place in the dosing interval."""

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    retracted = fields.Flag(required=True)
    duplicate = fields.Flag(required=True)
    occurred = fields.Part(OccurredOut, required=True)
    recorded_at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)
    ratings = fields.Many(fields.Part(RatingIn), most=50, required=True)
    no_complaints = fields.Flag(required=True)
    wearing_off = fields.Choice(WearingOffFelt, required=True, allow_none=True)
    other_causes = fields.Many(fields.Choice(OtherCause), most=20, required=True)
    note = fields.Text(required=True, allow_none=True)
    place = fields.Part(PlaceOut, required=True)


class EntryPage(Schema):
    """Entries, the newest first."""

    items = fields.Many(fields.Part(EntryOut), most=500, required=True)
    next = fields.Text(1000, required=True, allow_none=True)


class SupersededOut(Schema):
    """An earlier version of an entry."""

    version = fields.Integer(1, 1_000_000, required=True)
    content = fields.Object(required=True)
    note = fields.Text(required=True, allow_none=True)
    replaced_at = fields.Instant(required=True)
    replaced_by = fields.Id(required=True, allow_none=True)
    device_at = fields.Instant(required=True)
    reason = fields.Text(500, required=True)


class SupersededList(Schema):
    """Earlier versions, oldest first."""

    items = fields.Many(fields.Part(SupersededOut), most=100_000, required=True)


@room.route(
    "POST", "/me/diary-entries", permission="own-entries:write", takes=EntryIn, gives=EntryOut, status=201, also=(200,),
    problems=(409,),
)  # fmt: skip
def log_entry(ctx: Context, data: dict[str, Any]) -> Answer:
    """Log a diary entry; a retry of the same upload answers 200 with `duplicate`."""
    report = Report(data["id"], occurred(data["occurred"]), data["recorded_at"])
    entry = symptoms.log(ctx, report, diary(data))
    return Answer(shown(entry), 200 if entry.duplicate else 201, etag(entry.version))


@room.route("GET", "/me/diary-entries", permission="own-entries:read", asks=PageIn, gives=EntryPage)
def list_own_entries(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """List one's own entries, the newest first."""
    return paging.page(symptoms.own_page(ctx, *paging.asked(query)), shown)


@room.route("GET", "/me/diary-entries/<uuid:entry_id>", permission="own-entries:read", gives=EntryOut, problems=(404,))
def get_own_entry(ctx: Context, entry_id: UUID) -> Answer:
    """Get one of one's own entries."""
    entry = symptoms.own(ctx, entry_id)
    return Answer(shown(entry), headers=etag(entry.version))


@room.route(
    "PUT", "/me/diary-entries/<uuid:entry_id>", permission="own-entries:write", takes=CorrectionIn, gives=EntryOut,
    problems=(404, 409),
)  # fmt: skip
def correct_entry(ctx: Context, entry_id: UUID, data: dict[str, Any]) -> Answer:
    """Correct an entry; the version it replaces is kept."""
    report = Report(entry_id, occurred(data["occurred"]), data["recorded_at"])
    entry = symptoms.correct(ctx, data["base_version"], report, diary(data), data["reason"])
    return Answer(shown(entry), headers=etag(entry.version))


@room.route(
    "POST", "/me/diary-entries/<uuid:entry_id>/retraction", permission="own-entries:write", takes=RetractionIn,
    gives=EntryOut, problems=(404, 409),
)  # fmt: skip
def retract_entry(ctx: Context, entry_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
    """Retract an entry; it does not come back."""
    return shown(symptoms.retract(ctx, entry_id, data["base_version"], data["recorded_at"], data["reason"]))


@room.route(
    "GET", "/me/diary-entries/<uuid:entry_id>/history", permission="own-entries:read", gives=SupersededList,
    problems=(404,),
)  # fmt: skip
def own_entry_history(ctx: Context, entry_id: UUID) -> dict[str, Any]:
    """List the earlier versions of one of one's own entries."""
    return {"items": symptoms.history(ctx, entry_id)}


@room.route(
    "GET", "/patients/<uuid:patient_id>/diary-entries", permission="entries:read", asks=PageIn, gives=EntryPage,
    problems=(404,),
)  # fmt: skip
def list_entries(ctx: Context, patient_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List a patient's entries, the newest first."""
    return paging.page(symptoms.page(ctx, patient_id, *paging.asked(query)), shown)


def diary(data: dict[str, Any]) -> Diary:
    """Return the entry of a `DiaryIn`."""
    ratings = tuple(Rating(**rating) for rating in data["ratings"])
    causes = frozenset(data["other_causes"])
    return Diary(ratings, data["no_complaints"], data["wearing_off"], causes, data["note"])


def shown(entry: symptoms.Entry) -> dict[str, Any]:
    """Return an entry as it leaves."""
    return {
        "id": entry.id,
        "version": entry.version,
        "retracted": entry.retracted,
        "duplicate": entry.duplicate,
        "occurred": entry.occurred,
        "recorded_at": entry.recorded_at,
        "received_at": entry.received_at,
        **entry.content,
        "note": entry.note,
        "place": entry.place,
    }
