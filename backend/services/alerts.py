"""Alerts: the operator is told once when reminders stop, those who care once when something undelivered waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.orm import Session

from backend.domain.alerts import Alarm, letter
from backend.domain.languages import LANGUAGES
from backend.domain.permissions import Role
from backend.services import health
from backend.settings import Settings
from backend.storage import alerts, patients, people, undelivered
from backend.storage.alerts import AlertRow
from backend.storage.people import SiteRow, StaffRow
from backend.storage.undelivered import UndeliveredRow
from notifications.reminder import Accepted, Failed, Message

log = structlog.get_logger(__name__)

RELAY = "apprise"
"""The address that stands for all of UITWERK_OPERATOR_URLS."""

ESCALATED_AFTER = timedelta(hours=24)
"""How long something undelivered waits before everybody who cares for the patient is told."""

LEASE = timedelta(minutes=2)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15))
"""How long to wait after the first, second and every further try."""
MOST_TRIES = 10

_ITEMS, _ALERTS = 500, 20
_LASTING = f"{Alarm.SILENCE.value}:lasts:"
"""How the keys of a silence begin while it lasts; then its moment takes the place of the word."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that this process holds under a lease; `attempt` counts the tries from 1, this one included."""

    id: UUID
    alarm: Alarm
    address: str
    attempt: int
    message: Message


def operators(settings: Settings) -> list[str]:
    """Return where the operator is told, RELAY for all other services together."""
    return [*dict.fromkeys(settings.operator_mail.split()), *([RELAY] if settings.operator_urls.split() else [])]


def notice(session: Session, now: datetime, settings: Settings) -> bool:
    """Queue one alert to each of the operator's addresses when reminders have stopped; return whether they have.

    However many processes look, and however long it lasts, it is one for each, until reminders have gone out again.
    """
    alerts.alone(session)
    longest_s = settings.dispatcher_silence_s
    silent = health.silence(session, now, longest_s)
    if silent is not None and silent.since is not None:
        for address in operators(settings):
            key = f"{_LASTING}{_short(address)}"
            alerts.add(session, _queued(key, Alarm.SILENCE, address, LANGUAGES, silent.since, now))
    # It has to be well for a margin, so that two clocks a little apart do not make two silences of one.
    elif health.silence(session, now, longest_s / 2) is None:
        for row in alerts.beginning(session, _LASTING):
            row.key = f"{row.kind}:{row.since.isoformat()}:{row.id}"
        session.flush()
    return silent is not None


def escalate(session: Session, now: datetime, settings: Settings) -> None:
    """Tell those who care, once, of what has waited on the worklist for a day; one alert each, however much waits.

    Where nobody cares for a patient the site's coordinators and administrators are told, and without those the
    operator.
    """
    items = undelivered.overdue(session, now - ESCALATED_AFTER, _ITEMS)
    carers = undelivered.carers(session, {item.patient_id for item in items}, now)
    told: set[str] = set()
    for item in items:
        item.escalated_at = now
        staff = [row for row in carers[item.patient_id].values() if row.joined_at is not None]
        for name, address, language in _called(session, item, staff, settings):
            if address not in told:
                told.add(address)
                key = f"undelivered:{item.id}:{name}"
                alerts.add(session, _queued(key, Alarm.WAITING, address, [language], item.since, now))
    session.flush()


def claim(session: Session, now: datetime, settings: Settings) -> list[Alert]:
    """Take the alerts that are to be sent now; whoever ends without settling them lets others try after the lease."""
    rows = alerts.claim(session, now, LEASE, MOST_TRIES, _ALERTS)
    return [_held(row, now, settings) for row in rows]


def settle(session: Session, alert: Alert, outcome: Accepted | Failed, now: datetime) -> None:
    """Write down what became of an alert; one that was not taken is tried again, at most so many times."""
    if isinstance(outcome, Accepted):
        alerts.sent(session, alert.id, now)
        return
    pause = BACK_OFF[min(alert.attempt, len(BACK_OFF)) - 1]
    alerts.not_sent(session, alert.id, alert.attempt, now + pause, outcome.why)
    what = "alert given up" if alert.attempt >= MOST_TRIES else "alert not sent"
    log.error(what, kind=alert.alarm.value, code=outcome.why, attempt=alert.attempt)


def _called(
    session: Session, item: UndeliveredRow, carers: list[StaffRow], settings: Settings
) -> Iterable[tuple[str, str, str]]:
    """Yield by what name, at which address and in which language people are told of an item."""
    patient = patients.get(session, item.patient_id)
    site = None if patient is None else session.get(SiteRow, patient.site_id)
    if site is None:
        return
    staff = carers or [row for row in people.staff_of_site(session, site.id) if _answers(row)]
    for row in staff:
        yield str(row.id), row.email, site.language
    if not staff:
        log.error("nobody to escalate to", kind=Alarm.WAITING.value)
        for address in operators(settings):
            yield _short(address), address, site.language


def _answers(row: StaffRow) -> bool:
    here = row.joined_at is not None and row.left_at is None
    return here and Role(row.role) in {Role.COORDINATOR, Role.ADMIN}


def _queued(
    key: str, alarm: Alarm, address: str, languages: Iterable[str], since: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "key": key,
        "kind": alarm.value,
        "address": address,
        "language": " ".join(languages),
        "since": since,
        "made_at": now,
        "next_try_at": now,
    }


def _held(row: AlertRow, now: datetime, settings: Settings) -> Alert:
    alarm = Alarm(row.kind)
    told = letter(alarm, row.language.split(), row.since, settings.public_url)
    message = Message(told.subject, told.body, f"alert-{row.id}", late=False, written_at=now)
    return Alert(row.id, alarm, row.address, row.attempts, message)


def _short(address: str) -> str:
    """Return a short name of an address, which may be longer than a key."""
    return sha256(address.encode()).hexdigest()[:16]
