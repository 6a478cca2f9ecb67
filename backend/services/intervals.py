"""A patient's dosing line: treatments, doses and the chain of intervals, and where a report stands in it."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.dosing import Dose
from backend.domain.linking import Chain, Interval, Place, chain, place, planned_then
from backend.domain.moments import Occurred
from backend.domain.reports import Report
from backend.domain.treatment import Expected, Treatment, expected
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import doses, treatment


@dataclass(frozen=True, slots=True)
class Line:
    """Everything intervals are derived from, read once."""

    treatments: list[Treatment]
    doses: list[Dose]
    chain: Chain

    @property
    def expected(self) -> list[Expected]:
        """What each running treatment expects next, earliest first."""
        found = (expected(t, self.doses) for t in self.treatments)
        return sorted((e for e in found if e is not None), key=lambda e: (e.at, e.subject))

    @property
    def changed_at(self) -> datetime | None:
        """When a plan or dose last changed."""
        moments = [d.recorded_at for d in self.doses]
        moments += [v.recorded_at for t in self.treatments for v in t.versions]
        return max(moments, default=None)

    def place(self, occurred: Occurred, planned_on: date | None) -> Place:
        """Where a report stands."""
        return place(occurred, planned_on, self.chain)


def line(ctx: Context, patient_id: UUID) -> Line:
    """Return a patient's dosing line as it stands; reach was checked by the caller."""
    found = treatment.of_patient(ctx.session, patient_id)
    given = doses.of_patient(ctx.session, patient_id)
    return Line(found, given, chain(found, given))


def planned_on(ctx: Context, patient_id: UUID, now_line: Line, report: Report) -> date | None:
    """Return the day the next dose was planned for when a report was made.

    Only where plan or doses changed after that are the earlier versions read.
    """
    changed_at = now_line.changed_at
    if changed_at is None:
        return None
    if changed_at <= report.known_at:
        return min((e.on for e in now_line.expected), default=None)
    return planned_then(now_line.treatments, doses.versions(ctx.session, patient_id), report.known_at)


def of_own(ctx: Context) -> tuple[Interval, ...]:
    """Return the acting patient's own intervals."""
    row = gate.own(ctx, "own-plan:read")
    events.note(ctx, "own-plan:read", row.id, "intervals")
    return line(ctx, row.id).chain.intervals


def of_patient(ctx: Context, patient_id: UUID) -> tuple[Interval, ...]:
    """Return a patient's intervals, for those who care for them."""
    row = gate.patient(ctx, "intervals:read", patient_id)
    events.note(ctx, "intervals:read", row.id)
    return line(ctx, row.id).chain.intervals
