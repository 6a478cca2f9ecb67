"""Claims and scores over HTTP: which instrument a site's questionnaire is, and what a patient's answers come to."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.api.shapes import OccurredOut, PlaceOut
from backend.domain.claims import Claim
from backend.domain.licences import LicenceEvidence
from backend.services import claims, scoring
from backend.services.context import Context

room = Room("scores")
_INSTRUMENT = "/sites/own/questionnaires/<string:key>/instrument"


class LicenceIn(Schema):
    """What shows that the site may use the text: the licence's reference, and who saw it on which day."""

    reference = fields.Text(400, required=True)
    seen_by = fields.Text(200, required=True)
    seen_on = fields.Day(required=True)


class ClaimIn(Schema):
    """Which instrument a questionnaire is, by its key, and by what licence; none where the text is free."""

    instrument = fields.Text(60, required=True)
    licence = fields.Part(LicenceIn, load_default=None, allow_none=True)


class ClaimOut(Schema):
    """A claim, with who made it when."""

    instrument = fields.Text(60, required=True)
    licence = fields.Part(LicenceIn, required=True, allow_none=True)
    claimed_at = fields.Instant(required=True)
    claimed_by = fields.Id(required=True, allow_none=True)


class ScoreOut(Schema):
    """The score of one scale: a number or the digits of a profile, or null and `why_not`."""

    scale = fields.Text(60, required=True)
    value = fields.Anything(required=True, allow_none=True)
    why_not = fields.Text(60, required=True, allow_none=True)
    n_answered = fields.Integer(0, 1000, required=True, allow_none=True)
    n_items = fields.Integer(0, 1000, required=True)
    prorated = fields.Flag(required=True)
    scoring_version = fields.Text(100, required=True)


class ScoredOut(Schema):
    """One completed response, and the scores it comes to."""

    response_id = fields.Id(required=True)
    form = fields.Text(60, required=True)
    form_version = fields.Text(10, required=True)
    occurred = fields.Part(OccurredOut, required=True)
    place = fields.Part(PlaceOut, required=True)
    scores = fields.Many(fields.Part(ScoreOut), most=100, required=True)


class ScoredList(Schema):
    """A patient's scores, oldest first."""

    items = fields.Many(fields.Part(ScoredOut), most=100_000, required=True)


@room.route(
    "PUT", _INSTRUMENT, permission="questionnaires:publish", takes=ClaimIn, gives=ClaimOut, problems=(404, 422)
)  # fmt: skip
def claim_instrument(ctx: Context, key: str, data: dict[str, Any]) -> claims.Claimed:
    """Say which instrument a questionnaire of one's own site is, and by what licence."""
    licence = data["licence"]
    return claims.claim(ctx, key, Claim(data["instrument"], None if licence is None else LicenceEvidence(**licence)))


@room.route("GET", _INSTRUMENT, permission="questionnaires:read", gives=ClaimOut, problems=(404,))
def read_claim(ctx: Context, key: str) -> claims.Claimed:
    """See which instrument a questionnaire of one's own site is."""
    return claims.claimed(ctx, key)


@room.route("GET", "/patients/<uuid:patient_id>/scores", permission="responses:read", gives=ScoredList)
def list_scores(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List what a patient's answers to instruments come to, each with its rule's version."""
    return {"items": [_shown(one) for one in scoring.of_patient(ctx, patient_id)]}


def _shown(found: scoring.Scored) -> dict[str, Any]:
    told = [
        {
            "scale": one.scale,
            "value": one.value,
            "why_not": one.why_not,
            "n_answered": one.n_answered,
            "n_items": one.n_items,
            "prorated": one.prorated,
            "scoring_version": one.scoring_version,
        }
        for one in found.scores
    ]
    return {
        "response_id": found.response_id,
        "form": found.form,
        "form_version": str(found.form_version),
        "occurred": found.occurred,
        "place": found.place,
        "scores": told,
    }
