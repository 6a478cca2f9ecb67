"""Pseudonyms: what patients and records are called in one study, keyed so that two studies cannot be joined."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from uuid import UUID

from backend.services.context import Context
from backend.storage.research import StudyRow
from backend.storage.sealing import Place

_SECRET_BYTES = 32
_PSEUDONYM_BYTES = 10
_ROW_ID_BYTES = 12


def new_secret(ctx: Context, study_id: UUID) -> bytes:
    """Return a new study's secret, sealed."""
    return ctx.sealer.seal_own(secrets.token_hex(_SECRET_BYTES), _place(study_id))


def of_patient(ctx: Context, study: StudyRow, patient_id: UUID) -> str:
    """Return a patient's name in one study (P20)."""
    digest = hmac.new(_secret(ctx, study), b"patient" + patient_id.bytes, hashlib.sha256).digest()
    return base64.b32encode(digest[:_PSEUDONYM_BYTES]).decode()


def keyed(ctx: Context, study: StudyRow) -> Callable[[UUID], str]:
    """Return how a record's id becomes one of the study: a phone's own id could tell its moment."""
    secret = _secret(ctx, study)

    def row_id(record_id: UUID) -> str:
        return hmac.new(secret, b"record" + record_id.bytes, hashlib.sha256).digest()[:_ROW_ID_BYTES].hex()

    return row_id


def _secret(ctx: Context, study: StudyRow) -> bytes:
    return bytes.fromhex(ctx.sealer.open_own(study.secret_sealed, _place(study.id)))


def _place(study_id: UUID) -> Place:
    return Place("studies", "secret", str(study_id))
