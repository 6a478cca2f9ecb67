"""Replanning: every patient's reminders gone over once a day, and soon after a site changed what it reminds of.

Acts plan what they change themselves. This heals what no act of a patient changes: a site's rules, the rules of this
program, and the time zones of the world.
"""

from datetime import timedelta

from backend.services import reminders
from backend.services.context import Context
from backend.storage import patients

EVERY = timedelta(hours=24)


def go_over(ctx: Context) -> bool:
    """Plan one patient's reminders anew whose turn it is, and return whether there was one; whom others hold waits."""
    patient = patients.next_to_plan(ctx.session, ctx.now - EVERY)
    if patient is None:
        return False
    reminders.replan(ctx, patient)
    patient.planned_at = ctx.now
    ctx.session.flush()
    return True
