"""Supplied: what a site adds to an instrument from its own licensed manual, so that it can be scored there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.domain.instruments import Instrument, instrument, instruments
from backend.domain.supplied import completed, read, written
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import claims, patients
from backend.storage.people import SiteRow


@dataclass(frozen=True, slots=True)
class Shown:
    """What a site supplied to an instrument, in which version, and what of it is needed still."""

    instrument: str
    version: int
    supplied: Mapping[str, Any]
    needs: list[str]
    supplied_at: datetime
    supplied_by: UUID | None


def supply(ctx: Context, key: str, version: int, told: Mapping[str, Any]) -> Shown:
    """Store what the actor's own site supplies to an instrument, whole; the same again changes nothing.

    Every answer is scored by it from then on, as its scoring version says. Raises ClinicError `invalid` for an
    instrument there is not and as `domain.supplied.completed`, and `stale-version`.
    """
    gate.permit(ctx, "questionnaires:publish")
    site_id = gate.own_site(ctx)
    given = read(told)
    completed(instrument(key), given)
    ctx.session.get_one(SiteRow, site_id, with_for_update=True)
    standing = claims.supplied(ctx.session, site_id).get(key)
    before = 0 if standing is None else standing.version
    if standing is not None and read(standing.told) == given:
        events.note(ctx, "questionnaires:publish", None, site_id, {"duplicate": True})
        return _shown(standing)
    if version != before:
        raise ClinicError("stale-version", f"The version is {before} now.")
    values = {"site_id": site_id, "instrument": key, "version": before + 1, "told": written(given)}
    claims.supply(ctx.session, values | {"supplied_at": ctx.now, "supplied_by": ctx.who.id})
    events.note(ctx, "questionnaires:publish", None, site_id, {"instrument": key, "version": before + 1})
    return _shown(claims.supplied(ctx.session, site_id)[key])


def one(ctx: Context, key: str) -> Shown:
    """Return what the actor's own site supplied to an instrument. Raises ClinicError `not-found` for nothing."""
    gate.permit(ctx, "questionnaires:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "questionnaires:read", None, site_id, {"instrument": key[:60]})
    found = claims.supplied(ctx.session, site_id).get(key)
    if found is None:
        raise ClinicError("not-found")
    return _shown(found)


def every(ctx: Context) -> list[Shown]:
    """Return what the actor's own site supplied, by the instrument's key."""
    gate.permit(ctx, "questionnaires:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "questionnaires:read", None, site_id)
    # What a release of ours no longer has is left alone.
    return [_shown(row) for key, row in sorted(claims.supplied(ctx.session, site_id).items()) if key in instruments()]


def of_site(ctx: Context, site_id: UUID) -> dict[str, Instrument]:
    """Return the instruments a site supplied something to, as they are then."""
    found = claims.supplied(ctx.session, site_id)
    # What a release of ours no longer has is left alone.
    known = {key: row for key, row in found.items() if key in instruments()}
    return {key: completed(instrument(key), read(row.told)) for key, row in known.items()}


def of_patient(ctx: Context, patient_id: UUID) -> dict[str, Instrument]:
    """Return what `of_site` does of a patient's site."""
    patient = patients.get(ctx.session, patient_id)
    return {} if patient is None else of_site(ctx, patient.site_id)


def _shown(row: claims.SuppliedRow) -> Shown:
    needs = completed(instrument(row.instrument), read(row.told)).needs
    return Shown(
        row.instrument, row.version, row.told, sorted(one.value for one in needs), row.supplied_at, row.supplied_by
    )
