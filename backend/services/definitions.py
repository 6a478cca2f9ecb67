"""Definitions: a site's own questionnaires are drafted, published and read, beside those that ship."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain import claims as claims_domain
from backend.domain import succession
from backend.domain.definitions import VERSION, content_hash, read, written
from backend.domain.errors import ClinicError, invalid
from backend.domain.fhir.questionnaires import Exported, export
from backend.domain.forms import forms
from backend.domain.imported import Imported, Lost
from backend.domain.questionnaires import Form, Status
from backend.services import claims, events, gate, supplied
from backend.services.context import Context
from backend.storage import definitions
from backend.storage.definitions import QuestionnaireVersionRow
from backend.storage.people import SiteRow

POINTER = "/definition"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a questionnaire; a draft has no `published_at`, unless it ships (`built_in`).

    `edit` counts how often a draft was written; `content_hash` is that of the definition, in hexadecimals.
    """

    key: str
    version: int
    edit: int
    built_in: bool
    published: bool
    content_hash: str
    made_at: datetime | None
    made_by: UUID | None
    published_at: datetime | None
    published_by: UUID | None
    definition: Mapping[str, Any]
    retired_at: datetime | None = None
    retired_by: UUID | None = None

    @property
    def status(self) -> Status:
        """How it stands."""
        if self.retired_at is not None:
            return Status.RETIRED
        return Status.PUBLISHED if self.published else Status.DRAFT


