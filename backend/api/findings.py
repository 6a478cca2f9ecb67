"""Findings over HTTP: those who treat enter, correct and retract relapses, tests, scans, blood values and the like."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.api.shapes import OccurredIn, OccurredOut, PlaceOut, occurred
from backend.api.versions import etag
from backend.domain.findings import Kind
from backend.services import finding_history, findings
from backend.services.context import Context
from backend.services.findings import Finding, Told

room = Room("findings")


class FindingIn(Schema):
    """A new finding under the id the browser made; `values` are the fields that GET /catalogue/findings lists."""

    id = fields.Id(required=True)
    kind = fields.Choice(Kind, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    ended_on = fields.Day(load_default=None, allow_none=True)
    values = fields.Object(required=True)
    note = fields.Text(load_default=None, allow_none=True)


class FindingCorrectionIn(Schema):
    """What stands in the place of a finding, and why; the kind stays."""

    kind = fields.Choice(Kind, required=True)
    occurred = fields.Part(OccurredIn, required=True)
    ended_on = fields.Day(load_default=None, allow_none=True)
    values = fields.Object(required=True)
    note = fields.Text(load_default=None, allow_none=True)
    reason = fields.Text(500, required=True)


class FindingRetractionIn(Schema):
    """Why a finding is retracted."""

    reason = fields.Text(500, required=True)


class QuantityOut(Schema):
    """A blood value in the first unit of its analyte."""

    value = fields.Number(0, 1_000_000, required=True)
    unit = fields.Text(20, required=True)


class FindingOut(Schema):
    """A finding with its place in the dosing interval.

    `values` holds every field of its kind, null where nothing is said; `standard` a blood value in the analyte's first
    unit; `reason` why the standing version replaced the one before, empty for the first.
    """

    id = fields.Id(required=True)
    kind = fields.Choice(Kind, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    retracted = fields.Flag(required=True)
    duplicate = fields.Flag(required=True)
    occurred = fields.Part(OccurredOut, required=True)
    ended_on = fields.Day(required=True, allow_none=True)
    values = fields.Object(required=True)
    standard = fields.Part(QuantityOut, required=True, allow_none=True)
    note = fields.Text(required=True, allow_none=True)
    recorded_at = fields.Instant(required=True)
    recorded_by = fields.Id(required=True, allow_none=True)
    reason = fields.Text(500, shortest=0, required=True)
    place = fields.Part(PlaceOut, required=True)


class FindingList(Schema):
    """Standing findings in the order of their moments."""

    items = fields.Many(fields.Part(FindingOut), most=100_000, required=True)


class EarlierFindingOut(Schema):
    """An earlier version of a finding, and who replaced it and why."""

    version = fields.Integer(1, 1_000_000, required=True)
    occurred = fields.Part(OccurredOut, required=True)
    ended_on = fields.Day(required=True, allow_none=True)
    values = fields.Object(required=True)
    note = fields.Text(required=True, allow_none=True)
    recorded_at = fields.Instant(required=True)
    recorded_by = fields.Id(required=True, allow_none=True)
    replaced_at = fields.Instant(required=True)
    replaced_by = fields.Id(required=True, allow_none=True)
    reason = fields.Text(500, required=True)


class EarlierFindingList(Schema):
    """Earlier versions, oldest first."""

    items = fields.Many(fields.Part(EarlierFindingOut), most=100_000, required=True)


@room.route("GET", "/patients/<uuid:patient_id>/findings", permission="findings:read", gives=FindingList)
def list_findings(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's findings in the order of their moments."""
    return {"items": findings.of_patient(ctx, patient_id)}


@room.route(
    "POST", "/patients/<uuid:patient_id>/findings", permission="findings:write", takes=FindingIn, gives=FindingOut,
    status=201, also=(200,), problems=(409,),
)  # fmt: skip
def add_finding(ctx: Context, patient_id: UUID, data: dict[str, Any]) -> Answer:
    """Enter a finding; a retry of the same upload answers 200 with `duplicate`."""
    found = findings.add(ctx, patient_id, data["id"], _told(data))
    return _answer(found, 200 if found.duplicate else 201)


@room.route(
    "POST", "/patients/<uuid:patient_id>/findings/<uuid:finding_id>/correction", permission="findings:write",
    takes=FindingCorrectionIn, gives=FindingOut, if_match=True, problems=(409,),
)  # fmt: skip
def correct_finding(ctx: Context, patient_id: UUID, finding_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Correct a finding; the version it replaces is kept."""
    return _answer(findings.correct(ctx, patient_id, finding_id, version, _told(data), data["reason"]), 200)


@room.route(
    "POST", "/patients/<uuid:patient_id>/findings/<uuid:finding_id>/retraction", permission="findings:write",
    takes=FindingRetractionIn, gives=FindingOut, if_match=True, problems=(409,),
)  # fmt: skip
def retract_finding(ctx: Context, patient_id: UUID, finding_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Retract a finding; it does not come back."""
    return _answer(findings.retract(ctx, patient_id, finding_id, version, data["reason"]), 200)


@room.route(
    "GET", "/patients/<uuid:patient_id>/findings/<uuid:finding_id>/history", permission="findings:read",
    gives=EarlierFindingList,
)  # fmt: skip
def finding_versions(ctx: Context, patient_id: UUID, finding_id: UUID) -> dict[str, Any]:
    """List the earlier versions of a finding, a retracted one too."""
    return {"items": finding_history.history(ctx, patient_id, finding_id)}


def _told(data: dict[str, Any]) -> Told:
    return Told(data["kind"], occurred(data["occurred"]), data["ended_on"], data["values"], data["note"])


def _answer(found: Finding, status: int) -> Answer:
    return Answer(found, status, etag(found.version))
