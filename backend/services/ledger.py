"""The ledger: every reminder of a patient, why it exists, what became of it and why, each try and each word of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.services import events, gate
from backend.services import reminders as planned
from backend.services.context import Context
from backend.storage import ledger, patients, reminders
from backend.storage.ledger import AttemptRow, By, ChangeRow, ReceiptRow
from backend.storage.patients import PatientRow
from backend.storage.people import SiteRow
from backend.storage.reminders import ReminderRow
from notifications import states
from notifications.policy import Rule
from notifications.reasons import rule_words, why_words
from notifications.reminder import Status

PHONE = "phone"
"""Who said it where that was a phone; else the channel of the provider."""
CONSOLE_LANGUAGE = "en"
STATES = tuple(status.value for status in Status)
WHO = tuple(by.value for by in By)
"""Who changes the state of a reminder."""

_SESSION = 32
"""Signs of a session's id, by which a phone is known from a channel."""


@dataclass(frozen=True, slots=True)
class Because:
    """Why a reminder exists: what falls due, by which version of its plan, and which step of which rule tells of it."""

    kind: str
    subject: str
    version: int
    due_on: date
    step: str
    rule: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of state: `why` is a short code, `by` who changed it."""

    state: str
    at: datetime
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt to send; `outcome` is `open`, `accepted` or a short code. The provider's name for it is for staff."""

    attempt: int
    channel: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    provider_ref: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """One word of a phone or a provider: `at` by its own clock, `received_at` by ours."""

    source: str
    state: str
    at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A reminder as it stands at this moment, why, and everything that became of it; moments are aware, in UTC."""

    id: UUID
    key: str
    kind: str
    subject: str
    step: str
    due_on: date
    due_at: datetime | None
    send_at: datetime
    expires_at: datetime
    status: str
    why: str
    why_text: str
    channel: str
    changed_at: datetime
    because: Because
    changes: tuple[Changed, ...]
    attempts: tuple[Tried, ...]
    receipts: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch within which reminders are to be sent: from `since` up to, not including, `until`, if given."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Span()


def own(ctx: Context, span: Span = ALWAYS) -> list[Account]:
    """Return the acting patient's reminders, by when they are told."""
    patient = gate.own(ctx, "own-reminders:read")
    events.note(ctx, "own-reminders:read", patient.id)
    return accounts(ctx, patient, span, patient.language)


def of_patient(ctx: Context, patient_id: UUID, span: Span = ALWAYS) -> list[Account]:
    """Return a patient's reminders and what became of each, in the words of the reader's site."""
    patient = gate.patient(ctx, "reminders:read", patient_id)
    events.note(ctx, "reminders:read", patient.id)
    site = ctx.session.get_one(SiteRow, gate.own_site(ctx))
    return accounts(ctx, patient, span, site.language, staff=True)


def at_console(ctx: Context, patient_id: UUID, span: Span) -> tuple[str, list[Account]]:
    """Return a patient's zone and reminders to whoever runs the installation; nobody acts, and it is written down.

    Raises ClinicError `not-found`.
    """
    patient = patients.get(ctx.session, patient_id)
    if patient is None:
        raise ClinicError("not-found")
    events.note(ctx, "reminders:read", patient.id, "console")
    return patient.zone, accounts(ctx, patient, span, CONSOLE_LANGUAGE, staff=True)


def accounts(ctx: Context, patient: PatientRow, span: Span, language: str, *, staff: bool = False) -> list[Account]:
    """Return the reminders of a patient who is within reach, by when they are told, in a few reads however many."""
    rows = reminders.of_patient(ctx.session, patient.id, span.since, span.until)
    ids = [row.id for row in rows]
    rules = planned.rules(ctx, patient.site_id)
    changes, receipts = ledger.changes(ctx.session, ids), ledger.receipts(ctx.session, ids)
    tries = ledger.attempts(ctx.session, ids)
    return [
        Account(
            id=row.id,
            key=row.key,
            kind=row.kind,
            subject=row.subject,
            step=row.step,
            due_on=row.due_on,
            due_at=row.due_at,
            send_at=row.send_at,
            expires_at=row.expires_at,
            status=states.shown(Status(row.status), row.send_at, ctx.now).value,
            why=row.why,
            why_text=why_words(row.why, language),
            channel=row.channel,
            changed_at=row.changed_at,
            because=_because(row, rules, language),
            changes=_changed(changes.get(row.id, ())),
            attempts=_tried(tries.get(row.id, ()), staff=staff),
            receipts=_said(receipts.get(row.id, ())),
        )
        for row in rows
    ]


def words(code: str) -> str:
    """Return what a short code says, for the console."""
    return why_words(code, CONSOLE_LANGUAGE)


def _because(row: ReminderRow, rules: Mapping[str, Rule], language: str) -> Because:
    rule = rule_words(row.kind, row.step, row.key, rules, language)
    return Because(row.kind, row.subject, row.version, row.due_on, row.step, rule)


def _changed(rows: Iterable[ChangeRow]) -> tuple[Changed, ...]:
    return tuple(Changed(row.state, row.at, row.why, row.by) for row in rows)


def _tried(rows: Iterable[AttemptRow], *, staff: bool) -> tuple[Tried, ...]:
    return tuple(
        Tried(
            row.attempt,
            row.channel,
            row.started_at,
            row.ended_at,
            row.outcome,
            (row.provider_ref or None) if staff else None,
        )
        for row in rows
    )


def _said(rows: Iterable[ReceiptRow]) -> tuple[Said, ...]:
    return tuple(
        Said(PHONE if len(row.source) == _SESSION else row.source, row.state, row.at, row.received_at) for row in rows
    )
