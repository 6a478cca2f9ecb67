"""What a search finds before it is told: id, place in the order, when it was; and where it is looked for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.domain.fhir import ids
from backend.domain.fhir.dates import Span
from backend.domain.permissions import Role
from backend.services import events, gate
from backend.services.context import Context
from backend.storage.patients import PatientRow

NO_PATIENT = "Name the patient."


@dataclass(frozen=True, slots=True)
class Found:
    """One resource: `at` is its place in the order (aware), `span` when it was, `tell` makes it.

    `gone` marks what was taken back; days that a search names are those of `zone`; `status` is the code where a type
    is sought by it.
    """

    id: str
    at: datetime
    span: Span | None
    updated: datetime | None
    zone: str
    tell: Callable[[], dict[str, Any]]
    gone: bool = False
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One sort of a patient's records, and the permissions of the read in /api/v1 that it equals.

    `own` is the patient's, `care` that of those who care; None where there is no such read. `mark` begins the third
    part of its ids, where a type has several sources.
    """

    own: str | None
    care: str | None
    find: Callable[[Context, PatientRow], Iterable[Found]]
    mark: str = ""

    def permission(self, role: Role) -> str | None:
        """Return what somebody of a role needs, None where they have no such read."""
        return self.own if role is Role.PATIENT else self.care


Finding = Callable[[Context, UUID | None, str | None], Iterable[Found]]
"""Finds what a type holds of a patient (None for one's own, or where it is nobody's); at least what has the id told."""


def reach(ctx: Context, permission: str, patient_id: UUID) -> PatientRow:
    """Return a patient within reach, whose record is noted as read. Raises ClinicError as `gate.patient`."""
    if ctx.who.role is not Role.PATIENT:
        return gate.patient(ctx, permission, patient_id)
    row = gate.own(ctx, permission)
    if row.id != patient_id:
        raise ClinicError("not-found")
    return row


def of_patient(kind: str, *sources: Source) -> Finding:
    """Return how a type is found whose records are a patient's; raises `bad-request` where staff name nobody."""

    def find(ctx: Context, patient_id: UUID | None, key: str | None) -> Iterator[Found]:
        whose = ids.whose(key) if key is not None else patient_id or ctx.who.patient_id
        if whose is None:
            raise ClinicError("not-found") if key is not None else nobody_named()
        for source in sources:
            permission = source.permission(ctx.who.role)
            if permission is None or not _may_hold(source, key):
                continue
            row = reach(ctx, permission, whose)
            events.note(ctx, permission, row.id, key or "", {"fhir": kind})
            yield from source.find(ctx, row)

    return find


def _may_hold(source: Source, key: str | None) -> bool:
    """Tell whether an id can be one of a source, so that nobody is noted to have read another."""
    return key is None or key.partition(".")[2].partition(".")[2][:1] == source.mark


def nobody_named() -> ClinicError:
    """Return the error for a search over everybody's records, which there is not."""
    return ClinicError("bad-request", NO_PATIENT, {"/query/patient": NO_PATIENT})
