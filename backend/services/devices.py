"""A patient's own phones: which there are, and sending one away without asking the clinic."""

from uuid import UUID

from backend.services import events, gate, pairing
from backend.services.context import Context
from backend.services.pairing import Device


def own(ctx: Context) -> list[Device]:
    """Return the acting patient's phones, the newest first, those sent away too."""
    patient = gate.own(ctx, "own-devices:read")
    events.note(ctx, "own-devices:read", patient.id)
    return pairing.every(ctx, patient)


def send_away(ctx: Context, device_id: UUID) -> None:
    """Send one of the acting patient's phones away, even this one, at once (P22). Twice changes nothing.

    Raises ClinicError `not-found`.
    """
    patient = gate.own(ctx, "own-devices:write", lock=True)
    pairing.send_away(ctx, "own-devices:write", patient, device_id)
