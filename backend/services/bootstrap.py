"""The beginning of a phone: everything it needs to work without us, in one act; and single documents of it anew."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.domain.safety import Safety, safety
from backend.domain.vocabulary import Vocabulary, vocabulary
from backend.services import at_home, consent_standing, events, gate, health, inbox, own_forms, profile, treatment
from backend.services.at_home import Wanted
from backend.services.context import Context
from backend.services.feed import DOCUMENTS, Kind
from backend.storage.patients import PatientRow
from backend.storage.people import SiteRow


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a phone begins with.

    `documents` holds what each kind is, as its service gives it; `reminders_delayed_since` since when reminders do not
    go out (P16), None where they do.
    """

    language: str
    site_name: str
    site_phone: str
    safety: Safety
    vocabulary: Vocabulary
    checklists: list[Wanted]
    documents: Mapping[Kind, Any]
    reminders_delayed_since: datetime | None


def begin(ctx: Context) -> Beginning:
    """Return everything the acting patient's phone needs to work without us."""
    patient = gate.own(ctx, "own-record:sync")
    events.note(ctx, "own-record:sync", patient.id, "bootstrap")
    site = ctx.session.get_one(SiteRow, patient.site_id)
    return Beginning(
        patient.language,
        site.name,
        site.phone,
        safety(patient.language, site.phone),
        vocabulary(patient.language),
        at_home.wanted(ctx, patient),
        {kind: _READERS[kind](ctx, patient) for kind in DOCUMENTS},
        health.delayed_since(ctx),
    )


def documents(ctx: Context, kinds: Collection[Kind]) -> Mapping[Kind, Any]:
    """Return some documents of the acting patient, as they stand."""
    patient = gate.own(ctx, "own-record:sync")
    events.note(ctx, "own-record:sync", patient.id, "documents")
    return {kind: _READERS[kind](ctx, patient) for kind in DOCUMENTS if kind in kinds}


_READERS: Mapping[Kind, Callable[[Context, PatientRow], Any]] = {
    Kind.PROFILE: profile.opened,
    Kind.PLAN: treatment.standing,
    Kind.REMINDERS: inbox.document,
    Kind.FORMS: own_forms.asked_of,
    Kind.CONSENTS: consent_standing.document,
}
