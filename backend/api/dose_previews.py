"""Previews of acts on a dose over HTTP: what recording, moving, missing, cancelling or undoing it would change."""

from typing import Any
from uuid import UUID

from backend.api.doses import ONE, DoseChangedOut, GivenIn, MoveIn, ReasonIn, answered, how_given
from backend.api.endpoint import Room
from backend.api.shapes import occurred
from backend.services import doses
from backend.services.context import Context
from backend.services.dose_previews import preview

room = Room("doses")


@room.route(
    "POST", f"{ONE}/record/preview", permission="doses:write", takes=GivenIn, gives=DoseChangedOut, if_match=True
)
def preview_recording(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Any:
    """Show what recording a dose as given would change; nothing is kept."""
    given = how_given(data)
    return _shown(preview(ctx, patient_id, dose_id, lambda on: doses.record(on, patient_id, dose_id, version, given)))


@room.route("POST", f"{ONE}/move/preview", permission="doses:write", takes=MoveIn, gives=DoseChangedOut, if_match=True)
def preview_move(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Any:
    """Show what moving a dose would change; nothing is kept."""
    slot = occurred(data["planned"], "/planned")
    reason, override = data["reason"], data["override_reason"]

    def act(on: Context) -> doses.Changed:
        return doses.move(on, patient_id, dose_id, version, slot, reason, override)

    return _shown(preview(ctx, patient_id, dose_id, act))


@room.route(
    "POST", f"{ONE}/miss/preview", permission="doses:write", takes=ReasonIn, gives=DoseChangedOut, if_match=True
)
def preview_miss(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Any:
    """Show what marking a dose as missed would change; nothing is kept."""
    why = data["reason"]
    return _shown(preview(ctx, patient_id, dose_id, lambda on: doses.miss(on, patient_id, dose_id, version, why)))


@room.route(
    "POST", f"{ONE}/cancel/preview", permission="doses:write", takes=ReasonIn, gives=DoseChangedOut, if_match=True
)
def preview_cancelling(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Any:
    """Show what cancelling a dose would change; nothing is kept."""
    why = data["reason"]
    return _shown(preview(ctx, patient_id, dose_id, lambda on: doses.cancel(on, patient_id, dose_id, version, why)))


@room.route(
    "POST", f"{ONE}/undo/preview", permission="doses:write", takes=ReasonIn, gives=DoseChangedOut, if_match=True
)
def preview_undoing(ctx: Context, patient_id: UUID, dose_id: UUID, data: dict[str, Any], version: int) -> Any:
    """Show what taking back the last act on a dose would change; nothing is kept."""
    why = data["reason"]
    return _shown(preview(ctx, patient_id, dose_id, lambda on: doses.undo(on, patient_id, dose_id, version, why)))


def _shown(changed: doses.Changed) -> Any:
    return answered(changed).body  # no entity tag: there is no such version
