"""The shapes of a form's items, as they are told to a patient in one language."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.domain.questionnaires import Behavior, Form, Operator, Option, Place, Type, Words


class ConditionOut(Schema):
    """Holds by the answers to `question`: with `exists`, `answer` says whether there is to be one."""

    question = fields.Text(64, required=True)
    operator = fields.Choice(Operator, required=True)
    answer = fields.Anything(required=True)


class OptionOut(Schema):
    """One thing to choose; `low` to `high` where it is a band of another question."""

    code = fields.Text(64, required=True)
    text = fields.Text(2000, required=True)
    low = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)
    high = fields.Integer(-1_000_000, 1_000_000, required=True, allow_none=True)


class EndsOut(Schema):
    """The words at the ends of a scale."""

    low = fields.Text(2000, required=True)
    high = fields.Text(2000, required=True)


class ItemOut(Schema):
    """One item, in the order of asking; `parent` is the key of the group it stands in.

    It is put when its group is, and when its conditions hold: all of them or any, as `enable_behavior` says. Answers to
    what is not put count as none. `low` and `high` are values of the item's type, both included; `initial` is a list.
    """

    key = fields.Text(64, required=True)
    type = fields.Choice(Type, required=True)
    parent = fields.Text(64, required=True, allow_none=True)
    text = fields.Text(2000, shortest=0, required=True)
    help = fields.Text(2000, required=True, allow_none=True)
    required = fields.Flag(required=True)
    repeats = fields.Flag(required=True)
    initial = fields.Many(fields.Anything(), most=20, required=True)
    low = fields.Anything(required=True, allow_none=True)
    high = fields.Anything(required=True, allow_none=True)
    max_length = fields.Integer(1, 4000, required=True, allow_none=True)
    unit = fields.Text(40, required=True, allow_none=True)
    options = fields.Many(fields.Part(OptionOut), most=200, required=True)
    enable_when = fields.Many(fields.Part(ConditionOut), most=20, required=True)
    enable_behavior = fields.Choice(Behavior, required=True)
    band_of = fields.Text(64, required=True, allow_none=True)
    ends = fields.Part(EndsOut, required=True, allow_none=True)


_ITEM = tuple(ItemOut().fields)


def items_shown(form: Form, language: str) -> list[dict[str, Any]]:
    """Return the items of a form in one language, in the order of asking."""
    return [_item(place, language, form.languages[0]) for place in form.places.values()]


def _item(place: Place, language: str, first: str) -> dict[str, Any]:
    item = place.item
    told = {
        "parent": place.parent,
        "text": item.text.told(language, first) if item.text else "",
        "help": item.help.told(language, first) if item.help else None,
        "options": [_option(option, language, first) for option in item.options],
        "ends": _ends(item.ends, language, first),
    }
    return {name: told[name] if name in told else getattr(item, name) for name in _ITEM}


def _option(option: Option, language: str, first: str) -> dict[str, Any]:
    text = option.text.told(language, first)
    return {"code": option.code, "text": text, "low": option.low, "high": option.high}


def _ends(ends: tuple[Words, Words] | None, language: str, first: str) -> dict[str, str] | None:
    return None if ends is None else {"low": ends[0].told(language, first), "high": ends[1].told(language, first)}
