"""Doses at home over HTTP: a site opens the way with a checklist, a patient signs it, and who treats them reads it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.api.checklists import ChecklistOut
from backend.domain.permissions import Role
from backend.services.context import Actor
from backend.storage import feed
from tests.factories.people import PatientBody
from tests.house import House, Patient, Site, Staff

ZONE = "Europe/Amsterdam"
NATALIZUMAB = {"drug": "natalizumab_sc", "route": "sc"}
TODAY = datetime(2026, 6, 1, 10, tzinfo=UTC)
YES = {"well": True, "kit-ready": True}


class Home:
    """Anna, on natalizumab under the skin since Monday 4 May 2026; Carla is her neurologist. Today is 1 June."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.clock.now = datetime(2026, 4, 1, 10, tzinfo=UTC)
        self.carla: Staff = house.login("clinician")
        self.anna, self.phone, self.treatment_id = self.patient()
        house.clock.now = TODAY

    def patient(self, site: Site | None = None, **told: Any) -> tuple[Patient, dict[str, str], str]:
        """Treat somebody, by default Anna at the house's own site."""
        carla = self.carla if site is None else self.house.login("clinician", site=site)
        enrolled = self.house.post("/patients", headers=carla.headers, json=PatientBody.build())
        patient_id = UUID(enrolled.json["id"])
        patient = Patient(patient_id, Actor(Role.PATIENT, patient_id=patient_id))
        body = {"drug": "natalizumab_sc", "started_on": "2026-05-04", "slot": "09:00", "reason": "start", **told}
        started = self.house.post(f"/patients/{patient.id}/treatments", headers=carla.headers, json=body)
        return patient, self.house.phone(patient), started.json["treatment"]["id"]

    def write(self, by: Staff | None = None, *, keys: tuple[str, ...] = tuple(YES), **told: Any) -> Any:
        """Write the next version of the checklist."""
        items = [{"key": key, "nl": f"{key}?", "en": f"Is it {key}?"} for key in keys]
        advice = {"nl": "Bel ons.", "en": "Call us."}
        body = {**NATALIZUMAB, "at_home": True, "items": items, "advice": advice, **told}
        return self.house.put("/sites/own/checklists", headers=(by or self.carla).headers, json=body)

    def listed(self, by: Staff | None = None) -> list[dict[str, Any]]:
        """Return the checklists a site sees."""
        found: list[dict[str, Any]] = self.house.get("/sites/own/checklists", headers=(by or self.carla).headers).json[
            "items"
        ]
        return found

    def take(self, answers: dict[str, Any] | None = None, version: int = 1, **told: Any) -> Any:
        """Log a dose of today."""
        body = {
            "id": str(uuid4()),
            "treatment_id": self.treatment_id,
            "occurred": {"at": "2026-06-01T09:00:00+02:00", "zone": ZONE},
            "recorded_at": "2026-06-01T09:05:00+02:00",
            "checklist": None if answers is None else {"version": version, "answers": answers},
            **told,
        }
        return self.house.post("/me/doses", headers=self.phone, json=body)

    def mine(self, path: str) -> Any:
        """Read one of Anna's own lists."""
        return self.house.get(f"/me/{path}", headers=self.phone).json

    def seen(self) -> list[dict[str, Any]]:
        """Return Anna's doses as her neurologist sees them."""
        found: list[dict[str, Any]] = self.house.get(
            f"/patients/{self.anna.id}/doses", headers=self.carla.headers
        ).json["items"]
        return found

    def kinds(self) -> set[str]:
        """Return the kinds of Anna's open reminders about a dose."""
        told = self.mine("reminders")["items"]
        return {one["kind"] for one in told if one["status"] in {"planned", "suppressed"} and "dose" in one["kind"]}


@pytest.fixture
def home(house: House) -> Home:
    return Home(house)


