"""The rows of each research dataset, one patient at a time, under the study's pseudonym."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain import symptoms as diary
from backend.domain.apart import NONE
from backend.domain.export import COMPARATORS
from backend.domain.levels import Comparator
from backend.domain.linking import Interval, Place, chain, place
from backend.domain.occasions import About, about_interval
from backend.domain.recall import RecallResult
from backend.domain.reports import Report, is_late
from backend.domain.samples import State, Step, find, state, validity
from backend.domain.spans import Span
from backend.domain.troughs import around, hours_before, trough
from backend.domain.wearing_off import DEFAULT
from backend.services import instruments, trends
from backend.services import intervals as dosing
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import doses, questionnaires, samples, symptoms, treatment
from backend.storage.samples import ResultRow

_CAUSES = [(f"cause_{cause.value}", cause.value) for cause in diary.OtherCause]


@dataclass(frozen=True, slots=True)
class Subject:
    """One patient of a study: the pseudonym, the dosing line, and how ids of records become ids of the study."""

    ctx: Context
    patient_id: UUID
    pseudonym: str
    line: Line
    keyed: Callable[[UUID], str]

    @property
    def session(self) -> Session:
        """The session the rows are read in."""
        return self.ctx.session

    def study_day(self, on: date) -> int | None:
        """Return days since the first given dose, which says nothing of the calendar."""
        first = self.line.chain.intervals[:1]
        return (on - first[0].opened_on).days if first else None

    def interval(self, number: int | None) -> Interval | None:
        """Return the interval of a number."""
        return self.line.chain.intervals[number - 1] if number else None


def subjects(ctx: Context, named: Mapping[UUID, str], keyed: Callable[[UUID], str]) -> Iterator[Subject]:
    """Yield patients of a study, given with their pseudonyms; their dosing lines are read together."""
    ids = list(named)
    found, given = treatment.of_patients(ctx.session, ids), doses.of_patients(ctx.session, ids)
    for patient_id, pseudonym in named.items():
        theirs, events = found.get(patient_id, []), given.get(patient_id, [])
        yield Subject(ctx, patient_id, pseudonym, Line(theirs, events, chain(theirs, events)), keyed)


def entries(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per standing diary entry."""
    set_apart = instruments.apart(who.ctx, [who.patient_id]).get(who.patient_id, NONE)
    for row in symptoms.of_patient(who.session, who.patient_id):
        occurred = symptoms.moment(row)
        told = row.content["other_causes"]
        rating, flagged = diary.rated(row.content)
        yield {
            "subject": who.pseudonym,
            "entry": who.keyed(row.id),
            "version": row.version,
            "study_day": who.study_day(occurred.on),
            "local_time": f"{occurred.at:%H:%M}" if occurred.at else None,
            **_place(place(occurred, row.planned_on, who.line.chain)),
            "no_complaints": row.content["no_complaints"],
            "wearing_off": row.content["wearing_off"],
            **{f"nrs_{rating['symptom']}": rating["intensity"] for rating in row.content["ratings"]},
            "mean_rating": rating,
            **{column: cause in told for column, cause in _CAUSES},
            "set_apart": flagged or occurred.on in set_apart,
            "late": is_late(row.received_at - row.anchor_at, only_day=occurred.at is None),
        }


