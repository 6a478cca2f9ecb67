"""Records made on a phone: told from a retry, given their three times, and replaced without losing what they held."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from backend.domain.errors import ClinicError
from backend.domain.moments import Occurred, offset_minutes, with_offset
from backend.domain.reports import Report
from backend.services import events, intervals, words
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import records
from backend.storage.occurrences import ReportColumns, as_json, columns
from backend.storage.patients import PatientRow


class Stored(Protocol):
    """What the replacing of a record needs to know of its row."""

    @property
    def patient_id(self) -> UUID:
        """Whose it is."""
        ...

    @property
    def id(self) -> UUID:
        """The phone's own id."""
        ...

    @property
    def version(self) -> int:
        """The standing version."""
        ...

    @property
    def retracted(self) -> bool:
        """Whether it is a tombstone."""
        ...

    @property
    def standing_mark(self) -> bytes | None:
        """The digest of the correction that made the standing version; None for the first."""
        ...


def mark(ctx: Context, kind: str, told: dict[str, Any]) -> bytes:
    """Return the keyed digest of an upload, by which a retry is known; what it holds cannot be guessed back."""
    digest = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return ctx.sealer.fingerprint(kind, digest)


def stamped(ctx: Context, report: Report) -> dict[str, Any]:
    """Return the columns of the three times: when it happened, when the device wrote it down, when it came in."""
    return {
        **columns(report.occurred),
        "recorded_at": report.recorded_at,
        "recorded_offset": offset_minutes(report.recorded_at),
        "received_at": ctx.now,
    }


def times(occurred: Occurred, row: ReportColumns) -> dict[str, Any]:
    """Return the three times of a stored record as JSON, to be kept with the version that is replaced."""
    return {
        "occurred": as_json(occurred),
        "recorded_at": with_offset(row.recorded_at, row.recorded_offset).isoformat(),
        "received_at": row.received_at.isoformat(),
    }


def first(ctx: Context, patient_id: UUID, line: Line, report: Report, upload: bytes) -> dict[str, Any]:
    """Return the columns every new record has: id, first version, its times, and the plan as it stood."""
    return {
        "patient_id": patient_id,
        "id": report.id,
        "version": 1,
        "retracted": False,
        "created_mark": upload,
        "planned_on": intervals.planned_on(ctx, patient_id, line, report),
        "session_id": ctx.who.session_id,
        **stamped(ctx, report),
    }


def replace(
    ctx: Context,
    permission: str,
    patient: PatientRow,
    kind: str,
    stored: Stored,
    put: Callable[[dict[str, Any]], bool],
    values: dict[str, Any],
    *,
    held: dict[str, Any],
    device_at: datetime,
    reason: str,
    upload: bytes,
    note_sealed: bytes | None = None,
) -> None:
    """Keep what a record `held` as a superseded version and `put` its newer values, which came with `upload` (P08).

    `put` writes them and tells whether the version still stood. Raises ClinicError `stale-version` when not.
    """
    records.keep_version(
        ctx.session,
        patient_id=stored.patient_id,
        kind=kind,
        record_id=stored.id,
        version=stored.version,
        content=held,
        note_sealed=note_sealed,
        replaced_at=ctx.now,
        replaced_by=ctx.who.id,
        device_at=device_at,
        reason=words.sealed(ctx, patient, reason, words.of_version(kind, stored.id, stored.version)),
        mark=stored.standing_mark,
    )
    version = stored.version
    if not put(values | {"standing_mark": upload}):
        raise ClinicError("stale-version")
    events.note(ctx, permission, stored.patient_id, stored.id, {"version": version + 1})
