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
from backend.domain.questionnaires import Form, Status
from backend.services.context import Context
from backend.storage import assignments, definitions
from backend.storage.patients import PatientRow


@dataclass(frozen=True)
class Published:
    """One published version; what ships has been since ever (`published_at` None). `definition` is None for it.

    What was retired stays here: who is asked it goes on with it, and answers to it are read with it.
    """

    key: str
    version: int
    content_hash: str
    published_at: datetime | None
    definition: Any = None
    retired_at: datetime | None = None

    @property
    def status(self) -> Status:
        """How it stands."""
        return Status.PUBLISHED if self.retired_at is None else Status.RETIRED

    def offered(self, at: datetime) -> bool:
        """Tell whether it could be assigned at a moment."""
        return self.retired_at is None or at < self.retired_at

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
        Published(key, row.version, row.content_hash, row.published_at, row.definition, row.retired_at)
        for row in definitions.versions(ctx.session, site_id, key)
        if row.published_at is not None
    ]


def checked(ctx: Context, site_id: UUID, key: str, version: int | None, pointer: str) -> None:
    """Pass, or raise ClinicError `unknown-form` where no such version can be put to patients of the site.

    Where the newest is retired no earlier one takes its place by itself: it has to be named.
    """
    found = published(ctx, site_id, key)
    if not any(one.offered(ctx.now) for one in found):
        raise invalid(f"{pointer}/questionnaire", "No questionnaire of that key can be asked.", "unknown-form")
    meant = found[-1] if version is None else next((one for one in found if one.version == version), None)
    if meant is None:
        raise invalid(f"{pointer}/version", "That version is not published.", "unknown-form")
    if not meant.offered(ctx.now):
        raise invalid(f"{pointer}/version", f"Version {meant.version} is retired: name another.", "unknown-form")


def when_opened(
    found: Sequence[Published], pinned: int | None, opens_on: date, zone: str, decided_at: datetime
) -> Published:
    """Return the version that is asked in a window: the pinned one, else the newest published when it opened.

    Where none was, that is the first. What was retired before the assignment was decided gives way to the next one;
    what was retired since is still asked, until there is a newer one. `found` is not empty; a pinned version of what
    ships gives way to a later one that the program came with.
    """
    for one in found:
        if one.version == pinned:
            return one
    opened_at = at_wall(opens_on, time(0), zone)
    then = sum(one.published_at is None or one.published_at <= opened_at for one in found)
    newest = found[max(then, 1) - 1 :]
    return next((one for one in newest if one.offered(decided_at)), newest[0])


def goes_on(found: Sequence[Published], pinned: int | None) -> int | None:
    """Return the retired version that an assignment goes on asking, None where what it asks is not retired."""
    asked = [one for one in found if pinned in {None, one.version}][-1:]
    return next((one.version for one in asked if one.status is Status.RETIRED), None)


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
