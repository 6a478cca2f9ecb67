"""Doses over HTTP: staff plan, record, move, correct and undo them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from marshmallow import Schema, ValidationError, validates_schema

from backend.api import fields
from backend.api.checklists import SignedIn
from backend.api.endpoint import Answer, Room
from backend.api.reminders import MovedOut
from backend.api.shapes import OccurredIn, OccurredOut, occurred
from backend.api.versions import etag
from backend.domain.dosing import Act, BodySite, PartGiven, Status
from backend.domain.regimens import Route
from backend.services import doses
from backend.services.context import Context
from backend.services.doses import Changed, Given, Shown, Told

room = Room("doses")
ONE = "/patients/<uuid:patient_id>/doses/<uuid:dose_id>"
"""The path of a dose."""


class PartIn(Schema):
    """One part of a split dose."""

    occurred = fields.Part(OccurredIn, required=True)
    mg = fields.Number(0, 10_000, load_default=None, allow_none=True)
    body_site = fields.Choice(BodySite, load_default=None, allow_none=True)


class _HowGiven(Schema):
    occurred = fields.Part(OccurredIn)
    parts = fields.Many(fields.Part(PartIn), fewest=1, most=20)
    route = fields.Choice(Route, load_default=None, allow_none=True)
    reason = fields.Text(500, shortest=0, load_default="")


class GivenIn(_HowGiven):
    """When a dose was given: `occurred` for a whole one, `parts` for one given in parts (anchored at the first)."""

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        """Take either one moment or the parts."""
        if ("occurred" in data) == ("parts" in data):
            raise ValidationError("Give either occurred or parts.")


class CorrectionGivenIn(GivenIn):
    """How a dose was given after all, and why it is corrected."""

    reason = fields.Text(500, required=True)


class DoseIn(_HowGiven):
    """A dose to plan (`planned` is its slot) or to record as given (`occurred` or `parts`); `id` may be one's own."""

    id = fields.Id(load_default=None, allow_none=True)
    treatment_id = fields.Id(required=True)
    status = fields.Words("planned", "given", required=True)
    planned = fields.Part(OccurredIn)
    override_reason = fields.Text(500, load_default=None, allow_none=True)

    @validates_schema
    def one_moment(self, data: dict[str, Any], **_: Any) -> None:
        """A planned dose has a slot, a given one its moment or its parts."""
        told = [name for name in ("planned", "occurred", "parts") if name in data]
        if len(told) != 1 or (told == ["planned"]) != (data["status"] == "planned"):
            raise ValidationError("A planned dose has planned; a given one has either occurred or parts.")


class MoveIn(Schema):
    """The new slot and why; `override_reason` where it is sooner than the drug allows."""

    planned = fields.Part(OccurredIn, required=True)
    reason = fields.Text(500, required=True)
    override_reason = fields.Text(500, load_default=None, allow_none=True)


class ReasonIn(Schema):
    """Why."""

    reason = fields.Text(500, required=True)


class PartOut(Schema):
    """One part that was given."""

    occurred = fields.Part(OccurredOut, required=True)
    mg = fields.Number(0, 10_000, required=True, allow_none=True)
    body_site = fields.Choice(BodySite, required=True, allow_none=True)


