"""The whole record over HTTP: a patient takes along everything that is kept about them."""

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Answer, Room
from backend.services import record
from backend.services.context import Context

room = Room("record")
MOST = 1_000_000


class _Things(fields.Many):
    """A list of objects whose form the document's format names."""

    def __init__(self) -> None:
        super().__init__(fields.Object(), most=MOST, required=True)


class RecordOut(Schema):
    """Everything about oneself in one document; `format` names its form.

    Each record bears the fields of the answer that shows it elsewhere in this contract, and its earlier `versions`,
    retracted records too. A sample counts as `withheld` the results that the clinic did not release. `by` and
    `replaced_by` say `you` or `clinic`; only the access log names staff.
    """

    format = fields.Words(record.FORMAT, required=True)
    made_at = fields.Instant(required=True)
    profile = fields.Object(required=True)
    site = fields.Object(required=True)
    care = _Things()
    treatments = _Things()
    doses = _Things()
    intervals = _Things()
    samples = _Things()
    checks = _Things()
    reminders = _Things()
    snoozes = _Things()
    undelivered = _Things()
    diary_entries = _Things()
    responses = _Things()
    requests = _Things()
    refused_changes = _Things()
    clock_corrections = _Things()
    findings = _Things()
    calls = _Things()
    decisions = _Things()
    consents = _Things()
    assignments = _Things()
    devices = _Things()
    access_log = _Things()


@room.route("GET", "/me/record", permission="own-record:export", gives=RecordOut)
def take_record_along(ctx: Context) -> Answer:
    """Take along everything that is kept about oneself, as a file."""
    found = record.export(ctx)
    name = f'attachment; filename="uitwerk-{found.made_on.isoformat()}.json"'
    return Answer(found.document, headers={"Content-Disposition": name})
