"""Outlines: of many patients the dosing line without the doses themselves, from their digests where these stand."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from backend.domain.adherence import Answer, Said, answer
from backend.domain.dosing import Dose
from backend.domain.linking import Chain, Interval, chain
from backend.domain.moments import EARLIEST
from backend.domain.recall import FORM
from backend.domain.regimens import Route
from backend.domain.treatment import Expected, Expects, Treatment, each_expected, earliest
from backend.services.context import Context
from backend.services.digest_mark import mark
from backend.storage import digests, doses, questionnaires, treatment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)

SHORT = 4
"""So many intervals are read where only the newest are looked at."""

Answers = tuple[tuple[int | None, Answer], ...]
"""Answers to the end-of-interval form in their order, each with the interval it is about, None for none."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What follows from a patient's doses: the chain, what each running treatment expects (earliest first), answers.

    `treatments` are read anew each time; all else may come from a digest.
    """

    treatments: Sequence[Treatment]
    chain: Chain
    expected: tuple[Expected, ...]
    answers: Answers = ()

    @property
    def expects(self) -> Expects:
        """What each treatment expects next, None where nothing."""
        return dict.fromkeys(one.id for one in self.treatments) | {one.treatment_id: one for one in self.expected}

    @property
    def coming(self) -> Expected | None:
        """The dose that ends the open interval."""
        return earliest(one for one in self.expected if self.treatment(one.treatment_id).opens_intervals)

    def treatment(self, treatment_id: UUID) -> Treatment:
        """Return one of the treatments."""
        return next(one for one in self.treatments if one.id == treatment_id)


def outline(treatments: Sequence[Treatment], events: Sequence[Dose], said: Iterable[Said] = ()) -> Outline:
    """Return the outline of a patient from all their treatments, doses and answers."""
    expects = each_expected(treatments, events)
    coming = sorted((one for one in expects.values() if one is not None), key=lambda one: (one.at, one.subject))
    line = chain(treatments, events, expects)
    return Outline(treatments, line, tuple(coming), tuple(answer(one, line) for one in said))


def of_patients(ctx: Context, patient_ids: Sequence[UUID], *, answers: bool = False) -> dict[UUID, Outline]:
    """Return the outline of each of many patients, who are within reach; unless asked for, `answers` may be missing."""
    courses = treatment.of_patients(ctx.session, patient_ids)
    found = standing(ctx, patient_ids, courses)
    others = [who for who in patient_ids if who not in found]
    given = doses.of_patients(ctx.session, others)
    said = questionnaires.said(ctx.session, others, FORM, EARLIEST) if answers else {}
    return found | {who: outline(courses.get(who, []), given.get(who, []), said.get(who, ())) for who in others}


def standing(
    ctx: Context,
    patient_ids: Sequence[UUID],
    courses: Mapping[UUID, Sequence[Treatment]],
    short: Container[UUID] = frozenset(),
) -> dict[UUID, Outline]:
    """Return the outlines, with their answers, of those whose digest stands; `courses` are their treatments.

    Of those in `short` only the newest intervals, as a chain of the newest doses has them: counted from 1, no answers.
    """
    kept = digests.courses(ctx.session, patient_ids, mark())
    return {who: from_text(text, courses.get(who, []), short=who in short) for who, text in kept.items()}


def as_text(told: Outline) -> str:
    """Return an outline without its treatments as text: numbers and ids, and no word that anybody wrote."""
    intervals = told.chain.intervals
    columns = [
        [one.treatment_id.hex for one in intervals],
        [one.opened_by.hex for one in intervals],
        [one.opened_on.toordinal() for one in intervals],
        [(one.opened_at - _EPOCH) // _TICK for one in intervals],
        [one.route.value for one in intervals],
        [one.planned_end_on and one.planned_end_on.toordinal() for one in intervals],
        [one.planned_weeks for one in intervals],
    ]
    said = [(number, one.on.toordinal(), one.completed) for number, one in told.answers]
    return orjson.dumps([columns, [_coming(one) for one in told.expected], said]).decode()


def from_text(text: str, treatments: Sequence[Treatment], *, short: bool = False) -> Outline:
    """Return the outline of `as_text`, with the treatments as they stand."""
    columns, coming, said = orjson.loads(text)
    if short:
        columns, said = [column[-SHORT:] for column in columns], []
    answers = tuple((number, Answer(date.fromordinal(on), done)) for number, on, done in said)
    return Outline(treatments, _chain(columns, treatments), tuple(_expected(one) for one in coming), answers)


_ROUTES: Mapping[str, Route] = {one.value: one for one in Route}


def _chain(columns: Sequence[Sequence[Any]], treatments: Sequence[Treatment]) -> Chain:
    """Return the chain of its columns, built column by column: there are tens of thousands of intervals in a list."""
    by_id = {one.id.hex: one for one in treatments}
    known = [by_id[one] for one in columns[0]]
    by = [UUID(int=int(one, 16)) for one in columns[1]]
    on = [date.fromordinal(day) for day in columns[2]]
    at = [_EPOCH + timedelta(0, 0, ticks) for ticks in columns[3]]
    routes = [_ROUTES[one] for one in columns[4]]
    ends = [None if day is None else date.fromordinal(day) for day in columns[5]]
    stopped = [False] * (len(known) - 1) + [one.stopped_on is not None for one in known[-1:]]
    told = (range(1, len(known) + 1), [one.id for one in known], [one.drug_key for one in known], routes, by, on, at)
    closed = (_next(by), _next(on), _next(at), ends, columns[6], stopped, _next(routes))
    return Chain(tuple(map(Interval, *told, *closed)), tuple(at), tuple(sorted(on)))


def _next(column: Sequence[Any]) -> list[Any]:
    """Return what the dose that closes each interval says, None for the open one."""
    return [*column[1:], None]


def _coming(one: Expected) -> list[Any]:
    at = one.at.isoformat()  # a slot keeps the offset it was planned in
    return [one.on.toordinal(), at, one.treatment_id.hex, one.dose_id and one.dose_id.hex, one.subject, one.version]


def _expected(told: Sequence[Any]) -> Expected:
    on, at, treatment_id, dose_id, subject, version = told
    return Expected(
        date.fromordinal(on),
        datetime.fromisoformat(at),
        UUID(hex=treatment_id),
        None if dose_id is None else UUID(hex=dose_id),
        subject,
        version,
    )
