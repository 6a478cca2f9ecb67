"""One's own profile: who one is to the clinic, how to be reached, and what one wants to hear, as the phone keeps it."""

from dataclasses import dataclass

from backend.services import patients, wishes
from backend.services.contact import Contact
from backend.services.context import Context
from backend.services.patients import Patient
from backend.services.reminders import Moved
from backend.services.wishes import Wishes
from backend.storage.patients import PatientRow


@dataclass(frozen=True, slots=True)
class Profile:
    """A patient as they see themselves."""

    patient: Patient
    wishes: Wishes


def own(ctx: Context) -> Profile:
    """Return the acting patient's own profile."""
    row, patient = patients.own(ctx)
    return Profile(patient, wishes.standing(ctx, row))


def change_own(ctx: Context, contact: Contact) -> tuple[Profile, Moved]:
    """Change how the acting patient wants to be reached; what they are told moves along. Twice is nothing new."""
    row, patient, moved = patients.change_own(ctx, contact)
    return Profile(patient, wishes.standing(ctx, row)), moved


def opened(ctx: Context, row: PatientRow) -> Profile:
    """Return the profile of a patient who is within reach."""
    return Profile(patients.opened(ctx, row), wishes.standing(ctx, row))
