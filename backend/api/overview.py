"""A patient's page over HTTP: their whole course, diary, levels and figures in one answer."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.api.figures import SettingsIn, settings
from backend.api.findings import FindingOut
from backend.api.overview_course import (
    MOST,
    AnsweredFormOut,
    CourseOut,
    DoseEventOut,
    MessageOut,
    SampleMarkOut,
    StandingLevelOut,
    course_shown,
    event_shown,
    level_shown,
    sample_shown,
)
from backend.api.overview_figures import (
    AgreementOut,
    AvoidedOut,
    ExtensionOut,
    LengthsOut,
    OnsetsOut,
    ProfilesOut,
    StretchingOut,
    figures_shown,
)
from backend.api.results import LARGEST
from backend.api.trends import PointOut, SettingsOut, SpanOut, span_shown
from backend.domain.adherence import State as Adherence
from backend.domain.symptoms import WearingOffFelt
from backend.services import overview
from backend.services.context import Context
from backend.services.overview import Overview

room = Room("overview")


class SubjectOut(Schema):
    """Who the page is about."""

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    name = fields.Text(200, required=True, allow_none=True)
    birth_on = fields.Day(required=True, allow_none=True)
    hospital_number = fields.Text(40, required=True, allow_none=True)
    zone = fields.Text(64, required=True)
    language = fields.Text(8, required=True)


class IntervalSpanOut(SpanOut):
    """One interval with both instruments, and how it stands with the form about it."""

    treatment_id = fields.Id(required=True)
    opened_by = fields.Id(required=True)
    planned_end_on = fields.Day(required=True, allow_none=True)
    stopped = fields.Flag(required=True)
    adherence = fields.Choice(Adherence, required=True)


class HeatDayOut(Schema):
    """One rated day; `values` follow the strip's symptoms, null where one was not rated."""

    on = fields.Day(required=True)
    interval = fields.Integer(1, MOST, required=True)
    values = fields.Many(fields.Number(0, 10, allow_none=True), most=100, required=True)
    no_complaints = fields.Flag(required=True)
    wearing_off = fields.Choice(WearingOffFelt, required=True, allow_none=True)
    flagged = fields.Flag(required=True)


class HeatOut(Schema):
    """The heat strip: symptoms in the vocabulary's order, and the days of `days` in the same order."""

    symptoms = fields.Many(fields.Text(60), most=100, required=True)
    days = fields.Many(fields.Part(HeatDayOut), most=MOST, required=True)


class LeftOutOut(Schema):
    """Entries that are in no figure."""

    entries_before_first_dose = fields.Integer(0, 1_000_000, required=True)
    entries_without_rating = fields.Integer(0, 1_000_000, required=True)


class TargetOut(Schema):
    """A line on the level axis: the protocol it comes from, the study that shows it, and where that was published."""

    ug_ml = fields.Number(0, LARGEST, required=True)
    protocol = fields.Text(40, required=True)
    study = fields.Text(200, required=True)
    source = fields.Text(1000, required=True)


class OverviewOut(Schema):
    """Everything a patient's page draws. Diary and recall stand beside each other and are never merged."""

    patient = fields.Part(SubjectOut, required=True)
    generated_at = fields.Instant(required=True)
    today = fields.Day(required=True)
    settings = fields.Part(SettingsOut, required=True)
    definition = fields.Text(500, required=True)
    traps = fields.Many(fields.Text(200), most=10, required=True)
    left_out = fields.Part(LeftOutOut, required=True)
    treatments = fields.Many(fields.Part(CourseOut), most=1000, required=True)
    doses = fields.Many(fields.Part(DoseEventOut), most=MOST, required=True)
    intervals = fields.Many(fields.Part(IntervalSpanOut), most=MOST, required=True)
    days = fields.Many(fields.Part(PointOut), most=MOST, required=True)
    heat = fields.Part(HeatOut, required=True)
    levels = fields.Many(fields.Part(StandingLevelOut), most=MOST, required=True)
    targets = fields.Many(fields.Part(TargetOut), most=100, required=True)
    forms = fields.Many(fields.Part(AnsweredFormOut), most=MOST, required=True)
    samples = fields.Many(fields.Part(SampleMarkOut), most=MOST, required=True)
    findings = fields.Many(fields.Part(FindingOut), most=MOST, required=True)
    messages = fields.Many(fields.Part(MessageOut), most=MOST, required=True)
    profiles = fields.Part(ProfilesOut, required=True)
    by_length = fields.Part(LengthsOut, required=True)
    stretching = fields.Part(StretchingOut, required=True)
    onsets = fields.Part(OnsetsOut, required=True)
    eid = fields.Part(ExtensionOut, required=True)
    avoided = fields.Part(AvoidedOut, required=True, allow_none=True)
    agreement = fields.Part(AgreementOut, required=True, allow_none=True)


@room.route(
    "GET", "/patients/<uuid:patient_id>/overview", permission="overview:read", asks=SettingsIn, gives=OverviewOut,
    problems=(404,),
)  # fmt: skip
def get_overview(ctx: Context, patient_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Get everything a patient's page draws, with the figures by the settings asked for."""
    return _shown(overview.of_patient(ctx, patient_id, settings(query)))


def _shown(found: Overview) -> dict[str, Any]:
    return {
        "patient": _subject(found),
        "generated_at": found.now,
        "today": found.today,
        "settings": found.trend.settings,
        "definition": found.trend.definition,
        "traps": found.trend.traps,
        "left_out": found.left_out,
        "treatments": [course_shown(course) for course in found.courses],
        "doses": [event_shown(event) for event in found.doses],
        "intervals": _intervals(found),
        "days": found.trend.points,
        "heat": found.heat,
        "levels": [level_shown(level) for level in found.levels],
        "targets": found.targets,
        "forms": found.forms,
        "samples": [sample_shown(sample) for sample in found.samples],
        "findings": found.findings,
        "messages": found.messages,
        **figures_shown(found.figures),
    }


def _subject(found: Overview) -> dict[str, Any]:
    identity, contact = found.patient.identity, found.patient.contact
    return {
        "id": found.patient.id,
        "version": found.patient.version,
        "name": identity.name,
        "birth_on": identity.birth_on,
        "hospital_number": identity.hospital_number,
        "zone": contact.zone,
        "language": contact.language,
    }


def _intervals(found: Overview) -> list[dict[str, Any]]:
    return [
        span_shown(span)
        | {
            "treatment_id": span.interval.treatment_id,
            "opened_by": span.interval.opened_by,
            "planned_end_on": span.interval.planned_end_on,
            "stopped": span.interval.stopped,
            "adherence": found.adherence[span.interval.number],
        }
        for span in found.trend.spans
    ]