def of_site(ctx: Context) -> list[Version]:
    """Return every version of the questionnaires of the actor's own site: those that ship first, then by key."""
    gate.permit(ctx, "questionnaires:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "questionnaires:read", None, site_id)
    own = [_version(row) for row in definitions.of_site(ctx.session, site_id)]
    return [*map(_shipped, forms().values()), *own]


def one(ctx: Context, key: str, version: str) -> Version:
    """Return one version of a questionnaire of the actor's own site. Raises ClinicError `not-found`."""
    gate.permit(ctx, "questionnaires:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "questionnaires:read", None, site_id, {"key": key[:60], "version": version[:10]})
    if key in forms() and forms()[key].version == version:
        return _shipped(forms()[key])
    return _version(_stored(ctx, site_id, key, version))


def check_may_draft(ctx: Context) -> None:
    """Raise ClinicError `role-lacks-permission` for who does not draft questionnaires."""
    gate.permit(ctx, "questionnaires:write")


def draft(ctx: Context, told: object) -> Version:
    """Store a draft of the next version of a questionnaire of the actor's own site.

    Raises ClinicError as `definitions.read`, `already-exists` for the key of a form that ships or where a draft stands,
    and `invalid` for another number than the next.
    """
    gate.permit(ctx, "questionnaires:write")
    site_id = gate.own_site(ctx)
    form = read(told, POINTER)
    _lock(ctx, site_id)
    versions = definitions.versions(ctx.session, site_id, form.key)
    if form.key in forms() or any(row.published_at is None for row in versions):
        raise ClinicError("already-exists", pointers={f"{POINTER}/key": "Ships with this key, or has a draft."})
    if int(form.version) != len(versions) + 1:
        raise invalid(f"{POINTER}/version", f"The next version is {len(versions) + 1}.")
    values = {"site_id": site_id, "key": form.key, "version": int(form.version), "edit": 1, **_content(ctx, form)}
    definitions.add(ctx.session, values)
    events.note(ctx, "questionnaires:write", None, site_id, {"key": form.key, "version": form.version, "edit": 1})
    return _version(_stored(ctx, site_id, form.key, form.version))


def take_in(ctx: Context, told: Imported) -> tuple[Version, tuple[Lost, ...]]:
    """Store a draft of what was read of another system's file, numbered as the next; return also what was lost.

    Raises ClinicError as `draft`.
    """
    gate.permit(ctx, "questionnaires:write")
    number = str(len(definitions.versions(ctx.session, gate.own_site(ctx), told.definition["key"])) + 1)
    lost, at = told.lost, told.version_at
    if told.definition["version"] != number and not any(one.pointer == at for one in lost):
        lost = (*lost, Lost(at, f"Versions of a site are numbered; this is {number}."))
    return draft(ctx, told.definition | {"version": number}), lost


def give_out(ctx: Context, key: str, version: str) -> Exported:
    """Return one version of a questionnaire as a FHIR R4 Questionnaire. Raises ClinicError `not-found`."""
    found = one(ctx, key, version)
    return export(read(found.definition), found.status)


def replace(ctx: Context, key: str, version: str, edit: int, told: object) -> Version:
    """Replace a draft; the same again changes nothing.

    Raises ClinicError as `definitions.read`, `not-found`, `stale-version`, `wrong-state` for a published version, and
    `invalid` where the definition says another key or version.
    """
    gate.permit(ctx, "questionnaires:write")
    site_id = gate.own_site(ctx)
    form = read(told, POINTER)
    row = _drafted(ctx, site_id, key, version, edit)
    for name, said, meant in (("key", form.key, key), ("version", form.version, version)):
        if said != meant:
            raise invalid(f"{POINTER}/{name}", f"Must be {meant}.")
    if row.content_hash == content_hash(form):
        events.note(ctx, "questionnaires:write", None, site_id, {"duplicate": True})
        return _version(row)
    _change(ctx, row, _content(ctx, form) | {"edit": edit + 1})
    events.note(ctx, "questionnaires:write", None, site_id, {"key": key, "version": version, "edit": edit + 1})
    return _version(_stored(ctx, site_id, key, version))


def discard(ctx: Context, key: str, version: str, edit: int) -> None:
    """Throw a draft away, as it was read; its number is the next one's again.

    Raises ClinicError `not-found`, `stale-version`, and `wrong-state` for a published version.
    """
    gate.permit(ctx, "questionnaires:write")
    site_id = gate.own_site(ctx)
    row = _drafted(ctx, site_id, key, version, edit)
    definitions.discard(ctx.session, site_id, key, row.version)
    events.note(ctx, "questionnaires:write", None, site_id, {"key": key, "version": version, "discarded": True})


def publish(ctx: Context, key: str, version: str, edit: int) -> Version:
    """Publish a draft as it was read: from now on it does not change.

    Raises ClinicError `not-found`, `stale-version`, `wrong-state` for what is published already, `invalid` where it
    cannot follow the versions before it (`succession.check`), and as `domain.claims.check` for an instrument.
    """
    gate.permit(ctx, "questionnaires:publish")
    site_id = gate.own_site(ctx)
    row = _drafted(ctx, site_id, key, version, edit)
    earlier = [read(one.definition) for one in definitions.versions(ctx.session, site_id, key) if one.published_at]
    form = read(row.definition)
    succession.check(earlier, form)
    known = supplied.of_site(ctx, site_id)
    claims_domain.check(form, claims.of(ctx, site_id, key), ctx.now.date(), known)
    _change(ctx, row, {"published_at": ctx.now, "published_by": ctx.who.id})
    told = {"key": key, "version": version, "hash": row.content_hash}
    events.note(ctx, "questionnaires:publish", None, site_id, told)
    return _version(_stored(ctx, site_id, key, version))


def retire(ctx: Context, key: str, version: str, edit: int) -> Version:
    """Retire a published version: it is assigned to nobody any more; twice changes nothing.

    Assignments that ask it go on, answers to it stay, and no earlier version takes its place
    (`services.answerable`). Raises ClinicError `not-found`, `stale-version`, and `wrong-state` for a draft.
    """
    gate.permit(ctx, "questionnaires:publish")
    site_id = gate.own_site(ctx)
    _lock(ctx, site_id)
    row = _stored(ctx, site_id, key, version)
    if row.published_at is None:
        raise ClinicError("wrong-state", "A draft is thrown away.")
    if row.edit != edit:
        raise ClinicError("stale-version")
    told = {"key": key, "version": version, "retired": True}
    if row.retired_at is not None:
        events.note(ctx, "questionnaires:publish", None, site_id, told | {"duplicate": True})
        return _version(row)
    definitions.retire(ctx.session, site_id, key, row.version, {"retired_at": ctx.now, "retired_by": ctx.who.id})
    events.note(ctx, "questionnaires:publish", None, site_id, told)
    return _version(_stored(ctx, site_id, key, version))


def _lock(ctx: Context, site_id: UUID) -> None:
    """Let of two who write at once one follow the other."""
    ctx.session.get_one(SiteRow, site_id, with_for_update=True)


def _drafted(ctx: Context, site_id: UUID, key: str, version: str, edit: int) -> QuestionnaireVersionRow:
    """Return the draft that was read, locked."""
    _lock(ctx, site_id)
    row = _stored(ctx, site_id, key, version)
    if row.published_at is not None:
        raise ClinicError("wrong-state", "A published version does not change.")
    if row.edit != edit:
        raise ClinicError("stale-version")
    return row


def _stored(ctx: Context, site_id: UUID, key: str, version: str) -> QuestionnaireVersionRow:
    rows: Sequence[QuestionnaireVersionRow] = ()
    if VERSION.fullmatch(version):
        rows = definitions.versions(ctx.session, site_id, key)
    found = next((row for row in rows if str(row.version) == version), None)
    if found is None:
        raise ClinicError("not-found")
    return found


def _change(ctx: Context, row: QuestionnaireVersionRow, values: dict[str, Any]) -> None:
    if not definitions.put(ctx.session, row.site_id, row.key, row.version, values):
        raise ClinicError("wrong-state", "A published version does not change.")


def _content(ctx: Context, form: Form) -> dict[str, Any]:
    told = {"definition": written(form), "content_hash": content_hash(form)}
    still = dict.fromkeys(("published_at", "published_by", "retired_at", "retired_by"))
    return told | {"made_at": ctx.now, "made_by": ctx.who.id, **still}


def _version(row: QuestionnaireVersionRow) -> Version:
    return Version(
        key=row.key,
        version=row.version,
        edit=row.edit,
        built_in=False,
        published=row.published_at is not None,
        content_hash=row.content_hash,
        made_at=row.made_at,
        made_by=row.made_by,
        published_at=row.published_at,
        published_by=row.published_by,
        definition=row.definition,
        retired_at=row.retired_at,
        retired_by=row.retired_by,
    )


def _shipped(form: Form) -> Version:
    told = written(form)
    return Version(form.key, int(form.version), 1, True, True, content_hash(form), None, None, None, None, told)
