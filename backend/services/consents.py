"""A patient's own consents: which studies they said yes to, and taking it back without asking the clinic."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.services import events, gate, research
from backend.services.context import Context
from backend.storage import research as studies
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Consent:
    """What a patient said to one study: since when yes, and since when no longer."""

    study_id: UUID
    name: str
    consented_at: datetime
    withdrawn_at: datetime | None


def own(ctx: Context) -> list[Consent]:
    """Return the acting patient's consents, those withdrawn too, by when they were given."""
    patient = gate.own(ctx, "own-consents:read")
    events.note(ctx, "own-consents:read", patient.id)
    return every(ctx, patient)


def every(ctx: Context, patient: PatientRow) -> list[Consent]:
    """Return all consents of a patient who is within reach."""
    return [
        Consent(study.id, study.name, subject.consented_at, subject.withdrawn_at)
        for study, subject in studies.of_patient(ctx.session, patient.id)
    ]


def withdraw(ctx: Context, study_id: UUID) -> Consent:
    """Withdraw the acting patient's consent; from now on no pull holds them (P21). Twice changes nothing.

    Raises ClinicError `not-found` for a study they never consented to.
    """
    patient = gate.own(ctx, "own-consents:write", lock=True)
    research.leave(ctx, "own-consents:write", patient, study_id)
    return next(consent for consent in every(ctx, patient) if consent.study_id == study_id)
