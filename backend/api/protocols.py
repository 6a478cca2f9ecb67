"""Protocols over HTTP: every dosing rule as data, which of them a study shows, and what they say of a patient."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.decisions import Choice
from backend.domain.levels import Comparator, TroughClass
from backend.domain.protocols import Bounds, Evidence, Protocol, RuleKind, Text, words
from backend.domain.regimens import Route
from backend.domain.rule_states import two
from backend.domain.rules import SETTINGS
from backend.domain.verdicts import Analyte
from backend.services import protocols
from backend.services.context import Context
from backend.services.protocols import Shown, StudyProtocol

room = Room("protocols")


class BilingualOut(Schema):
    """A sentence in Dutch and in English."""

    nl = fields.Text(1000, required=True)
    en = fields.Text(1000, required=True)


class RuleBoundsOut(Schema):
    """Between which whole weeks a rule moves an interval, both inclusive; null where the source names no bound."""

    min_weeks = fields.Integer(1, 60, required=True, allow_none=True)
    max_weeks = fields.Integer(1, 60, required=True, allow_none=True)


class RuleOut(Schema):
    """A rule: `status` says how much of it was read in `source`, `unverified` what was not; `registry` is its number.

    `version` is that of the rule and its words. A rule of the kind classification, arms or outline is only shown.
    """

    key = fields.Text(40, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    kind = fields.Choice(RuleKind, required=True)
    title = fields.Part(BilingualOut, required=True)
    registry = fields.Text(40, required=True, allow_none=True)
    status = fields.Choice(Evidence, required=True)
    source = fields.Text(500, required=True)
    substance = fields.Text(80, required=True)
    text = fields.Part(BilingualOut, required=True)
    unverified = fields.Part(BilingualOut, required=True, allow_none=True)
    bounds = fields.Part(RuleBoundsOut, required=True)


class ProtocolOut(RuleOut):
    """A published rule with who took part, what was checked meanwhile and what came of it.

    `numbers` are its own, in the units their names say; `can_set` names what a study may set.
    """

    entry = fields.Many(fields.Part(BilingualOut), most=50, required=True)
    follow = fields.Part(BilingualOut, required=True, allow_none=True)
    observed = fields.Part(BilingualOut, required=True, allow_none=True)
    numbers = fields.Object(required=True)
    can_set = fields.Many(fields.Text(40), most=10, required=True)


class RuleWordsOut(Schema):
    """What codes mean, each {nl, en}: what lies outside, and why a sample cannot be used."""

    outside = fields.Object(required=True)
    unusable = fields.Object(required=True)


class ProtocolList(Schema):
    """Every rule there is."""

    items = fields.Many(fields.Part(ProtocolOut), most=100, required=True)
    words = fields.Part(RuleWordsOut, required=True)


class StudyProtocolIn(Schema):
    """Whether a study shows a rule, what it sets of it, and why.

    `settings` may hold `bands` (rows {below_ug_ml, weeks}, lowest first, the last with null), `max_weeks`,
    `adjust_weeks` and `remeasure_weeks`, as far as the rule knows them (`can_set`).
    """

    enabled = fields.Flag(required=True)
    settings = fields.Object(load_default=dict)
    reason = fields.Text(500, required=True)


class StudyProtocolOut(Schema):
    """What a study says of a rule; `version` 0 is that nobody ever switched it on."""

    key = fields.Text(40, required=True)
    title = fields.Part(BilingualOut, required=True)
    enabled = fields.Flag(required=True)
    settings = fields.Object(required=True)
    version = fields.Integer(0, 1_000_000, required=True)
    reason = fields.Text(500, required=True, allow_none=True)
    changed_at = fields.Instant(required=True, allow_none=True)
    changed_by = fields.Id(required=True, allow_none=True)
    duplicate = fields.Flag(required=True)


class StudyProtocolList(Schema):
    """What a study says of every rule."""

    items = fields.Many(fields.Part(StudyProtocolOut), most=100, required=True)


class RuleMeasuredOut(Schema):
    """One measured value; `valid` is null while the dose after it was not given, `used` what the rule looked at.

    `interval` is the one it was taken in; the first it can change is `changes_from_interval`.
    """

    kind = fields.Choice(Analyte, required=True)
    value = fields.Number(0, 10**13, required=True)
    unit = fields.Text(20, required=True)
    comparator = fields.Choice(Comparator, required=True)
    lloq = fields.Number(0, 10**13, required=True, allow_none=True)
    on = fields.Day(required=True, allow_none=True)
    collected_at = fields.Instant(required=True, allow_none=True)
    reported_at = fields.Instant(required=True)
    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    planned_weeks = fields.Integer(1, 1000, required=True, allow_none=True)
    route = fields.Choice(Route, required=True, allow_none=True)
    trough_class = fields.Choice(TroughClass, required=True, allow_none=True)
    valid = fields.Flag(required=True, allow_none=True)
    why_not = fields.Many(fields.Text(40), most=20, required=True)
    outside = fields.Many(fields.Text(40), most=10, required=True)
    changes_from_interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    used = fields.Flag(required=True)
    source = fields.Text(60, required=True)


class RuleConditionOut(Schema):
    """One condition: `holds` is null where that cannot be known; `why` it does not hold, as a code and in words."""

    key = fields.Text(40, required=True)
    text_nl = fields.Text(500, required=True)
    text_en = fields.Text(500, required=True)
    holds = fields.Flag(required=True, allow_none=True)
    why = fields.Text(40, required=True, allow_none=True)
    why_nl = fields.Text(500, required=True, allow_none=True)
    why_en = fields.Text(500, required=True, allow_none=True)
    params = fields.Object(required=True)


class RuleStatementOut(Schema):
    """What the rule says, as a code with its numbers and in words; never what is to be done."""

    code = fields.Text(60, required=True)
    params = fields.Object(required=True)
    text_nl = fields.Text(500, required=True)
    text_en = fields.Text(500, required=True)


class CurrentPlanOut(Schema):
    """The plan the rule was held against."""

    treatment_id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    interval_weeks = fields.Integer(1, 60, required=True, allow_none=True)
    route = fields.Choice(Route, required=True)


class LastDecisionOut(Schema):
    """What was decided last under this rule."""

    id = fields.Id(required=True)
    choice = fields.Choice(Choice, required=True)
    decided_at = fields.Instant(required=True)


class RuleStateOut(RuleOut):
    """What a rule says of a patient: values, conditions, whether all hold (null: cannot be known), and a statement."""

    study_id = fields.Id(required=True)
    settings = fields.Object(required=True)
    settings_version = fields.Integer(1, 1_000_000, required=True)
    measured = fields.Many(fields.Part(RuleMeasuredOut), most=100_000, required=True)
    conditions = fields.Many(fields.Part(RuleConditionOut), most=50, required=True)
    met = fields.Flag(required=True, allow_none=True)
    statement = fields.Part(RuleStatementOut, required=True)
    changes_from_interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    outside = fields.Many(fields.Text(40), most=20, required=True)
    current = fields.Part(CurrentPlanOut, required=True, allow_none=True)
    last_decision = fields.Part(LastDecisionOut, required=True, allow_none=True)


class PatientProtocolOut(RuleStateOut):
    """A rule as it is shown of a patient.

    A decision names `state_mark`, the digest of all that is shown, and `treatment_version`, null without a treatment.
    """

    study = fields.Text(200, required=True)
    treatment_version = fields.Integer(1, 1_000_000, required=True, allow_none=True)
    state_mark = fields.Text(64, required=True)


class PatientProtocolList(Schema):
    """The rules that are on in the studies a patient takes part in."""

    items = fields.Many(fields.Part(PatientProtocolOut), most=10_000, required=True)


@room.route("GET", "/protocols", permission="catalogue:read", gives=ProtocolList)
def list_protocols(ctx: Context) -> dict[str, Any]:
    """List every dosing rule as data."""
    told = words()
    codes = {"outside": _coded(told.outside), "unusable": _coded(told.unusable)}
    return {"items": [_rule(one) for one in protocols.catalogue(ctx)], "words": codes}


@room.route(
    "GET", "/studies/<uuid:study_id>/protocols", permission="study-protocols:read", gives=StudyProtocolList,
    problems=(404,),
)  # fmt: skip
def list_study_protocols(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List which dosing rules a study shows, and what it sets of each."""
    return {"items": [_said(one) for one in protocols.of_study(ctx, study_id)]}


