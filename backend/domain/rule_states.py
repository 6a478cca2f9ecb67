"""The state of a rule as plain JSON: what is shown to the clinician, and kept with the decision exactly as it was."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from backend.domain import rules
from backend.domain.protocols import Bounds, Protocol, Text
from backend.domain.verdicts import Condition, Course, Measured, Verdict


@dataclass(frozen=True, slots=True)
class Current:
    """The plan a rule was held against: the running treatment's, in the version last decided."""

    treatment_id: UUID
    version: int
    course: Course


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision that came last under the same rule in the same study."""

    id: UUID
    choice: str
    decided_at: datetime


def state(
    rule: Protocol,
    study_id: UUID,
    settings: tuple[int, Mapping[str, Any]],
    current: Current | None,
    measured: Sequence[Measured],
    last: Decided | None,
) -> tuple[Verdict, dict[str, Any]]:
    """Return what a rule says of a patient, and all of it as JSON without any names; `settings` with their version.

    Nothing in it depends on the moment it is read, so that two readings of the same are the same.
    """
    number, told = settings
    found = rules.evaluate(rule, told, current.course if current else None, measured)
    within = rules.bounds(rule, told)
    shown: dict[str, Any] = {
        "study_id": str(study_id),
        **_rule(rule),
        "settings": dict(told),
        "settings_version": number,
        "measured": [_measured(one, used=one in found.used) for one in measured],
        "conditions": [_condition(rule, within, one) for one in found.conditions],
        "met": found.met,
        "statement": _statement(found),
        "changes_from_interval": found.changes_from_interval,
        "bounds": {"min_weeks": within.min_weeks, "max_weeks": within.max_weeks},
        "outside": list(found.outside),
        "current": None if current is None else _current(current),
        "last_decision": None if last is None else _decided(last),
    }
    return found, shown


def mark(shown: Mapping[str, Any]) -> str:
    """Return the digest of a state, by which it is known whether somebody saw the same: 64 hex digits."""
    return sha256(json.dumps(shown, sort_keys=True, ensure_ascii=True, allow_nan=False).encode()).hexdigest()


def two(text: Text | None) -> dict[str, str] | None:
    """Return a sentence in both languages as JSON."""
    return None if text is None else {"nl": text.nl, "en": text.en}


def _rule(rule: Protocol) -> dict[str, Any]:
    return {
        "key": rule.key,
        "version": rule.version,
        "kind": rule.kind.value,
        "title": two(rule.title),
        "registry": rule.registry,
        "status": rule.status.value,
        "source": rule.source,
        "substance": rule.substance,
        "text": two(rule.text),
        "unverified": two(rule.unverified),
    }


def _measured(one: Measured, *, used: bool) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "value": float(one.value),
        "unit": one.unit,
        "comparator": one.comparator.value,
        "lloq": None if one.lloq is None else float(one.lloq),
        "on": None if one.on is None else one.on.isoformat(),
        "collected_at": None if one.at is None else one.at.isoformat(),
        "reported_at": one.reported_at.isoformat(),
        "interval": one.interval,
        "planned_weeks": one.planned_weeks,
        "route": None if one.route is None else one.route.value,
        "trough_class": None if one.trough_class is None else one.trough_class.value,
        "valid": one.valid,
        "why_not": list(one.why_not),
        "outside": list(one.outside),
        "changes_from_interval": one.changes_from_interval,
        "used": used,
        "source": one.source,
    }


def _condition(rule: Protocol, within: Bounds, one: Condition) -> dict[str, Any]:
    text, why = rules.condition_text(rule, within, one.key), rules.why_text(one)
    return {
        "key": one.key,
        "text_nl": text.nl,
        "text_en": text.en,
        "holds": one.holds,
        "why": one.why,
        "why_nl": None if why is None else why.nl,
        "why_en": None if why is None else why.en,
        "params": dict(one.params),
    }


def _statement(found: Verdict) -> dict[str, Any]:
    text = rules.statement_text(found)
    return {"code": found.statement, "params": dict(found.params), "text_nl": text.nl, "text_en": text.en}


def _current(current: Current) -> dict[str, Any]:
    return {
        "treatment_id": str(current.treatment_id),
        "version": current.version,
        "interval_weeks": current.course.current_weeks,
        "route": current.course.route.value,
    }


def _decided(last: Decided) -> dict[str, Any]:
    return {"id": str(last.id), "choice": last.choice, "decided_at": last.decided_at.isoformat()}
