"""Previews of acts on a dose: the act itself is run for its answer and taken back, so that nothing of it is left."""

from collections.abc import Callable
from uuid import UUID

from backend.services import events
from backend.services.context import Context
from backend.services.doses import Changed
from backend.services.rehearsal import rehearsed


def preview(ctx: Context, patient_id: UUID, dose_id: UUID, act: Callable[[Context], Changed]) -> Changed:
    """Return what an act of `services.doses` on a dose would answer; only that somebody looked is written down.

    It is the act itself with its gate, its locks and its refusals, so that what is shown and what is done cannot
    differ while the version stands. The ids of reminders that the act would make are of nothing. Raises as the act.
    """
    with rehearsed(ctx) as trial:
        changed = act(trial)
    events.note(ctx, "doses:read", patient_id, dose_id, {"preview": changed.shown.dose.act.value})
    return changed
