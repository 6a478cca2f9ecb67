"""Protocols: which dosing rules a study shows, and what they say of a patient who takes part; none of it decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain import protocols as published
from backend.domain import rules
from backend.domain.errors import ClinicError
from backend.domain.protocols import Bounds, Protocol
from backend.domain.rule_states import Current, Decided, mark, state
from backend.domain.treatment import Treatment
from backend.domain.verdicts import Measured, Verdict, course
from backend.services import events, gate, intervals, measurements
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import decisions, protocols
from backend.storage.decisions import DecisionRow
from backend.storage.patients import PatientRow
from backend.storage.protocols import StudyProtocolRow
from backend.storage.research import StudyRow
from backend.storage.sealing import Place


@dataclass(frozen=True, slots=True)
class StudyProtocol:
    """What a study says of a protocol: off, with version 0, until somebody switched it on."""

    rule: Protocol
    enabled: bool
    settings: Mapping[str, Any]
    version: int
    reason: str | None
    changed_at: datetime | None
    changed_by: UUID | None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule as it is shown of a patient: `state` is plain JSON (domain.rule_states) and `mark` its digest.

    `treatment` is the running one with the rule's substance, None where there is none; `current` what of it the rule
    was held against, None for one that is only shown.
    """

    study_id: UUID
    study: str
    rule: Protocol
    bounds: Bounds
    treatment: Treatment | None
    current: Current | None
    verdict: Verdict
    state: dict[str, Any]
    mark: str


def catalogue(ctx: Context) -> list[Protocol]:
    """Return every rule there is, as data."""
    gate.permit(ctx, "catalogue:read")
    return list(published.protocols().values())


def of_study(ctx: Context, study_id: UUID) -> list[StudyProtocol]:
    """Return what a study of the actor's own site says of every protocol. Raises ClinicError `not-found`."""
    gate.permit(ctx, "study-protocols:read")
    study = _own_study(ctx, study_id)
    events.note(ctx, "study-protocols:read", None, study.id)
    said = protocols.of_study(ctx.session, study.id)
    return [_said(ctx, rule, said.get(rule.key)) for rule in published.protocols().values()]


def switch(
    ctx: Context, study_id: UUID, key: str, settings: Mapping[str, Any], reason: str, *, enabled: bool
) -> StudyProtocol:
    """Switch a protocol of a study on or off, with its settings; the same again is what stands, marked `duplicate`.

    Every version before is kept. Nobody's plan changes. Raises ClinicError `not-found` for a study of another site
    and for a protocol there is not, and what `rules.check_settings` refuses.
    """
    gate.permit(ctx, "study-protocols:write")
    study = _own_study(ctx, study_id, lock=True)
    rule = published.protocol(key)
    kept = rules.check_settings(rule, settings)
    standing = protocols.of_study(ctx.session, study.id).get(key)
    if (standing.enabled, standing.settings) == (enabled, kept) if standing else not (enabled or kept):
        events.note(ctx, "study-protocols:read", None, study.id, {"protocol": key, "duplicate": True})
        return _said(ctx, rule, standing, duplicate=True)
    version = (standing.version if standing else 0) + 1
    values = {"study_id": study.id, "protocol": key, "version": version, "enabled": enabled, "settings": kept}
    values["reason_sealed"] = ctx.sealer.seal_own(reason, _of_reason(study.id, key, version))
    protocols.add(ctx.session, values | {"changed_at": ctx.now, "changed_by": ctx.who.id})
    detail = {"protocol": key, "version": version, "enabled": enabled, "settings": kept}
    events.note(ctx, "study-protocols:write", None, study.id, detail)
    return StudyProtocol(rule, enabled, kept, version, reason, ctx.now, ctx.who.id)


def of_patient(ctx: Context, patient_id: UUID) -> list[Shown]:
    """Return the rules that are on in the studies a patient takes part in; without standing consent, none.

    Raises ClinicError `not-found`.
    """
    patient = gate.patient(ctx, "protocols:read", patient_id)
    events.note(ctx, "protocols:read", patient.id)
    return standing(ctx, patient)


