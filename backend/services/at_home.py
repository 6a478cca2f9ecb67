"""What may be given at home: a site's own word on it for a patient's treatments, and what is asked before a dose."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from backend.domain.checklists import Checklist, standing
from backend.domain.drugs import Drug
from backend.domain.moments import local_date
from backend.domain.regimens import Route
from backend.domain.treatment import Treatment, entry, loggable_at_home
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import checklists, treatment
from backend.storage.checklists import Versions
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """The checklist a patient answers before each dose of a treatment at home, and the language to ask in."""

    treatment_id: UUID
    checklist: Checklist
    language: str


def own(ctx: Context) -> list[Wanted]:
    """Return the checklists for the acting patient's running treatments."""
    patient = gate.own(ctx, "own-plan:read")
    events.note(ctx, "own-plan:read", patient.id, "checklists")
    return wanted(ctx, patient)


def wanted(ctx: Context, patient: PatientRow) -> list[Wanted]:
    """Return what is asked before each dose of the running treatments of a patient who is within reach."""
    decided = checklists.of_patients_site(ctx.session, patient.id)
    today = local_date(ctx.now, patient.zone)
    found = []
    for course in treatment.of_patient(ctx.session, patient.id):
        checklist = standing(of(decided, course.drug, course.plan_on(today).route), ctx.now)
        if checklist is not None and course.stopped_on is None:
            found.append(Wanted(course.id, checklist, patient.language))
    return found


def of(decided: Versions, drug: Drug, route: Route) -> list[Checklist]:
    """Return every version of the checklist for a drug given by a route, oldest first."""
    return decided.get((entry(drug, route).key, route), [])


def given_at_home(ctx: Context, patient: PatientRow, treatments: Iterable[Treatment]) -> frozenset[UUID]:
    """Return which treatments are given at home today, by the drug's own rule or by the site's word."""
    decided = checklists.of_patients_site(ctx.session, patient.id)
    today = local_date(ctx.now, patient.zone)
    planned = ((course, course.plan_on(today).route) for course in treatments)
    return frozenset(
        course.id
        for course, route in planned
        if loggable_at_home(course.drug, route) or standing(of(decided, course.drug, route), ctx.now) is not None
    )


def opened(ctx: Context, patient_id: UUID, treatments: Collection[Treatment]) -> dict[UUID, Checklist]:
    """Return which of a patient's treatments the site lets be given at home, and what is asked before each dose.

    Reach was checked by the caller.
    """
    if not treatments:
        return {}
    decided = checklists.of_patients_site(ctx.session, patient_id)
    planned = ((course, course.versions[-1].route) for course in treatments)
    found = ((course.id, standing(of(decided, course.drug, route), ctx.now)) for course, route in planned)
    return {treatment_id: checklist for treatment_id, checklist in found if checklist is not None}
