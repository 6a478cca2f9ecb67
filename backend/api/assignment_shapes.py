"""The shapes of assignments: what staff decide of them, and how they and their rounds are shown."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.domain.adherence import State
from backend.domain.assignment_templates import templates
from backend.domain.assignments import MOST_DATES, MOST_DAYS, MOST_TIMES, Anchor, From
from backend.domain.regimens import Unit
from backend.services.assignment_course import Asked, Followed
from backend.services.assignment_versions import Shown


class EdgeShape(Schema):
    """One end of a window: `n` days after the dose, days before the next (below 0: after it), or percent of the way."""

    from_ = fields.Choice(From, required=True, data_key="from", attribute="from")
    n = fields.Integer(-MOST_DAYS, MOST_DAYS, required=True)


class WindowShape(Schema):
    """A window around doses, both ends inclusive, from the `first` dose that counts on and then every so many."""

    opens = fields.Part(EdgeShape, required=True)
    closes = fields.Part(EdgeShape, required=True)
    first = fields.Integer(1, 1000, load_default=1)
    every = fields.Integer(1, 1000, load_default=1)


class SeriesShape(Schema):
    """Days `at` so many units after enrolment, and from the last of them on every so many; open for days around."""

    unit = fields.Choice(Unit, required=True)
    at = fields.Many(fields.Integer(0, 1000), fewest=1, most=MOST_DATES, required=True)
    every = fields.Integer(1, 1000, load_default=None, allow_none=True)
    opens_days = fields.Integer(-MOST_DAYS, MOST_DAYS, load_default=0)
    closes_days = fields.Integer(-MOST_DAYS, MOST_DAYS, load_default=0)


class StretchShape(Schema):
    """Local days, both inclusive."""

    opens_on = fields.Day(required=True)
    closes_on = fields.Day(required=True)


class DaysShape(Schema):
    """When something is asked: the anchor with its days (`window`, `series` or `dates`), how often, and until when."""

    anchor = fields.Choice(Anchor, load_default=None, allow_none=True)
    window = fields.Part(WindowShape, load_default=None, allow_none=True)
    series = fields.Part(SeriesShape, load_default=None, allow_none=True)
    dates = fields.Many(fields.Part(StretchShape), fewest=1, most=MOST_DATES, load_default=None, allow_none=True)
    grace_days = fields.Integer(0, 60, load_default=0)
    daily = fields.Flag(load_default=False)
    times = fields.Integer(2, MOST_TIMES, load_default=None, allow_none=True)
    cycles = fields.Integer(1, 1000, load_default=None, allow_none=True)
    until = fields.Day(load_default=None, allow_none=True)
    ends_with_treatment = fields.Flag(load_default=False)


class AssignmentShape(DaysShape):
    """What is asked and when; `version` pins one of a site's own questionnaires, else the newest at each opening."""

    questionnaire = fields.Text(60, required=True)
    version = fields.Integer(1, 999_999_999, load_default=None, allow_none=True)


class AssignmentChangeIn(Schema):
    """What is asked from today on, and why; with `template` and `window` the days are those of a published design."""

    assignment = fields.Part(AssignmentShape, required=True)
    template = fields.Words(*templates(), load_default=None, allow_none=True)
    window = fields.Text(40, load_default=None, allow_none=True)
    reason = fields.Text(500, required=True)


class AssignmentIn(AssignmentChangeIn):
    """A new assignment, under the client's own id, from a day on (today if left out)."""

    id = fields.Id(required=True)
    starts_on = fields.Day(load_default=None, allow_none=True)


class AssignmentEndIn(Schema):
    """Why nothing more is asked."""

    reason = fields.Text(500, required=True)


class AssignmentVersionOut(Schema):
    """One version: what was decided, from which day, and why (null for a study's, shown with a patient)."""

    version = fields.Integer(1, 1_000_000, required=True)
    assignment = fields.Part(AssignmentShape, required=True)
    template = fields.Text(80, required=True, allow_none=True)
    from_on = fields.Day(required=True)
    ends = fields.Flag(required=True)
    reason = fields.Text(500, shortest=0, required=True, allow_none=True)
    recorded_at = fields.Instant(required=True)
    recorded_by = fields.Id(required=True, allow_none=True)


class AssignmentOut(Schema):
    """An assignment of a study or of a patient, with all its versions, oldest first.

    `retired_version` is the retired version of the questionnaire that it goes on asking, null if it asks none.
    """

    id = fields.Id(required=True)
    study_id = fields.Id(required=True, allow_none=True)
    patient_id = fields.Id(required=True, allow_none=True)
    questionnaire = fields.Text(60, required=True)
    starts_on = fields.Day(required=True)
    ended_on = fields.Day(required=True, allow_none=True)
    version = fields.Integer(1, 1_000_000, required=True)
    retired_version = fields.Integer(1, 999_999_999, required=True, allow_none=True)
    duplicate = fields.Flag(required=True)
    assignment = fields.Part(AssignmentShape, required=True)
    versions = fields.Many(fields.Part(AssignmentVersionOut), most=100_000, required=True)


