"""Needs: what needs somebody among many patients at once, read in a handful of queries, whatever their number."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backend.domain.dosing import Dose, Status
from backend.domain.emergency import DAY, LISTED, before
from backend.domain.linking import Chain, chain
from backend.domain.needs import DERIVED, OPEN_ORDERS, enough, needs
from backend.domain.permissions import allows
from backend.domain.recall import FORM
from backend.domain.samples import State, state
from backend.domain.treatment import Expects, Treatment, each_expected
from backend.domain.worklist import Facts, Item, Kind, Taken
from backend.services import emergency, outlines, requests, undelivered, words
from backend.services.context import Context
from backend.services.requests import Request
from backend.services.site_rules import in_force
from backend.services.undelivered import Owner
from backend.storage import doses, monitoring, patients, people, questionnaires, samples, treatment, wishes
from backend.storage.patients import CareRow, PatientRow

KEPT = 4
"""So many given doses of a treatment are read where they tell as much as all of them."""
FEW = 2
"""So many are read where the chain and what is expected are known already: enough to tell which day was the last."""

SEEN_WITH: Mapping[Kind, str] = {
    Kind.CONTACT: "requests:read",
    Kind.MOVE: "requests:read",
    Kind.UNDELIVERED: "undelivered:list",
    Kind.DOSE_MISSED: "doses:read",
    Kind.DOSE_OVERDUE: "doses:read",
    Kind.SAMPLE_MISSING: "samples:read",
    Kind.SAMPLE_REJECTED: "samples:read",
    Kind.RESULT_TO_RELEASE: "results:read",
    Kind.FORM_OVERDUE: "responses:read",
    Kind.MONITORING_DUE: "monitoring:read",
    Kind.EMERGENCY: "care:read",
}
"""The permission without which a kind is not made at all: a list tells no more than the record would."""

Rows = Mapping[UUID, PatientRow]
Lines = Mapping[UUID, Facts]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody, of one patient.

    `words` are the patient's own, of a request; `owner` and `version` there where something bears them.
    """

    patient: PatientRow
    item: Item
    words: str | None = None
    owner: Owner | None = None
    version: int | None = None


def kinds(ctx: Context) -> tuple[Kind, ...]:
    """Return the kinds that the actor's role may see."""
    return tuple(kind for kind, permission in SEEN_WITH.items() if allows(permission, ctx.who.role))


def of_patients(ctx: Context, rows: Rows) -> list[Need]:
    """Return what needs somebody among patients who are within reach, as far as the actor's role may see it."""
    seen = frozenset(kinds(ctx))
    facts = _facts(ctx, rows)
    found = [Need(rows[one], item) for one in rows for item in needs(facts[one], seen & DERIVED)]
    found += _asked(ctx, rows, facts) if Kind.CONTACT in seen else ()
    found += _undelivered(ctx, rows) if Kind.UNDELIVERED in seen else ()
    found += _emergencies(ctx, rows) if Kind.EMERGENCY in seen else ()
    return found


def _asked(ctx: Context, rows: Rows, facts: Lines) -> Iterator[Need]:
    for asked in requests.open_of(ctx, rows):
        kind, detail = Kind(asked.kind.value), _wanted(asked, facts[asked.patient_id])
        item = Item(kind, str(asked.id), asked.received_at, None, detail)
        yield Need(rows[asked.patient_id], item, asked.words, None, asked.version)


def _wanted(asked: Request, told: Facts) -> dict[str, Any]:
    """Return which dose is to be moved: its drug, and its day as it stands."""
    course = next((one for one in told.treatments if one.id == asked.treatment_id), None)
    if course is None:
        return {}
    coming = told.coming[course.id]
    return {"treatment_id": course.id, "drug": course.drug_key, "planned_on": coming.on if coming else None}


def _undelivered(ctx: Context, rows: Rows) -> Iterator[Need]:
    for one in undelivered.open_of(ctx, rows):
        told = {"reminder": one.kind, "reminder_id": one.reminder_id, "due": one.due, "why": one.why}
        detail = told | {"escalated": one.escalated_at is not None}
        item = Item(Kind.UNDELIVERED, str(one.id), one.since, _day(one.due), detail)
        yield Need(rows[one.patient_id], item, None, one.owner, one.version)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _emergencies(ctx: Context, rows: Rows) -> Iterator[Need]:
    every = patients.emergencies(ctx.session, rows, ctx.now - LISTED - DAY)
    found = [row for row in every if row.starts_at > ctx.now - LISTED]
    names = people.names(ctx.session, {row.staff_id for row in found})
    for row in found:
        same = [emergency.opening(ctx, one) for one in every if _alike(one, row)]
        times, ended = before(same, emergency.opening(ctx, row))
        name, role = names[row.staff_id]
        reason = words.opened(ctx, rows[row.patient_id], row.reason, words.of_care(row.id))
        who = {"staff_id": row.staff_id, "by": name, "role": role}
        clinical = allows("history:read", ctx.who.role)  # why is about the patient's state
        again = {"opened_before": times, "after_ended": ended}
        detail = {"ends_at": row.ends_at, "reason": reason if clinical else None, **who, **again}
        yield Need(rows[row.patient_id], Item(Kind.EMERGENCY, str(row.id), row.starts_at, None, detail))


