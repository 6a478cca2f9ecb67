"""A site's checklists: a clinician decides what may be given at home and what is asked before, in versions."""

from uuid import UUID

from backend.domain.checklists import Asked, Checklist, checked
from backend.domain.drugs import catalogue
from backend.domain.treatment import entry
from backend.services import events, feed, gate, reminders
from backend.services.context import Context
from backend.services.feed import Kind
from backend.storage import checklists, patients
from backend.storage.people import SiteRow


def of_site(ctx: Context) -> list[Checklist]:
    """Return the newest version of each checklist of the actor's own site."""
    gate.permit(ctx, "checklists:read")
    site_id = gate.own_site(ctx)
    events.note(ctx, "checklists:read", None, site_id)
    return [versions[-1] for versions in checklists.of_site(ctx.session, site_id).values()]


def write(ctx: Context, asked: Asked) -> Checklist:
    """Write the next version of a checklist of the actor's own site; the same again is the version that stands.

    Versions before it are kept (P08). What patients of the site are told moves along. Raises ClinicError as
    `checklists.checked`.
    """
    gate.permit(ctx, "checklists:write")
    site_id = gate.own_site(ctx)
    checked(asked)
    # Of two who write at once, one follows the other.
    ctx.session.get_one(SiteRow, site_id, with_for_update=True)
    versions = checklists.of_site(ctx.session, site_id).get((asked.drug_key, asked.route), [])
    if versions and versions[-1].asked == asked:
        events.note(ctx, "checklists:read", None, site_id, {"duplicate": True})
        return versions[-1]
    made = Checklist(asked, len(versions) + 1, ctx.now, ctx.who.id)
    checklists.add(ctx.session, site_id, made)
    detail = {"drug": asked.drug_key, "route": asked.route.value, "version": made.version}
    events.note(ctx, "checklists:write", None, site_id, detail)
    _follow(ctx, site_id, asked, moves=_tells(versions[-1].asked if versions else None) != _tells(asked))
    return made


def _tells(asked: Asked | None) -> tuple[bool, bool]:
    """Return what patients are reminded of: that a dose may be given at home, and that something is asked before it."""
    return (asked.at_home, bool(asked.items)) if asked is not None else (False, False)


def _follow(ctx: Context, site_id: UUID, asked: Asked, *, moves: bool) -> None:
    """Tell the phones of those it concerns; where what they are reminded of changed, their reminders move."""
    drugs = [one.key for one in catalogue().values() if entry(one, asked.route).key == asked.drug_key]
    for patient_id in checklists.treated_with(ctx.session, site_id, drugs):
        feed.touch(ctx, patient_id, Kind.PLAN)
        patient = patients.get(ctx.session, patient_id, lock=True) if moves else None
        if patient is not None:
            reminders.replan(ctx, patient)
            events.note(ctx, "checklists:write", patient_id, f"{asked.drug_key}:{asked.route}")
