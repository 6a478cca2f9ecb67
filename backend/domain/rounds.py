"""Rounds: each time an assignment asks a patient, on which days, and how that stands; derived and never stored."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.domain.adherence import Answer, State, held
from backend.domain.assignment_days import Course, Stretch, counted, leg_days, stretches
from backend.domain.assignments import Assignment, Doses
from backend.domain.legs import Leg


@dataclass(frozen=True, slots=True)
class Version:
    """What was decided of an assignment, and the local day from which that holds: until the next, or `until_on`.

    From `until_on` on nothing is asked until the next version, None where that follows at once.
    """

    told: Assignment
    from_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """One standing answer to the questionnaire: its local day, and the day the next dose was planned for at the time.

    `id` is None for what is no response (a day of the diary).
    """

    id: UUID | None
    on: date
    completed: bool
    planned_on: date | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """Once that an assignment asks, from `opens_on` to `closes_on`, and as long as `grace_on` for those who are late.

    All three are local days, included. `key` is opaque and stays as long as it is the same thing that is asked.
    `interval` is the number of the leg it hangs on, or that its first day lies in; None before the first dose.
    `completed_by` is the answer that completed it, on `completed_on`.
    """

    key: str
    interval: int | None
    opens_on: date
    closes_on: date
    grace_on: date
    state: State
    completed_by: UUID | None = None
    completed_on: date | None = None

    @property
    def late(self) -> bool:
        """Whether its answer came after its last day."""
        return self.state is State.LATE


@dataclass(frozen=True, slots=True)
class _Decided:
    """A stretch, the version under which it opened, and the day on which that broke off before it was over."""

    told: Assignment
    stretch: Stretch
    cut_on: date | None


@dataclass(slots=True)
class _Asked:
    """One round while answers are handed out."""

    stretch: Stretch
    key: str
    grace_on: date
    told: bool
    answers: list[Given] = field(default_factory=list)

    @property
    def completed(self) -> bool:
        return any(one.completed for one in self.answers)


def rounds(
    versions: Sequence[Version], course: Course, said: Iterable[Given], today: date, ended_on: date | None = None
) -> tuple[Round, ...]:
    """Return every round of an assignment for one patient, in order; the same facts always give the same.

    `versions` are oldest first, `said` the standing answers in the order in which they were given, `ended_on` the day
    on which somebody ended the assignment. Rounds never overlap, unless one window asks several times: where the next
    would open, the one before closes. An answer belongs to the round that opened last before it, in time or not, and
    completes at most that one. What opened under an earlier version stays as it was, but what was broken off and is
    back before it closes, which is the later one's.
    """
    given = sorted(said, key=lambda one: one.on)
    ends_on = min((day for day in (ended_on, course.left_on) if day is not None), default=None)
    decided = _decided(versions, course, given, today)
    found = [one for one in decided if ends_on is None or one.stretch.opens_on < ends_on]
    asked = _asked(found, ends_on)
    _hand_out(asked, given)
    return tuple(_round(one, course, today) for one in asked)


def _decided(versions: Sequence[Version], course: Course, given: Sequence[Given], today: date) -> list[_Decided]:
    """Return the stretches in order, each under the version that held when it opened."""
    found: dict[str, _Decided] = {}
    for place, version in enumerate(versions):
        next_on = versions[place + 1].from_on if place + 1 < len(versions) else None
        until_on = version.until_on or next_on
        if until_on is not None and until_on <= version.from_on:
            continue  # taken back on the day it was decided
        since = max(course.joined_on, version.from_on) if place else course.joined_on
        for one in _answered_then(version.told, course, given, today):
            before = found.get(one.key)
            new = before is None or before.cut_on is not None
            if new and one.closes_on >= since and (until_on is None or one.opens_on < until_on):
                found[one.key] = _Decided(version.told, one, _cut_on(version, one))
    return sorted(found.values(), key=lambda one: (one.stretch.opens_on, one.stretch.closes_on, one.stretch.key))


def _cut_on(version: Version, one: Stretch) -> date | None:
    """Return the day on which a version broke off before a stretch and its grace were over, None where it did not."""
    over_on = one.closes_on + timedelta(days=version.told.grace_days)
    return version.until_on if version.until_on is not None and over_on >= version.until_on else None


def _answered_then(told: Assignment, course: Course, given: Sequence[Given], today: date) -> Iterator[Stretch]:
    """Yield the stretches as they are, but those that were answered under an earlier plan as they were then.

    Somebody who was asked, and answered, is not asked again because the dose was moved.
    """
    now = {one.key: one for one in stretches(told, course, today)}
    if isinstance(told.when, Doses) and not told.burst:
        for leg in counted(told.when, course, told.cycles):
            then = _then(told, told.when, leg, now.get(f"{leg.opened_by}"), given)
            if then is not None:
                now[then.key] = then
    for one in now.values():
        if told.until is not None and one.opens_on > told.until:
            continue
        if told.ends_with_treatment and course.stopped_on is not None and one.opens_on > course.stopped_on:
            continue
        yield one


def _then(told: Assignment, when: Doses, leg: Leg, now: Stretch | None, given: Sequence[Given]) -> Stretch | None:
    """Return the stretch of a leg as it was when it was answered, before it opens now; None where it was not."""
    grace = timedelta(days=told.grace_days)
    for one in given:
        early = one.completed and (now is None or one.on < now.opens_on)
        within = leg.opened_on <= one.on and (leg.ended_on is None or one.on < leg.ended_on)
        if early and within and one.planned_on is not None and one.planned_on > leg.opened_on:
            planned = replace(leg, ended_on=None, end_on=one.planned_on, planned_end_on=one.planned_on)
            days = leg_days(when, planned)
            if days is not None and days[0] <= one.on <= days[1] + grace:
                return Stretch(f"{leg.opened_by}", *days, leg)
    return None


def _asked(found: Sequence[_Decided], ends_on: date | None) -> list[_Asked]:
    """Return what is asked, in order: each stretch cut off where the next one opens, and told so often as is meant."""
    kept: list[_Asked] = []
    next_on = date.max
    for decided in reversed(found):
        told, one = decided.told, decided.stretch
        closes_on = min(one.closes_on, next_on - timedelta(days=1))
        if closes_on < one.opens_on:
            continue
        grace_on = min(closes_on + timedelta(days=told.grace_days), next_on - timedelta(days=1))
        next_on = one.opens_on
        over = all(end is None or grace_on < end for end in (ends_on, decided.cut_on))
        asked = _Asked(replace(one, closes_on=closes_on), one.key, grace_on, over)
        kept += reversed(list(_burst(told, asked)))
    return kept[::-1]


def _burst(told: Assignment, one: _Asked) -> Iterator[_Asked]:
    days = (one.stretch.closes_on - one.stretch.opens_on).days + 1
    if told.times is not None:
        for place in range(told.times):
            yield _Asked(one.stretch, f"{one.key}:{place}", one.grace_on, one.told)
    elif told.daily:
        for place in range(days):
            on = one.stretch.opens_on + timedelta(days=place)
            last = place == days - 1
            day = replace(one.stretch, opens_on=on, closes_on=on)
            yield _Asked(day, f"{one.key}:{place}", one.grace_on if last else on, one.told)
    else:
        yield one


def _hand_out(asked: Sequence[_Asked], given: Sequence[Given]) -> None:
    """Give each answer to the round that opened last; of several with the same days to the first still to complete."""
    opens = [one.stretch.opens_on for one in asked]
    for answer in given:
        index = bisect_right(opens, answer.on) - 1
        if index < 0:
            continue
        same = asked[bisect_left(opens, opens[index]) : index + 1]
        next((one for one in same if not one.completed), same[-1]).answers.append(answer)


def _round(one: _Asked, course: Course, today: date) -> Round:
    stretch = one.stretch
    answers = [Answer(answer.on, answer.completed) for answer in one.answers]
    days = (stretch.opens_on, stretch.closes_on)
    done = next((answer for answer in one.answers if answer.completed and answer.on <= today), None)
    return Round(
        key=one.key,
        interval=stretch.leg.number if stretch.leg else _interval(stretch.opens_on, course),
        opens_on=stretch.opens_on,
        closes_on=stretch.closes_on,
        grace_on=one.grace_on,
        state=held(days, answers, today, asked=one.told, grace_on=one.grace_on),
        completed_by=done.id if done else None,
        completed_on=done.on if done else None,
    )


def _interval(on: date, course: Course) -> int | None:
    place = bisect_right([leg.opened_on for leg in course.legs], on) - 1
    return None if place < 0 else course.legs[place].number


@dataclass(frozen=True, slots=True)
class Frame:
    """The rounds as they stood until a moment (aware, UTC), a local day where the patient is."""

    until_at: datetime
    until_on: date
    rounds: Sequence[Round]


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A round that had opened on days which a later plan moved or took away."""

    key: str
    interval: int | None
    opens_on: date
    closes_on: date
    until_at: datetime


def overtaken(frames: Sequence[Frame], now: Sequence[Round]) -> tuple[Overtaken, ...]:
    """Return what was asked under earlier plans on other days than the next plan said, oldest first.

    `frames` are oldest first, one for each moment at which doses or plans changed. What had not opened was not asked.
    """
    found: list[Overtaken] = []
    for place, frame in enumerate(frames):
        following = frames[place + 1].rounds if place + 1 < len(frames) else now
        days = {one.key: (one.opens_on, one.closes_on) for one in following}
        found += [
            Overtaken(one.key, one.interval, one.opens_on, one.closes_on, frame.until_at)
            for one in frame.rounds
            if one.opens_on <= frame.until_on and days.get(one.key) != (one.opens_on, one.closes_on)
        ]
    return tuple(found)