def intervals(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per interval, diary and recall side by side."""
    days = instruments.rated(who.ctx, who.patient_id, who.line.chain)
    forms = instruments.recalled(who.ctx, who.patient_id, who.line.chain)
    for span in trends.build(who.line.chain, days, forms, DEFAULT).spans:
        interval = span.interval
        yield {
            "subject": who.pseudonym,
            "interval": interval.number,
            "drug": interval.drug_key,
            "route": interval.route.value,
            "study_day": who.study_day(interval.opened_on),
            "length_days": interval.length_days,
            "planned_weeks": interval.planned_weeks,
            "route_switch": interval.route_switch,
            "stopped": interval.stopped,
            "entries": span.entries,
            "rated_days": span.rated_days,
            **_diary(span),
            "recall_forms": len(span.recalled),
            **(_recall(span.recalled[-1], interval) if span.recalled else {}),
        }


def samples_of(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per sample, with the class derived from its times and the standing results."""
    rows = samples.of_patient(who.session, who.patient_id)
    if not rows:
        return
    steps = samples.steps(who.session, who.patient_id)
    results = samples.results(who.session, who.patient_id)
    whole = replace(who.line, versions=doses.versions(who.session, who.patient_id))
    for row in rows:
        taken = steps.get(row.id, ())
        collected = find(taken, State.COLLECTED)
        yield {
            "subject": who.pseudonym,
            "sample": who.keyed(row.id),
            "matrix": row.matrix,
            "state": state(taken) or State.WITHDRAWN,
            **(_collected(who, whole, row.id, collected) if collected else {}),
            "unusable": " ".join(validity(taken)),
            **_results(results.get(row.id, [])),
        }


def answers(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per answered question."""
    for row in questionnaires.of_patient(who.session, who.patient_id):
        occurred = questionnaires.moment(row)
        where = place(occurred, row.planned_on, who.line.chain)
        about = who.interval(about_interval(where.interval, About(row.about)))
        shared = {
            "subject": who.pseudonym,
            "response": who.keyed(row.id),
            "form": row.form,
            "form_version": row.form_version,
            "completed": row.completed,
            "study_day": who.study_day(occurred.on),
            **_place(where),
            "about_interval": about.number if about else None,
            "about_length_days": about.length_days if about else None,
        }
        for item, value in row.answers.items():
            yield shared | {"item": item, "value": " ".join(value) if isinstance(value, list) else value}


ROWS: Mapping[str, Callable[[Subject], Iterator[dict[str, Any]]]] = {
    "entries": entries,
    "intervals": intervals,
    "samples": samples_of,
    "answers": answers,
}


def _place(where: Place) -> dict[str, Any]:
    return {
        "interval": where.interval,
        "day_since_dose": where.day_since_dose,
        "days_before_planned": where.days_before_planned,
        "days_before_actual": where.days_before_actual,
        "cycle_fraction": where.cycle_fraction,
        "flags": " ".join(where.flags),
    }


def _diary(span: Span) -> dict[str, Any]:
    result = span.diary
    return {
        "diary_assessable": result.assessable,
        "diary_why_not": " ".join(result.why),
        "diary_first_mean": result.first_mean,
        "diary_last_mean": result.last_mean,
        "diary_difference": result.difference,
        "diary_wearing_off": result.wearing_off,
        "diary_onset_day": result.onset_day,
        "diary_relief_days": result.relief_days,
        "diary_threshold": result.settings.threshold,
        "diary_window_days": result.settings.window_days,
        "diary_min_rated_days": result.settings.min_rated_days,
    }


def _recall(told: RecallResult, interval: Interval) -> dict[str, Any]:
    return {
        "recall_ever": told.ever,
        "recall_experienced": told.experienced,
        "recall_frequency": told.frequency,
        "recall_onset_day": told.onset_day(interval.length_days),
        "recall_relief_days": told.relief_days,
    }


def _collected(who: Subject, whole: Line, sample_id: UUID, step: Step) -> dict[str, Any]:
    planned_on = dosing.planned_on(who.ctx, who.patient_id, whole, Report(sample_id, step.at, step.received_at))
    _, ended = around(step.at, whole.doses)
    return {
        "study_day": who.study_day(step.at.on),
        **_place(whole.place(step.at, planned_on)),
        "hours_before_dose": hours_before(step.at, ended),
        "trough_class": trough(step.at, whole.doses, None).trough_class,
        "drops": step.drops,
    }


def _results(found: list[ResultRow]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for row in found:  # a later one of an analyte replaces the earlier
        told |= {row.analyte: row.number, f"{row.analyte}_comparator": COMPARATORS[Comparator(row.comparator)]}
        if row.analyte == "level":
            told["level_lloq"] = Decimal(row.lloq) if row.lloq else None
    return told
