"""Lengths: how many intervals had wearing-off, by planned length, the diary and the recall each by itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.spans import Span
from backend.domain.statistics import LEVEL, Share, wilson
from backend.domain.wearing_off import DEFAULT, Settings

FEW_BELOW = 5
"""Fewer assessable intervals than this are shown greyed (DOMAIN.md, What clinicians look at)."""


class NotTold(StrEnum):
    """Why nothing can be said of an interval from recall."""

    OPEN_INTERVAL = "open-interval"
    NO_FORM = "no-form"
    NOT_ANSWERED = "not-answered"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Felt:
    """By one instrument: `share` with wearing-off of those assessable; the rest counted by reason.

    `few` when fewer than five were assessable. An interval can have several reasons, so that the counts of
    `not_assessable` can add up to more than `n_not_assessable`.
    """

    share: Share
    few: bool
    n_not_assessable: int
    not_assessable: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Length:
    """All intervals planned for one length in weeks, open ones too; None for regimens without whole weeks."""

    planned_weeks: int | None
    n_intervals: int
    n_patients: int
    diary: Felt
    recall: Felt


@dataclass(frozen=True, slots=True)
class Lengths:
    """The lengths, shortest first and those without whole weeks last."""

    items: tuple[Length, ...]
    settings: Settings
    level: float

    @property
    def definition(self) -> str:
        """What the numbers are, in one sentence."""
        return (
            f"Share of assessable intervals with wearing-off (threshold {self.settings.threshold:g}, windows of "
            f"{self.settings.window_days} days, at least {self.settings.min_rated_days} rated days in each), by "
            f"planned weeks, with Wilson's {self.level:.0%} interval; recall: yes, of the forms that say yes or no."
        )


def by_length(patients: Iterable[Sequence[Span]], settings: Settings = DEFAULT, level: float = LEVEL) -> Lengths:
    """Return how many intervals had wearing-off by planned length, over the spans of each patient.

    The unit is the interval: a patient with many counts often. `settings` are those the spans were made with.
    """
    classes: dict[int | None, list[tuple[int, Span]]] = defaultdict(list)
    for who, spans in enumerate(patients):
        for span in spans:
            classes[span.interval.planned_weeks].append((who, span))
    order = sorted(classes, key=lambda weeks: (weeks is None, weeks or 0))
    return Lengths(tuple(_length(weeks, classes[weeks], level) for weeks in order), settings, level)


def _length(weeks: int | None, told: Sequence[tuple[int, Span]], level: float) -> Length:
    spans = [span for _, span in told]
    return Length(
        planned_weeks=weeks,
        n_intervals=len(spans),
        n_patients=len({who for who, _ in told}),
        diary=_felt([(span.diary.wearing_off, span.diary.why) for span in spans], level),
        recall=_felt([_recalled(span) for span in spans], level),
    )


def _felt(answers: Sequence[tuple[bool | None, Sequence[StrEnum]]], level: float) -> Felt:
    known = [answer for answer, _ in answers if answer is not None]
    why = Counter(reason.value for answer, reasons in answers if answer is None for reason in reasons)
    share = wilson(sum(known), len(known), level)
    return Felt(share, len(known) < FEW_BELOW, len(answers) - len(known), dict(sorted(why.items())))


def _recalled(span: Span) -> tuple[bool | None, tuple[NotTold, ...]]:
    form = span.recall
    if form is None:
        return None, (NotTold.NO_FORM if span.interval.length_days is not None else NotTold.OPEN_INTERVAL,)
    if form.experienced in {"yes", "no"}:
        return form.experienced == "yes", ()
    return None, (NotTold.NOT_ANSWERED if form.experienced is None else NotTold.UNSURE,)
