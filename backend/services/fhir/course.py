"""Treatments and doses as FHIR finds them: plans, administrations and appointments, from one dosing line."""

from collections.abc import Iterator
from functools import partial

from backend.domain.dosing import Dose, Status
from backend.domain.fhir import medication
from backend.domain.fhir.dates import of_instant, of_moment
from backend.domain.fhir.telling import Head, Telling, plain
from backend.domain.moments import local_date
from backend.services import intervals, words
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.storage import doses
from backend.storage.patients import PatientRow

_DONE = frozenset({Status.GIVEN, Status.MISSED})


def requests(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield a patient's plans: as last decided, or to the patient as it is in force today."""
    told = _telling(ctx, patient)
    today = local_date(ctx.now, patient.zone)
    for stored in intervals.line(ctx, patient.id).treatments:
        found = words.plans_shown(ctx, patient, stored)
        plan = found.plan_on(today) if ctx.who.patient_id else found.versions[-1]
        head = Head(found.id, found.versions[-1].version, found.changed_at)
        first = found.versions[0].recorded_at
        tell = partial(medication.request, told, head, found, plan)
        yield Found(told.key(found.id), first, of_instant(first), found.changed_at, patient.zone, tell)


def administrations(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield the doses that stand as given or missed, and as taken back those that once did."""
    line, told = intervals.line(ctx, patient.id), _telling(ctx, patient)
    once = {version.id for version in doses.versions(ctx.session, patient.id) if version.status in _DONE}
    for dose in line.doses:
        moment = dose.given or dose.planned
        if dose.id in once and moment is not None:
            drug, shown = line.treatment(dose.treatment_id).drug, words.shown(ctx, patient, dose, dose.id, dose.version)
            tell = partial(medication.administration, told, _head(dose), shown, drug)
            gone, span = dose.status not in _DONE, of_moment(moment)
            yield Found(told.key(dose.id), dose.anchor, span, dose.recorded_at, patient.zone, tell, gone)


def appointments(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield the slots of the doses that were planned."""
    line, told = intervals.line(ctx, patient.id), _telling(ctx, patient)
    for dose in line.doses:
        if dose.planned is not None:
            drug, shown = line.treatment(dose.treatment_id).drug, words.shown(ctx, patient, dose, dose.id, dose.version)
            tell = partial(medication.appointment, told, _head(dose), shown, drug)
            gone, span = dose.status is Status.UNDONE, of_moment(dose.planned)
            yield Found(told.key(dose.id), dose.planned.dose_anchor, span, dose.recorded_at, patient.zone, tell, gone)


def _telling(ctx: Context, patient: PatientRow) -> Telling:
    """Return how a course is told; the clinic's reasons are not shown to the patient elsewhere either."""
    return plain(patient.id, words=ctx.who.patient_id is None)


def _head(dose: Dose) -> Head:
    return Head(dose.id, dose.version, dose.recorded_at)
