"""Samples: the chain of states a finger prick passes through, and whether what arrives can be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import Occurred

DROPS_MAX = 100


class State(StrEnum):
    """Where a sample is. `withdrawn` only corrects: the step it corrects never happened."""

    ORDERED = "ordered"
    KIT_SENT = "kit_sent"
    KIT_RECEIVED = "kit_received"
    COLLECTED = "collected"
    POSTED = "posted"
    RECEIVED = "received"
    REJECTED = "rejected"
    ANALYSED = "analysed"
    REPORTED = "reported"
    CANCELLED = "cancelled"
    LOST = "lost"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


RANK = {
    State.ORDERED: 0,
    State.KIT_SENT: 1,
    State.KIT_RECEIVED: 2,
    State.COLLECTED: 3,
    State.POSTED: 4,
    State.RECEIVED: 5,
    State.REJECTED: 6,  # rejected and analysed exclude each other: same place in the chain
    State.ANALYSED: 6,
    State.REPORTED: 7,
}
ASIDE = frozenset({State.CANCELLED, State.LOST, State.EXPIRED})
FROM_THE_PHONE = frozenset({State.COLLECTED, State.POSTED})


class Problem(StrEnum):
    """What went wrong during the prick, as the patient says."""

    TOO_LITTLE_BLOOD = "too_little_blood"
    CLOTTED = "clotted"
    SPILLED = "spilled"
    KIT_DAMAGED = "kit_damaged"
    KIT_INCOMPLETE = "kit_incomplete"
    OTHER = "other"


class Matrix(StrEnum):
    """What was taken: wet capillary blood is measured as serum, dried spots need a factor (DOMAIN.md)."""

    CAPILLARY_WET = "capillary_wet"
    CAPILLARY_DRIED = "capillary_dried"
    VENOUS_SERUM = "venous_serum"


@dataclass(frozen=True, slots=True)
class Step:
    """One appended fact about a sample.

    `at` is when it happened, as claimed; `recorded_at` when it was written down, by the clock and in the offset of
    whoever did; `received_at` when it came in (aware, UTC); `by` an opaque actor id; `drops` and `problems` belong
    to `collected`; `corrects` is the place (from 0) of the step it replaces, and then `reason` is needed, as it is
    for a rejection.
    """

    state: State
    at: Occurred
    by: str
    recorded_at: datetime
    received_at: datetime
    reason: str | None = None
    drops: int | None = None
    problems: tuple[Problem, ...] = ()
    corrects: int | None = None


def advance(steps: Sequence[Step], step: Step) -> tuple[Step, ...]:
    """Return the history with one step appended; nothing earlier is touched.

    States may be skipped forward, since not every lab reports them, and a history may begin anywhere: a phone
    can log a prick whose kit nobody registered. Never backwards, with one exception: what only the phone
    knows (`collected`, `posted`) may arrive after the lab's own steps, and then moves nothing. Raises
    ClinicError `wrong-state` for an illegal move, `invalid`, `contradiction` or `out-of-bounds` for a field.
    """
    _check_fields(step)
    _check_target(steps, step)
    history = (*steps, step)
    _walk(standing(history))
    return history


def standing(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps that hold: a correction stands where the corrected stood, withdrawn ones are out."""
    corrected_by = {step.corrects: index for index, step in enumerate(steps) if step.corrects is not None}
    held: list[Step] = []
    for index, step in enumerate(steps):
        if step.corrects is None:
            last = index
            while last in corrected_by:
                last = corrected_by[last]
            held.append(steps[last])
    return tuple(step for step in held if step.state is not State.WITHDRAWN)


def state(steps: Sequence[Step]) -> State | None:
    """Return where the sample is now, None before its first standing step."""
    return _walk(standing(steps))


def find(steps: Sequence[Step], wanted: State) -> Step | None:
    """Return the standing step of that state, corrections applied, or None."""
    return next((step for step in standing(steps) if step.state is wanted), None)


