"""Consents over HTTP: what a study asks in which words, and how patients answer, on their phone or with the clinic."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain.consents import Purpose, State
from backend.domain.study_days import Days
from backend.services import consent_standing, consent_texts, consents
from backend.services.consent_standing import Consent
from backend.services.consents import Answer
from backend.services.context import Context

room = Room("consents")
LONGEST = 60_000
"""So many characters has a text at most."""
LARGEST = 1_000_000


class AnswerIn(Schema):
    """An answer to one purpose: the version of the text that was read, in which language, and its hash."""

    purpose = fields.Choice(Purpose, load_default=Purpose.STUDY)
    version = fields.Integer(1, 100_000, load_default=None, allow_none=True)
    language = fields.Text(8, load_default=None, allow_none=True)
    hash = fields.Text(64, load_default=None, allow_none=True)


class OwnAnswerIn(AnswerIn):
    """What one says oneself: yes or no, to the text one has read."""

    yes = fields.Flag(required=True)
    version = fields.Integer(1, 100_000, required=True)
    language = fields.Text(8, required=True)
    hash = fields.Text(64, required=True)


class PurposeIn(Schema):
    """A purpose; leaving the study leaves all."""

    purpose = fields.Choice(Purpose, load_default=Purpose.STUDY)


class PurposeAsk(Schema):
    """Which version of a text, the newest if none is named."""

    version = fields.Text(6, pattern=r"[1-9]\d{0,5}", load_default=None)


class PurposeOut(Schema):
    """How consent to one purpose stands: what was agreed to, what is asked still, and when a newer text is needed."""

    purpose = fields.Choice(Purpose, required=True)
    state = fields.Choice(State, required=True)
    agreed = fields.Integer(0, 100_000, required=True, allow_none=True)
    language = fields.Text(8, required=True, allow_none=True)
    hash = fields.Text(64, required=True, allow_none=True)
    asks = fields.Integer(1, 100_000, required=True, allow_none=True)
    since = fields.Instant(required=True, allow_none=True)
    lapses_at = fields.Instant(required=True, allow_none=True)


class ConsentOut(Schema):
    """What one said to one study: since when yes, since when no longer, how it tells days, and each purpose."""

    study_id = fields.Id(required=True)
    name = fields.Text(200, required=True)
    days = fields.Choice(Days, required=True)
    consented_at = fields.Instant(required=True, allow_none=True)
    withdrawn_at = fields.Instant(required=True, allow_none=True)
    finished_at = fields.Instant(required=True, allow_none=True)
    purposes = fields.Many(fields.Part(PurposeOut), most=len(Purpose), required=True)


class ConsentList(Schema):
    """One's own consents, by when they were given, and the studies that ask one to take part."""

    items = fields.Many(fields.Part(ConsentOut), most=10_000, required=True)
    asked = fields.Many(fields.Part(ConsentOut), most=10_000, required=True)


class ConsentReadOut(Schema):
    """A text as it is read: in one's own language where there is one, with the hash that an answer names."""

    purpose = fields.Choice(Purpose, required=True)
    version = fields.Integer(1, 100_000, required=True)
    language = fields.Text(8, required=True)
    text = fields.Text(LONGEST, required=True)
    hash = fields.Text(64, required=True)
    needed_from = fields.Instant(required=True, allow_none=True)


class ConsentTextsIn(Schema):
    """A text in each language there is one in."""

    nl = fields.Text(LONGEST)
    en = fields.Text(LONGEST)


class ConsentVersionIn(Schema):
    """A new version of a text; whoever agreed to an earlier one must agree anew before `needed_from`, if told."""

    purpose = fields.Choice(Purpose, required=True)
    texts = fields.Part(ConsentTextsIn, required=True)
    needed_from = fields.Instant(load_default=None, allow_none=True)


class ConsentTextOut(Schema):
    """A text and its SHA-256."""

    text = fields.Text(LONGEST, required=True)
    hash = fields.Text(64, required=True)


class ConsentTextsOut(Schema):
    """A text by language, in those it has."""

    nl = fields.Part(ConsentTextOut)
    en = fields.Part(ConsentTextOut)


class ConsentVersionOut(Schema):
    """One version of a text, which never changes."""

    purpose = fields.Choice(Purpose, required=True)
    version = fields.Integer(1, 100_000, required=True)
    texts = fields.Part(ConsentTextsOut, required=True)
    needed_from = fields.Instant(required=True, allow_none=True)
    published_at = fields.Instant(required=True)
    published_by = fields.Id(required=True, allow_none=True)


