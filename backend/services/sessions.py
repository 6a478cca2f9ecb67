"""Sessions and their tokens: opened, rotated by refreshing, and ended."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.domain.errors import ClinicError, Remembered
from backend.domain.permissions import Role
from backend.services import events, reminders, secrets, words
from backend.services.access import digest
from backend.services.context import Actor, Context
from backend.storage import access, patients, people, push
from backend.storage.access import SessionRow, TokenRow
from backend.storage.patients import PatientRow

GRACE = timedelta(seconds=60)
"""So long a rotated refresh token still gives its one successor: the answer may have been lost on the way."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a session is used with; `expires_at` is the access token's end, `refresh_expires_at` an idle session's."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    refresh_expires_at: datetime
    role: Role
    staff_id: UUID | None
    patient_id: UUID | None


def of_staff(ctx: Context, staff_id: UUID, role: Role) -> Tokens:
    """Open a session of staff: over after 20 minutes without refreshing and after 12 hours in any case (settings)."""
    ends_at = ctx.now + timedelta(hours=ctx.settings.staff_hours)
    session_id = uuid4()
    access.open_session(ctx.session, session_id, "log-in", ctx.now, ends_at, staff_id=staff_id)
    events.note(ctx, "session:open", None, session_id, {"staff_id": str(staff_id)})
    return _issue(ctx, session_id, ends_at, role, (staff_id, None), (secrets.new(), secrets.new()))


def of_phone(ctx: Context, patient: PatientRow, name: str) -> Tokens:
    """Open a session of a patient's phone; it lasts until revoked, or silent for longer than the settings allow.

    With the first phone somebody can be told in the app, whom nothing reached before: what they are told moves along.
    """
    session_id = uuid4()
    held = words.sealed(ctx, patient, name, words.of_device(session_id))
    access.open_session(ctx.session, session_id, held, ctx.now, None, patient_id=patient.id)
    events.note(ctx, "session:open", patient.id, session_id)
    tokens = _issue(ctx, session_id, None, Role.PATIENT, (None, patient.id), (secrets.new(), secrets.new()))
    _follow(ctx, patient.id)
    return tokens


def refresh(ctx: Context, refresh_token: str) -> Tokens:
    """Rotate a refresh token and return its successors.

    Both successors follow from the token and the installation's key, so that the same token gives the same ones for
    60 seconds though nothing of them is stored readable, and a phone whose successors were never used for as long as it
    takes: the answer was lost in a tunnel. Used later than that it was stolen: the whole session ends.
    Raises ClinicError `not-authenticated`.
    """
    # The patient first, as in `close`: whose token it is does not change.
    patient_id = access.refresher(ctx.session, digest(refresh_token))
    if patient_id is not None:
        patients.get(ctx.session, patient_id, lock=True)
    found = access.refreshing(ctx.session, digest(refresh_token))
    if found is None:
        raise ClinicError("not-authenticated")
    token, session = found
    role = _role(ctx, session)
    if role is None or _over(session, ctx.now) or token.expires_at <= ctx.now:
        raise ClinicError("not-authenticated")
    successors = _derived(ctx, "access", refresh_token), _derived(ctx, "refresh", refresh_token)
    if token.rotated_at is not None:
        return _again(ctx, session, token, role, successors)
    token.rotated_at = session.seen_at = ctx.now
    access.forget_expired(ctx.session, session.id, ctx.now)
    return _issue(ctx, session.id, session.ends_at, role, (session.staff_id, session.patient_id), successors)


def replace(ctx: Context, refresh_token: str) -> None:
    """End the session of staff that a browser still held when somebody logged in there: its cookie is theirs now.

    It is whoever logged out without an answer, or sat there before. One that is over, or unknown, stays as it is.
    """
    found = access.refreshing(ctx.session, digest(refresh_token))
    if found is None or found[1].staff_id is None or _over(found[1], ctx.now):
        return
    session = found[1]
    close(ctx, session.id, None)
    events.note(ctx, "session:end", None, session.id, {"staff_id": str(session.staff_id), "replaced": True})


