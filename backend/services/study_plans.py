"""Study plans: the arms and visits of a study, decided by its site, and every version kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import local_date
from backend.domain.rounds import Version
from backend.domain.study_plans import StudyPlan, Visit, plan, told_plan
from backend.services import consent_texts, events
from backend.services.context import Context
from backend.storage import research, study_acts
from backend.storage.people import SiteRow
from backend.storage.study_acts import StudyPlanRow


@dataclass(frozen=True, slots=True)
class Decided:
    """The plan of a study as it stands: 0 is the version of one that was never decided, without arms and visits."""

    version: int
    plan: StudyPlan
    from_on: date | None = None
    recorded_at: datetime | None = None
    recorded_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """The days of one visit over all versions of the plan, and the day from which it has it no more."""

    key: str
    names: Mapping[str, str]
    versions: Sequence[Version]
    ended_on: date | None


def of_study(ctx: Context, study_id: UUID) -> Decided:
    """Return the plan of a study of the actor's own site. Raises ClinicError `not-found`."""
    study = consent_texts.at_site(ctx, "studies:read", study_id)
    events.note(ctx, "studies:read", None, study.id)
    return standing(ctx, study.id)


def decide(ctx: Context, study_id: UUID, version: int, told: Mapping[str, Any]) -> Decided:
    """Store the next version of a plan; the same again changes nothing.

    What opened before today keeps its days. Raises ClinicError `not-found`, `stale-version`, as `domain.study_plans`,
    and `invalid` for an arm that is left out though somebody is in it.
    """
    study = consent_texts.at_site(ctx, "study-plans:write", study_id, lock=True)
    meant, before = plan(told), standing(ctx, study.id)
    if before.version and meant == before.plan:
        events.note(ctx, "study-plans:write", None, study.id, {"duplicate": True})
        return before
    if version != before.version:
        raise ClinicError("stale-version", f"The version is {before.version} now.")
    lost = research.arms(ctx.session, study.id) - {arm.key for arm in meant.arms}
    if lost:
        raise invalid("/arms", f"Somebody is in: {', '.join(sorted(lost))}.")
    today = local_date(ctx.now, ctx.session.get_one(SiteRow, study.site_id).zone)
    values = {"study_id": study.id, "version": version + 1, "told": told_plan(meant), "from_on": today}
    study_acts.decide(ctx.session, values | {"recorded_at": ctx.now, "recorded_by": ctx.who.id})
    events.note(ctx, "study-plans:write", None, study.id, {"version": version + 1})
    return standing(ctx, study.id)


def standing(ctx: Context, study_id: UUID) -> Decided:
    """Return the plan of a study as it stands."""
    stored = study_acts.plans(ctx.session, study_id)
    return _decided(stored[-1]) if stored else Decided(0, StudyPlan())


def dated(ctx: Context, study_id: UUID) -> list[Dated]:
    """Return every visit that a plan of a study ever had, in the order in which the newest has them."""
    stored = [_decided(row) for row in study_acts.plans(ctx.session, study_id)]
    keys = dict.fromkeys(one.key for each in reversed(stored) for one in each.plan.visits)
    return [_dated(stored, key) for key in keys]


def _dated(stored: Sequence[Decided], key: str) -> Dated:
    found = [each.plan.visit(key) for each in stored]
    days = [each.from_on or date.min for each in stored]
    has = [(place, one) for place, one in enumerate(found) if one is not None]
    versions = [Version(one.days, days[place], _left_on(found, days, place)) for place, one in has]
    after = has[-1][0] + 1
    return Dated(key, has[-1][1].names, versions, days[after] if after < len(days) else None)


def _left_on(found: Sequence[Visit | None], days: Sequence[date], place: int) -> date | None:
    """Return the day on which a visit left the plan after a version that has it, if it came back on a later day."""
    back = next((after for after in range(place + 1, len(found)) if found[after] is not None), None)
    return days[place + 1] if back is not None and days[place + 1] < days[back] else None


def _decided(row: StudyPlanRow) -> Decided:
    return Decided(row.version, plan(row.told), row.from_on, row.recorded_at, row.recorded_by)
