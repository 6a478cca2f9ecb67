"""Claims: a site says which published instrument a questionnaire of its own is, and by what licence."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.claims import SHIPPED, Claim
from backend.domain.errors import ClinicError
from backend.domain.instruments import instrument
from backend.domain.licences import LicenceEvidence
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import claims, definitions
from backend.storage.claims import ClaimRow


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim as it is shown, with who made it when."""

    instrument: str
    licence: LicenceEvidence | None
    claimed_at: datetime
    claimed_by: UUID | None


def claim(ctx: Context, key: str, told: Claim) -> Claimed:
    """Say that a questionnaire of the actor's own site is an instrument; another says otherwise from then on.

    Whether it may be published as that is asked when it is published (`domain.claims.check`). Raises ClinicError
    `not-found` for a questionnaire the site does not have, `invalid` for an instrument there is not.
    """
    gate.permit(ctx, "questionnaires:publish")
    site_id = gate.own_site(ctx)
    instrument(told.instrument)
    if not definitions.versions(ctx.session, site_id, key):
        raise ClinicError("not-found")
    seen = told.licence
    row = ClaimRow(
        site_id=site_id, key=key, instrument=told.instrument, licence_reference=seen.reference if seen else None,
        licence_seen_by=seen.seen_by if seen else None, licence_seen_on=seen.seen_on if seen else None,
        claimed_at=ctx.now, claimed_by=ctx.who.id,
    )  # fmt: skip
    claims.put(ctx.session, row)
    events.note(ctx, "questionnaires:publish", None, site_id, {"key": key, "instrument": told.instrument})
    return Claimed(told.instrument, seen, ctx.now, ctx.who.id)


def claimed(ctx: Context, key: str) -> Claimed:
    """Return what the actor's own site says a questionnaire is. Raises ClinicError `not-found`."""
    gate.permit(ctx, "questionnaires:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "questionnaires:read", None, site_id, {"key": key[:60]})
    row = claims.get(ctx.session, site_id, key)
    if row is None:
        raise ClinicError("not-found")
    return Claimed(row.instrument, _licence(row), row.claimed_at, row.claimed_by)


def instruments(ctx: Context) -> dict[str, str]:
    """Return which instrument each questionnaire is, by its key: those that ship, and what the actor's site says."""
    gate.permit(ctx, "questionnaires:read")
    told = {row.key: row.instrument for row in claims.of_site(ctx.session, gate.own_site(ctx))}
    return told | {key: shipped for key, (shipped, _) in SHIPPED.items()}


def of(ctx: Context, site_id: UUID, key: str) -> Claim | None:
    """Return what a site says a questionnaire of its own is."""
    row = claims.get(ctx.session, site_id, key)
    return None if row is None else Claim(row.instrument, _licence(row))


def _licence(row: ClaimRow) -> LicenceEvidence | None:
    if row.licence_reference is None or row.licence_seen_by is None or row.licence_seen_on is None:
        return None
    return LicenceEvidence(row.licence_reference, row.licence_seen_by, row.licence_seen_on)
