"""FHIR R4 of a treatment: its plan as a MedicationRequest, a dose as a MedicationAdministration and an Appointment.

A split dose is one event (DOMAIN.md, Intervals and linking), and so one administration over its parts.
"""

from collections.abc import Mapping
from typing import Any

from backend.domain.dosing import Dose, PartGiven, Status
from backend.domain.drugs import Drug
from backend.domain.fhir import elements as fhir
from backend.domain.fhir.telling import Head, Telling
from backend.domain.moments import Occurred
from backend.domain.regimens import Cycle, Daily, EveryDays, Route, Span, Unit, Weekdays
from backend.domain.treatment import PlanVersion, Treatment, entry

_ROUTES: Mapping[Route, tuple[str, str]] = {
    Route.IV: ("47625008", "Intravenous route"),
    Route.SC: ("34206005", "Subcutaneous route"),
    Route.IM: ("78421000", "Intramuscular route"),
    Route.ORAL: ("26643006", "Oral route"),
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERIODS: Mapping[Unit, str] = {Unit.DAY: "d", Unit.WEEK: "wk", Unit.MONTH: "mo"}
_DONE = frozenset({Status.GIVEN, Status.MISSED})
_APPOINTED: Mapping[Status, str] = {
    Status.PLANNED: "booked",
    Status.GIVEN: "fulfilled",
    Status.MISSED: "noshow",
    Status.CANCELLED: "cancelled",
    Status.UNDONE: "entered-in-error",
}


def drug_concept(drug: Drug) -> dict[str, Any]:
    """Return a drug by our catalogue, and by ATC where it has exactly one code: a brand may decide between several."""
    atc = [fhir.coding(fhir.ATC, drug.atc[0], drug.substance)] if len(drug.atc) == 1 else []
    return fhir.concept(*atc, fhir.coding(f"{fhir.OURS}:drug", drug.key, drug.name_en), text=drug.name_en)


def route_concept(route: Route) -> dict[str, Any]:
    """Return how a drug goes in, by SNOMED CT."""
    return fhir.concept(fhir.coding(fhir.SNOMED, *_ROUTES[route]))


def request(told: Telling, head: Head, treatment: Treatment, plan: PlanVersion) -> dict[str, Any]:
    """Return a treatment by one version of its plan; what the others were is told as Provenance."""
    first = treatment.versions[0]
    drug = entry(treatment.drug, plan.route)
    stopped = treatment.stopped_on
    return fhir.full(
        fhir.resource("MedicationRequest", told, head)
        | {
            "identifier": fhir.identifiers(told, head),
            "status": "active" if stopped is None else "stopped",
            "intent": "plan",
            "medicationCodeableConcept": drug_concept(drug),
            "subject": fhir.subject(told),
            "authoredOn": told.at(first.recorded_at),
            "note": fhir.note(told, plan.reason),
            "dosageInstruction": [_instruction(told, treatment, plan)],
        }
    )


def _instruction(told: Telling, treatment: Treatment, plan: PlanVersion) -> dict[str, Any]:
    regimen = treatment.drug.regimen(plan.regimen)
    stopped = treatment.stopped_on
    bounds = {"start": told.on(treatment.started_on), "end": None if stopped is None else told.on(stopped)}
    repeat = {"boundsPeriod": bounds, **_rhythm(told, treatment, plan)}
    return {
        "text": regimen.dose_text,
        "timing": {"repeat": repeat, "code": fhir.ours("regimen", f"{treatment.drug_key}/{plan.regimen}")},
        "route": route_concept(plan.route),
    }


def _rhythm(told: Telling, treatment: Treatment, plan: PlanVersion) -> dict[str, Any]:
    """Return how often the plan gives a dose once loading is over; a regimen in courses has no rhythm to tell."""
    pattern = treatment.drug.regimen(plan.regimen).pattern
    clock = {"timeOfDay": [plan.slot.isoformat("seconds")]} if told.clocks else {}
    if isinstance(pattern, Cycle):
        every = pattern.every if plan.interval_weeks is None else Span(plan.interval_weeks, Unit.WEEK)
        if every is None:
            return clock
        return {"frequency": 1, "period": every.n, "periodUnit": _PERIODS[every.unit]} | clock
    if isinstance(pattern, EveryDays):
        return {"frequency": 1, "period": pattern.days, "periodUnit": "d"} | clock
    if isinstance(pattern, Weekdays):
        days = [_DAYS[day] for day in plan.weekdays] if told.clocks else []
        return {"frequency": pattern.per_week, "period": 1, "periodUnit": "wk", "dayOfWeek": days} | clock
    if isinstance(pattern, Daily):
        return {"frequency": pattern.times, "period": 1, "periodUnit": "d"}
    return {}


def administration(told: Telling, head: Head, dose: Dose, drug: Drug) -> dict[str, Any]:
    """Return a dose that was given, or missed; one that no longer stands as either is told as entered-in-error."""
    if dose.status not in _DONE:
        when = _effective(told, dose.given or dose.planned)
        return fhir.full(_dose(told, head, dose, drug, "entered-in-error") | when)
    if dose.status is Status.MISSED:
        why = fhir.ours("dose-status", "missed", "Missed")
        made = _dose(told, head, dose, drug, "not-done") | {"statusReason": [why]}
        return fhir.full(made | _effective(told, dose.planned) | {"note": fhir.note(told, dose.reason)})
    parts = dose.parts
    when = _effective(told, dose.given) if len(parts) < 2 else _stretch(told, parts)
    return fhir.full(
        _dose(told, head, dose, drug, "completed")
        | when
        | {"note": fhir.note(told, dose.reason), "dosage": _dosage(dose)}
    )


def _dose(told: Telling, head: Head, dose: Dose, drug: Drug, status: str) -> dict[str, Any]:
    return fhir.resource("MedicationAdministration", told, head) | {
        "identifier": fhir.identifiers(told, head),
        "status": status,
        "medicationCodeableConcept": drug_concept(entry(drug, dose.route)),
        "subject": fhir.subject(told),
        "request": fhir.reference("MedicationRequest", told.key(dose.treatment_id)),
    }


def _effective(told: Telling, moment: Occurred | None) -> dict[str, Any]:
    """Return when; FHIR asks for it. A period can be there without a date, and readers of a dateTime do not trip."""
    if moment is None:
        return {"effectivePeriod": fhir.absent("unknown")}
    when = told.moment(moment)
    return {"effectiveDateTime": when} if when else {"effectivePeriod": fhir.absent("masked")}


def _stretch(told: Telling, parts: tuple[PartGiven, ...]) -> dict[str, Any]:
    start, end = told.moment(parts[0].given), told.moment(parts[-1].given)
    return {"effectivePeriod": {"start": start, "end": end}} if start else {"effectivePeriod": fhir.absent("masked")}


def _dosage(dose: Dose) -> dict[str, Any]:
    amounts = [part.mg for part in dose.parts]
    sites = {part.body_site for part in dose.parts}
    site = sites.pop() if len(sites) == 1 else None
    known = [one for one in amounts if one is not None]
    return {
        "route": route_concept(dose.route),
        "site": None if site is None else fhir.ours("body-site", site.value),
        # FHIR asks for a dose wherever anything is told of how it was given (mad-1).
        "dose": fhir.quantity(sum(known), "mg") if known and len(known) == len(amounts) else fhir.absent("unknown"),
    }


def appointment(told: Telling, head: Head, dose: Dose, drug: Drug) -> dict[str, Any]:
    """Return the slot of a dose that was planned here; how long it takes is not known, and said so."""
    if dose.planned is None:
        raise ValueError("a dose without a slot")
    accepted = "accepted" if dose.status is Status.GIVEN else "tentative"
    cancelled = dose.status is Status.CANCELLED
    return fhir.full(
        fhir.resource("Appointment", told, head)
        | {
            "identifier": fhir.identifiers(told, head),
            "status": _APPOINTED[dose.status],
            "cancelationReason": fhir.concept(text=dose.reason if told.words else None) if cancelled else None,
            "serviceType": [fhir.ours("service", "dose", "A dose")],
            "reasonCode": [drug_concept(entry(drug, dose.route))],
            **_slot(told, dose.planned),
            "participant": [{"actor": fhir.subject(told), "status": accepted}],
        }
    )


def _slot(told: Telling, planned: Occurred) -> dict[str, Any]:
    """Return the slot; FHIR asks for start and end together (app-2), so what is not known of them is marked so."""
    when = told.moment(planned)
    if when is None or "T" not in when:  # an instant has a time of day
        days = [{"start": when, "end": when}] if when else None
        why = "masked" if when is None else "unknown"
        return {"_start": fhir.absent(why), "_end": fhir.absent("unknown"), "requestedPeriod": days}
    return {"start": when, "_end": fhir.absent("unknown")}
