"""Wearing-off as a patient recalls it: the end-of-interval form, kept apart from what the diary shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from backend.domain.questionnaires import Answer

FORM = "end-of-interval"


class Group(StrEnum):
    """The three groups of Ratchford 2014 (Int J MS Care 16:92-98; n = 100: 57 now, 10 before, 33 never)."""

    CURRENT = "current"
    PREVIOUS_NOT_CURRENT = "previous-not-current"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RecallResult:
    """What one end-of-interval form says, each field None when not answered.

    Ever, this interval and how often are three questions; none is inferred from another (DOMAIN.md). Onset in
    days before the dose that ended the interval, relief in days after it, intensity 0-10.
    """

    ever: str | None
    experienced: str | None
    frequency: str | None
    onset_days_before_dose: int | None
    onset_band: str | None
    relief_days: int | None
    not_resolved: bool | None
    intensity: int | None
    instrument: ClassVar[str] = "recall"

    @property
    def group(self) -> Group | None:
        """The published group, from both questions; None when one it rests on is missing or unsure."""
        if self.experienced == "yes":
            return Group.CURRENT
        if self.experienced == "no" and self.ever == "yes":
            return Group.PREVIOUS_NOT_CURRENT
        return Group.NEVER if (self.experienced, self.ever) == ("no", "no") else None

    def onset_day(self, length_days: int | None) -> int | None:
        """Return the onset in days after the dose that began an interval of that length; None when unknown.

        None also when the onset recalled lies before that dose, which then says nothing about this interval.
        """
        if length_days is None or self.onset_days_before_dose is None:
            return None
        day = length_days - self.onset_days_before_dose
        return day if day >= 0 else None


def recall(answers: Mapping[str, Answer]) -> RecallResult:
    """Return the recalled wearing-off from checked answers of the end-of-interval form."""
    return RecallResult(
        ever=_word(answers, "ever_experienced"),
        experienced=_word(answers, "experienced"),
        frequency=_word(answers, "frequency"),
        onset_days_before_dose=_number(answers, "onset_days_before_dose"),
        onset_band=_word(answers, "onset_band"),
        relief_days=_number(answers, "resolved_days_after_dose"),
        not_resolved=_truth(answers, "not_resolved"),
        intensity=_number(answers, "overall_intensity"),
    )


def _word(answers: Mapping[str, Answer], key: str) -> str | None:
    value = answers.get(key)
    return value if isinstance(value, str) else None


def _number(answers: Mapping[str, Answer], key: str) -> int | None:
    value = answers.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _truth(answers: Mapping[str, Answer], key: str) -> bool | None:
    value = answers.get(key)
    return value if isinstance(value, bool) else None
