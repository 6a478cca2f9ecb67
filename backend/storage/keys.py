"""The sealing key and the database belong together: a key that is gone is never made anew over what it sealed."""

from pathlib import Path

from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.storage.patients import PatientRow
from backend.storage.people import StaffRow
from backend.storage.sealing import Place, Sealer, SealError, load_key

_LOOKED_AT = 20
"""How many sealed values are tried: one that was altered says nothing about the key."""


def sealer(engine: Engine, path: Path) -> Sealer:
    """Return the sealer of a key file, which is made (0600) only where nothing is sealed yet. Raises as `check`."""
    check(engine, path)
    return Sealer(load_key(path))


def check(engine: Engine, path: Path) -> None:
    """Pass when a key opens what is stored, or nothing is stored; makes nothing.

    A database that does not answer is not asked about a key that is there. Raises SealError for a malformed key, for
    one that opens nothing of what is stored, and for one that is gone.
    """
    held = Sealer(load_key(path)) if path.exists() else None
    try:
        found = _sealed(engine)
    except OperationalError as error:
        if held is None:
            raise SealError(f"{path.name} is not there, and the database does not say whether it was lost") from error
        return
    finally:
        engine.dispose()  # who is refused leaves no connection behind
    if held is None and found:
        raise SealError(f"{path.name} is gone, and the database holds what it sealed")
    if held is not None and found and not any(held.opens(value, place) for value, place in found):
        raise SealError(f"{path.name} opens nothing of what the database holds")


def _sealed(engine: Engine) -> list[tuple[bytes, Place]]:
    """Return some values that are sealed under the master key itself."""
    if not inspect(engine).has_table(PatientRow.__tablename__):
        return []
    patients = select(PatientRow.id, PatientRow.key).limit(_LOOKED_AT)
    staff = select(StaffRow.id, StaffRow.totp_sealed).where(StaffRow.totp_sealed.is_not(None)).limit(_LOOKED_AT)
    with Session(engine) as session:
        found = [(key, Place("patients", "key", str(row))) for row, key in session.execute(patients)]
        return found + [(seed, Place("staff", "totp", str(row))) for row, seed in session.execute(staff) if seed]