def end(ctx: Context) -> None:
    """End the session one acts in, at once in every worker."""
    session_id = ctx.who.session_id
    if session_id is not None:
        close(ctx, session_id, ctx.who.patient_id)
        events.note(ctx, "session:end", ctx.who.patient_id, session_id)


def close(ctx: Context, session_id: UUID, patient_id: UUID | None) -> None:
    """End a session in every worker at once (P22); a patient's phone is not woken any more, nor told in the app.

    What it would have been told goes by the next way then. The caller knows whose session it is.
    """
    # The patient first, as a phone that syncs does: two who lock in the same order never wait in a circle.
    patient = patients.get(ctx.session, patient_id, lock=True) if patient_id is not None else None
    access.revoke(ctx.session, session_id, ctx.now)
    push.drop_session(ctx.session, session_id, ctx.now)
    if patient is not None:
        reminders.replan(ctx, patient)


def _follow(ctx: Context, patient_id: UUID) -> None:
    """Let a patient's reminders go by the ways there are now."""
    patient = patients.get(ctx.session, patient_id, lock=True)
    if patient is not None:
        reminders.replan(ctx, patient)


def _again(ctx: Context, session: SessionRow, token: TokenRow, role: Role, successors: tuple[str, str]) -> Tokens:
    """Return the successors given before, or end the session when the token comes back too late."""
    access_row, refresh_row = (access.token(ctx.session, digest(successor)) for successor in successors)
    rotated_at = token.rotated_at or ctx.now
    late = ctx.now - rotated_at > GRACE and not _never_arrived(session, refresh_row, rotated_at)
    if late or access_row is None or refresh_row is None:
        close(ctx, session.id, session.patient_id)
        events.note(ctx, "session:reused", session.patient_id, session.id)
        raise Remembered("not-authenticated")
    ends = access_row.expires_at, refresh_row.expires_at
    return Tokens(*successors, *ends, role, session.staff_id, session.patient_id)


def _never_arrived(session: SessionRow, refresh_row: TokenRow | None, rotated_at: datetime) -> bool:
    """Whether a phone's successors were never used: its answer was lost, and it must not have to pair anew for that."""
    unused = refresh_row is not None and refresh_row.rotated_at is None and session.seen_at <= rotated_at
    return session.patient_id is not None and unused


def _issue(
    ctx: Context,
    session_id: UUID,
    ends_at: datetime | None,
    role: Role,
    subject: tuple[UUID | None, UUID | None],
    made: tuple[str, str],
) -> Tokens:
    settings, staff_id = ctx.settings, subject[0]
    idle = timedelta(minutes=settings.staff_idle_minutes) if staff_id else timedelta(days=settings.refresh_days)
    latest = ends_at or datetime.max.replace(tzinfo=ctx.now.tzinfo)
    refresh_end = min(ctx.now + idle, latest)
    access_end = min(ctx.now + timedelta(minutes=settings.access_minutes), refresh_end)
    for token, kind, end_at in zip(made, ("access", "refresh"), (access_end, refresh_end), strict=True):
        access.add_token(ctx.session, digest(token), session_id, kind, end_at)
    return Tokens(*made, access_end, refresh_end, role, *subject)


def _derived(ctx: Context, kind: str, token: str) -> str:
    return urlsafe_b64encode(ctx.sealer.fingerprint(f"successor-{kind}", token)).decode().rstrip("=")


def _over(session: SessionRow, now: datetime) -> bool:
    return session.revoked_at is not None or (session.ends_at is not None and session.ends_at <= now)


def _role(ctx: Context, session: SessionRow) -> Role | None:
    """Return the role a session acts in; None for staff who left."""
    if session.staff_id is None:
        return Role.PATIENT
    row = people.staff(ctx.session, session.staff_id)
    return None if row is None or row.left_at is not None else Role(row.role)


def who(ctx: Context) -> Actor:
    """Return who acts, and in which session."""
    events.note(ctx, "session:use", ctx.who.patient_id, ctx.who.session_id or "")
    return ctx.who


def name(ctx: Context) -> str | None:
    """Return the name of the member of staff who acts; None for a patient, whose name is the record's own."""
    staff_id = ctx.who.staff_id
    row = people.staff(ctx.session, staff_id) if staff_id is not None else None
    return row.name if row is not None else None
