"""Dose events: what was planned, what was given, and every act that changes one, each leaving a new version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import Occurred
from backend.domain.regimens import Route


class Status(StrEnum):
    """The state of a dose event; `undone` is the tombstone of one that should never have been there."""

    PLANNED = "planned"
    GIVEN = "given"
    MISSED = "missed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


class Act(StrEnum):
    """What was done to a dose to make this version of it."""

    PLAN = "plan"
    RECORD = "record"
    MOVE = "move"
    MISS = "miss"
    CANCEL = "cancel"
    CORRECT = "correct"
    UNDO = "undo"


class BodySite(StrEnum):
    """Where an injection or infusion went in: a fixed list, since free words could name somebody."""

    ABDOMEN = "abdomen"
    THIGH_LEFT = "thigh_left"
    THIGH_RIGHT = "thigh_right"
    UPPER_ARM_LEFT = "upper_arm_left"
    UPPER_ARM_RIGHT = "upper_arm_right"
    LOWER_ARM_LEFT = "lower_arm_left"
    LOWER_ARM_RIGHT = "lower_arm_right"
    HAND_LEFT = "hand_left"
    HAND_RIGHT = "hand_right"
    BUTTOCK_LEFT = "buttock_left"
    BUTTOCK_RIGHT = "buttock_right"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PartGiven:
    """One part of a split dose: when, milligrams if known, and the place on the body for an injection."""

    given: Occurred
    mg: float | None = None
    body_site: BodySite | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """One version of a dose event.

    A split dose is one event anchored at its first part (DOMAIN.md, Intervals and linking); `planned` is the slot,
    `given` the first part's moment. `recorded_at` (aware, UTC) is when this version became known here; `device_at`
    (with its offset) when the phone wrote it down, None for what the clinic recorded.
    """

    id: UUID
    treatment_id: UUID
    status: Status
    route: Route
    planned: Occurred | None
    given: Occurred | None
    parts: tuple[PartGiven, ...]
    version: int
    act: Act
    recorded_at: datetime
    reason: str = ""
    device_at: datetime | None = None

    @property
    def anchor(self) -> datetime:
        """Place of the dose in the order of things: its given moment, else its slot (aware, UTC)."""
        moment = self.given or self.planned
        if moment is None:
            raise ValueError("a dose without slot and without moment")
        return moment.dose_anchor

    @property
    def on(self) -> date:
        """Local day of the dose: when it was given, else its slot's."""
        moment = self.given or self.planned
        if moment is None:
            raise ValueError("a dose without slot and without moment")
        return moment.on


LATE = timedelta(hours=24)
"""How long after it was given a dose may be recorded without saying why."""


def explained(parts: Sequence[PartGiven], now: datetime, reason: str) -> None:
    """Pass, or raise ClinicError `invalid` for a dose recorded over a day after its last part without saying why."""
    if not reason.strip() and now - max(part.given.dose_anchor for part in parts) > LATE:
        raise invalid("/reason", "A dose recorded more than a day late needs a reason.")


def plan(dose_id: UUID, treatment_id: UUID, slot: Occurred, route: Route, now: datetime, reason: str = "") -> Dose:
    """Return the first version of a planned dose."""
    return Dose(dose_id, treatment_id, Status.PLANNED, route, slot, None, (), 1, Act.PLAN, now, reason)


def record_new(
    dose_id: UUID,
    treatment_id: UUID,
    parts: Sequence[PartGiven],
    route: Route,
    now: datetime,
    reason: str = "",
    device_at: datetime | None = None,
) -> Dose:
    """Return the first version of a dose that was given without having been planned here.

    Raises ClinicError as `record` does.
    """
    ordered = _in_order(parts, now)
    first = ordered[0].given
    return Dose(dose_id, treatment_id, Status.GIVEN, route, None, first, ordered, 1, Act.RECORD, now, reason, device_at)


