"""A patient's whole course in one answer: everything their page draws, read once and placed on one dosing line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.adherence import State
from backend.domain.moments import local_date
from backend.domain.wearing_off import DEFAULT, Settings
from backend.services import (
    events,
    findings,
    gate,
    instruments,
    intervals,
    overview_course,
    overview_days,
    overview_figures,
    overview_targets,
    patients,
    trends,
)
from backend.services.context import Context
from backend.services.findings import Finding
from backend.services.overview_course import Course, Event, Form, Level, Message
from backend.services.overview_days import Heat, LeftOut
from backend.services.overview_figures import Figures
from backend.services.overview_targets import Target
from backend.services.patients import Patient
from backend.services.samples import Sample
from backend.services.trends import Trend


@dataclass(frozen=True, slots=True)
class Overview:
    """What a patient's page draws, as of `now`; `today` is the patient's local day.

    The diary and what was recalled stand side by side in `trend`, never merged; `adherence` goes by the number of the
    interval.
    """

    patient: Patient
    now: datetime
    today: date
    trend: Trend
    left_out: LeftOut
    heat: Heat
    courses: list[Course]
    doses: list[Event]
    samples: list[Sample]
    levels: list[Level]
    targets: list[Target]
    forms: list[Form]
    adherence: Mapping[int, State]
    findings: list[Finding]
    messages: list[Message]
    figures: Figures


def of_patient(ctx: Context, patient_id: UUID, settings: Settings = DEFAULT) -> Overview:
    """Return everything about a patient's course, for those who treat them. Raises ClinicError `not-found`."""
    patient = gate.patient(ctx, "overview:read", patient_id)
    events.note(ctx, "overview:read", patient.id)
    line, today = intervals.whole_line(ctx, patient.id), local_date(ctx.now, patient.zone)
    entries = instruments.entries(ctx, patient.id, line.chain)
    answered = overview_course.responses(ctx, patient, line)
    days, recalled = instruments.by_interval(entries), instruments.by_subject(answered)
    trend = trends.build(line.chain, days, recalled, settings)
    reported = overview_course.samples(ctx, patient, line)
    levels = overview_course.levels(reported)
    return Overview(
        patient=patients.opened(ctx, patient),
        now=ctx.now,
        today=today,
        trend=trend,
        left_out=overview_days.left_out(entries),
        heat=overview_days.heat(trend.points, entries),
        courses=overview_course.courses(ctx, patient, line),
        doses=overview_course.doses(line),
        samples=[one.sample for one in reported],
        levels=levels,
        targets=overview_targets.targets(ctx, patient),
        forms=overview_course.forms(answered),
        adherence=overview_course.adherence(line, answered, today),
        findings=findings.every(ctx, patient, line),
        messages=overview_course.messages(ctx, patient),
        figures=overview_figures.figures(trend.spans, line.chain, levels, today, settings),
    )
