"""Bootstrap over HTTP: one answer with everything a phone needs to work without the network."""

from typing import Any

from marshmallow import Schema

from backend.api import checklists, fields
from backend.api.checklists import OwnChecklistList
from backend.api.consents import ConsentList
from backend.api.documents import RemindersOut, views
from backend.api.endpoint import Room
from backend.api.patients import ProfileOut
from backend.api.questionnaires import AskedList
from backend.api.treatment import OwnPlanOut
from backend.services import bootstrap
from backend.services.context import Context
from backend.services.feed import Kind

room = Room("sync")


class ClinicOut(Schema):
    """One's own clinic, and its number where that is known."""

    name = fields.Text(200, required=True)
    phone = fields.Text(40, shortest=0, required=True)


class SafetyOut(Schema):
    """What every screen that takes complaints says."""

    title = fields.Text(200, required=True)
    lines = fields.Many(fields.Text(500), most=20, required=True)


class WordOut(Schema):
    """One thing to choose, in one's own language."""

    key = fields.Text(40, required=True)
    text = fields.Text(200, required=True)


class VocabularyOut(Schema):
    """Everything to choose from in a diary entry, in the order shown."""

    symptoms = fields.Many(fields.Part(WordOut), most=500, required=True)
    causes = fields.Many(fields.Part(WordOut), most=100, required=True)
    wearing_off = fields.Many(fields.Part(WordOut), most=10, required=True)


class BootstrapOut(Schema):
    """Everything a phone begins with, in the patient's language.

    `reminders_delayed_since` is set while reminders do not go out: since when. An app older than `min_client` no
    longer gets what it needs.
    """

    server_time = fields.Instant(required=True)
    min_client = fields.Text(40, required=True)
    language = fields.Words("nl", "en", required=True)
    profile = fields.Part(ProfileOut, required=True)
    site = fields.Part(ClinicOut, required=True)
    safety = fields.Part(SafetyOut, required=True)
    plan = fields.Part(OwnPlanOut, required=True)
    vocabulary = fields.Part(VocabularyOut, required=True)
    forms = fields.Part(AskedList, required=True)
    reminders = fields.Part(RemindersOut, required=True)
    checklists = fields.Part(OwnChecklistList, required=True)
    consents = fields.Part(ConsentList, required=True)
    reminders_delayed_since = fields.Instant(required=True, allow_none=True)


@room.route("GET", "/me/bootstrap", permission="own-record:sync", gives=BootstrapOut)
def get_bootstrap(ctx: Context) -> dict[str, Any]:
    """Get everything one's phone needs to work without the network."""
    found = bootstrap.begin(ctx)
    shown = views(found.documents)
    return {
        "server_time": ctx.now,
        "min_client": ctx.settings.min_client,
        "language": found.language,
        "profile": shown[Kind.PROFILE],
        "site": {"name": found.site_name, "phone": found.site_phone},
        "safety": found.safety,
        "plan": shown[Kind.PLAN],
        "vocabulary": found.vocabulary,
        "forms": shown[Kind.FORMS],
        "reminders": shown[Kind.REMINDERS],
        "checklists": {"items": [checklists.own_shown(wanted) for wanted in found.checklists]},
        "consents": shown[Kind.CONSENTS],
        "reminders_delayed_since": found.reminders_delayed_since,
    }
