r"""FHIR ids: whose record and which in one, so that an id is unique here and says whom to ask for at the gate.

A record's own id was made on a phone and is unique for its patient only. Both ids in letters that FHIR allows
(`[A-Za-z0-9\-\.]{1,64}`) take 26 each; what is left names a part of the record, without saying what it holds.
"""

import re
from hashlib import sha256
from uuid import UUID

from backend.domain.codes import ALPHABET

_LETTERS = ALPHABET.lower()
_WORTH = {letter: worth for worth, letter in enumerate(_LETTERS)}
_LENGTH = 26
_TOKEN = 6
FORM = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
"""What an id may look like (hl7.org/fhir/R4/datatypes.html#id)."""


def short(value: UUID) -> str:
    """Return a UUID in 26 letters of Crockford's base 32, in lower case."""
    number = value.int
    return "".join(_LETTERS[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def long(text: str) -> UUID | None:
    """Return what `short` was given, None for what it never gives."""
    if len(text) != _LENGTH or not set(text) <= _WORTH.keys():
        return None
    number = 0
    for letter in text:
        number = number << 5 | _WORTH[letter]
    return UUID(int=number) if number < 1 << 128 else None


def of_record(patient_id: UUID, record_id: UUID) -> str:
    """Return the id of a patient's record."""
    return f"{short(patient_id)}.{short(record_id)}"


def whose(text: str) -> UUID | None:
    """Return whose record an id names, None for one that names nobody's."""
    return long(text.partition(".")[0]) if FORM.fullmatch(text) else None


def token(key: str) -> str:
    """Return six letters that stand for a key: the same each time, and no word of health in an address."""
    digest = int.from_bytes(sha256(key.encode()).digest()[:4], "big")
    return "".join(_LETTERS[digest >> 5 * place & 31] for place in range(_TOKEN))
