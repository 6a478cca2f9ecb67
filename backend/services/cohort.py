"""The cohort: figures over the patients one cares for, all from one reading, by interval length and never of a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.distributions import Distribution, by_weeks, distribution
from backend.domain.lengths import Lengths, by_length
from backend.domain.onsets import Onsets, onsets
from backend.domain.profiles import Profiles, around_dose, since_dose
from backend.domain.spans import Span
from backend.domain.stretched import Stretched, stretched
from backend.domain.stretching import Stretching, stretching
from backend.domain.wearing_off import Settings
from backend.services import cohort_dosing, cohort_quality, cohort_safety, events, gate
from backend.services.cohort_dosing import Agreed, Extensions, Saved
from backend.services.cohort_members import Asked, Chosen, choose
from backend.services.cohort_quality import Adherence, Quality
from backend.services.cohort_safety import JcVirus, Relapsed
from backend.services.context import Context

PERMISSION = "cohort:read"


@dataclass(frozen=True, slots=True)
class Onsetting:
    """When wearing-off began: over all intervals, and by planned weeks (None last)."""

    every: Onsets
    by_weeks: Mapping[int | None, Onsets]


@dataclass(frozen=True, slots=True)
class Before:
    """The cohort before and after stretching, and every patient's own comparison, by id."""

    cohort: Stretched
    patients: tuple[tuple[UUID, Stretching], ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """All figures, what was asked, and how many are in them; `distributions` is by planned weeks."""

    generated_at: datetime
    asked: Asked
    n: int
    n_intervals: int
    left_out: Mapping[str, int]
    lengths: Lengths
    distributions: Mapping[int | None, Distribution]
    by_day: Profiles
    around: Profiles
    stretching: Before
    onsets: Onsetting
    extensions: Extensions
    saved: Saved
    agreed: Agreed
    adherence: Adherence
    quality: Quality
    jc_virus: JcVirus
    relapses: tuple[Relapsed, ...]


def of_cohort(ctx: Context, asked: Asked) -> Cohort:
    """Return the figures over the patients the actor cares for; every patient in them is written down as read.

    Raises ClinicError `role-lacks-permission`, `not-found` for a study of another site, `unknown-drug`.
    """
    gate.permit(ctx, PERMISSION)
    chosen = choose(ctx, asked)
    if not chosen.subjects:
        events.note(ctx, PERMISSION, None, asked.study_id or "")
    for one in chosen.subjects:
        events.note(ctx, PERMISSION, one.id, asked.study_id or "")
    return _figures(ctx, asked, chosen)


def _figures(ctx: Context, asked: Asked, chosen: Chosen) -> Cohort:
    subjects, settings, today = chosen.subjects, asked.settings, ctx.now.date()
    spans = [one.spans for one in subjects]
    classes = by_weeks(spans)
    extended = cohort_dosing.extensions(subjects, today)
    return Cohort(
        generated_at=ctx.now,
        asked=asked,
        n=len(subjects),
        n_intervals=sum(map(len, spans)),
        left_out=chosen.left_out,
        lengths=by_length(spans, settings),
        distributions={weeks: distribution(told) for weeks, told in classes.items()},
        by_day=since_dose(spans, settings),
        around=around_dose(spans, settings),
        stretching=_stretching([(one.id, one.spans) for one in subjects], settings),
        onsets=_onsets(spans, classes, settings),
        extensions=extended,
        saved=cohort_dosing.saved(subjects, today),
        agreed=cohort_dosing.agreed(subjects),
        adherence=cohort_quality.adherences(subjects),
        quality=cohort_quality.quality(subjects),
        jc_virus=cohort_safety.jc_virus(ctx, subjects),
        relapses=cohort_safety.relapses(ctx, subjects, extended),
    )


def _stretching(patients: Sequence[tuple[UUID, Sequence[Span]]], settings: Settings) -> Before:
    told = tuple((who, stretching(spans, settings)) for who, spans in patients)
    return Before(stretched([one for _, one in told], settings), told)


def _onsets(
    spans: Sequence[Sequence[Span]], classes: Mapping[int | None, Sequence[Span]], settings: Settings
) -> Onsetting:
    return Onsetting(onsets(spans, settings), {weeks: onsets([told], settings) for weeks, told in classes.items()})