@room.route(
    "PUT", "/studies/<uuid:study_id>/protocols/<string:key>", permission="study-protocols:write",
    takes=StudyProtocolIn, gives=StudyProtocolOut, problems=(404,),
)  # fmt: skip
def switch_study_protocol(ctx: Context, study_id: UUID, key: str, data: dict[str, Any]) -> dict[str, Any]:
    """Switch a dosing rule of a study on or off, with its settings; the same again changes nothing."""
    return _said(protocols.switch(ctx, study_id, key, data["settings"], data["reason"], enabled=data["enabled"]))


@room.route(
    "GET", "/patients/<uuid:patient_id>/protocols", permission="protocols:read", gives=PatientProtocolList,
    problems=(404,),
)  # fmt: skip
def list_patient_protocols(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what the rules of a patient's studies say of them; none without standing consent."""
    return {"items": [_shown(one) for one in protocols.of_patient(ctx, patient_id)]}


def _shown(one: Shown) -> dict[str, Any]:
    version = one.treatment.versions[-1].version if one.treatment else None
    return one.state | {"study": one.study, "treatment_version": version, "state_mark": one.mark}


def _said(one: StudyProtocol) -> dict[str, Any]:
    return {
        "key": one.rule.key,
        "title": two(one.rule.title),
        "enabled": one.enabled,
        "settings": one.settings,
        "version": one.version,
        "reason": one.reason,
        "changed_at": one.changed_at,
        "changed_by": one.changed_by,
        "duplicate": one.duplicate,
    }


def _rule(one: Protocol) -> dict[str, Any]:
    return {
        "key": one.key,
        "version": one.version,
        "kind": one.kind,
        "title": two(one.title),
        "registry": one.registry,
        "status": one.status,
        "source": one.source,
        "substance": one.substance,
        "text": two(one.text),
        "unverified": two(one.unverified),
        "bounds": _bounds(one.bounds),
        "entry": [two(text) for text in one.entry],
        "follow": two(one.follow),
        "observed": two(one.observed),
        "numbers": dict(one.numbers),
        "can_set": sorted(SETTINGS.get(one.kind, ())),
    }


def _bounds(bounds: Bounds) -> dict[str, int | None]:
    return {"min_weeks": bounds.min_weeks, "max_weeks": bounds.max_weeks}


def _coded(texts: Mapping[str, Text]) -> dict[str, Any]:
    return {code: two(text) for code, text in texts.items()}
