"""The cohort's course over HTTP: extended dosing, doses avoided, agreement, adherence, quality, and what is overdue."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from marshmallow import Schema

from backend.api import fields, figures
from backend.api.cohort_figures import MOST, CohortFigureOut, figure, number, weeks
from backend.api.figures import MANY, EstimateOut, ShareOut, counted
from backend.domain.extension import EARLY_DAYS
from backend.domain.reports import LATE
from backend.domain.statistics import Estimate
from backend.services.cohort_dosing import SOURCES, Agreed, Extensions, Saved
from backend.services.cohort_quality import ADHERENCE, QUALITY, Adherence, Quality
from backend.services.cohort_safety import JC_VIRUS, JC_VIRUS_CHECK, RELAPSES, JcVirus, Relapsed

HOUR = timedelta(hours=1)


class ExtendedCountOut(Schema):
    """Patients extended by one definition, not, or not to be told and why."""

    yes = counted()
    no = counted()
    unknown = counted()  # type: ignore[assignment]  # no option here, but a field like the others
    why = fields.Object(required=True)
    source = fields.Text(200, required=True)


class CohortExtendedOut(CohortFigureOut):
    """Extended dosing by the three definitions; `n` counts patients."""

    by_infusions = fields.Part(ExtendedCountOut, required=True)
    by_mean = fields.Part(ExtendedCountOut, required=True)
    by_delay = fields.Part(ExtendedCountOut, required=True)


class CohortAvoidedOut(CohortFigureOut):
    """Doses avoided; `n` counts patients who ever had natalizumab, `days` the days of closed intervals."""

    doses = fields.Integer(-MANY, MANY, required=True)
    expected = counted()
    given = counted()
    days = counted()
    pauses = counted()
    every_days = counted()
    per_patient_year = number()


class AgreementPointOut(Schema):
    """One finger prick with the blood of a vein of that day, in ug/mL."""

    patient_id = fields.Id(required=True)
    capillary = fields.Number(0, 1000, required=True)
    venous = fields.Number(0, 1000, required=True)
    difference = fields.Number(-1000, 1000, required=True)
    mean = fields.Number(0, 1000, required=True)


class CohortAgreementOut(CohortFigureOut):
    """Bland-Altman of finger pricks against veins; `n` counts pairs."""

    patients = counted()
    bias = fields.Part(EstimateOut, required=True)
    lower = fields.Part(EstimateOut, required=True)
    upper = fields.Part(EstimateOut, required=True)
    sd = number(0)
    points = fields.Many(fields.Part(AgreementPointOut), most=MOST, required=True)


class WeeksAdherenceOut(Schema):
    """How the forms of one interval class stand."""

    planned_weeks = weeks()
    n = counted()
    counts = fields.Object(required=True)


class CohortAdherenceOut(CohortFigureOut):
    """How it stands with the end-of-interval forms; `n` counts intervals."""

    counts = fields.Object(required=True)
    items = fields.Many(fields.Part(WeeksAdherenceOut), most=1000, required=True)


class CohortQualityOut(CohortFigureOut):
    """How diaries, forms and samples were kept; `n` counts entries in closed intervals."""

    weeks = fields.Number(0, MANY, required=True)
    per_week = number(0)
    days_rated = fields.Part(ShareOut, required=True)
    assessable = fields.Part(ShareOut, required=True)
    late = fields.Part(ShareOut, required=True)
    date_only = fields.Part(ShareOut, required=True)
    flagged = fields.Part(ShareOut, required=True)
    forms = fields.Part(ShareOut, required=True)
    usable = fields.Part(ShareOut, required=True)
    troughs = fields.Object(required=True)


class OverdueOut(Schema):
    """A patient whose test is overdue."""

    patient_id = fields.Id(required=True)
    due_on = fields.Day(required=True)
    days_overdue = counted()
    last_done_on = fields.Day(required=True, allow_none=True)


class CohortJcVirusOut(CohortFigureOut):
    """JC-virus tests overdue, longest first; `n` counts patients on natalizumab."""

    overdue = fields.Part(ShareOut, required=True)
    items = fields.Many(fields.Part(OverdueOut), most=MOST, required=True)


class RelapsedOut(ShareOut):
    """Patients with a relapse of those extended by one definition, and how many relapses."""

    by = fields.Words("by_infusions", "by_mean", "by_delay", required=True)
    events = counted()
    months = counted()


class CohortRelapsesOut(CohortFigureOut):
    """Relapses among extended patients; `n` counts all patients in the figures."""

    items = fields.Many(fields.Part(RelapsedOut), most=10, required=True)


def extended(found: Extensions) -> dict[str, Any]:
    """Return the three definitions' counts as they leave."""
    return figure(found.n, found.definition, asdict(found.rules)) | {name: found.counts[name] for name in SOURCES}


