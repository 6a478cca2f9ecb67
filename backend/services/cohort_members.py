"""Who and what a cohort's figures are about: the patients one cares for, and of their intervals those asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.apart import NONE
from backend.domain.drugs import catalogue, drug
from backend.domain.errors import ClinicError, invalid
from backend.domain.linking import Interval
from backend.domain.moments import local_date
from backend.domain.regimens import Route
from backend.domain.spans import Span
from backend.domain.wearing_off import DEFAULT, Settings
from backend.services import gate, instruments
from backend.services.cohort_reading import read
from backend.services.context import Context
from backend.services.followed import Followed
from backend.storage import cohorts
from backend.storage.research import StudyRow

NO_INTERVAL = "no-interval"
OTHER_TREATMENT = "other-treatment"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: intervals of a drug (its key, or a substance) and of the route of the dose that opened them.

    With `study_id` only patients whose consent to that study stands; None asks for everything.
    """

    drug: str | None = None
    route: Route | None = None
    study_id: UUID | None = None
    settings: Settings = DEFAULT

    def keeps(self, interval: Interval) -> bool:
        """Tell whether an interval was asked for."""
        if self.route is not None and interval.route is not self.route:
            return False
        return self.drug is None or self.drug in {interval.drug_key, drug(interval.drug_key).substance}


@dataclass(frozen=True, slots=True)
class Subject:
    """One patient in the figures: the spans asked for, in order, all that is behind them, and the local day."""

    followed: Followed
    spans: tuple[Span, ...]
    today: date

    @property
    def id(self) -> UUID:
        """Who it is."""
        return self.followed.id

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the intervals asked for."""
        return frozenset(span.interval.number for span in self.spans)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The patients in the figures, by id, and how many within reach are not in them, by reason."""

    subjects: tuple[Subject, ...]
    left_out: Mapping[str, int]


def choose(ctx: Context, asked: Asked) -> Chosen:
    """Return the patients the actor cares for with the intervals asked for.

    Raises ClinicError `invalid` for a drug there is not, and `not-found` for a study of another site.
    """
    staff_id = ctx.who.staff_id
    if staff_id is None:
        raise ClinicError("not-found")
    if asked.drug is not None and asked.drug not in known_drugs():
        raise invalid("/query/drug", "The catalogue has no such drug and no such substance.", "unknown-drug")
    _check_study(ctx, asked.study_id)
    followed = read(ctx, cohorts.within_reach(ctx.session, staff_id, ctx.now, asked.study_id))
    apart = instruments.apart(ctx, [one.id for one in followed])
    days = {zone: local_date(ctx.now, zone) for zone in {one.zone for one in followed}}
    subjects, left_out = [], dict.fromkeys((NO_INTERVAL, OTHER_TREATMENT), 0)
    for one in followed:
        spans = one.spans(asked.settings, apart.get(one.id, NONE))
        kept = tuple(span for span in spans if asked.keeps(span.interval))
        if kept:
            subjects.append(Subject(one, kept, days[one.zone]))
        else:
            left_out[OTHER_TREATMENT if spans else NO_INTERVAL] += 1
    return Chosen(tuple(subjects), left_out)


def known_drugs() -> frozenset[str]:
    """Return what may be asked for: the keys of the catalogue and its substances."""
    return frozenset(word for one in catalogue().values() for word in (one.key, one.substance))


def _check_study(ctx: Context, study_id: UUID | None) -> None:
    if study_id is None:
        return
    study = ctx.session.get(StudyRow, study_id)
    if study is None or study.site_id != gate.own_site(ctx):
        raise ClinicError("not-found")
