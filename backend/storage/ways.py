"""Ways: how each patient can be told something at this moment, and the address for each way."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.storage import access, push, wishes
from backend.storage.patients import PatientRow
from backend.storage.push import SubscriptionRow
from backend.storage.sealing import Place, Sealer, SealError
from backend.storage.wishes import WishesRow
from notifications.reminder import Person

EMAIL, SMS, PUSH, FCM, APNS, INBOX = "email", "sms", "push", "fcm", "apns", "inbox"

BY_PHONE: Mapping[str, str] = {PUSH: "webpush", FCM: "fcm", APNS: "apns"}
"""The channels that wake a phone, each with the service its subscriptions are of; a patient chooses them as one."""


@dataclass(frozen=True, slots=True)
class Ways:
    """A patient with everything that decides how they can be told; `paired` where a phone of theirs can still sync."""

    patient: PatientRow
    wishes: WishesRow | None
    phones: Sequence[SubscriptionRow]
    paired: bool

    def person(self) -> Person:
        """Return the patient as planning sees them: channels in their own order, the inbox where there is no other."""
        patient, said = self.patient, self.wishes
        ways = [way for chosen in patient.channels.split() for way in self._of(chosen)]
        return Person(
            zone=patient.zone,
            language=patient.language,
            quiet_from=patient.quiet_from,
            quiet_to=patient.quiet_to,
            channels=tuple(dict.fromkeys(ways)) or ((INBOX,) if self.paired else ()),
            paused_from=said.paused_from if said else None,
            paused_until=said.paused_until if said else None,
            stopped=frozenset(said.stopped.split()) if said else frozenset(),
        )

    def address(self, channel: str, sealer: Sealer) -> str:
        """Return where a channel sends to; empty where that does not open: one bad row must not stop others (P15)."""
        if channel in BY_PHONE:
            return self._phones(BY_PHONE[channel], sealer)
        if channel == INBOX:
            return str(self.patient.id)
        sealed = {EMAIL: ("email", self.patient.email_sealed), SMS: ("phone", self.patient.phone_sealed)}
        column, held = sealed.get(channel, ("", None))
        return _opened(sealer, self.patient, held, Place("patients", column, str(self.patient.id)))

    def _of(self, chosen: str) -> list[str]:
        patient = self.patient
        if chosen == PUSH:
            services = {phone.service for phone in self.phones}
            return [channel for channel, service in BY_PHONE.items() if service in services]
        reachable = {
            EMAIL: patient.email_sealed is not None and patient.email_refused_at is None,
            SMS: patient.phone_sealed is not None and patient.phone_refused_at is None,
        }
        return [chosen] if reachable.get(chosen) else []

    def _phones(self, service: str, sealer: Sealer) -> str:
        """Return every phone to wake, as the channel reads it; of one that does not open only the id: it is gone."""
        told: list[dict[str, str]] = []
        for phone in self.phones:
            if phone.service == service:
                opened = _opened(sealer, self.patient, phone.target_sealed, push.place(phone.id))
                target = {}
                with suppress(ValueError):
                    target = json.loads(opened or "{}")
                told.append({**target, "id": str(phone.id)})
        return json.dumps(told) if told else ""


def of_patients(session: Session, patients: Collection[PatientRow], now: datetime) -> dict[UUID, Ways]:
    """Return the ways of some patients at a moment."""
    ids = {patient.id for patient in patients}
    said, phones = wishes.of_patients(session, ids), push.of_patients(session, ids)
    paired = access.paired(session, ids, now)
    return {one.id: Ways(one, said.get(one.id), phones.get(one.id, ()), one.id in paired) for one in patients}


def of_patient(session: Session, patient: PatientRow, now: datetime) -> Ways:
    """Return the ways of one patient at a moment."""
    return of_patients(session, [patient], now)[patient.id]


def _opened(sealer: Sealer, patient: PatientRow, held: bytes | None, place: Place) -> str:
    try:
        return sealer.open(patient.key, str(patient.id), held, place) or ""
    except (SealError, ValueError):
        return ""