def standing(ctx: Context, patient: PatientRow) -> list[Shown]:
    """Return what `of_patient` does of a patient who is within reach."""
    return _shown(ctx, patient, protocols.enabled_for(ctx.session, patient.id, ctx.now))


def one(ctx: Context, patient: PatientRow, study_id: UUID, key: str) -> Shown:
    """Return one rule of a patient who is within reach. Raises ClinicError `not-found` where it is not shown."""
    on = protocols.enabled_for(ctx.session, patient.id, ctx.now)
    found = _shown(ctx, patient, [pair for pair in on if (pair[0].id, pair[1].protocol) == (study_id, key)])
    if not found:
        raise ClinicError("not-found", "No study of this patient shows that protocol.")
    return found[0]


def _shown(ctx: Context, patient: PatientRow, on: Sequence[tuple[StudyRow, StudyProtocolRow]]) -> list[Shown]:
    """Return what rules say; what was measured is read once, however many rules look at it."""
    known = [(study, row) for study, row in on if row.protocol in published.protocols()]
    if not known:
        return []
    line = intervals.line(ctx, patient.id)
    decided = decisions.of_patient(ctx.session, patient.id)
    measured: dict[str, list[Measured]] = {}
    found = []
    for study, row in known:
        rule = published.protocol(row.protocol)
        treatment, current = _current(rule, line)
        if current is not None and rule.substance not in measured:
            measured[rule.substance] = measurements.values(ctx, patient, line, _mine(rule, line))
        wanted = rules.USES.get(rule.kind, ()) if current is not None else ()
        seen = [one for one in measured.get(rule.substance, ()) if one.kind in wanted]
        settings, last = (row.version, row.settings), _last(decided, study.id, rule.key)
        verdict, told = state(rule, study.id, settings, current, seen, last)
        within = rules.bounds(rule, row.settings)
        found.append(Shown(study.id, study.name, rule, within, treatment, current, verdict, told, mark(told)))
    return found


def _mine(rule: Protocol, line: Line) -> frozenset[UUID]:
    """Return the treatments with a rule's substance."""
    return frozenset(one.id for one in line.treatments if one.drug.substance == rule.substance)


def _current(rule: Protocol, line: Line) -> tuple[Treatment | None, Current | None]:
    """Return the running treatment with a rule's substance, and what of it a rule with conditions is held against."""
    mine = _mine(rule, line)
    running = [one for one in line.treatments if one.id in mine and one.stopped_on is None]
    if not running:
        return None, None
    treatment = max(running, key=lambda one: (one.started_on, one.id))
    if not rule.has_conditions:
        return treatment, None
    seen = course(treatment, mine, line.chain, line.doses)
    return treatment, Current(treatment.id, treatment.versions[-1].version, seen)


def _last(decided: list[DecisionRow], study_id: UUID, key: str) -> Decided | None:
    same = [one for one in decided if (one.study_id, one.protocol) == (study_id, key)]
    return Decided(same[-1].id, same[-1].choice, same[-1].decided_at) if same else None


def _own_study(ctx: Context, study_id: UUID, *, lock: bool = False) -> StudyRow:
    study = ctx.session.get(StudyRow, study_id, with_for_update=True if lock else None)
    if study is None or study.site_id != gate.own_site(ctx):
        raise ClinicError("not-found")
    return study


def _said(ctx: Context, rule: Protocol, row: StudyProtocolRow | None, *, duplicate: bool = False) -> StudyProtocol:
    if row is None:
        return StudyProtocol(rule, False, {}, 0, None, None, None, duplicate)
    reason = ctx.sealer.open_own(row.reason_sealed, _of_reason(row.study_id, row.protocol, row.version))
    return StudyProtocol(
        rule, row.enabled, row.settings, row.version, reason, row.changed_at, row.changed_by, duplicate
    )


def _of_reason(study_id: UUID, key: str, version: int) -> Place:
    return Place("study_protocols", "reason", f"{study_id}:{key}:{version}")