def _alike(one: CareRow, another: CareRow) -> bool:
    """Whether the same person opened the same record."""
    return (one.staff_id, one.patient_id) == (another.staff_id, another.patient_id)


def _facts(ctx: Context, rows: Rows) -> dict[UUID, Facts]:
    """Return by patient everything that what needs somebody follows from."""
    ids = list(rows)
    courses = treatment.of_patients(ctx.session, ids)
    taken = samples.unsettled(ctx.session, ids)
    dosing = _dosing(ctx, ids, courses, taken)
    taken |= samples.taken(ctx.session, [one for one in ids if _compared(taken.get(one, ()))])
    withheld = samples.withheld(ctx.session, ids)
    opened = [ended.opened_at for told in dosing.values() for ended in told.line.intervals[-2:-1]]
    said = questionnaires.said(ctx.session, ids, FORM, min(opened)) if opened else {}
    checks, ahead = monitoring.last_done_each(ctx.session, ids), _ahead(ctx, rows)
    return {
        one: Facts(
            zone=row.zone,
            now=ctx.now,
            treatments=courses.get(one, ()),
            doses=dosing[one].doses,
            line=dosing[one].line,
            samples=taken.get(one, ()),
            withheld=withheld.get(one, ()),
            said=said.get(one, ()),
            checks=checks,
            ahead_days=ahead[row.site_id],
            expects=dosing[one].expects,
        )
        for one, row in rows.items()
    }


@dataclass(frozen=True, slots=True)
class _Dosing:
    """A patient's doses as far as they are needed beside what follows from all of them."""

    doses: Sequence[Dose]
    line: Chain
    expects: Expects


def _dosing(
    ctx: Context,
    ids: Sequence[UUID],
    courses: Mapping[UUID, Sequence[Treatment]],
    taken: Mapping[UUID, Sequence[Taken]],
) -> dict[UUID, _Dosing]:
    """Return each patient's dosing, from their outlines where these stand."""
    # Without samples only the form about the interval that ended last is looked for.
    known = outlines.standing(ctx, ids, courses, frozenset(ids) - taken.keys())
    few = doses.newest_of_patients(ctx.session, list(known), FEW)
    found = {one: _Dosing(few.get(one, ()), told.chain, told.expects) for one, told in known.items()}
    others = [one for one in ids if one not in known]
    given = _doses(ctx, others, courses, taken)
    for one in others:
        theirs, events = courses.get(one, ()), given.get(one, ())
        expects = each_expected(theirs, events)
        found[one] = _Dosing(events, chain(theirs, events, expects), expects)
    return found


def _doses(
    ctx: Context,
    ids: Sequence[UUID],
    courses: Mapping[UUID, Sequence[Treatment]],
    taken: Mapping[UUID, Sequence[Taken]],
) -> Mapping[UUID, list[Dose]]:
    """Return each patient's doses, without those of long ago where nothing follows from them."""
    found = doses.newest_of_patients(ctx.session, ids, KEPT)
    cut = [one for one in ids if _cut_short(courses.get(one, ()), found.get(one, ()), taken.get(one, ()))]
    return found | doses.of_patients(ctx.session, cut)


def _cut_short(courses: Sequence[Treatment], newest: Sequence[Dose], taken: Sequence[Taken]) -> bool:
    """Tell whether more of a patient's doses are needed than the newest."""
    for course in courses:
        given = [dose for dose in newest if dose.treatment_id == course.id and dose.status is Status.GIVEN]
        if len(given) < KEPT:
            continue
        first = min(dose.anchor for dose in given)
        long_ordered = any(one.created_at < first and state(one.steps) in OPEN_ORDERS for one in taken)
        if long_ordered or not enough(course, KEPT):
            return True
    return False


def _compared(taken: Collection[Taken]) -> bool:
    """Tell whether a patient has a sample that others may have taken the place of: then all of them are read."""
    return any(state(one.steps) in {State.REJECTED, *OPEN_ORDERS} for one in taken)


def _ahead(ctx: Context, rows: Rows) -> dict[UUID, int]:
    """Return by site for how many days ahead its patients are first told of a check: then it is to be arranged."""
    found = {}
    for site_id in {row.site_id for row in rows.values()}:
        steps = in_force(wishes.rules(ctx.session, site_id))["monitoring"].steps
        found[site_id] = max((step.days_before for step in steps), default=0)
    return found
