"""Two patients in two studies with everything there is, one counting days, one told the calendar; and their exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.api.test_own_questionnaires import assign, publish
from tests.factories.findings import GOOD, FindingUpload
from tests.factories.forms import asks, definition, group, question
from tests.factories.snapshots import build
from tests.factories.studies import Study, study
from tests.fhir.lived import AT, SECRETS, ZONE, Lived, lived, moment
from tests.house import House

WORDS = ("catzq1", "storyzq2", "pillzq3", "listzq4")
FORM = definition(
    question("felt"),
    question("why", "open-choice", enable_when=[asks("felt", "=", "a")]),
    question("since", "date"),
    question("moment", "dateTime"),
    question("note", "text"),
    question("list", "string", repeats=True),
    group("drugs", question("name", "string"), question("days", "integer"), repeats=True),
    question("after", "integer", enable_when=[asks("note", "exists", True)]),
)
ANSWERS = {
    "felt": "a",
    "why": {"other": WORDS[0]},
    "since": "2026-05-17",
    "moment": "2026-05-17T09:00:00+02:00",
    "note": WORDS[1],
    "list": [WORDS[3]],
    "drugs": [{"name": WORDS[2], "days": 3}],
    "after": 5,
}
NOTES = (
    "sea legs",
    "Slept on the sofa",
    "Rain all day",
    "Seen at the ward",
    "mistyped",
    "as it was",
    "level 24",
    "clock",
)
PLANTED = (*SECRETS, *WORDS, *NOTES)
"""Who anna is, and everything that anybody wrote in words."""
ASYNC = {"Prefer": "respond-async", "Accept": "application/fhir+json"}
Resource = dict[str, Any]


@dataclass
class Exports:
    """The house, anna of whom everything is kept, and the two studies she and another take part in."""

    anna: Lived
    counted: Study
    calendar: Study

    @property
    def house(self) -> House:
        """The house."""
        return self.anna.house


def exports(house: House) -> Exports:
    """Return anna's house with two studies that share two patients."""
    anna = lived(house)
    publish(house, anna.carla, FORM)
    assign(house, anna.carla, anna.anna)
    told = {"form": "made", "form_version": "1", "about": "current", "completed": True, "answers": ANSWERS}
    anna.own("/responses", {"id": str(uuid4()), "occurred": {"at": AT, "zone": ZONE}, "recorded_at": AT, **told})
    _react(anna)
    counted, calendar = study(house, "Counted"), study(house, "Dated", days="calendar")
    other = house.patient(cares_for=[anna.carla])
    for one in (counted, calendar):
        for patient in (anna.anna, other):
            assert one.join(patient, anna.carla).status_code == 200
    return Exports(anna, counted, calendar)


def _react(anna: Lived) -> None:
    """Let anna react to a dose that was recorded in error, and is undone."""
    treatment = anna.v1("/treatments")[0]["id"]
    given = {"treatment_id": treatment, "status": "given", "reason": "as it was", "occurred": moment("2026-05-12")}
    dose = anna.post("/doses", **given)["dose"]["id"]
    upload = FindingUpload.build(kind="reaction")
    anna.post("/findings", **(upload | {"values": GOOD["reaction"] | {"dose_id": dose}}))
    anna.post(f"/doses/{dose}/undo", version=1, reason="another's")


def path_of(url: str) -> str:
    """Return the path and query below the address of the site."""
    return "/fhir" + url.partition("/fhir")[2]


def ask(of: Study, query: str = "", headers: Mapping[str, str] | None = None) -> Any:
    """Kick an export off."""
    told = dict(ASYNC if headers is None else headers)
    return of.house.client.get(f"/fhir/Group/{of.id}/$export{query}", headers=of.dirk.headers | told)


def manifest(of: Study, query: str = "") -> dict[str, Any]:
    """Kick an export off, let it be built, and return what it says it has."""
    kicked = ask(of, query)
    assert kicked.status_code == 202, kicked.text
    assert build(of.house)
    done = of.house.client.get(path_of(kicked.headers["Content-Location"]), headers=of.dirk.headers)
    assert done.status_code == 200, done.text
    told: dict[str, Any] = done.get_json()
    return told


def taken(of: Study, told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the bytes of each file of a manifest, by type."""
    found = {}
    for one in told["output"]:
        answer = of.house.client.get(path_of(one["url"]), headers=of.dirk.headers)
        assert (answer.status_code, answer.content_type) == (200, "application/fhir+ndjson")
        found[one["type"]] = answer.data
    return found
