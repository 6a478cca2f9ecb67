"""The mark of what makes digests: what was made by other code, or by other time zones, does not count."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import TZPATH

_FLOORS = ("backend.domain", "backend.storage", "backend.services")
_ZONES = "tzdata.zi"
"""All rules of the time zones as one file, where the system has it: a planned day's moment rests on them."""
_LENGTH = 16


@cache
def mark() -> str:
    """Return what digests are marked with: a hash of all code and data that says what is read and what it means.

    A number that somebody has to raise would be forgotten once, and figures of an old rule would stand among new ones.
    """
    made = hashlib.sha256()
    for floor in _FLOORS:
        for file in sorted(_sources(files(floor)), key=str):
            made.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for zones in (Path(folder, _ZONES) for folder in TZPATH):
        if zones.is_file():
            made.update(zones.read_bytes())
    return made.hexdigest()[:_LENGTH]


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for one in folder.iterdir():
        if one.is_dir():
            yield from _sources(one)
        elif one.name.endswith((".py", ".json")):
            yield one
