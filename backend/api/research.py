"""Studies over HTTP: set up by the site, and pulled as CSV by admitted researchers."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.domain.study_days import Days
from backend.domain.windows import designs
from backend.services import research
from backend.services.context import Context

room = Room("studies")


class StudyIn(Schema):
    """A new study; `windows` is the published design whose windows its patients are to be reminded of.

    `days` is how its datasets tell days, for good: `calendar` only where protocol and consent allow dates.
    """

    name = fields.Text(200, required=True)
    windows = fields.Words(*designs(), load_default=None, allow_none=True)
    days = fields.Words(*Days, load_default=Days.SINCE_FIRST_DOSE.value)


class StudyOut(Schema):
    """A study."""

    id = fields.Id(required=True)
    name = fields.Text(200, required=True)
    windows = fields.Words(*designs(), required=True, allow_none=True)
    days = fields.Words(*Days, required=True)
    created_at = fields.Instant(required=True)


class StudyList(Schema):
    """Studies by name."""

    items = fields.Many(fields.Part(StudyOut), most=10_000, required=True)


class AdmissionIn(Schema):
    """A researcher who may pull the data, until a moment or without end."""

    staff_id = fields.Id(required=True)
    ends_at = fields.Instant(load_default=None, allow_none=True)


class AdmissionOut(Schema):
    """A researcher who may pull the data, since when, and until a moment or without end."""

    staff_id = fields.Id(required=True)
    name = fields.Text(200, required=True)
    starts_at = fields.Instant(required=True)
    ends_at = fields.Instant(required=True, allow_none=True)


class AdmissionList(Schema):
    """Researchers by name, those whose admission has ended among them."""

    items = fields.Many(fields.Part(AdmissionOut), most=10_000, required=True)


@room.route("POST", "/studies", permission="studies:write", takes=StudyIn, gives=StudyOut, status=201, problems=(409,))
def set_up_study(ctx: Context, data: dict[str, Any]) -> research.Study:
    """Set up a study at one's own site."""
    return research.set_up(ctx, data["name"], data["windows"], Days(data["days"]))


@room.route("GET", "/studies", permission="studies:read", gives=StudyList)
def list_studies(ctx: Context) -> dict[str, Any]:
    """List the studies of one's own site."""
    return {"items": research.of_site(ctx)}


@room.route("POST", "/studies/<uuid:study_id>/researchers", permission="studies:write", takes=AdmissionIn, status=204)
def admit_researcher(ctx: Context, study_id: UUID, data: dict[str, Any]) -> None:
    """Let a researcher pull a study's data."""
    research.admit(ctx, study_id, data["staff_id"], data["ends_at"])


@room.route("DELETE", "/studies/<uuid:study_id>/researchers/<uuid:staff_id>", permission="studies:write", status=204)
def dismiss_researcher(ctx: Context, study_id: UUID, staff_id: UUID) -> None:
    """Let a researcher pull a study's data no more; twice changes nothing."""
    research.dismiss(ctx, study_id, staff_id)


@room.route("GET", "/studies/<uuid:study_id>/researchers", permission="studies:write", gives=AdmissionList)
def list_researchers(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List who was ever admitted to a study of one's own site."""
    return {"items": research.admitted(ctx, study_id)}


@room.route("GET", "/research/studies", permission="datasets:read", gives=StudyList)
def list_own_studies(ctx: Context) -> dict[str, Any]:
    """List the studies whose data one may pull."""
    return {"items": research.mine(ctx)}


@room.route(
    "GET", "/research/studies/<uuid:study_id>/<string:dataset>.csv", permission="datasets:read", media="text/csv"
)
def pull_dataset(ctx: Context, study_id: UUID, dataset: str) -> Answer:
    """Pull a dataset (entries, intervals, samples, answers, subjects, treatments, findings, checks) or the codebook."""
    name = {"Content-Disposition": f'attachment; filename="{dataset}.csv"'}
    return Answer(raw=research.stream(ctx, study_id, dataset), headers=name)
