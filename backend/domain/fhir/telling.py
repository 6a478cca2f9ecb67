"""Telling: how resources say whose they are, which record, and when; the caller decides, the mapping stays the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from uuid import UUID

from backend.domain.fhir import ids
from backend.domain.moments import Occurred


@dataclass(frozen=True, slots=True)
class Telling:
    """What a mapping is given beside the record itself.

    `subject` is the reference to the patient; `key` makes an id of a record's; `moment`, `at` and `on` tell when, or
    None to leave it out (a set of data may shift or omit what could identify somebody); `words` is whether what
    somebody wrote in free words is told, `named` whether the ids of /api/v1 stand beside as identifiers, `clocks`
    whether a plan's weekdays and times of day are.
    """

    subject: str
    key: Callable[[UUID], str]
    moment: Callable[[Occurred], str | None]
    at: Callable[[datetime], str | None]
    on: Callable[[date], str | None]
    words: bool = True
    named: bool = True
    clocks: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """Which version of which record; `updated` (aware) is when it became known, `gone` marks what was taken back."""

    id: UUID
    version: int
    updated: datetime | None
    gone: bool = False


def plain(patient_id: UUID, *, words: bool = True) -> Telling:
    """Return how a patient's record is told to those who may read it: everything, as it is."""
    key = partial(ids.of_record, patient_id)
    return Telling(f"Patient/{patient_id}", key, moment_told, datetime.isoformat, date.isoformat, words)


def moment_told(moment: Occurred) -> str:
    """Return a moment with its own offset, or the day where only that is known."""
    return moment.on.isoformat() if moment.at is None else moment.at.isoformat()
