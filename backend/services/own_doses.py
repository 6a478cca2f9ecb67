"""One's own doses: a patient logs one taken at home, where drug or site allows it, with the checklist signed before."""

from dataclasses import replace

from backend.domain.checklists import Signed, settle
from backend.domain.dosing import BodySite, PartGiven
from backend.domain.errors import ClinicError
from backend.domain.reports import Report, checked
from backend.domain.treatment import entry
from backend.services import at_home, doses, events, gate, intervals
from backend.services.context import Context
from backend.services.doses import Changed, Shown, Told
from backend.storage import checklists


def own(ctx: Context) -> list[Shown]:
    """Return the acting patient's doses."""
    patient = gate.own(ctx, "own-plan:read")
    events.note(ctx, "own-plan:read", patient.id, "doses")
    return doses.standing(ctx, patient)


def take(
    ctx: Context, told: Told, report: Report, body_site: BodySite | None, checklist: Signed | None = None
) -> Changed:
    """Log a dose the acting patient took at home, once, with what was answered before it.

    Raises as `doses.record_new` and `checklists.settle`; a retry must say the same of the checklist too.
    """
    patient = gate.own(ctx, "own-doses:write", lock=True)
    checked(report, ctx.now)
    line = intervals.line(ctx, patient.id)
    new = doses.newly_given(ctx, line, told, (PartGiven(report.occurred, None, body_site),), report.recorded_at)
    if found := doses.again(ctx, patient, line, new):
        if found.shown.signed != checklist:
            raise ClinicError("id-in-use", pointers={"/checklist": "was answered otherwise"})
        return found
    drug = line.treatment(new.treatment_id).drug
    versions = at_home.of(checklists.of_site(ctx.session, patient.site_id), drug, new.route)
    signed = settle(versions, drug, new.route, checklist, report.written_at, ctx.now)
    changed = doses.add(ctx, "own-doses:write", patient, line, new)
    if signed is None:
        return changed
    asked = (patient.site_id, entry(drug, new.route).key, new.route)
    checklists.sign(ctx.session, patient.id, new.id, asked, signed, report.written_at)
    return replace(changed, shown=replace(changed.shown, signed=signed))
