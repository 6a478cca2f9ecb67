"""Corrections that meet: a retry is known, what is not clinical is merged, what contradicts is kept aside and told."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from backend.domain import reports
from backend.domain.errors import ClinicError, Difference, Remembered
from backend.domain.merging import merge
from backend.services import events
from backend.services.context import Context
from backend.services.records import Stored
from backend.storage import records
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow
from backend.storage.sealing import Place


class Contradicted(Remembered):
    """Another correction came first and says otherwise: `difference` tells where; yours is kept aside."""

    def __init__(self, standing: int, difference: Collection[Difference]) -> None:
        told = f"Version {standing} stands."
        super().__init__("contradicted", told, difference=tuple(difference))


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody says a record should be: the version they saw, the digest of the upload, and the statement."""

    base_version: int
    upload: bytes
    statement: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A correction that was kept aside."""

    kind: str
    record_id: UUID
    base_version: int
    standing_version: int
    statement: Mapping[str, Any]
    refused_at: Any


def settle(
    ctx: Context,
    patient: PatientRow,
    kind: str,
    stored: Stored,
    told: Correction,
    standing: Callable[[], Mapping[str, Any]],
    earlier: Callable[[VersionRow], Mapping[str, Any]],
    soft: Collection[str] = (),
    check: Callable[[Mapping[str, Any]], object] = lambda _statement: None,
) -> Mapping[str, Any] | None:
    """Return the statement a record should hold after a correction, None where nothing is left to do.

    `standing` and `earlier` give what the record says and what a superseded version said, in the fields of
    `told.statement`; `check` refuses a merged statement that cannot be, which then counts as a contradiction. Raises
    ClinicError `retracted`, `not-yet-known` for a version that has not arrived, and Contradicted, after having kept the
    correction aside.
    """
    if stored.retracted:
        raise ClinicError("retracted")
    reports.arrived(told.base_version, stored.version)
    if told.base_version == stored.version:
        return told.statement
    versions = {row.version: row for row in records.versions(ctx.session, kind, patient.id, stored.id)}
    if told.upload in {stored.standing_mark, *(row.mark for row in versions.values())}:
        return None
    stands = standing()
    base = earlier(versions[told.base_version])
    merged = merge(base, stands, told.statement, soft)
    difference = merged.difference or _impossible(merged.statement, check, base, stands, told.statement)
    if difference:
        _keep_aside(ctx, patient, kind, stored, told)
        raise Contradicted(stored.version, difference)
    return None if merged.statement == stands else merged.statement


def _impossible(
    merged: Mapping[str, Any],
    check: Callable[[Mapping[str, Any]], object],
    base: Mapping[str, Any],
    stands: Mapping[str, Any],
    yours: Mapping[str, Any],
) -> tuple[Difference, ...]:
    """Return on what two corrections differ that cannot both hold: together they would say what no record may say."""
    try:
        check(merged)
    except ClinicError:
        return tuple(
            Difference(name, base[name], stands[name], yours[name]) for name in stands if stands[name] != yours[name]
        )
    return ()


def refused(ctx: Context, patient: PatientRow) -> list[Refused]:
    """Return the corrections of a patient's records that were kept aside, oldest first; reach was checked."""
    return [
        Refused(
            row.kind, row.record_id, row.base_version, row.standing_version, _opened(ctx, patient, row), row.refused_at
        )
        for row in records.refused(ctx.session, patient.id)
    ]


def _keep_aside(ctx: Context, patient: PatientRow, kind: str, stored: Stored, told: Correction) -> None:
    place = _place(kind, stored.id, told.upload)
    held = orjson.dumps(told.statement).decode()
    values = {
        "patient_id": patient.id,
        "kind": kind,
        "record_id": stored.id,
        "mark": told.upload,
        "base_version": told.base_version,
        "standing_version": stored.version,
        "content": {},
        "note_sealed": ctx.sealer.seal(patient.key, str(patient.id), held, place),
        "refused_at": ctx.now,
        "session_id": ctx.who.session_id,
    }
    if records.keep_refused(ctx.session, values):
        events.note(ctx, f"{kind}:kept-aside", patient.id, stored.id, {"base_version": told.base_version})


def _opened(ctx: Context, patient: PatientRow, row: records.RefusedRow) -> Mapping[str, Any]:
    place = _place(row.kind, row.record_id, row.mark)
    held = ctx.sealer.open(patient.key, str(patient.id), row.note_sealed, place)
    statement: Mapping[str, Any] = orjson.loads(held or "{}")
    return statement


def _place(kind: str, record_id: UUID, upload: bytes) -> Place:
    return Place("refused_changes", "content", f"{kind}:{record_id}:{upload.hex()}")
