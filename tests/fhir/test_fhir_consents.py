"""Consent over FHIR: one for each purpose that was answered, with its text, and nothing of what is not to be shown."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.domain.consents import text_hash
from backend.domain.permissions import Role
from tests.factories.studies import Study, study
from tests.fhir.exports import manifest, taken
from tests.fhir.lived import Lived, enrolled
from tests.fhir.r4 import faults
from tests.fhir.test_fhir_export import read
from tests.fhir.test_fhir_scope import login
from tests.house import House

NL, EN = "Ja, {}.", "Yes, {}."
SHA_256, SAID = "urn:uitwerk:extension:sha-256", "urn:uitwerk:extension:consent-said"
Resource = dict[str, Any]


@pytest.fixture
def anna(house: House) -> Lived:
    return enrolled(house)


@pytest.fixture
def asking(house: House) -> Study:
    """A study with texts for taking part and for contact."""
    found = study(house)
    for purpose in ("study", "contact"):
        publish(found, purpose)
    return found


def publish(found: Study, purpose: str, word: str = "", needed_from: datetime | None = None) -> None:
    nl, en = NL.format(purpose) + word, EN.format(purpose) + word
    assert found.publish(purpose, needed_from, nl=nl, en=en).status_code == 201


def say(anna: Lived, of: Study, purpose: str = "study", version: int = 1, word: str = "", *, yes: bool = True) -> None:
    """Let anna say it on her phone, who was asked."""
    anna.post(f"/studies/{of.id}/invitation")
    read_ = {"version": version, "language": "nl", "hash": text_hash(NL.format(purpose) + word)}
    anna.own(f"/consents/{of.id}/answer", {"purpose": purpose, "yes": yes} | read_)


def consents(anna: Lived, query: str = "", headers: dict[str, str] | None = None) -> dict[str, Resource]:
    """Return what is found, by purpose."""
    found = anna.search("Consent", query, headers)
    assert {one["id"]: faults(one) for one in found if faults(one)} == {}
    return {one["category"][0]["coding"][-1]["code"]: one for one in found}


def told(resource: Resource, url: str) -> Any:
    listed = [one for one in resource.get("extension", ()) if one["url"] == url]
    return next((one[name] for one in listed for name in one if name.startswith("value")), None)


def test_each_purpose_that_was_answered_is_a_consent_with_the_text_that_was_read(anna: Lived, asking: Study) -> None:
    say(anna, asking)
    assert set(consents(anna)) == {"study"}  # of contact she was only asked
    say(anna, asking, "contact", yes=False)
    found = consents(anna)
    assert {name: one["status"] for name, one in found.items()} == {"study": "active", "contact": "rejected"}
    one = found["study"]
    assert one["policy"] == [{"uri": f"urn:uitwerk:consent-text:{asking.id}:study:1"}]
    text = one["sourceAttachment"]
    assert (text["language"], text["title"], told(text, SHA_256)) == ("nl", "Version 1", text_hash(NL.format("study")))
    assert (one["policyRule"]["coding"][0]["code"], told(one, SAID)) == ("OPTIN", "phone")
    assert one["dateTime"] == anna.house.clock.now.isoformat() == one["provision"]["period"]["start"]
    (study_,) = one["provision"]["extension"]
    assert study_["valueReference"] == {"reference": f"ResearchStudy/{asking.id}"}
    no = found["contact"]
    assert no["policyRule"]["coding"][0]["code"] == "OPTOUT"
    assert not {"sourceAttachment", "policy"} & no.keys()
    assert "period" not in no["provision"]


def test_what_the_clinic_recorded_says_so_and_a_paper_of_the_studys_own_names_no_text(
    house: House, anna: Lived
) -> None:
    plain = study(house, "Paper")
    anna.post(f"/studies/{plain.id}/consent")
    one = consents(anna)["study"]
    assert (one["status"], told(one, SAID)) == ("active", "clinic")
    assert not {"sourceAttachment", "policy"} & one.keys()


def test_a_withdrawal_ends_the_yes_and_a_newer_text_says_until_when_it_holds(anna: Lived, asking: Study) -> None:
    say(anna, asking)
    say(anna, asking, "contact")
    given_at, clock = anna.house.clock.now, anna.house.clock
    clock.now += timedelta(hours=1)
    anna.post(f"/studies/{asking.id}/withdrawal", purpose="contact")
    gone = consents(anna)["contact"]
    assert (gone["status"], told(gone, SAID)) == ("inactive", "clinic")
    assert gone["provision"]["period"] == {"start": given_at.isoformat(), "end": clock.now.isoformat()}
    needed = clock.now + timedelta(days=1)
    clock.now += timedelta(hours=1)
    publish(asking, "study", " Ook bloed.", needed_from=needed)
    one = consents(anna)["study"]
    assert (one["status"], one["provision"]["period"]["end"]) == ("active", needed.isoformat())
    assert one["meta"]["lastUpdated"] == clock.now.isoformat()
    clock.now = needed
    lapsed = consents(anna)["study"]
    assert (lapsed["status"], lapsed["meta"]["lastUpdated"]) == ("inactive", needed.isoformat())
    say(anna, asking, version=2, word=" Ook bloed.")
    again = consents(anna)["study"]
    assert (again["status"], again["policy"][0]["uri"][-2:], again["id"]) == ("active", ":2", one["id"])


def test_whoever_said_no_may_read_of_which_study(anna: Lived, asking: Study) -> None:
    say(anna, asking, yes=False)
    assert consents(anna, headers=anna.phone)["study"]["status"] == "rejected"
    assert anna.get(f"/ResearchStudy/{asking.id}", anna.phone).status_code == 200
    assert anna.search("ResearchSubject") == []


@pytest.mark.promise("P18")
def test_a_study_that_is_not_to_be_shown_in_care_is_not_told_to_who_treats(anna: Lived, asking: Study) -> None:
    say(anna, asking)
    key = consents(anna)["study"]["id"]
    publish(asking, "care")
    treat = [login(anna, role) for role in (Role.NURSE, Role.CLINICIAN)]
    other = [login(anna, Role.COORDINATOR), anna.phone]

    def seen(headers: dict[str, str]) -> tuple[set[str], int, int]:
        places = len(anna.search("ResearchSubject", headers=headers))
        return set(consents(anna, headers=headers)), anna.get(f"/Consent/{key}", headers).status_code, places

    assert [seen(one) for one in treat] == [(set(), 404, 0)] * 2
    assert [seen(one) for one in other] == [({"study"}, 200, 1)] * 2
    say(anna, asking, "care")
    assert [seen(one) for one in (*treat, *other)] == [({"study", "care"}, 200, 1)] * 4
    anna.own(f"/consents/{asking.id}/withdrawal", {"purpose": "care"})
    assert [seen(one) for one in treat] == [(set(), 404, 0)] * 2
    assert [seen(one)[0] for one in other] == [{"study", "care"}] * 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=active", {"study"}),
        ("status=rejected", {"contact"}),
        ("status=active,rejected", {"study", "contact"}),
        ("status=active&status=rejected", set()),
        ("status=http://hl7.org/fhir/consent-state-codes|active", {"study"}),
        ("status=http://example.org/codes|active", set()),
        ("status=inactive", set()),
        ("date=2026-06-01&status=active", {"study"}),
        ("date=gt2026-06-01", set()),
    ],
)
def test_consents_are_sought_by_patient_date_and_status(
    anna: Lived, asking: Study, query: str, found: set[str]
) -> None:
    say(anna, asking)
    say(anna, asking, "contact", yes=False)
    assert set(consents(anna, f"&{query}")) == found


def test_a_next_page_keeps_the_status_that_was_sought(anna: Lived, asking: Study) -> None:
    say(anna, asking)
    say(anna, asking, "contact")
    anna.post(f"/studies/{study(anna.house, 'Left').id}/consent")
    first = anna.get(f"/Consent?patient={anna.anna.id}&status=active&_count=2").json
    assert (first["total"], "status=active" in first["link"][0]["url"]) == (3, True)
    following = first["link"][1]["url"].partition("/fhir")[2]
    assert [one["resource"]["status"] for one in anna.get(following).json["entry"]] == ["active"]


def test_what_leaves_a_study_tells_each_purpose_and_version_but_neither_language_nor_side(
    anna: Lived, asking: Study
) -> None:
    publish(asking, "care")
    say(anna, asking)
    say(anna, asking, "contact", yes=False)
    found = read(taken(asking, manifest(asking, "?_type=Consent,ResearchSubject,ResearchStudy,Patient")))
    assert {one["id"]: faults(one) for one in found if faults(one)} == {}
    told_ = {one["category"][0]["coding"][-1]["code"]: one for one in found if one["resourceType"] == "Consent"}
    assert {name: one["status"] for name, one in told_.items()} == {"study": "active", "contact": "rejected"}
    assert told_["study"]["policy"] == [{"uri": f"urn:uitwerk:consent-text:{asking.id}:study:1"}]
    assert not {"extension", "sourceAttachment", "dateTime"} & told_["study"].keys()
    (place,) = (one for one in found if one["resourceType"] == "ResearchSubject")
    assert place["consent"] == {"reference": f"Consent/{told_['study']['id']}"}
