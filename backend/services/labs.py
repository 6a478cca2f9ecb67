"""Labs: the blood values among a patient's findings, exact and placed in the dosing."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from backend.domain.findings import Kind
from backend.domain.labs import quantity
from backend.domain.linking import Place as Standing
from backend.domain.moments import Occurred
from backend.services import intervals
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import findings
from backend.storage.findings import FindingRow
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Lab:
    """One blood value: exact, in the analyte's first unit, or an outcome; where it stands, and which version it is."""

    finding_id: UUID
    version: int
    occurred: Occurred
    value: Decimal | None
    unit: str | None
    comparator: str | None
    status: str | None
    place: Standing
    recorded_at: datetime


def values(ctx: Context, patient: PatientRow, analyte: str, line: Line | None = None) -> list[Lab]:
    """Return the standing blood values of one analyte of a patient who is within reach, oldest first."""
    placed = line or intervals.line(ctx, patient.id)
    rows = findings.of_patient(ctx.session, patient.id, (Kind.LAB,))
    return [_lab(placed, row) for row in rows if row.content["analyte"] == analyte]


def _lab(line: Line, row: FindingRow) -> Lab:
    occurred, found, said = findings.moment(row), quantity(row.content), row.content
    return Lab(
        finding_id=row.id,
        version=row.version,
        occurred=occurred,
        value=found.value if found else None,
        unit=found.unit if found else None,
        comparator=said["comparator"],
        status=said["status"],
        place=line.place(occurred, row.planned_on),
        recorded_at=row.received_at,
    )
