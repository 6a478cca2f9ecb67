"""Changes as phones send them, each with the act it asks for, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from backend.domain.checklists import Signed
from backend.domain.dosing import BodySite
from backend.domain.errors import ClinicError
from backend.domain.reports import Report
from backend.domain.samples import Matrix, Problem
from backend.domain.symptoms import Diary
from backend.services import doses, questionnaires, requests, samples
from backend.services.answerable import Named
from backend.services.feed import Kind


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A diary entry, or with `base_version` the correction of one."""

    report: Report
    diary: Diary
    base_version: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Respond:
    """A response to a form, or with `base_version` the correction of one."""

    report: Report
    form: Named
    told: questionnaires.Told
    base_version: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Prick:
    """A finger prick that nobody ordered."""

    report: Report
    matrix: Matrix
    drops: int | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of a sample; the report bears the sample's id."""

    report: Report
    told: samples.Happened


@dataclass(frozen=True, slots=True)
class Take:
    """A dose taken at home."""

    report: Report
    told: doses.Told
    body_site: BodySite | None
    checklist: Signed | None


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the clinic."""

    told: requests.Asked


@dataclass(frozen=True, slots=True)
class Retract:
    """Take a record back: it stays as a tombstone."""

    kind: Kind
    id: UUID
    base_version: int
    recorded_at: datetime
    reason: str


Act = LogEntry | Respond | Prick | StepDone | Take | Ask | Retract


@dataclass(frozen=True, slots=True)
class Change:
    """One change as a phone sent it.

    `said` is its JSON, by which a retry is known; `act` what it asks for, or the error its form has; `shift_s` by how
    much the phone's clock was set forward since it was written, where the phone noticed.
    """

    kind: Kind
    id: UUID
    said: Mapping[str, Any]
    act: Act
    shift_s: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A change whose form is wrong, with as much of its kind and id as can be told."""

    type: str | None
    id: UUID | None
    error: ClinicError


class Outcome(StrEnum):
    """What became of a change (the contract of `POST /me/sync`). Only a `stale` one is to be sent again as it is."""

    CREATED = "created"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    RETRACTED = "retracted"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a change: `stored` is the record as it stands, where there is one; `error` why it was refused."""

    outcome: Outcome
    change: Change | Unreadable
    stored: Any = None
    error: ClinicError | None = None