def refusal(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.json["code"], answer.json["pointers"][0]["pointer"]


def test_each_version_is_dated_and_signed_and_only_the_newest_is_listed(home: Home) -> None:
    first = home.write()
    assert (first.status_code, first.json["version"], first.json["made_by"]) == (200, 1, str(home.carla.id))
    home.house.clock.now += timedelta(days=1)
    again, newer = home.write(), home.write(keys=("well",))
    assert again.json == first.json
    assert (newer.json["version"], newer.json["made_at"]) == (2, "2026-06-02T10:00:00+00:00")
    assert home.listed() == [newer.json]
    assert ChecklistOut().validate(newer.json) == {}
    assert home.listed(home.house.login("nurse")) == [newer.json]
    home.write()
    assert home.listed()[0]["version"] == 3


@pytest.mark.parametrize(
    ("told", "code", "pointer"),
    [
        ({"drug": "aspirin"}, "unknown-drug", "/drug"),
        ({"route": "iv"}, "wrong-route", "/route"),
        ({"keys": ("well", "well")}, "invalid", "/items/1/key"),
        ({"keys": ("Well",)}, "invalid", "/items/0/key"),
        ({"keys": ()}, "invalid", "/items"),
        ({"keys": tuple(f"item{n}" for n in range(21))}, "invalid", "/items"),
    ],
)
def test_a_checklist_that_cannot_be_is_refused(home: Home, told: dict[str, Any], code: str, pointer: str) -> None:
    assert refusal(home.write(**told)) == (422, code, pointer)
    assert home.listed() == []


def test_only_a_clinician_writes_one_and_each_site_has_its_own(home: Home) -> None:
    assert home.write(home.house.login("nurse")).status_code == 403
    other = home.house.login("clinician", site=home.house.new_site())
    home.write()
    assert home.listed(other) == []
    assert home.write(other, keys=("well",)).json["version"] == 1
    assert [one["items"][0]["key"] for one in home.listed()] == ["well"]
    assert len(home.listed()[0]["items"]) == 2


def test_without_a_word_of_ones_own_site_the_clinic_records_the_dose(home: Home) -> None:
    home.write(home.house.login("clinician", site=home.house.new_site()))
    assert home.mine("checklists") == {"items": []}
    assert home.mine("plan")["treatments"][0]["at_home"] is False
    assert refusal(home.take(YES)) == (422, "wrong-route", "/treatment_id")
    home.write(at_home=False)
    assert refusal(home.take(YES)) == (422, "wrong-route", "/treatment_id")


def test_a_patient_reads_what_is_asked_in_their_own_language(home: Home) -> None:
    home.write()
    plan = home.mine("plan")["treatments"][0]
    assert (plan["at_home"], plan["name"]) == (True, "natalizumab (injectie)")
    (told,) = home.mine("checklists")["items"]
    assert (told["treatment_id"], told["version"], told["advice"]) == (home.treatment_id, 1, "Bel ons.")
    assert [(item["key"], item["text"]) for item in told["items"]] == [("well", "well?"), ("kit-ready", "kit-ready?")]
    home.anna, home.phone, home.treatment_id = home.patient(drug="ofatumumab", route="sc")
    assert home.mine("checklists") == {"items": []}
    own = home.mine("plan")["treatments"][0]
    assert (own["at_home"], own["body_sites"][0]) == (True, "abdomen")


def test_answers_are_kept_with_the_dose_a_no_like_a_yes(home: Home) -> None:
    home.write()
    assert refusal(home.take()) == (422, "invalid", "/checklist")
    assert refusal(home.take({"well": True})) == (422, "invalid", "/checklist")
    said: dict[str, Any] = {"version": 1, "answers": {"well": False, "kit-ready": True}}
    taken = home.take(said["answers"])
    assert (taken.status_code, taken.json["dose"]["checklist"]) == (201, said)
    assert [dose["checklist"] for dose in home.seen()] == [said]
    assert [dose["checklist"] for dose in home.mine("doses")["items"]] == [said]
    one = f"/patients/{home.anna.id}/doses/{taken.json['dose']['id']}"
    history = home.house.get(f"{one}/history", headers=home.carla.headers).json["items"]
    assert [version["checklist"] for version in history] == [said]


@pytest.mark.promise("P03")
def test_a_retry_is_the_same_dose_and_other_answers_are_another(home: Home) -> None:
    home.write()
    told: dict[str, Any] = {"id": str(uuid4())}
    first, again = home.take(YES, **told), home.take(YES, **told)
    assert (first.status_code, again.status_code, again.json["duplicate"]) == (201, 200, True)
    assert again.json["dose"] == first.json["dose"]
    home.write(at_home=False)
    assert home.take(YES, **told).json["duplicate"] is True
    for other in (home.take({**YES, "well": False}, **told), home.take(None, **told), home.take(YES, 2, **told)):
        assert (other.status_code, other.json["code"]) == (409, "id-in-use")
    assert [dose["checklist"]["answers"] for dose in home.seen()] == [YES]


def test_a_phone_that_syncs_signs_and_gets_it_back(home: Home) -> None:
    home.write()
    signed = {"version": 1, "answers": {"well": False, "kit-ready": True}}
    data = {
        "treatment_id": home.treatment_id,
        "occurred": {"at": "2026-06-01T09:00:00+02:00", "zone": ZONE},
        "recorded_at": "2026-06-01T09:05:00+02:00",
        "checklist": signed,
    }
    unsigned = {**data, "checklist": None, "occurred": {"at": "2026-06-01T08:00:00+02:00", "zone": ZONE}}
    changes = [{"op": "put", "type": "dose", "id": str(uuid4()), "data": told} for told in (data, unsigned, data)]
    changes[2]["id"] = changes[0]["id"]
    answer = home.house.post("/me/sync", headers=home.phone, json={"changes": changes}).json
    assert [one["result"] for one in answer["results"]] == ["created", "invalid", "duplicate"]
    assert answer["results"][1]["problem"]["pointers"][0]["pointer"] == "/data/checklist"
    pulled = {one["type"]: one["data"] for one in answer["changes"]}
    assert pulled["dose"]["checklist"] == signed
    assert pulled["plan"]["treatments"][0]["at_home"] is True


def test_a_phone_out_of_reach_signs_the_version_it_had(home: Home) -> None:
    home.write()
    home.house.clock.now = TODAY + timedelta(days=2)
    home.write(keys=("well",))
    assert home.take(YES, recorded_at="2026-06-01T12:05:00+02:00").status_code == 201
    later: dict[str, Any] = {
        "occurred": {"at": "2026-06-03T13:00:00+02:00", "zone": ZONE},
        "recorded_at": "2026-06-03T13:05:00+02:00",
    }
    home.house.clock.now = TODAY + timedelta(days=3)
    assert refusal(home.take({"well": True}, **later)) == (422, "invalid", "/checklist")
    taken = home.take(YES, **later)
    assert (taken.status_code, taken.json["dose"]["checklist"]["version"]) == (201, 1)
    assert home.take({"well": True}, 2, **later).status_code == 201


def test_a_treatment_that_went_from_vein_to_skin_follows_the_skins_checklist(home: Home) -> None:
    home.write()
    home.anna, home.phone, home.treatment_id = home.patient(drug="natalizumab_iv")
    assert home.mine("plan")["treatments"][0]["at_home"] is False
    switch = {"slot": "09:00", "route": "sc", "valid_from": "2026-05-20", "reason": "under the skin"}
    headers = {**home.carla.headers, "If-Match": '"1"'}
    path = f"/patients/{home.anna.id}/treatments/{home.treatment_id}/plans"
    assert home.house.post(path, headers=headers, json=switch).status_code == 201
    plan = home.mine("plan")["treatments"][0]
    assert (plan["at_home"], plan["name"]) == (True, "natalizumab (injectie)")
    assert home.mine("checklists")["items"][0]["treatment_id"] == home.treatment_id
    assert home.take(YES).status_code == 201


def test_reminders_move_when_the_way_home_opens_and_closes(home: Home) -> None:
    home.anna, home.phone, home.treatment_id = home.patient(started_on="2026-06-15")
    assert home.kinds() == {"dose-expected"}
    home.write()
    assert home.kinds() == {"dose-expected", "home-dose", "home-dose-late"}
    home.write(keys=("well",))
    assert home.kinds() == {"dose-expected", "home-dose", "home-dose-late"}
    home.write(at_home=False)
    assert home.kinds() == {"dose-expected"}


def test_phones_of_those_it_concerns_are_told(home: Home) -> None:
    def told() -> list[int]:
        with home.house.unit(writes=False) as ctx:
            return [feed.head(ctx.session, patient.id).seq for patient in (home.anna, elsewhere, on_tablets)]

    elsewhere = home.patient(site=home.house.new_site())[0]
    on_tablets = home.patient(drug="dimethyl_fumarate")[0]
    before = told()
    home.write()
    after = told()
    assert [now > then for then, now in zip(before, after, strict=True)] == [True, False, False]
    home.write()
    assert told() == after


@pytest.mark.promise("P13")
@pytest.mark.parametrize(("on", "hour"), [(date(2026, 3, 29), "07:00"), (date(2026, 10, 25), "08:00")])
def test_a_dose_at_home_keeps_its_clock_time_when_the_clocks_change(home: Home, on: date, hour: str) -> None:
    started = (on - timedelta(weeks=4)).isoformat()
    home.house.clock.now = datetime.combine(on - timedelta(days=20), datetime.min.time(), UTC)
    home.carla = home.house.login("clinician")
    home.write()
    home.anna, home.phone, home.treatment_id = home.patient(started_on=started)
    given = {"status": "given", "occurred": {"at": f"{started}T09:00:00+01:00", "zone": ZONE}, "reason": "ward"}
    body = {"treatment_id": home.treatment_id, "route": "sc", **given}
    path = f"/patients/{home.anna.id}/doses"
    assert home.house.post(path, headers=home.carla.headers, json=body).status_code == 201
    told = [
        one
        for one in home.mine("reminders")["items"]
        if one["kind"] == "home-dose" and one["status"] in {"planned", "suppressed"}
    ]
    assert [one["due_at"] for one in told] == [f"{on.isoformat()}T{hour}:00+00:00"]
