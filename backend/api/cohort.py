"""The cohort over HTTP: all figures over the patients one cares for, in one answer."""

from typing import Any

from marshmallow import Schema

from backend.api import cohort_course, cohort_intervals, fields
from backend.api.cohort_course import (
    CohortAdherenceOut,
    CohortAgreementOut,
    CohortAvoidedOut,
    CohortExtendedOut,
    CohortJcVirusOut,
    CohortQualityOut,
    CohortRelapsesOut,
)
from backend.api.cohort_intervals import CohortLengthsOut, CohortOnsetsOut, CohortProfilesOut, CohortStretchingOut
from backend.api.endpoint import Room
from backend.api.figures import SettingsIn, counted, settings
from backend.api.trends import SettingsOut
from backend.domain.regimens import Route
from backend.services import cohort
from backend.services.cohort import Cohort
from backend.services.cohort_members import Asked
from backend.services.context import Context
from backend.services.trends import TRAPS

room = Room("cohort")


class CohortIn(SettingsIn):
    """Which patients and intervals: of a drug (a key of the catalogue, or a substance), a route, a study."""

    drug = fields.Text(40, load_default=None, allow_none=True)
    route = fields.Choice(Route, load_default=None, allow_none=True)
    study_id = fields.Id(load_default=None, allow_none=True)


class CohortFiltersOut(Schema):
    """What was asked for, null for everything."""

    drug = fields.Text(40, required=True, allow_none=True)
    route = fields.Choice(Route, required=True, allow_none=True)
    study_id = fields.Id(required=True, allow_none=True)


class CohortPatientsOut(Schema):
    """How many patients are in the figures, and how many within reach are not, by reason."""

    n = counted()
    left_out = fields.Object(required=True)


class CohortOut(Schema):
    """All figures over the patients one cares for, from one reading."""

    generated_at = fields.Instant(required=True)
    filters = fields.Part(CohortFiltersOut, required=True)
    settings = fields.Part(SettingsOut, required=True)
    traps = fields.Many(fields.Text(200), most=10, required=True)
    patients = fields.Part(CohortPatientsOut, required=True)
    lengths = fields.Part(CohortLengthsOut, required=True)
    profiles = fields.Part(CohortProfilesOut, required=True)
    stretching = fields.Part(CohortStretchingOut, required=True)
    onsets = fields.Part(CohortOnsetsOut, required=True)
    eid = fields.Part(CohortExtendedOut, required=True)
    avoided = fields.Part(CohortAvoidedOut, required=True)
    agreement = fields.Part(CohortAgreementOut, required=True)
    adherence = fields.Part(CohortAdherenceOut, required=True)
    quality = fields.Part(CohortQualityOut, required=True)
    jc_virus = fields.Part(CohortJcVirusOut, required=True)
    relapses = fields.Part(CohortRelapsesOut, required=True)


@room.route("GET", "/cohort", permission=cohort.PERMISSION, asks=CohortIn, gives=CohortOut, problems=(404, 422))
def get_cohort(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """Get the figures over the patients one cares for."""
    asked = Asked(query["drug"], query["route"], query["study_id"], settings(query))
    return _shown(cohort.of_cohort(ctx, asked))


def _shown(found: Cohort) -> dict[str, Any]:
    asked = found.asked
    told = {name: getattr(asked.settings, name) for name in SettingsOut().fields}
    return {
        "generated_at": found.generated_at,
        "filters": {"drug": asked.drug, "route": asked.route, "study_id": asked.study_id},
        "settings": told,
        "traps": TRAPS,
        "patients": {"n": found.n, "left_out": {why: count for why, count in found.left_out.items() if count}},
        "lengths": cohort_intervals.lengths(found, told),
        "profiles": cohort_intervals.profiles(found, told),
        "stretching": cohort_intervals.stretching(found.stretching, told),
        "onsets": cohort_intervals.onsets(found.onsets, found.n_intervals, told),
        "eid": cohort_course.extended(found.extensions),
        "avoided": cohort_course.saved(found.saved),
        "agreement": cohort_course.agreed(found.agreed),
        "adherence": cohort_course.adherence(found.adherence),
        "quality": cohort_course.quality(found.quality),
        "jc_virus": cohort_course.jc_virus(found.jc_virus),
        "relapses": cohort_course.relapses(found.relapses, found.n),
    }
