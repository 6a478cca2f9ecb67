"""The only door to a patient: permission of the role, then reach; what you may not see does not exist."""

from uuid import UUID

from backend.domain.emergency import SHUT
from backend.domain.errors import ClinicError
from backend.domain.permissions import BY_NAME, Reach, allows
from backend.services.context import Actor, Context
from backend.storage import patients, research
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow


def permit(ctx: Context, permission: str) -> Actor:
    """Return the actor, or raise ClinicError `role-lacks-permission`; says nothing about whose record."""
    actor = ctx.who
    if not allows(permission, actor.role, keyed=actor.study_id is not None):
        raise ClinicError("role-lacks-permission")
    return actor


def patient(ctx: Context, permission: str, patient_id: UUID, *, lock: bool = False) -> PatientRow:
    """Return a patient within reach, its row locked for writing if asked.

    Raises ClinicError `role-lacks-permission` when the role never has this permission, or access in an emergency does
    not (P25), and `not-found` for a patient out of reach exactly as for one that does not exist (P19).
    """
    actor = permit(ctx, permission)
    row = patients.get(ctx.session, patient_id, lock=lock)
    if row is None or not _reaches(ctx, actor, permission, row):
        raise ClinicError("not-found")
    if permission in SHUT and not cares_lastingly(ctx, row):
        raise ClinicError("role-lacks-permission", "Emergency access does not go so far.")
    return row


def cares_lastingly(ctx: Context, row: PatientRow) -> bool:
    """Tell whether the actor cares for a patient otherwise than by having opened the record in an emergency."""
    staff_id = ctx.who.staff_id
    return staff_id is not None and patients.cares(ctx.session, staff_id, row.id, ctx.now, lasting=True)


def own_site(ctx: Context) -> UUID:
    """Return the site of the acting member of staff. Raises ClinicError `not-found` where there is none."""
    if ctx.who.site_id is None:
        raise ClinicError("not-found")
    return ctx.who.site_id


def own(ctx: Context, permission: str, *, lock: bool = False) -> PatientRow:
    """Return the acting patient's own row. Raises as `patient`."""
    actor = permit(ctx, permission)
    if actor.patient_id is None:
        raise ClinicError("not-found")
    return patient(ctx, permission, actor.patient_id, lock=lock)


def study(ctx: Context, permission: str, study_id: UUID) -> StudyRow:
    """Return a study the actor was admitted to. Raises ClinicError `role-lacks-permission` or `not-found`."""
    actor = permit(ctx, permission)
    for row in studies(ctx, actor):
        if row.id == study_id:
            return row
    raise ClinicError("not-found")


def studies(ctx: Context, actor: Actor) -> list[StudyRow]:
    """Return the studies whose data an actor may pull: those they were admitted to, with a key only its own."""
    admitted = research.studies_of(ctx.session, actor.staff_id, ctx.now) if actor.staff_id else []
    return [row for row in admitted if actor.study_id in {None, row.id}]


def _reaches(ctx: Context, actor: Actor, permission: str, row: PatientRow) -> bool:
    reach = BY_NAME[permission].reach
    if reach is Reach.SELF:
        return actor.patient_id == row.id
    if reach is Reach.CARE and actor.staff_id is not None:
        return patients.cares(ctx.session, actor.staff_id, row.id, ctx.now)
    return False
