"""What changed, for the phones: gathered while an act runs and put into the patient's feed as its last statement."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from backend.services.context import Context
from backend.storage import feed


class Kind(StrEnum):
    """What a phone is told of: single records, and documents that are replaced whole."""

    ENTRY = "diary-entry"
    RESPONSE = "response"
    SAMPLE = "sample"
    DOSE = "dose"
    REQUEST = "request"
    PROFILE = "profile"
    PLAN = "plan"
    REMINDERS = "reminders"
    FORMS = "forms"
    CONSENTS = "consents"


RECORDS = (Kind.ENTRY, Kind.RESPONSE, Kind.SAMPLE, Kind.DOSE, Kind.REQUEST)
DOCUMENTS = (Kind.PROFILE, Kind.PLAN, Kind.REMINDERS, Kind.FORMS, Kind.CONSENTS)


def touch(ctx: Context, patient_id: UUID, kind: Kind, *record_ids: UUID) -> None:
    """Note that records of a kind changed; a document needs no id, it is the patient's own."""
    ids = record_ids if kind in RECORDS else (patient_id,)
    ctx.touched.setdefault(patient_id, set()).update((kind.value, record_id) for record_id in ids)


def write(ctx: Context, session: Session) -> None:
    """Put what was touched into the feeds; the last thing an act writes (see `storage.feed.append`)."""
    for patient_id in sorted(ctx.touched):
        if ctx.touched[patient_id]:
            feed.append(session, patient_id, ctx.touched[patient_id])
    ctx.touched.clear()
