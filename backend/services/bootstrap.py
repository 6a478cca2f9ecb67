"""The beginning of a phone: everything it needs to work without us, in one act; and single documents of it anew."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.domain.safety import Safety, safety
from backend.domain.vocabulary import Vocabulary, vocabulary
from backend.services import at_home, consents, events, gate, patients, questionnaires, treatment, upcoming
from backend.services.at_home import Wanted
from backend.services.context import Context
from backend.services.feed import DOCUMENTS, Kind
from backend.storage import reminders
from backend.storage.patients import PatientRow
from backend.storage.people import SiteRow


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a phone begins with.

    `documents` holds what each kind is, as its service gives it; `reminders_delayed_since` the last sign of life of
    the dispatchers where they are silent (P16), else None.
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
        _silent_since(ctx),
    )


def documents(ctx: Context, kinds: Collection[Kind]) -> Mapping[Kind, Any]:
    """Return some documents of the acting patient, as they stand."""
    patient = gate.own(ctx, "own-record:sync")
    events.note(ctx, "own-record:sync", patient.id, "documents")
    return {kind: _READERS[kind](ctx, patient) for kind in DOCUMENTS if kind in kinds}


def _silent_since(ctx: Context) -> datetime | None:
    beat = reminders.last_beat(ctx.session)
    longest = timedelta(seconds=ctx.settings.dispatcher_silence_s)
    return beat if beat is not None and ctx.now - beat > longest else None


_READERS: Mapping[Kind, Callable[[Context, PatientRow], Any]] = {
    Kind.PROFILE: patients.opened,
    Kind.PLAN: treatment.standing,
    Kind.REMINDERS: upcoming.upcoming,
    Kind.FORMS: questionnaires.asked_of,
    Kind.CONSENTS: consents.every,
}
