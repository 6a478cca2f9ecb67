"""`uitwerk import`: takes in a hospital's list of patients and doses from two CSV files, a patient per transaction."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine
from tqdm import tqdm

from backend.commands import Refused, surroundings
from backend.domain.errors import ClinicError
from backend.domain.intake import Dates, dose_lines, patient_lines
from backend.domain.tables import sentence
from backend.services import intake
from backend.services.context import Actor
from backend.services.intake import Folder, Taken
from backend.settings import Settings

ALL_TAKEN, SOME_REFUSED, WRONG_USAGE = 0, 1, 2


class _Undone(Exception):
    """How a dry run ends: rolled back."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the files, in whose name, how days are written, and whether to store anything."""
    parser.add_argument("patients", type=Path, metavar="PATIENTS.csv", help="patients and their treatments")
    parser.add_argument("doses", type=Path, metavar="DOSES.csv", help="doses given, planned, missed, cancelled")
    parser.add_argument("--site", required=True, metavar="NAME", help="the site the patients belong to")
    parser.add_argument("--by", required=True, metavar="E-MAIL", help="the nurse or clinician who takes them in")
    parser.add_argument("--dates", choices=tuple(Dates), type=Dates, default=Dates.ISO, help="nl: days like 9-3-2026")
    parser.add_argument("--dry-run", action="store_true", help="check and report, store nothing")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the refused rows here, not to the terminal")


def run(args: argparse.Namespace) -> int:
    """Take the files in; 0 when every row was taken or there already, 1 when some were refused, 2 for wrong files."""
    found = surroundings.settings()
    with surroundings.database(found) as engine:
        try:
            folders, taken, actor = _opened(found, engine, args)
        except (Refused, OSError, ClinicError) as error:
            print(f"uitwerk import: {_why(error)}", file=sys.stderr)
            return WRONG_USAGE
        for folder in tqdm(folders, desc="patients", unit="patient", disable=None):
            taken.add(_take(found, engine, actor, folder, dry_run=args.dry_run))
    _tell(args, taken)
    return SOME_REFUSED if taken.refused else ALL_TAKEN


def _opened(found: Settings, engine: Engine, args: argparse.Namespace) -> tuple[list[Folder], Taken, Actor]:
    with surroundings.unit(found, engine, writes=False) as ctx:
        actor = intake.importer(ctx, args.site, args.by)
        now = ctx.now
    patients = patient_lines(args.patients.read_bytes(), args.dates, now)
    doses = dose_lines(args.doses.read_bytes(), args.dates, now)
    return *intake.folders(patients, doses), actor


def _take(found: Settings, engine: Engine, actor: Actor, folder: Folder, *, dry_run: bool) -> Taken:
    taken = Taken()
    with suppress(_Undone), surroundings.unit(found, engine, actor, writes=True) as ctx:
        taken = intake.take_in(ctx, folder)
        if dry_run:
            raise _Undone
    return taken


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}."
    return sentence(error) if isinstance(error, ClinicError) else str(error)


def _tell(args: argparse.Namespace, taken: Taken) -> None:
    """Tell what became of the rows: the refused ones by file and line, then the sums."""
    named = [(args.patients.name, row) for row in sorted(taken.refused_patients, key=lambda row: row.line)]
    named += [(args.doses.name, row) for row in sorted(taken.refused_doses, key=lambda row: row.line)]
    lines = [f"{name}:{row.line}: {row.code}: {row.sentence}" for name, row in named]
    if args.report is not None:
        args.report.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    else:
        print(*lines, sep="\n", end="\n" if lines else "")
    would = "would be new" if args.dry_run else "new"
    print(
        f"{taken.patients} patients, {taken.plans} plans and {taken.doses} doses {would}; "
        f"{taken.unchanged} rows were there already, {taken.refused} refused."
    )
