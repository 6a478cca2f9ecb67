"""Answerable: which versions of which questionnaires can be put to a site's patients, and which one when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID

from backend.domain.definitions import content_hash, read
from backend.domain.errors import invalid
from backend.domain.forms import forms
from backend.domain.moments import at_wall
from backend.domain.questionnaires import Form
from backend.services.context import Context
from backend.storage import assignments, definitions
from backend.storage.patients import PatientRow


@dataclass(frozen=True)
class Published:
    """One published version; what ships has been since ever (`published_at` None). `definition` is None for it."""

    key: str
    version: int
    content_hash: str
    published_at: datetime | None
    definition: Any = None

    @cached_property
    def form(self) -> Form:
        """The form itself, read when it is needed."""
        return forms()[self.key] if self.definition is None else read(self.definition)


def published(ctx: Context, site_id: UUID, key: str) -> Sequence[Published]:
    """Return the published versions of a questionnaire at a site, oldest first; none where there are none."""
    shipped = forms().get(key)
    if shipped is not None:
        return [Published(key, int(shipped.version), content_hash(shipped), None)]
    return [
        Published(key, row.version, row.content_hash, row.published_at, row.definition)
        for row in definitions.versions(ctx.session, site_id, key)
        if row.published_at is not None
    ]


def checked(ctx: Context, site_id: UUID, key: str, version: int | None, pointer: str) -> None:
    """Pass, or raise ClinicError `unknown-form` where no such version can be put to patients of the site."""
    found = published(ctx, site_id, key)
    if not found:
        raise invalid(f"{pointer}/questionnaire", "No questionnaire of that key is published.", "unknown-form")
    if version is not None and all(one.version != version for one in found):
        raise invalid(f"{pointer}/version", "That version is not published.", "unknown-form")


def when_opened(found: Sequence[Published], pinned: int | None, opens_on: date, zone: str) -> Published:
    """Return the version that is asked in a window: the pinned one, else the newest published when it opened.

    Where none was, that is the first. `found` is not empty; a pinned version of what ships gives way to a later one
    that the program came with.
    """
    for one in found:
        if one.version == pinned:
            return one
    opened_at = at_wall(opens_on, time(0), zone)
    then = [one for one in found if one.published_at is None or one.published_at <= opened_at]
    return then[-1] if then else found[0]


@dataclass(frozen=True, slots=True)
class Named:
    """Which form somebody answers; of a site's own also which version of it, by its number or its hash."""

    key: str
    version: str | None = None
    content_hash: str | None = None


def asked(ctx: Context, patient: PatientRow, named: Named) -> Published:
    """Return the version of a form that a patient answers: one that ships, or a site's own that they were assigned.

    Raises ClinicError `unknown-form` with a pointer: where there is none, where it never was assigned, where the
    version or hash is not one that was published, and where a site's own is named by neither.
    """
    found = published(ctx, patient.site_id, named.key)
    if named.key not in forms() and not assignments.asks(ctx.session, patient.id, named.key):
        found = ()
    if not found:
        raise invalid("/form", "There is no such form.", "unknown-form")
    return _version(found, named)


def standing(ctx: Context, patient: PatientRow, key: str, content_hash: str) -> Published:
    """Return the version of a form that a stored response answers; of what ships, the one that ships now."""
    found = published(ctx, patient.site_id, key)
    return next((one for one in found if one.content_hash == content_hash or one.definition is None), found[-1])


def _version(found: Sequence[Published], named: Named) -> Published:
    if named.version is None and named.content_hash is None:
        if found[0].definition is None:
            return found[0]
        raise invalid("/form_version", "Say which version was answered.", "unknown-form")
    numbered = [one for one in found if named.version in {None, str(one.version)}]
    if not numbered:
        raise invalid("/form_version", "There is no such version.", "unknown-form")
    same = [one for one in numbered if named.content_hash in {None, one.content_hash}]
    if not same:
        raise invalid("/form_hash", "Is not the hash of that version.", "unknown-form")
    return same[-1]
