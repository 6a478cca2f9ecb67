"""Monitoring: the day on which each check of a treatment is due next, from what was done and the doses given."""

from collections.abc import Iterable, Mapping
from datetime import date

from backend.domain.dosing import Dose, given
from backend.domain.drugs import monitoring_due, open_before_dose
from backend.domain.treatment import Treatment

SHOWN_BY: Mapping[str, frozenset[str]] = {"jcv-antibody": frozenset({"jcv_status", "jcv_index"})}
"""Of checks that a blood value shows to have been done: the analytes that do, each a result of that very test."""


def due_days(
    treatment: Treatment, doses: Iterable[Dose], coming_on: date | None, done: Mapping[str, date]
) -> dict[str, date]:
    """Return the local day each check is due next by its key; checks of which nothing is due are left out.

    `doses` may be all of the patient's, `coming_on` is the day of the treatment's expected dose, `done` the last day of
    each check. A check before every dose is due on that day, one with a schedule too on whichever comes first.
    """
    days = [one.given.on for one in given(d for d in doses if d.treatment_id == treatment.id) if one.given]
    return due_since(treatment, days[-1] if days else None, coming_on, done)


def due_since(
    treatment: Treatment, last: date | None, coming_on: date | None, done: Mapping[str, date]
) -> dict[str, date]:
    """Return as `due_days`, from the local day of the treatment's last dose given, None where none was."""
    dated = monitoring_due(treatment.drug, treatment.started_on, done, last, treatment.stopped_on)
    found = {item.key: on for item, on in dated}
    if coming_on is not None:
        for item in open_before_dose(treatment.drug, done, last):
            found[item.key] = min(found.get(item.key, coming_on), coming_on)
    return found
