"""Worsening over HTTP: what a patient's tests say of each measure followed over time."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.worsening import Course, Measure
from backend.services import worsening
from backend.services.context import Context

room = Room("findings")


class TestedOut(Schema):
    """One result of a measure on its local day: EDSS points, correct answers of the SDMT, or seconds."""

    on = fields.Day(required=True)
    value = fields.Number(0, 1_000_000, required=True)


class WorseningSettingsOut(Schema):
    """How it was judged."""

    confirm_months = fields.Integer(1, 120, required=True)
    slower_percent = fields.Integer(1, 1000, required=True)
    sdmt_points = fields.Integer(1, 200, required=True, allow_none=True)
    sdmt_percent = fields.Integer(1, 100, required=True, allow_none=True)


class WorseningOut(Schema):
    """What the tests say of one measure: from which baseline, what began when, and by which visit it is confirmed."""

    measure = fields.Choice(Measure, required=True)
    course = fields.Choice(Course, required=True)
    baseline = fields.Part(TestedOut, required=True, allow_none=True)
    event = fields.Part(TestedOut, required=True, allow_none=True)
    confirmed_on = fields.Day(required=True, allow_none=True)
    definition = fields.Text(400, required=True)
    settings = fields.Part(WorseningSettingsOut, required=True)


class WorseningList(Schema):
    """The measures a patient was tested for."""

    items = fields.Many(fields.Part(WorseningOut), most=len(Measure), required=True)


@room.route("GET", "/patients/<uuid:patient_id>/worsening", permission="findings:read", gives=WorseningList)
def list_worsening(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """Say of each measure a patient was tested for whether a worsening stands confirmed: derived, and no judgement."""
    return {"items": worsening.of_patient(ctx, patient_id)}