class ConsentVersionList(Schema):
    """The versions of a study's texts, by purpose and number."""

    items = fields.Many(fields.Part(ConsentVersionOut), most=10_000, required=True)


@room.route("GET", "/me/consents", permission="own-consents:read", gives=ConsentList)
def list_own_consents(ctx: Context) -> consent_standing.Own:
    """List one's own consents to studies, those withdrawn too, and the studies that ask one."""
    return consent_standing.own(ctx)


@room.route(
    "GET", "/me/consents/<uuid:study_id>/texts/<string:purpose>", permission="own-consents:read", asks=PurposeAsk,
    gives=ConsentReadOut, problems=(404,),
)  # fmt: skip
def read_own_consent_text(ctx: Context, study_id: UUID, purpose: str, query: dict[str, Any]) -> consent_standing.Shown:
    """Read what a study asks one to agree to."""
    version = None if query["version"] is None else int(query["version"])
    return consent_standing.text(ctx, study_id, purpose, version)


@room.route(
    "POST", "/me/consents/<uuid:study_id>/answer", permission="own-consents:write", takes=OwnAnswerIn,
    gives=ConsentOut, problems=(404, 409),
)  # fmt: skip
def answer_study(ctx: Context, study_id: UUID, data: dict[str, Any]) -> Consent:
    """Say yes or no to what a study asks one; the same again changes nothing."""
    return consents.answer(ctx, study_id, Answer(**data))


@room.route(
    "POST", "/me/consents/<uuid:study_id>/withdrawal", permission="own-consents:write", takes=PurposeIn, bare=True,
    gives=ConsentOut, problems=(404,),
)  # fmt: skip
def withdraw_own_consent(ctx: Context, study_id: UUID, data: dict[str, Any]) -> Consent:
    """Withdraw one's consent to a study, or to one purpose of it; twice changes nothing."""
    return consents.withdraw_own(ctx, study_id, data["purpose"])


@room.route(
    "POST", "/patients/<uuid:patient_id>/studies/<uuid:study_id>/invitation", permission="subjects:write",
    gives=ConsentOut, problems=(409,),
)  # fmt: skip
def ask_for_consent(ctx: Context, patient_id: UUID, study_id: UUID) -> Consent:
    """Ask a patient, on their phone, to take part in a study, and for whatever else it asks."""
    return consents.ask(ctx, patient_id, study_id)


@room.route(
    "POST", "/patients/<uuid:patient_id>/studies/<uuid:study_id>/consent", permission="subjects:write",
    takes=AnswerIn, bare=True, gives=ConsentOut, problems=(409,),
)  # fmt: skip
def consent_to_study(ctx: Context, patient_id: UUID, study_id: UUID, data: dict[str, Any]) -> Consent:
    """Record a patient's consent to a study, given on paper or in the clinic."""
    return consents.record(ctx, patient_id, study_id, Answer(**data))


@room.route(
    "POST", "/patients/<uuid:patient_id>/studies/<uuid:study_id>/withdrawal", permission="subjects:write",
    takes=PurposeIn, bare=True, gives=ConsentOut,
)  # fmt: skip
def withdraw_from_study(ctx: Context, patient_id: UUID, study_id: UUID, data: dict[str, Any]) -> Consent:
    """Record that a patient withdrew from a study, or from one purpose of it."""
    return consents.withdraw(ctx, patient_id, study_id, data["purpose"])


@room.route(
    "GET", "/studies/<uuid:study_id>/consent-texts", permission="studies:read", gives=ConsentVersionList,
    problems=(404,),
)  # fmt: skip
def list_consent_texts(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List what a study asks people to agree to, every version."""
    return {"items": consent_texts.of_study(ctx, study_id)}


@room.route(
    "POST", "/studies/<uuid:study_id>/consent-texts", permission="studies:write", takes=ConsentVersionIn,
    gives=ConsentVersionOut, status=201, problems=(404,), largest=LARGEST,
)  # fmt: skip
def publish_consent_text(ctx: Context, study_id: UUID, data: dict[str, Any]) -> consent_texts.Published:
    """Publish the next version of a text; the newest again changes nothing."""
    return consent_texts.publish(ctx, study_id, data["purpose"], data["texts"], data["needed_from"])
