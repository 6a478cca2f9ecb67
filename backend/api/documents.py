"""The documents a phone keeps whole: profile, plan, reminders, forms and consents, as bootstrap and sync show them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from marshmallow import Schema

from backend.api import fields, patients, questionnaires, treatment
from backend.api.reminders import InboxItemOut, TextOut
from backend.services import bootstrap, inbox, upcoming
from backend.services.context import Context
from backend.services.feed import Kind


class UpcomingOut(Schema):
    """A reminder of the coming four weeks as it reads at `send_at`; from `expires_at` on it makes no sense any more."""

    id = fields.Id(required=True)
    kind = fields.Text(20, required=True)
    step = fields.Text(20, required=True)
    due_on = fields.Day(required=True)
    due_at = fields.Instant(required=True, allow_none=True)
    send_at = fields.Instant(required=True)
    expires_at = fields.Instant(required=True)
    text = fields.Part(TextOut, required=True)


class RemindersOut(Schema):
    """The reminders of the coming four weeks, the first 30, by when they are told; and the inbox, as `InboxList`."""

    items = fields.Many(fields.Part(UpcomingOut), most=upcoming.MOST, required=True)
    told = fields.Many(fields.Part(InboxItemOut), most=inbox.MOST, required=True)


def documents(ctx: Context, kinds: Collection[Kind]) -> dict[Kind, Any]:
    """Return some of the acting patient's documents as they are shown."""
    return views(bootstrap.documents(ctx, kinds))


def views(read: Mapping[Kind, Any]) -> dict[Kind, Any]:
    """Return documents that were read as they are shown."""
    return {kind: _VIEWS[kind](document) for kind, document in read.items()}


def _items(found: Sequence[Any]) -> dict[str, Any]:
    return {"items": found}


_VIEWS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.PROFILE: patients.own_shown,
    Kind.PLAN: treatment.own_shown,
    Kind.REMINDERS: lambda found: found,
    Kind.FORMS: lambda found: _items([questionnaires.asked_shown(asked) for asked in found]),
    Kind.CONSENTS: lambda found: found,
}
