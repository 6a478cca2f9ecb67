"""Questionnaires as FHIR finds them: those that ship, and to staff those of their own site."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from backend.domain.definitions import read
from backend.domain.fhir import elements as fhir
from backend.domain.fhir import questionnaires
from backend.domain.forms import forms
from backend.domain.moments import EARLIEST
from backend.domain.questionnaires import Form, Status
from backend.services import definitions, gate
from backend.services.context import Context
from backend.services.definitions import Version
from backend.services.fhir.found import Found
from backend.services.fhir.reports import base

OWN, CARE = "catalogue:read", "questionnaires:read"
_LONGEST = 64


def known(ctx: Context, _patient_id: UUID | None, _key: str | None) -> Iterator[Found]:
    """Yield the forms that ship, by their keys; to staff also those of their site, by key and version."""
    if ctx.who.patient_id is not None:
        gate.permit(ctx, OWN)
        yield from (_found(key, form, None, base(ctx), Status.PUBLISHED) for key, form in forms().items())
        return
    for version in definitions.of_site(ctx):
        key = version.key if version.built_in else f"{version.key}.{version.version}"
        if len(key) <= _LONGEST:
            yield _found(key, read(version.definition), _made(version), base(ctx), version.status)


def _made(version: Version) -> datetime | None:
    return version.retired_at or version.published_at or version.made_at


def _found(key: str, form: Form, made: datetime | None, at: str, status: Status) -> Found:
    tell = partial(_told, key, form, made, at, status)
    return Found(key, made or EARLIEST, None, made, "UTC", tell)


def _told(key: str, form: Form, made: datetime | None, at: str, status: Status) -> dict[str, Any]:
    """Return a form under its id; when one that ships was made is not known, and not told."""
    known = f"{form.version}.{status}" if status is Status.RETIRED else form.version
    meta = {"versionId": known, "lastUpdated": made and made.isoformat()}
    told = questionnaires.export(form, status, base=at).resource
    return {"resourceType": "Questionnaire", "id": key, **fhir.full({"meta": meta}), **told}
