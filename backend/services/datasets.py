"""The rows of each research dataset, one patient at a time, under the study's pseudonym."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.domain import symptoms as diary
from backend.domain.apart import NONE
from backend.domain.datasets import COMPARATORS
from backend.domain.levels import Comparator
from backend.domain.linking import Interval, place
from backend.domain.occasions import About, about_interval
from backend.domain.own_words import cells
from backend.domain.recall import RecallResult
from backend.domain.reports import is_late
from backend.domain.samples import State, Step, find, state, validity
from backend.domain.spans import Span
from backend.domain.troughs import around, hours_before, trough
from backend.domain.wearing_off import DEFAULT
from backend.services import instruments, scoring, trends
from backend.services.datasets_course import checks, findings, subjects, treatments, worsening
from backend.services.datasets_windows import visits, windows
from backend.services.intervals import Line
from backend.services.subjects import Subject, items, place_cells, taken_at, whole_line
from backend.storage import questionnaires, samples, symptoms
from backend.storage.samples import ResultRow

_CAUSES = [(f"cause_{cause.value}", cause.value) for cause in diary.OtherCause]


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
            **who.told.cells(occurred.on),
            "local_time": f"{occurred.at:%H:%M}" if occurred.at else None,
            **place_cells(place(occurred, row.planned_on, who.line.chain)),
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
            **who.told.cells(interval.opened_on),
            "length_days": interval.length_days,
            **who.told.cells(interval.planned_end_on, "planned_end"),
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
    whole = whole_line(who)
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
    """Yield a row per answered question, or one where a response was begun without an answer: begun counts.

    Words of one's own are sealed apart under the patient's key and are not opened here.
    """
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
            **who.told.cells(occurred.on),
            **place_cells(where),
            "about_interval": about.number if about else None,
            "about_length_days": about.length_days if about else None,
        }
        yield from items(shared, {item: who.told.answer(value) for item, value in cells(row.answers)})


def scores(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per scale of each completed response to an instrument."""
    for row, found in scoring.scored(who.ctx, who.patient_id):
        occurred = questionnaires.moment(row)
        shared = {
            "subject": who.pseudonym,
            "response": who.keyed(row.id),
            "form": row.form,
            "form_version": row.form_version,
            **who.told.cells(occurred.on),
            **place_cells(place(occurred, row.planned_on, who.line.chain)),
        }
        for one in found:
            number = isinstance(one.value, Decimal)
            yield {
                **shared,
                "instrument": one.scoring_version.partition(":")[0],
                "scale": one.scale,
                "score": one.value if number else None,
                "profile": None if number else one.value,
                "score_why_not": one.why_not,
                "n_answered": one.n_answered,
                "n_items": one.n_items,
                "prorated": one.prorated,
                "scoring_version": one.scoring_version,
            }


ROWS: Mapping[str, Callable[[Subject], Iterator[dict[str, Any]]]] = {
    "entries": entries,
    "intervals": intervals,
    "samples": samples_of,
    "answers": answers,
    "scores": scores,
    "windows": windows,
    "subjects": subjects,
    "visits": visits,
    "treatments": treatments,
    "findings": findings,
    "worsening": worsening,
    "checks": checks,
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
    _, ended = around(step.at, whole.doses)
    return {
        **who.told.cells(step.at.on),
        **place_cells(taken_at(who, whole, sample_id, step)),
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