def record(dose: Dose, parts: Sequence[PartGiven], route: Route, now: datetime, reason: str = "") -> Dose:
    """Return the dose as given.

    A missed dose may still be recorded late. Raises ClinicError `wrong-state` when it was already given,
    cancelled or undone, `invalid` without parts, `out-of-time` for a part in the future.
    """
    _must_be(dose, Status.PLANNED, Status.MISSED)
    ordered = _in_order(parts, now)
    return _next(dose, Act.RECORD, now, reason, status=Status.GIVEN, route=route, given=ordered[0].given, parts=ordered)


def correct(dose: Dose, parts: Sequence[PartGiven], route: Route, now: datetime, reason: str) -> Dose:
    """Return a given dose with its moments, parts or route put right. Raises ClinicError as `record` does."""
    _must_be(dose, Status.GIVEN)
    ordered = _in_order(parts, now)
    return _next(dose, Act.CORRECT, now, reason, route=route, given=ordered[0].given, parts=ordered)


def move(dose: Dose, slot: Occurred, now: datetime, reason: str) -> Dose:
    """Return a planned dose in another slot. Raises ClinicError `wrong-state` when it is no longer planned."""
    _must_be(dose, Status.PLANNED)
    return _next(dose, Act.MOVE, now, reason, planned=slot)


def miss(dose: Dose, now: datetime, reason: str) -> Dose:
    """Return a planned dose as missed. Raises ClinicError `wrong-state` otherwise."""
    _must_be(dose, Status.PLANNED)
    return _next(dose, Act.MISS, now, reason, status=Status.MISSED)


def cancel(dose: Dose, now: datetime, reason: str) -> Dose:
    """Return a planned or missed dose as cancelled. Raises ClinicError `wrong-state` otherwise."""
    _must_be(dose, Status.PLANNED, Status.MISSED)
    return _next(dose, Act.CANCEL, now, reason, status=Status.CANCELLED)


def undo(history: Sequence[Dose], now: datetime, reason: str) -> Dose:
    """Return a new version that takes back the last act not yet taken back.

    `history` holds all versions in order. Undoing the first act leaves the tombstone `undone`. Raises ClinicError
    `nothing-to-undo` on a tombstone.
    """
    standing: list[Dose] = []
    for version in history:
        if version.act is Act.UNDO:
            standing.pop()
        else:
            standing.append(version)
    if not standing:
        raise ClinicError("nothing-to-undo")
    current = history[-1]
    if len(standing) == 1:
        return _next(current, Act.UNDO, now, reason, status=Status.UNDONE)
    before = standing[-2]
    return replace(before, version=current.version + 1, act=Act.UNDO, recorded_at=now, reason=reason, device_at=None)


def as_of(versions: Iterable[Dose], moment: datetime) -> tuple[Dose, ...]:
    """Return each dose as it was known at `moment`, from versions in any order; later-born doses are left out."""
    known: dict[UUID, Dose] = {}
    for version in sorted((v for v in versions if v.recorded_at <= moment), key=lambda v: v.version):
        known[version.id] = version
    return tuple(known.values())


def given(doses: Iterable[Dose]) -> tuple[Dose, ...]:
    """Return the given doses in the order in which they opened intervals."""
    return tuple(sorted((d for d in doses if d.status is Status.GIVEN), key=lambda d: (d.anchor, d.id)))


def _in_order(parts: Sequence[PartGiven], now: datetime) -> tuple[PartGiven, ...]:
    if not parts:
        raise invalid("/parts", "A given dose has at least one part.")
    ordered = tuple(sorted(parts, key=lambda part: part.given.dose_anchor))
    last = ordered[-1].given
    ahead = last.at > now if last.at else last.anchor > now
    if ahead:
        raise invalid("/parts", "A dose cannot have been given in the future.", "out-of-time")
    return ordered


def _must_be(dose: Dose, *allowed: Status) -> None:
    if dose.status not in allowed:
        raise ClinicError("wrong-state", f"The dose is {dose.status.value}.", {"/status": f"is {dose.status.value}"})


def _next(dose: Dose, act: Act, now: datetime, reason: str, **changes: object) -> Dose:
    stamp = {"version": dose.version + 1, "act": act, "recorded_at": now, "reason": reason, "device_at": None}
    return replace(dose, **stamp, **changes)  # type: ignore[arg-type]
