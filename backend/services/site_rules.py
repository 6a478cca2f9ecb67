"""A site's rules: what it reminds of, and when, as far as it differs from what this program does by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from backend.domain.errors import ClinicError, invalid
from backend.services import events, gate
from backend.services.context import Context
from backend.storage import wishes
from backend.storage.people import SiteRow
from backend.storage.wishes import SiteRulesRow
from notifications import policy

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SiteRules:
    """A site's own rules by kind, and all that hold beside all defaults; version 0 for a site that has none of its own.

    Each is JSON as `notifications.policy.read` takes it.
    """

    version: int
    rules: Mapping[str, Any]
    effective: Mapping[str, Any]
    defaults: Mapping[str, Any]
    changed_at: datetime | None
    changed_by: UUID | None


def of_site(ctx: Context) -> SiteRules:
    """Return what the actor's own site reminds of, and when."""
    gate.permit(ctx, "reminder-rules:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "reminder-rules:read", None, site_id)
    return _shown(wishes.rules(ctx.session, site_id))


def change(ctx: Context, version: int, rules: Mapping[str, Any]) -> SiteRules:
    """Replace the own rules of the actor's site; an empty mapping goes back to the defaults. The same is nothing new.

    The reminders of the site's patients follow within minutes: the dispatcher's sweep (services.replanning) finds who
    was last gone over before, and plans them one patient at a time, so that no act holds a whole site. What was
    replaced stays in the log of events. Raises ClinicError `invalid` where the rules are no rules, and `stale-version`.
    """
    gate.permit(ctx, "reminder-rules:write")
    site_id = gate.own_site(ctx)
    _check(rules)
    # Of two who write at once, one follows the other.
    ctx.session.get_one(SiteRow, site_id, with_for_update=True)
    row = wishes.rules(ctx.session, site_id)
    if (row.rules if row else {}) == rules:
        events.note(ctx, "reminder-rules:write", None, site_id, {"duplicate": True})
        return _shown(row)
    if (row.version if row else 0) != version:
        raise ClinicError("stale-version")
    if row is None:
        row = SiteRulesRow(site_id=site_id)
        ctx.session.add(row)
    row.rules, row.version = dict(rules), version + 1
    row.changed_at, row.changed_by = ctx.now, ctx.who.id
    ctx.session.flush()
    events.note(ctx, "reminder-rules:write", None, site_id, {"version": row.version, "rules": row.rules})
    return _shown(row)


def in_force(row: SiteRulesRow | None) -> Mapping[str, policy.Rule]:
    """Return what a site reminds of, and when; a kind whose stored rule reads no more is as by default, and logged."""
    if row is None:
        return policy.RULES
    own = row.rules if isinstance(row.rules, dict) else {}
    readable = {kind: told for kind, told in own.items() if _reads(kind, told)}
    if readable != row.rules:
        log.error("site rules unreadable", site=str(row.site_id))
    return policy.read(readable)


def _reads(kind: str, told: object) -> bool:
    try:
        policy.read({kind: told})
    except ValueError:
        return False
    return True


def _check(rules: Mapping[str, Any]) -> None:
    try:
        policy.read(rules)
    except ValueError as error:
        (pointer,) = error.args
        raise invalid(f"/rules{pointer}", "Is not a rule for reminders.") from error


def _shown(row: SiteRulesRow | None) -> SiteRules:
    defaults = policy.written(policy.RULES)
    if row is None:
        return SiteRules(0, {}, defaults, defaults, None, None)
    effective = policy.written(in_force(row))
    return SiteRules(row.version, row.rules, effective, defaults, row.changed_at, row.changed_by)
