"""Replanning: every patient's reminders gone over once a day, and soon after a pause ended or a site changed its rules.

Acts plan what they change themselves. This heals what no act of a patient changes: a site's rules, the end of a pause,
the rules of this program, and the time zones of the world.
"""

from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError

from backend.services import reminders
from backend.services.context import Context
from backend.storage import patients

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=24)


def waits(ctx: Context) -> bool:
    """Whether it is some patient's turn; for a reading act, which holds up nobody."""
    return patients.waits_to_plan(ctx.session, ctx.now, ctx.now - EVERY)


def go_over(ctx: Context) -> bool:
    """Plan one patient's reminders anew whose turn it is, and return whether there was one; whom others hold waits.

    Somebody who cannot be planned keeps the reminders they have until their next turn, and holds up nobody. Belongs in
    an act of its own.
    """
    patient = patients.next_to_plan(ctx.session, ctx.now, ctx.now - EVERY)
    if patient is None:
        return False
    patient_id = patient.id
    try:
        with ctx.session.begin_nested():
            reminders.replan(ctx, patient)
    except OperationalError:
        raise  # the database is away or busy: that passes, and says nothing about the patient
    except Exception as trouble:  # noqa: BLE001 - one bad record must not stop the others; no trace: it may hold data
        ctx.touched.clear()
        log.error("patient not planned", patient=str(patient_id), code=type(trouble).__name__)  # noqa: TRY400
    patient.planned_at = ctx.now
    ctx.session.flush()
    return True
