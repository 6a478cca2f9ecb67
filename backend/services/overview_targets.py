"""Target lines of a patient's levels: what the dosing rules look for that studies of the patient show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from backend.domain.protocols import Protocol
from backend.domain.protocols import protocols as published
from backend.services.context import Context
from backend.storage import protocols
from backend.storage.patients import PatientRow

_LEVELS = ("above_ug_ml", "target_ug_ml")
"""Numbers of a rule that are levels."""


@dataclass(frozen=True, slots=True)
class Target:
    """A line on the axis of levels in ug/ml, the study and the protocol it comes from."""

    ug_ml: Decimal
    protocol: str
    study: str
    source: str


def targets(ctx: Context, patient: PatientRow) -> list[Target]:
    """Return the lines for a patient who is within reach, lowest first; none where no study shows a rule."""
    found = []
    for study, row in protocols.enabled_for(ctx.session, patient.id, ctx.now):
        rule = published().get(row.protocol)
        if rule is not None:
            found += [Target(level, rule.key, study.name, rule.source) for level in _levels(rule, row.settings)]
    return sorted(found, key=lambda one: (one.ug_ml, one.protocol, one.study))


def _levels(rule: Protocol, settings: Mapping[str, Any]) -> Iterable[Decimal]:
    """Return the levels a rule names, and the bounds of the bands that the study's own table has."""
    named = {Decimal(rule.numbers[name]) for name in _LEVELS if name in rule.numbers}
    bounds = {band["below_ug_ml"] for band in settings.get("bands", ())} - {None}
    return named | {Decimal(str(bound)) for bound in bounds}
