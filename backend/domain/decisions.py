"""Decisions on an interval under a dosing rule: what may be said, and what is flagged; the rule itself decides none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from backend.domain import rules
from backend.domain.errors import ClinicError, invalid
from backend.domain.linking import Interval
from backend.domain.moments import Occurred
from backend.domain.protocols import Bounds

TOO_EARLY = "before-changes-from-interval"
"""The flag of a change that reaches an interval which the level could not yet change by the rule's own account."""


class Choice(StrEnum):
    """What was decided: to change the interval, to keep it, or something that is not this rule's matter."""

    CHANGE = "change"
    KEEP = "keep"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Move:
    """To which slot the next planned dose is moved; `override` says why it may be sooner than the drug allows."""

    dose_id: UUID
    version: int
    slot: Occurred
    override: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as told, under the id the client made.

    `state_mark` and `treatment_version` (None without a treatment) say what the clinician saw. Only a change has
    `interval_weeks`, `valid_from` (None means today) and `move`, and at least the first or the last of them.
    """

    id: UUID
    study_id: UUID
    protocol: str
    choice: Choice
    reason: str
    state_mark: str
    treatment_version: int | None
    interval_weeks: int | None = None
    valid_from: date | None = None
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision stands on: the rule's bounds, the interval of the plan, and the day of the last given dose."""

    bounds: Bounds
    current_weeks: int | None
    last_dose_on: date | None


def check(told: Told, ground: Ground | None) -> None:
    """Pass a decision that says what it may; `ground` None where the rule has nothing to change.

    Raises ClinicError `contradiction` for a change that changes nothing and another choice that does, `wrong-state`
    without a ground, `out-of-bounds` for an interval or a dose outside the protocol's own bounds.
    """
    if told.choice is not Choice.CHANGE:
        _changes_nothing(told)
        return
    if ground is None:
        raise ClinicError("wrong-state", "This rule has nothing to change; change the plan itself.")
    if told.interval_weeks is None:
        _only_moves(told)
    elif told.interval_weeks == ground.current_weeks:
        raise invalid("/interval_weeks", "That is the interval already; choose keep.", "contradiction")
    else:
        rules.check_interval(ground.bounds, told.interval_weeks)
    if told.move is not None:
        rules.check_days(ground.bounds, ground.last_dose_on, told.move.slot.on)


def _changes_nothing(told: Told) -> None:
    changes = {"interval_weeks": told.interval_weeks, "valid_from": told.valid_from, "move": told.move}
    for name, value in changes.items():
        if value is not None:
            raise invalid(f"/{name}", "Only a change has this.", "contradiction")


def _only_moves(told: Told) -> None:
    if told.move is None:
        raise invalid("/interval_weeks", "A change has an interval, a dose that moves, or both.", "contradiction")
    if told.valid_from is not None:
        raise invalid("/valid_from", "Only an interval has a first day.", "contradiction")


def flags(told: Told, first: int | None, intervals: Sequence[Interval], today: date) -> tuple[str, ...]:
    """Return what a decision is flagged with; it is the clinician's to make, so it is shown and not refused.

    `first` is the first interval that the values could change, `intervals` the patient's.
    """
    if told.choice is not Choice.CHANGE or first is None or not intervals or intervals[-1].number >= first:
        return ()
    end_on = intervals[-1].planned_end_on
    reaches = told.interval_weeks is not None and (end_on is None or (told.valid_from or today) < end_on)
    return (TOO_EARLY,) if told.move is not None or reaches else ()