class OwnDoseOut(Schema):
    """A dose event as its patient sees it: `planned` is its slot, `given` the moment of its first part.

    `recorded_at` is when it was written down, on a phone by the phone's clock; `received_at` when it came in.
    `checklist` is what was answered before one at home.
    """

    id = fields.Id(required=True)
    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    status = fields.Choice(Status, required=True)
    route = fields.Choice(Route, required=True)
    planned = fields.Part(OccurredOut, required=True, allow_none=True)
    given = fields.Part(OccurredOut, required=True, allow_none=True)
    parts = fields.Many(fields.Part(PartOut), most=20, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    recorded_at = fields.Instant(required=True)
    received_at = fields.Instant(required=True)
    source = fields.Words("patient", "clinic", required=True)
    checklist = fields.Part(SignedIn, required=True, allow_none=True)


class DoseOut(OwnDoseOut):
    """One version of a dose event, with the act that made it, why, and whose act it was."""

    act = fields.Choice(Act, required=True)
    reason = fields.Text(1100, shortest=0, required=True)
    recorded_by = fields.Id(required=True, allow_none=True)


class DoseList(Schema):
    """Doses in the order of their moments, or the versions of one, oldest first."""

    items = fields.Many(fields.Part(DoseOut), most=100_000, required=True)


class OwnDoseChangedOut(Schema):
    """One's own dose after an act: what it moved among the reminders, and how many reports changed interval."""

    dose = fields.Part(OwnDoseOut, required=True)
    flags = fields.Many(fields.Words("too-soon"), most=10, required=True)
    moved = fields.Part(MovedOut, required=True)
    relinked = fields.Integer(0, 1_000_000, required=True)
    duplicate = fields.Flag(required=True)


class DoseChangedOut(OwnDoseChangedOut):
    """A dose after an act of the clinic."""

    dose = fields.Part(DoseOut, required=True)


@room.route(
    "POST", "/patients/<uuid:patient_id>/doses", permission="doses:write", takes=DoseIn, gives=DoseChangedOut,
    status=201, also=(200,), problems=(404, 409),
)  # fmt: skip
def add_dose(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Plan a dose, or record one that was not planned; a retry under the same id answers 200 with `duplicate`."""
    told = Told(data["id"] or uuid4(), data["treatment_id"], data["route"], data["reason"])
    if data["status"] == "planned":
        slot = occurred(data["planned"], "/planned")
        return answered(doses.plan(ctx, patient_id, told, slot, data["override_reason"]), 201)
    return answered(doses.record_new(ctx, patient_id, told, how_given(data).parts), 201)


@room.route("GET", "/patients/<uuid:patient_id>/doses", permission="doses:read", gives=DoseList, problems=(404,))
def list_doses(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's doses, undone ones too."""
    return {"items": [_shown(shown) for shown in doses.of_patient(ctx, patient_id)]}


@room.route("GET", ONE, permission="doses:read", gives=DoseOut, problems=(404,))
def get_dose(ctx: Context, patient_id: UUID, dose_id: UUID) -> Answer:
    """Get a dose in its standing version."""
    shown = doses.one(ctx, patient_id, dose_id)
    return Answer(_shown(shown), headers=etag(shown.dose.version))


@room.route("GET", f"{ONE}/history", permission="doses:read", gives=DoseList, problems=(404,))
def get_dose_history(ctx: Context, patient_id: UUID, dose_id: UUID) -> dict[str, Any]:
    """List every version of a dose, oldest first, with who made it and why."""
    return {"items": [_shown(shown) for shown in doses.history(ctx, patient_id, dose_id)]}


@room.route("POST", f"{ONE}/record", permission="doses:write", takes=GivenIn, gives=DoseChangedOut, if_match=True)
def record_dose(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Record a planned dose as given; more than a day late needs a reason."""
    return answered(doses.record(ctx, patient_id, dose_id, version, how_given(data)))


@room.route("POST", f"{ONE}/move", permission="doses:write", takes=MoveIn, gives=DoseChangedOut, if_match=True)
def move_dose(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Move a planned dose; its reminders move in the same act."""
    slot = occurred(data["planned"], "/planned")
    return answered(doses.move(ctx, patient_id, dose_id, version, slot, data["reason"], data["override_reason"]))


@room.route("POST", f"{ONE}/miss", permission="doses:write", takes=ReasonIn, gives=DoseChangedOut, if_match=True)
def miss_dose(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Mark a planned dose as missed."""
    return answered(doses.miss(ctx, patient_id, dose_id, version, data["reason"]))


@room.route("POST", f"{ONE}/cancel", permission="doses:write", takes=ReasonIn, gives=DoseChangedOut, if_match=True)
def cancel_dose(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Cancel a planned or missed dose."""
    return answered(doses.cancel(ctx, patient_id, dose_id, version, data["reason"]))


@room.route(
    "POST", f"{ONE}/correct", permission="doses:write", takes=CorrectionGivenIn, gives=DoseChangedOut, if_match=True
)
def correct_dose(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Put right when, how or in which parts a dose was given."""
    return answered(doses.correct(ctx, patient_id, dose_id, version, how_given(data)))


@room.route("POST", f"{ONE}/undo", permission="doses:write", takes=ReasonIn, gives=DoseChangedOut, if_match=True)
def undo_dose(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Take back the last act on a dose; what it was stays in its history."""
    return answered(doses.undo(ctx, patient_id, dose_id, version, data["reason"]))


def how_given(data: dict[str, Any]) -> Given:
    """Return what a `GivenIn` says. Raises ClinicError `invalid` for an unknown zone."""
    if "occurred" in data:
        parts = [PartGiven(occurred(data["occurred"]))]
    else:
        parts = [_part(part, f"/parts/{place}") for place, part in enumerate(data["parts"])]
    return Given(tuple(parts), data["route"], data["reason"])


def _part(part: dict[str, Any], at: str) -> PartGiven:
    mg = None if part["mg"] is None else float(part["mg"])
    return PartGiven(occurred(part["occurred"], f"{at}/occurred"), mg, part["body_site"])


def answered(changed: Changed, status: int = 200, shape: Callable[[Shown], Any] | None = None) -> Answer:
    """Return the answer to an act, with the dose in a shape (as staff see it unless told)."""
    body = {
        "dose": (shape or _shown)(changed.shown),
        "flags": changed.flags,
        "moved": changed.moved,
        "relinked": changed.relinked,
        "duplicate": changed.duplicate,
    }
    return Answer(body, 200 if changed.duplicate else status, etag(changed.shown.dose.version))


def own_shown(shown: Shown) -> dict[str, Any]:
    """Return a dose as its patient sees it."""
    dose = shown.dose
    return {
        "id": dose.id,
        "treatment_id": dose.treatment_id,
        "drug": shown.drug_key,
        "status": dose.status,
        "route": dose.route,
        "planned": dose.planned,
        "given": dose.given,
        "parts": [{"occurred": part.given, "mg": part.mg, "body_site": part.body_site} for part in dose.parts],
        "version": dose.version,
        "recorded_at": dose.device_at or dose.recorded_at,
        "received_at": dose.recorded_at,
        "source": "patient" if shown.by_patient else "clinic",
        "checklist": shown.signed,
    }


def _shown(shown: Shown) -> dict[str, Any]:
    return own_shown(shown) | {"act": shown.dose.act, "reason": shown.dose.reason, "recorded_by": shown.by}