class AssignmentList(Schema):
    """Assignments by their first day, those that ended too."""

    items = fields.Many(fields.Part(AssignmentOut), most=100_000, required=True)


class RoundOut(Schema):
    """Once that a questionnaire is asked, on local days, all included; `grace_on` is the last on which it still is.

    `key` stays while it is the same that is asked. `state` is one of eight (`late`: answered after its last day).
    """

    assignment_id = fields.Id(required=True)
    key = fields.Text(60, required=True)
    form = fields.Text(60, required=True)
    form_version = fields.Text(20, required=True)
    form_hash = fields.Text(64, required=True)
    title = fields.Text(2000, required=True)
    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    opens_on = fields.Day(required=True)
    closes_on = fields.Day(required=True)
    grace_on = fields.Day(required=True)
    state = fields.Choice(State, required=True)
    late = fields.Flag(required=True)
    completed_by = fields.Id(required=True, allow_none=True)
    completed_on = fields.Day(required=True, allow_none=True)


class OvertakenOut(Schema):
    """Days on which something had opened until a later plan moved them."""

    key = fields.Text(60, required=True)
    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    opens_on = fields.Day(required=True)
    closes_on = fields.Day(required=True)
    until_at = fields.Instant(required=True)


class FollowedOut(AssignmentOut):
    """An assignment that concerns a patient, with its rounds in order."""

    rounds = fields.Many(fields.Part(RoundOut), most=100_000, required=True)


class FollowedWholeOut(FollowedOut):
    """The same with what earlier plans made of it, oldest first: derived from the versions of plans and doses."""

    overtaken = fields.Many(fields.Part(OvertakenOut), most=100_000, required=True)


class FollowedList(Schema):
    """The assignments that concern a patient, of studies too."""

    items = fields.Many(fields.Part(FollowedOut), most=100_000, required=True)


class OwnAssignmentsOut(Schema):
    """What is asked now, what comes next of each assignment, and what is answered or over, each oldest first."""

    now = fields.Many(fields.Part(RoundOut), most=100_000, required=True)
    next = fields.Many(fields.Part(RoundOut), most=100_000, required=True)
    done = fields.Many(fields.Part(RoundOut), most=100_000, required=True)


class TemplateWindowOut(Schema):
    """One window of a design."""

    name = fields.Text(40, required=True)
    days = fields.Part(DaysShape, required=True)


class TemplateOut(Schema):
    """The windows of a published design; `assumed` says what its source does not, null where it says all."""

    key = fields.Text(40, required=True)
    source = fields.Text(500, required=True)
    assumed = fields.Text(500, required=True, allow_none=True)
    windows = fields.Many(fields.Part(TemplateWindowOut), most=50, required=True)


class TemplateList(Schema):
    """All templates."""

    items = fields.Many(fields.Part(TemplateOut), most=200, required=True)


class AssignmentIntervalOut(Schema):
    """How many rounds of an interval (by its number) stand how."""

    interval = fields.Integer(1, 100_000, required=True, allow_none=True)
    states = fields.Object(required=True)


class AssignmentAdherenceOut(Schema):
    """How an assignment of a study stands with the participants one cares for: how many rounds are in each state."""

    assignment_id = fields.Id(required=True)
    patients = fields.Integer(0, 1_000_000, required=True)
    states = fields.Object(required=True)
    intervals = fields.Many(fields.Part(AssignmentIntervalOut), most=100_000, required=True)


def shown(one: Shown) -> dict[str, Any]:
    """Return an assignment as it leaves."""
    head = {name: getattr(one, name) for name in AssignmentOut().fields}
    versions = [
        {name: getattr(each, name) for name in AssignmentVersionOut().fields} | {"assignment": told(each.assignment)}
        for each in one.versions
    ]
    return head | {"assignment": told(one.assignment), "versions": versions}


def told(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of an assignment, with its days as days."""
    dates: Sequence[Mapping[str, str]] | None = stored["dates"]
    days = None if dates is None else [{name: date.fromisoformat(on) for name, on in one.items()} for one in dates]
    until = stored["until"]
    return {**stored, "dates": days, "until": None if until is None else date.fromisoformat(until)}


def followed(one: Followed) -> dict[str, Any]:
    """Return an assignment with its rounds."""
    return shown(one.shown) | {"rounds": [round_shown(each) for each in one.rounds]}


def round_shown(one: Asked) -> dict[str, Any]:
    """Return one round."""
    found = one.round
    return {
        "assignment_id": one.assignment_id,
        "key": found.key,
        "form": one.form.key,
        "form_version": str(one.form.version),
        "form_hash": one.form.content_hash,
        "title": one.title,
        "interval": found.interval,
        "opens_on": found.opens_on,
        "closes_on": found.closes_on,
        "grace_on": found.grace_on,
        "state": found.state,
        "late": found.late,
        "completed_by": found.completed_by,
        "completed_on": found.completed_on,
    }
