"""How well a cohort was followed: how the diary was kept, the form answered, and what came of the samples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.domain import adherence
from backend.domain.adherence import State
from backend.domain.levels import TroughClass
from backend.domain.occasions import is_asked
from backend.domain.statistics import Share, wilson
from backend.services.cohort_members import Subject
from backend.services.followed import Pricked, Written

QUALITY = (
    "Closed intervals only. Days rated: calendar days with a rating, of all from dose to dose; late: received more "
    "than 24 hours after what the entry is about, or after the end of its day where it names no time; date-only: no "
    "time told; flagged: of the rated days, those with fever or infection, steroids or a relapse; forms: completed, of "
    "the intervals long enough for the form to be asked; usable: of the samples that were taken."
)
ADHERENCE = (
    "Each interval's end-of-interval form today: not asked (too short, or no end in sight), not open yet, open, begun, "
    "completed in time (until 7 days after the dose), completed late, partly answered, or missed."
)
_NOTHING = Written()


@dataclass(frozen=True, slots=True)
class Quality:
    """How `entries` over `weeks` (patient-weeks of closed intervals) were kept, as shares with Wilson's interval.

    `open_entries`, `early_entries` and `other_entries` were left out: of open intervals, from before the first dose,
    and of intervals not asked for. `troughs` counts the usable samples by class.
    """

    entries: int
    weeks: float
    per_week: float | None
    open_entries: int
    early_entries: int
    other_entries: int
    days_rated: Share
    assessable: Share
    late: Share
    only_day: Share
    flagged: Share
    forms: Share
    usable: Share
    troughs: Mapping[TroughClass, int]


@dataclass(frozen=True, slots=True)
class Adherence:
    """How many intervals are in each of the eight states: all, and by planned weeks (None last)."""

    counts: Mapping[State, int]
    by_weeks: Mapping[int | None, Mapping[State, int]]


def quality(subjects: Sequence[Subject]) -> Quality:
    """Return how the diaries of all patients were kept over the intervals asked for."""
    closed = [(one, span) for one in subjects for span in one.spans if span.interval.length_days is not None]
    written = [one.followed.written.get(span.interval.number, _NOTHING) for one, span in closed]
    entries, weeks = sum(one.entries for one in written), sum(span.interval.length_days or 0 for _, span in closed) / 7
    asked = [span for _, span in closed if is_asked(span.interval, None)]
    taken = [prick for one in subjects for prick in _pricks(one)]
    usable = [prick for prick in taken if not prick.unusable]
    classes = Counter(prick.trough_class for prick in usable)
    days = [day for _, span in closed for day in span.days]
    return Quality(
        entries=entries,
        weeks=weeks,
        per_week=entries / weeks if weeks else None,
        **_left_out(subjects, entries),
        days_rated=_days_rated(subjects),
        assessable=wilson(sum(span.diary.assessable for _, span in closed), len(closed)),
        late=wilson(sum(one.late for one in written), entries),
        only_day=wilson(sum(one.only_day for one in written), entries),
        flagged=wilson(sum(day.flagged for day in days), len(days)),
        forms=wilson(sum(bool(span.recalled) for span in asked), len(asked)),
        usable=wilson(len(usable), len(taken)),
        troughs={one: classes[one] for one in TroughClass},
    )


def adherences(subjects: Sequence[Subject]) -> Adherence:
    """Return how it stands today with the form of every interval asked for."""
    by_weeks: dict[int | None, Counter[State]] = {}
    for one in subjects:
        line = one.followed.line
        states = adherence.states(line.chain, one.followed.coming_on, line.answers, one.today)
        for span in one.spans:
            counts = by_weeks.setdefault(span.interval.planned_weeks, Counter())
            counts[states[span.interval.number]] += 1
    order = sorted(by_weeks, key=lambda weeks: (weeks is None, weeks or 0))
    every = sum(by_weeks.values(), Counter[State]())
    return Adherence(_counted(every), {weeks: _counted(by_weeks[weeks]) for weeks in order})


def _counted(counts: Counter[State]) -> dict[State, int]:
    return {state: counts[state] for state in State}


def _left_out(subjects: Sequence[Subject], entries: int) -> dict[str, int]:
    early = every = kept = 0
    for one in subjects:
        early += one.followed.early
        every += sum(written.entries for written in one.followed.written.values())
        kept += sum(span.entries for span in one.spans)
    return {"open_entries": kept - entries, "early_entries": early, "other_entries": every - kept}


def _days_rated(subjects: Sequence[Subject]) -> Share:
    """Return on how many days of closed intervals something was rated; the day of a dose belongs to what it opens."""
    rated = days = 0
    for one in subjects:
        followed: set[int] = set()
        told: set[int] = set()
        for span in one.spans:
            first = span.interval.opened_on.toordinal()
            followed.update(range(first, first + (span.interval.length_days or 0)))
            told.update(first + day.day_since_dose for day in span.days)
        rated, days = rated + len(followed & told), days + len(followed)
    return wilson(rated, days)


def _pricks(one: Subject) -> list[Pricked]:
    numbers = one.numbers
    return [prick for prick in one.followed.pricks if prick.interval in numbers]
