"""A patient's dosing line: treatments, doses and the chain of intervals, and where a report stands in it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from backend.domain.dosing import Dose
from backend.domain.errors import ClinicError
from backend.domain.linking import Chain, Interval, Place, chain, place, planned_then
from backend.domain.moments import Occurred
from backend.domain.reports import Report
from backend.domain.treatment import Expected, Treatment, expected, next_expected
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import doses, links, treatment


@dataclass(frozen=True, slots=True)
class Line:
    """Everything intervals are derived from, read once; `versions` of the doses only where many reports need them."""

    treatments: list[Treatment]
    doses: list[Dose]
    chain: Chain
    versions: list[Dose] | None = None

    @property
    def expected(self) -> list[Expected]:
        """What each running treatment expects next, earliest first."""
        found = (expected(t, self.doses) for t in self.treatments)
        return sorted((e for e in found if e is not None), key=lambda e: (e.at, e.subject))

    @property
    def coming(self) -> Expected | None:
        """The dose that ends the open interval."""
        return next_expected(self.treatments, self.doses)

    @property
    def changed_at(self) -> datetime | None:
        """When a plan or dose last changed."""
        moments = [d.recorded_at for d in self.doses]
        moments += [t.changed_at for t in self.treatments]
        return max(moments, default=None)

    def treatment(self, treatment_id: UUID) -> Treatment:
        """Return one of the treatments. Raises ClinicError `not-found`."""
        for found in self.treatments:
            if found.id == treatment_id:
                return found
        raise ClinicError("not-found", "There is no such treatment.")

    def place(self, occurred: Occurred, planned_on: date | None) -> Place:
        """Where a report stands."""
        return place(occurred, planned_on, self.chain)


@dataclass(frozen=True, slots=True)
class Counted:
    """An interval with the number of diary entries in it."""

    interval: Interval
    entries: int


def line(ctx: Context, patient_id: UUID) -> Line:
    """Return a patient's dosing line as it stands; reach was checked by the caller."""
    found = treatment.of_patient(ctx.session, patient_id)
    given = doses.of_patient(ctx.session, patient_id)
    return Line(found, given, chain(found, given))


def whole_line(ctx: Context, patient_id: UUID) -> Line:
    """Return a patient's dosing line with all versions of the doses, for placing many reports in turn."""
    return replace(line(ctx, patient_id), versions=doses.versions(ctx.session, patient_id))


def planned_on(ctx: Context, patient_id: UUID, now_line: Line, report: Report) -> date | None:
    """Return the day the next dose was planned for when a report was made.

    Only where plan or doses changed after that are the earlier versions read.
    """
    changed_at = now_line.changed_at
    if changed_at is None:
        return None
    if changed_at <= report.known_at:
        coming = now_line.coming
        return coming.on if coming else None
    versions = doses.versions(ctx.session, patient_id) if now_line.versions is None else now_line.versions
    return planned_then(now_line.treatments, versions, report.known_at)


def of_own(ctx: Context) -> list[Counted]:
    """Return the acting patient's own intervals."""
    row = gate.own(ctx, "own-plan:read")
    events.note(ctx, "own-plan:read", row.id, "intervals")
    return _counted(ctx, row.id)


def of_patient(ctx: Context, patient_id: UUID) -> list[Counted]:
    """Return a patient's intervals, for those who care for them."""
    row = gate.patient(ctx, "intervals:read", patient_id)
    events.note(ctx, "intervals:read", row.id)
    return _counted(ctx, row.id)


def _counted(ctx: Context, patient_id: UUID) -> list[Counted]:
    counts = links.per_interval(ctx.session, patient_id)
    return [Counted(interval, counts[interval.opened_by]) for interval in line(ctx, patient_id).chain.intervals]