def saved(found: Saved) -> dict[str, Any]:
    """Return the doses avoided as they leave."""
    told = {"every_days": found.every_days, "early_days": EARLY_DAYS}
    return {
        **figure(found.n, found.definition, told, {"no-natalizumab": found.n_without}),
        "doses": found.doses,
        "expected": found.expected,
        "given": found.given,
        "days": found.days,
        "pauses": found.pauses,
        "every_days": found.every_days,
        "per_patient_year": found.per_patient_year,
    }


def agreed(found: Agreed) -> dict[str, Any]:
    """Return the agreement of finger pricks with veins as it leaves."""
    result = found.agreement
    left_out = {"unusable": found.unusable, "censored": found.censored, "alone": found.alone}
    points = [
        {
            "patient_id": who,
            "capillary": pair.capillary,
            "venous": pair.venous,
            "difference": pair.difference,
            "mean": pair.mean,
        }
        for who, pair in found.pairs
    ]
    return {
        **figure(result.n, result.definition, {"level": result.level}, left_out),
        "patients": len({who for who, _ in found.pairs}),
        "bias": _estimate(result.bias),
        "lower": _estimate(result.lower),
        "upper": _estimate(result.upper),
        "sd": result.sd,
        "points": points,
    }


def _estimate(found: Estimate) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high}


def adherence(found: Adherence) -> dict[str, Any]:
    """Return how the forms stand as it leaves."""
    items = [
        {"planned_weeks": one, "n": sum(counts.values()), "counts": _named(counts)}
        for one, counts in found.by_weeks.items()
    ]
    shared = figure(sum(found.counts.values()), ADHERENCE, {})
    return shared | {"counts": _named(found.counts), "items": items}


def _named(counts: Mapping[Any, int]) -> dict[str, int]:
    return {one.value: count for one, count in counts.items()}


def quality(found: Quality) -> dict[str, Any]:
    """Return how diaries, forms and samples were kept as it leaves."""
    left_out = {
        "open-interval": found.open_entries,
        "before-first-dose": found.early_entries,
        "other-treatment": found.other_entries,
    }
    return {
        **figure(found.entries, QUALITY, {"late_hours": LATE // HOUR}, left_out),
        "weeks": found.weeks,
        "per_week": found.per_week,
        "days_rated": figures.share(found.days_rated),
        "assessable": figures.share(found.assessable),
        "late": figures.share(found.late),
        "date_only": figures.share(found.only_day),
        "flagged": figures.share(found.flagged),
        "forms": figures.share(found.forms),
        "usable": figures.share(found.usable),
        "troughs": _named(found.troughs),
    }


def jc_virus(found: JcVirus) -> dict[str, Any]:
    """Return the overdue tests as they leave."""
    shared = figure(found.share.n, JC_VIRUS, {"check": JC_VIRUS_CHECK}, {"no-natalizumab": found.n_without})
    return shared | {"overdue": figures.share(found.share), "items": found.overdue}


def relapses(found: tuple[Relapsed, ...], n: int) -> dict[str, Any]:
    """Return the relapses of extended patients as they leave."""
    items = [{"by": one.by, **figures.share(one.share), "events": one.events, "months": one.months} for one in found]
    return figure(n, RELAPSES, {one.by: one.months for one in found}) | {"items": items}
