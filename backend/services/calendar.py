"""A patient's private calendar feed: made and revoked by the patient, opened by whoever holds its address."""

import secrets
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.domain.schedule import Facts, Kind, due
from backend.services import events, gate
from backend.services.access import digest
from backend.services.context import Context
from backend.services.schedule import facts
from backend.storage import patients
from notifications.calendar import CalendarEntry, feed

SHOWN = frozenset({Kind.DOSE, Kind.HOME_DOSE, Kind.SAMPLE})
_BYTES = 32


def make(ctx: Context) -> str:
    """Return the token of a new feed of the acting patient; an earlier one stops working."""
    patient = gate.own(ctx, "own-calendar:write", lock=True)
    token = secrets.token_urlsafe(_BYTES)
    patient.calendar_hash = digest(token)
    ctx.session.flush()
    events.note(ctx, "own-calendar:write", patient.id, "made")
    return token


def revoke(ctx: Context) -> None:
    """Make the acting patient's feed stop working; without a feed nothing changes."""
    patient = gate.own(ctx, "own-calendar:write", lock=True)
    patient.calendar_hash = None
    ctx.session.flush()
    events.note(ctx, "own-calendar:write", patient.id, "revoked")


def read(ctx: Context, token: str) -> bytes:
    """Return the feed a token opens, as iCalendar: UTC instants and neutral titles (P17).

    Raises ClinicError `not-found` for a token that opens nothing.
    """
    patient = patients.by_calendar(ctx.session, digest(token))
    if patient is None:
        raise ClinicError("not-found")
    events.note(ctx, "calendar:read", patient.id)
    known = facts(ctx, patient.id)
    revision = _revision(known)
    shown = [d for d in due(known) if d.kind in SHOWN and d.at is not None]
    return feed(
        (CalendarEntry(_uid(ctx, patient.id, d.subject), d.at, d.on, patient.language, revision) for d in shown),
        ctx.now,
    )


def _revision(known: Facts) -> int:
    """Return a number that grows with every change of plan or dose and never shrinks, for SEQUENCE (RFC 5545, 3.8.7.4).

    A finger prick follows whichever dose is next, so the version of that dose alone could go back.
    """
    plans = sum(len(t.versions) + (t.stopped_on is not None) for t in known.treatments)
    return plans + sum(dose.version for dose in known.doses)


def _uid(ctx: Context, patient_id: UUID, subject: str) -> str:
    """Return an id that stays the same while the thing moves and tells nothing of what it is."""
    return ctx.sealer.fingerprint("calendar", f"{patient_id}:{subject}").hex()[:32]