def _check_fields(step: Step) -> None:
    needs_reason = step.state is State.REJECTED or step.corrects is not None
    if needs_reason and not (step.reason or "").strip():
        raise invalid("/reason", "A rejection or a correction needs a reason.")
    if step.state is not State.COLLECTED and (step.drops is not None or step.problems):
        raise invalid("/drops", "Drops and problems belong to the prick itself.", "contradiction")
    if step.drops is not None and not 1 <= step.drops <= DROPS_MAX:
        raise invalid("/drops", f"Must be a whole number from 1 to {DROPS_MAX}.", "out-of-bounds")


def _check_target(steps: Sequence[Step], step: Step) -> None:
    if step.corrects is None:
        if step.state is State.WITHDRAWN:
            raise invalid("/corrects", "Only a correction can withdraw a step.")
        return
    if not 0 <= step.corrects < len(steps):
        raise invalid("/corrects", "There is no such step.", "out-of-bounds")
    if any(earlier.corrects == step.corrects for earlier in steps):
        raise ClinicError("wrong-state", "That step was corrected already; correct the correction.")


def _walk(steps: Sequence[Step]) -> State | None:
    """Return the state a standing history ends in, or raise `wrong-state` at its first illegal move."""
    now: State | None = None
    seen: set[State] = set()
    for step in steps:
        if step.state in seen:
            raise ClinicError("wrong-state", f"The sample is already {step.state}; append a correction.")
        seen.add(step.state)
        now = _next(now, step.state)
    return now


def _next(now: State | None, wanted: State) -> State:
    """Return the state after one move; a late word from the phone leaves the sample where it is."""
    if now is not None and wanted in FROM_THE_PHONE and (now in ASIDE or RANK[now] > RANK[wanted]):
        return now
    if wanted in ASIDE:
        legal = now in RANK and RANK[now] < RANK[State.ANALYSED]
    else:
        legal = now is None or (now in RANK and RANK[wanted] > RANK[now])
    if not legal:
        raise ClinicError("wrong-state", f"A sample cannot go from {now or 'nothing'} to {wanted}.")
    return wanted


@dataclass(frozen=True, slots=True)
class ValiditySettings:
    """When a sample counts as usable.

    Eight drops, posted the same day (DOMAIN.md, finger prick); more than four days to the lab is the day on
    which it is called missing there.
    """

    min_drops: int = 8
    post_days: int = 0
    lab_days: int = 4


class Unusable(StrEnum):
    """Why a sample is not to be used."""

    REJECTED = "rejected"
    SET_ASIDE = "set-aside"
    TOO_FEW_DROPS = "too-few-drops"
    POSTED_LATE = "posted-late"
    LATE_AT_LAB = "late-at-lab"
    TIMES_CONTRADICT = "times-contradict"


def enough_drops(drops: int, settings: ValiditySettings | None = None) -> bool:
    """Return whether there is enough blood to measure: at least 8 drops by default."""
    return drops >= (settings or ValiditySettings()).min_drops


def validity(steps: Sequence[Step], settings: ValiditySettings | None = None) -> tuple[Unusable, ...]:
    """Return why a sample is not usable, empty when nothing is known; what nobody logged is no reason."""
    rules = settings or ValiditySettings()
    collected = find(steps, State.COLLECTED)
    found: list[Unusable] = []
    if find(steps, State.REJECTED):
        found.append(Unusable.REJECTED)
    if any(find(steps, aside) for aside in ASIDE):
        found.append(Unusable.SET_ASIDE)
    if collected and collected.drops is not None and not enough_drops(collected.drops, rules):
        found.append(Unusable.TOO_FEW_DROPS)
    posted_days = _days(collected, find(steps, State.POSTED))
    lab_days = _days(collected, find(steps, State.RECEIVED))
    if posted_days > rules.post_days:
        found.append(Unusable.POSTED_LATE)
    if lab_days > rules.lab_days:
        found.append(Unusable.LATE_AT_LAB)
    if min(posted_days, lab_days) < 0:
        found.append(Unusable.TIMES_CONTRADICT)
    return tuple(found)


def _days(start: Step | None, end: Step | None) -> int:
    """Return the calendar days from one step to another, 0 when either was never logged."""
    return (end.at.on - start.at.on).days if start and end else 0
