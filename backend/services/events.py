"""Writing down who did what: one event beside every act and every read, in the same transaction."""

from typing import Any
from uuid import UUID

from backend.services.context import Context


def note(
    ctx: Context,
    act: str,
    patient_id: UUID | None = None,
    subject: object = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Note an event, written when the act commits.

    `act` is noun:verb; `subject` names the thing touched; `detail` holds no personal data.
    """
    actor = ctx.actor
    ctx.trail.append(
        {
            "at": ctx.now,
            "actor_role": actor.role.value if actor else "nobody",
            "actor_id": actor.id if actor else None,
            "act": act,
            "patient_id": patient_id,
            "subject": str(subject),
            "request_id": ctx.request_id,
            "detail": detail,
        }
    )
