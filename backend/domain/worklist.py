"""The worklist: kinds of things that need somebody, since when, and the facts about a patient that tell of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from backend.domain.adherence import Said
from backend.domain.dosing import Dose
from backend.domain.linking import Chain
from backend.domain.moments import local_date
from backend.domain.samples import Matrix, Step
from backend.domain.treatment import Expects, Treatment, each_expected


class Kind(StrEnum):
    """What needs somebody. The first three and the last are told by others; the rest follows from the record."""

    CONTACT = "contact"
    MOVE = "move"
    UNDELIVERED = "undelivered"
    DOSE_MISSED = "dose_missed"
    DOSE_OVERDUE = "dose_overdue"
    SAMPLE_MISSING = "sample_missing"
    SAMPLE_REJECTED = "sample_rejected"
    RESULT_TO_RELEASE = "result_to_release"
    FORM_OVERDUE = "form_overdue"
    MONITORING_DUE = "monitoring_due"
    EMERGENCY = "emergency"


COME_BACK = frozenset({Kind.DOSE_MISSED, Kind.DOSE_OVERDUE, Kind.SAMPLE_MISSING, Kind.MONITORING_DUE})
"""What is not dealt with by having spoken to the patient: it is listed again while it is still so."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that needs somebody, `since` a moment (aware, UTC); `due_on` is the day it was, or is, due.

    `subject` names the matter, and another one where it needs somebody anew. `detail` holds codes, ids and days.
    """

    kind: Kind
    subject: str
    since: datetime
    due_on: date | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Kind and subject in one."""
        return f"{self.kind.value}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A sample with its steps, and when it was registered (aware)."""

    id: UUID
    matrix: Matrix
    created_at: datetime
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A standing result that the patient may not see yet, recorded at a moment (aware); `position` among its sample's.

    A corrected result is another one.
    """

    sample_id: UUID
    analyte: str
    position: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one patient that tells what needs somebody.

    `zone` is the patient's, `now` aware. `checks` holds the last day of each check by treatment, `ahead_days` for how
    many days before a check it is to be arranged, `expects` what each treatment expects, None where nobody asked yet.
    Doses given long ago may be left out where `needs.enough` says so.
    """

    zone: str
    now: datetime
    treatments: Sequence[Treatment]
    doses: Sequence[Dose]
    line: Chain
    samples: Sequence[Taken] = ()
    withheld: Sequence[Withheld] = ()
    said: Sequence[Said] = ()
    checks: Mapping[UUID, Mapping[str, date]] = field(default_factory=dict)
    ahead_days: int = 7
    expects: Expects | None = None

    @property
    def coming(self) -> Expects:
        """What each treatment expects next."""
        return each_expected(self.treatments, self.doses) if self.expects is None else self.expects

    @property
    def today(self) -> date:
        """The day on the patient's calendar."""
        return local_date(self.now, self.zone)


def order(item: Item) -> tuple[datetime, str]:
    """Return what items are sorted by: how long they have waited, and nothing else. No urgency is computed."""
    return item.since, item.key
