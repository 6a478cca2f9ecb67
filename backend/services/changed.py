"""Changes: the shape in which a patient's history holds what was done to a plan, a dose, a sample and the like."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5


class What(StrEnum):
    """What was changed."""

    DOSE = "dose"
    PLAN = "plan"
    FINDING = "finding"
    SAMPLE = "sample"
    RESULT = "result"
    DECISION = "decision"
    IDENTITY = "identity"
    CARE = "care"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: when it became known here, what it made of which version, by whom, and why.

    `before` and `after` are what changed as plain values, None where there was nothing; `by` is the id of a member of
    staff or of the patient, None where nobody was logged in.
    """

    at: datetime
    what: What
    subject: UUID
    act: str
    version: int
    by: UUID | None
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def id(self) -> UUID:
        """The change's own id, the same whenever it is asked for."""
        return uuid5(self.subject, f"{self.what} {self.act} {self.version}")
