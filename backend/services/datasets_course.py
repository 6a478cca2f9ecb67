"""The rows of a study's course datasets: its subjects, their treatments, what the clinic found, and checks done."""

from collections.abc import Iterator
from typing import Any

from backend.domain.datasets import COMPARATORS
from backend.domain.findings import Field, Kind, Type, kinds
from backend.domain.levels import Comparator
from backend.domain.linking import place
from backend.domain.treatment import Treatment, class_weeks, expected, latest
from backend.services import worsening as derived
from backend.services.subjects import Subject, items, place_cells
from backend.storage import findings as found
from backend.storage import monitoring

_COMPARATOR = "comparator"


def subjects(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield one row: who it is, the day of the pull where it may be told, and the standing treatment."""
    standing = latest(who.line.treatments)
    yield {
        "subject": who.pseudonym,
        "days": who.told.days,
        **who.told.pull(who.today),
        "intervals": len(who.line.chain.intervals),
        **(_standing(who, standing) if standing else {}),
        "arm": who.traits.arm,
        **who.told.cells(who.traits.finished_on, "finished"),
        "age_band": who.traits.age_band,
    }


def _standing(who: Subject, one: Treatment) -> dict[str, Any]:
    return {
        "substance": one.drug.substance,
        "treatment_state": "running" if one.stopped_on is None else "stopped",
        **who.told.cells(one.started_on, "started"),
        **who.told.cells(one.stopped_on, "stopped"),
    }


def treatments(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per treatment, with the dose it expects next."""
    for one in who.line.treatments:
        coming = expected(one, who.line.doses)
        yield {
            "subject": who.pseudonym,
            "treatment": who.keyed(one.id),
            "drug": one.drug_key,
            "substance": one.drug.substance,
            **who.told.cells(one.started_on, "started"),
            **who.told.cells(one.stopped_on, "stopped"),
            "planned_weeks": class_weeks(one, one.versions[-1]),
            **who.told.cells(coming.on if coming else None, "next_dose"),
        }


def findings(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per field that a standing finding fills, of which every kind needs one; never its note."""
    for row in found.of_patient(who.session, who.patient_id):
        occurred, fields = found.moment(row), kinds()[Kind(row.kind)].fields
        shared = {
            "subject": who.pseudonym,
            "finding": who.keyed(row.id),
            "version": row.version,
            "kind": row.kind,
            **who.told.cells(occurred.on),
            **who.told.cells(row.ended_on, "ended"),
            **place_cells(place(occurred, row.planned_on, who.line.chain)),
        }
        told = {key: row.content.get(key) for key, field in fields.items() if _leaves(field)}
        yield from items(shared, {key: _said(key, value) for key, value in told.items() if value is not None})


def _leaves(field: Field) -> bool:
    """Tell whether a field leaves: the id of a dose is none of the study's, and the place names its interval."""
    return field.type is not Type.DOSE


def _said(key: str, value: Any) -> Any:
    return COMPARATORS[Comparator(value)] if key == _COMPARATOR else value


def worsening(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per measure a subject was tested for."""
    for one in derived.every(who.session, who.patient_id):
        yield {
            "subject": who.pseudonym,
            "measure": one.measure,
            "course": one.course,
            **who.told.cells(one.baseline.on if one.baseline else None, "baseline"),
            "baseline_value": one.baseline.value if one.baseline else None,
            **who.told.cells(one.event.on if one.event else None, "event"),
            "event_value": one.event.value if one.event else None,
            **who.told.cells(one.confirmed_on, "confirmed"),
            "confirm_months": one.settings.confirm_months,
            "worsening_rule": one.definition,
        }


def checks(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per check that was done, oldest first."""
    drugs = {one.id: one.drug_key for one in who.line.treatments}
    for row in monitoring.of_patient(who.session, who.patient_id):
        yield {
            "subject": who.pseudonym,
            "treatment": who.keyed(row.treatment_id),
            "drug": drugs.get(row.treatment_id),
            "check": row.check,
            **who.told.cells(row.done_on),
        }
