"""Checklists over HTTP: a clinician decides what may be given at home and what is asked before; a patient reads it."""

from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.checklists import MOST_ITEMS, Asked, Checklist, Item, Signed, Words
from backend.domain.regimens import Route
from backend.services import at_home, checklists
from backend.services.at_home import Wanted
from backend.services.context import Context

room = Room("checklists")


class WordsIn(Schema):
    """One text in both languages."""

    nl = fields.Text(500, required=True)
    en = fields.Text(500, required=True)


class ItemIn(WordsIn):
    """One question, answered with yes or no; its key stays the same from version to version."""

    key = fields.Text(60, required=True, pattern=r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


class ChecklistIn(Schema):
    """What a site decides for a drug and route: whether it may be given at home, and what is asked before each dose.

    `advice` says what to do when an answer is no. With `at_home` false the way is closed again.
    """

    drug = fields.Text(40, required=True)
    route = fields.Choice(Route, required=True)
    at_home = fields.Flag(required=True)
    items = fields.Many(fields.Part(ItemIn), fewest=1, most=MOST_ITEMS, required=True)
    advice = fields.Part(WordsIn, required=True)


class ChecklistOut(ChecklistIn):
    """One version of a site's checklist, with when it was made and by whom."""

    version = fields.Integer(1, 1_000_000, required=True)
    made_at = fields.Instant(required=True)
    made_by = fields.Id(required=True, allow_none=True)


class ChecklistList(Schema):
    """The newest version of each checklist, by drug and route."""

    items = fields.Many(fields.Part(ChecklistOut), most=1000, required=True)


class AskedItemOut(Schema):
    """One question in the patient's language."""

    key = fields.Text(60, required=True)
    text = fields.Text(500, required=True)


class OwnChecklistOut(Schema):
    """What is asked before each dose of a treatment at home, in the patient's language."""

    treatment_id = fields.Id(required=True)
    drug = fields.Text(40, required=True)
    route = fields.Choice(Route, required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    items = fields.Many(fields.Part(AskedItemOut), fewest=1, most=MOST_ITEMS, required=True)
    advice = fields.Text(500, required=True)


class OwnChecklistList(Schema):
    """The checklists for one's running treatments."""

    items = fields.Many(fields.Part(OwnChecklistOut), most=1000, required=True)


class SignedIn(Schema):
    """What was answered before a dose at home: the checklist's version, and true or false for every item."""

    version = fields.Integer(1, 1_000_000, required=True)
    answers = fields.Object(required=True)


@room.route("GET", "/sites/own/checklists", permission="checklists:read", gives=ChecklistList)
def list_checklists(ctx: Context) -> dict[str, Any]:
    """List the checklists of one's own site, each in its newest version."""
    return {"items": [_shown(made) for made in checklists.of_site(ctx)]}


@room.route("PUT", "/sites/own/checklists", permission="checklists:write", takes=ChecklistIn, gives=ChecklistOut)
def write_checklist(ctx: Context, data: dict[str, Any]) -> dict[str, Any]:
    """Write the next version of a checklist of one's own site; the same again makes none."""
    items = tuple(Item(one["key"], Words(one["nl"], one["en"])) for one in data["items"])
    advice = Words(data["advice"]["nl"], data["advice"]["en"])
    return _shown(checklists.write(ctx, Asked(data["drug"], data["route"], data["at_home"], items, advice)))


@room.route("GET", "/me/checklists", permission="own-plan:read", gives=OwnChecklistList)
def list_own_checklists(ctx: Context) -> dict[str, Any]:
    """List what is asked before each dose at home of one's running treatments, in one's own language."""
    return {"items": [own_shown(wanted) for wanted in at_home.own(ctx)]}


def own_shown(wanted: Wanted) -> dict[str, Any]:
    """Return a checklist as its patient sees it."""
    asked = wanted.checklist.asked
    return {
        "treatment_id": wanted.treatment_id,
        "drug": asked.drug_key,
        "route": asked.route,
        "version": wanted.checklist.version,
        "items": [{"key": item.key, "text": item.words.told(wanted.language)} for item in asked.items],
        "advice": asked.advice.told(wanted.language),
    }


def signed(told: dict[str, Any] | None) -> Signed | None:
    """Return what was answered before a dose at home, None where nothing was."""
    return None if told is None else Signed(told["version"], told["answers"])


def _shown(made: Checklist) -> dict[str, Any]:
    asked = made.asked
    return {
        "drug": asked.drug_key,
        "route": asked.route,
        "at_home": asked.at_home,
        "items": [{"key": item.key, "nl": item.words.nl, "en": item.words.en} for item in asked.items],
        "advice": {"nl": asked.advice.nl, "en": asked.advice.en},
        "version": made.version,
        "made_at": made.made_at,
        "made_by": made.made_by,
    }
