"""Taking in a list of doses over HTTP: each patient's rows by themselves, of the patients one cares for."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from backend.domain.errors import ClinicError, invalid
from backend.domain.intake import Dates, dose_lines
from backend.domain.tables import Refused, sentence
from backend.services import events, gate, intake, patients
from backend.services.context import Context
from backend.services.intake import Folder, Taken
from backend.services.rehearsal import rehearsed

PATIENTS_MOST, ROWS_MOST = 100, 1_000
"""What one list may hold: it is one act, and on SQLite everybody else who writes waits for it, at most some seconds."""
NOT_YOURS = "No patient with this hospital number is enrolled, or not in your care."


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a list: new doses of how many patients, those already there, and the rows that were refused.

    Where it was not `confirmed` nothing is stored, and the rest says what would be.
    """

    confirmed: bool
    patients: int
    doses: int
    unchanged: int
    refused: tuple[Refused, ...]


def take_in(ctx: Context, content: bytes, dates: Dates, *, confirm: bool) -> Intake:
    """Store the doses of a list that are new, or only tell what would become of it; what differs is never changed.

    One refused row does not lose the others. Sent again, what was stored is `unchanged`. Raises ClinicError `invalid`
    for a file that is no such table, `out-of-bounds` for too many patients or doses.
    """
    gate.permit(ctx, "intake:write")
    folders, taken = intake.folders((), dose_lines(content, dates, ctx.now))
    if len(folders) > PATIENTS_MOST or sum(len(folder.doses) for folder in folders) > ROWS_MOST:
        raise invalid("/csv", f"At most {PATIENTS_MOST} patients and {ROWS_MOST} doses at a time.", "out-of-bounds")
    # In one order whatever the list's, so that of two lists with the same patients one waits for the other.
    mine = [folder for folder in sorted(folders, key=lambda one: one.hospital_number) if _is_mine(ctx, folder, taken)]
    if confirm:
        count = _stored(ctx, mine, taken)
    else:
        with rehearsed(ctx) as trial:
            count = _stored(trial, mine, taken)
    refused = tuple(sorted(taken.refused_doses, key=lambda row: row.line))
    return Intake(confirm, count, taken.doses, taken.unchanged, refused)


def _is_mine(ctx: Context, folder: Folder, taken: Taken) -> bool:
    """Tell whether the actor treats the patient, and note that they look; refuse the rows of anybody else."""
    row = patients.numbered(ctx, gate.own_site(ctx), folder.hospital_number)
    if row is None or not _is_reached(ctx, row.id):
        taken.refused_doses += [Refused(told.line, "not-found", NOT_YOURS) for told in folder.doses]
        return False
    events.note(ctx, "doses:read", row.id, "intake")
    return True


def _is_reached(ctx: Context, patient_id: UUID) -> bool:
    try:
        gate.patient(ctx, "doses:write", patient_id)
    except ClinicError:
        return False
    return True


def _stored(ctx: Context, folders: Iterable[Folder], taken: Taken) -> int:
    """Take in the rows of each patient, or nothing of them, and return of how many patients there was anything new."""
    count = 0
    for folder in folders:
        found = _one(ctx, folder)
        count += found.doses > 0
        taken.add(found)
    return count


def _one(ctx: Context, folder: Folder) -> Taken:
    try:
        with ctx.session.begin_nested():
            return intake.take_in(ctx, folder)
    except ClinicError as error:
        said = error.error.code, sentence(error)
        return Taken(refused_doses=[Refused(told.line, *said) for told in folder.doses])
