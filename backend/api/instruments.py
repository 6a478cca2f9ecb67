"""The instruments over HTTP: ranges, rules and thresholds, each figure with its source and whether it is verified."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.drugs import is_confirmed
from backend.domain.instruments import (
    Direction,
    Instrument,
    Kind,
    Mark,
    Method,
    Need,
    Recall,
    Scale,
    Ship,
    Threshold,
    instruments,
)
from backend.domain.licences import may_ship
from backend.domain.regimens import Source
from backend.domain.scoring import scoring_version
from backend.services import gate
from backend.services.context import Context

room = Room("instruments")

_LANGUAGES = ("nl", "en")
_PLAIN = ("key", "nl", "en", "method", "direction", "items", "n_items", "minimum", "low", "high")
"""What of a scale is told as it is."""


class InstrumentSourceOut(Schema):
    """What is said, where that was read, and whether it was: not from memory, nor listed without a mark."""

    text = fields.Text(1000, required=True, shortest=0)
    verified = fields.Flag(required=True)


class InstrumentRecallOut(Schema):
    """The time the questions look back on."""

    nl = fields.Text(200, required=True)
    en = fields.Text(200, required=True)
    verified = fields.Flag(required=True)


class InstrumentItemOut(Schema):
    """One question by its code, without its words: answers lie from `low` to `high`.

    `points` are what the answers `low`, `low` + 1, ... are worth; null where each is worth itself.
    """

    code = fields.Text(20, required=True)
    low = fields.Integer(0, 1000, required=True)
    high = fields.Integer(0, 1000, required=True)
    whole = fields.Flag(required=True)
    points = fields.Many(fields.Integer(0, 1000), most=20, required=True, allow_none=True)


class InstrumentThresholdOut(Schema):
    """A published figure, in points of the scale or in `unit`. It is shown and decides nothing."""

    kind = fields.Choice(Mark, required=True)
    value = fields.Number(0, 1000, required=True)
    unit = fields.Text(10, required=True, allow_none=True)
    meaning = fields.Text(200, required=True)
    source = fields.Part(InstrumentSourceOut, required=True)


class InstrumentScaleOut(Schema):
    """One score: of how many items, of which at least `minimum` answered, and between which ends, where known."""

    key = fields.Text(40, required=True)
    nl = fields.Text(100, required=True)
    en = fields.Text(100, required=True)
    method = fields.Choice(Method, required=True)
    direction = fields.Choice(Direction, required=True)
    items = fields.Many(fields.Text(20), most=200, required=True)
    n_items = fields.Integer(0, 200, required=True)
    minimum = fields.Integer(0, 200, required=True)
    low = fields.Integer(0, 1000, required=True, allow_none=True)
    high = fields.Integer(0, 1000, required=True, allow_none=True)
    thresholds = fields.Many(fields.Part(InstrumentThresholdOut), most=20, required=True)


class InstrumentOut(Schema):
    """One instrument.

    `text_in` are the languages in which its whole text goes with the product; in every other one a site publishes it
    on licence evidence. `needs` is what a site must supply before there is a score. `finding` is the kind of finding
    a test's results are entered as.
    """

    key = fields.Text(40, required=True)
    name = fields.Text(100, required=True)
    kind = fields.Choice(Kind, required=True)
    direction = fields.Choice(Direction, required=True)
    ship = fields.Choice(Ship, required=True)
    text_in = fields.Many(fields.Words(*_LANGUAGES), most=2, required=True)
    licence = fields.Part(InstrumentSourceOut, required=True)
    recall = fields.Part(InstrumentRecallOut, required=True, allow_none=True)
    rule = fields.Part(InstrumentSourceOut, required=True, allow_none=True)
    missing = fields.Part(InstrumentSourceOut, required=True, allow_none=True)
    needs = fields.Many(fields.Choice(Need), most=10, required=True)
    items = fields.Many(fields.Part(InstrumentItemOut), most=200, required=True)
    scales = fields.Many(fields.Part(InstrumentScaleOut), most=50, required=True)
    finding = fields.Text(20, required=True, allow_none=True)
    notes = fields.Many(fields.Text(500), most=10, required=True)
    scoring_version = fields.Text(60, required=True)


class InstrumentList(Schema):
    """The instruments, in the catalogue's order."""

    items = fields.Many(fields.Part(InstrumentOut), most=200, required=True)


@room.route("GET", "/instruments", permission="catalogue:read", gives=InstrumentList)
def list_instruments(ctx: Context) -> dict[str, Any]:
    """List the published questionnaires and tests that are known, with what is verified of each."""
    gate.permit(ctx, "catalogue:read")
    return {"items": [_instrument(one) for one in instruments().values()]}


def _instrument(one: Instrument) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "kind": one.kind,
        "direction": one.direction,
        "ship": one.ship,
        "text_in": [language for language in _LANGUAGES if may_ship(one, language)],
        "licence": _source(one.licence),
        "recall": _recall(one.recall),
        "rule": _source(one.rule) if one.rule else None,
        "missing": _source(one.missing) if one.missing else None,
        "needs": sorted(one.needs),
        "items": list(one.items.values()),
        "scales": [_scale(scale) for scale in one.scales.values()],
        "finding": one.finding,
        "notes": one.notes,
        "scoring_version": scoring_version(one),
    }


def _scale(scale: Scale) -> dict[str, Any]:
    told = {name: getattr(scale, name) for name in _PLAIN}
    return told | {"thresholds": [_threshold(one) for one in scale.thresholds]}


def _threshold(one: Threshold) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("kind", "value", "unit", "meaning")}
    return told | {"source": _source(one.source)}


def _source(source: Source) -> dict[str, Any]:
    return {"text": source.text, "verified": is_confirmed(source)}


def _recall(recall: Recall | None) -> dict[str, Any] | None:
    return {"nl": recall.nl, "en": recall.en, "verified": is_confirmed(recall.source)} if recall else None
