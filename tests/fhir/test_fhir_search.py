"""Searching over FHIR: pages that are whole and stable, dates, ids, ways of asking, addresses that tell nothing."""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.storage.sealing import Place
from tests.factories.entries import EntryUpload
from tests.fhir.lived import SECRETS, Lived, enrolled, pages, resources
from tests.house import House


def ids_of(lived: Lived, asked: str, headers: dict[str, str] | None = None) -> list[str]:
    """Return the ids of all pages."""
    return [one["id"] for page in pages(lived, asked, headers) for one in resources(page)]


@pytest.mark.parametrize("count", [1, 7, 50])
@pytest.mark.parametrize("kind", ["Observation", "MedicationAdministration", "Provenance"])
def test_pages_together_are_the_whole_each_resource_once(anna: Lived, kind: str, count: int) -> None:
    whole = ids_of(anna, f"/{kind}?patient={anna.anna.id}&_count=500")
    told = list(pages(anna, f"/{kind}?patient={anna.anna.id}&_count={count}"))
    assert [one["id"] for page in told for one in resources(page)] == whole
    assert {page["total"] for page in told} == {len(whole)} == {len(set(whole))}
    assert all(len(resources(page)) == count for page in told[:-1])


def test_what_comes_in_or_goes_between_pages_neither_repeats_nor_skips(house: House) -> None:
    found = enrolled(house)
    uploads = [EntryUpload.build(at=f"2026-05-{day:02}T08:00:00+02:00") for day in range(1, 9)]
    for upload in uploads:
        found.own("/diary-entries", upload)
    asked = f"/Observation?patient={found.anna.id}&_count=5"
    before = ids_of(found, asked)
    turning = pages(found, asked)
    first = [one["id"] for one in resources(next(turning))]
    found.own("/diary-entries", EntryUpload.build(at="2026-05-20T08:00:00+02:00"))
    gone = {"base_version": 1, "recorded_at": "2026-06-01T08:00:00+02:00", "reason": "twice"}
    for index in (4, 5):  # the entry at the seam, and one behind it
        found.own(f"/diary-entries/{uploads[index]['id']}/retraction", gone)
    after = {one["id"] for one in found.search("Observation")}
    rest = [one["id"] for page in turning for one in resources(page)]
    assert first + rest == [one for one in before if one in first or one in after]


def test_a_next_link_names_nobody_and_tells_nothing(anna: Lived) -> None:
    asked = f"/Observation?patient={anna.anna.id}&date=ge2026-04&_count=3"
    for page in list(pages(anna, asked))[:3]:
        links = {link["relation"]: link["url"] for link in page["link"]}
        assert set(parse_qs(urlsplit(links["next"]).query)) == {"_page"}
        assert not any(secret in links["next"] for secret in (*SECRETS, str(anna.anna.id), "2026"))


def test_a_page_opens_for_who_asked_and_for_that_type_only(anna: Lived) -> None:
    page = anna.get(f"/Observation?patient={anna.anna.id}&_count=2").json
    token = page["link"][1]["url"].partition("?")[2]
    assert anna.get(f"/Observation?{token}").status_code == 200
    refused = [anna.get(f"/Specimen?{token}"), anna.get(f"/Observation?{token}", anna.phone)]
    refused += [anna.get(f"/Observation?{token[:-3]}AAA"), anna.get("/Observation?_page=%C3%A9")]
    assert {answer.status_code for answer in refused} == {400}


def test_a_page_of_an_earlier_release_is_refused_as_any_other_that_cannot_be_read(anna: Lived) -> None:
    with anna.house.unit(anna.carla, writes=False) as ctx:
        place = Place("fhir-pages", "Observation", str(anna.carla.id))
        token = urlsafe_b64encode(ctx.sealer.seal_own("[null, null, [], [], 50]", place)).decode().rstrip("=")
    assert anna.get(f"/Observation?_page={token}").status_code == 400


@pytest.mark.promise("P17")
def test_no_address_holds_a_word_of_who_somebody_is_or_what_they_have(anna: Lived) -> None:
    words = {*SECRETS, "Anna", "fatigue", "natalizumab", "edss", "level"}
    for kind in ("Patient", "Observation", "MedicationRequest", "Provenance", "Consent"):
        for page in pages(anna, f"/{kind}?patient={anna.anna.id}&_count=500"):
            addresses = [entry["fullUrl"] for entry in page["entry"]] + [link["url"] for link in page["link"]]
            assert not any(word in address for word in words for address in addresses)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("date=2026-05-04", {4}),
        ("date=ge2026-05-04&date=lt2026-05-06", {4, 5}),
        ("date=gt2026-05-10&date=le2026-05-12", {11, 12}),
        ("date=2026-05-03,2026-05-09", {3, 9}),
        ("date=lt2026-05-01", set()),
    ],
)
def test_dates_are_days_of_the_patient_and_all_that_are_named_must_hold(
    anna: Lived, query: str, days: set[int]
) -> None:
    found = [one for one in anna.search("Observation", f"&{query}") if one["id"].rpartition(".")[2].startswith("e")]
    told = {int(one["effectiveDateTime"][8:10]) for one in found}
    assert told == days - {2}  # the second of May was retracted


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("QuestionnaireResponse", "authored"),
        ("MedicationAdministration", "effective-time"),
        ("MedicationRequest", "authoredon"),
        ("Specimen", "collected"),
        ("Appointment", "date"),
        ("ResearchSubject", "date"),
        ("Consent", "date"),
        ("Provenance", "recorded"),
    ],
)
def test_each_type_is_sought_by_the_date_that_r4_names(anna: Lived, kind: str, name: str) -> None:
    whole = {one["id"] for one in anna.search(kind)}
    assert {one["id"] for one in anna.search(kind, f"&{name}=gt2000")} == whole
    assert anna.search(kind, f"&{name}=lt2000") == []


def test_since_when_something_changed_is_asked_by_last_updated(anna: Lived) -> None:
    found = anna.search("Observation", "&_lastUpdated=ge2026-06-01T11:59:00%2B02:00")
    assert found
    assert anna.search("Observation", "&_lastUpdated=gt2026-06-02") == []


def test_ids_narrow_a_search(anna: Lived) -> None:
    first, second, *_ = [one["id"] for one in anna.search("Observation")]
    found = anna.search("Observation", f"&_id={first},{second},unknown")
    assert [one["id"] for one in found] == [first, second]
    assert anna.search("Observation", f"&_id={first}&_id={second}") == []


def test_nothing_but_how_many_is_told_where_no_entries_are_asked(anna: Lived) -> None:
    page = anna.get(f"/Observation?patient={anna.anna.id}&_count=0").json
    assert page["total"] > 20
    assert "entry" not in page
    assert [link["relation"] for link in page["link"]] == ["self"]


def test_the_self_link_says_what_was_understood(anna: Lived) -> None:
    page = anna.get(f"/Observation?patient=Patient/{anna.anna.id}&date=ge2026&subject-name=x&_format=json").json
    told = parse_qs(urlsplit(page["link"][0]["url"]).query)
    assert told == {"patient": [f"Patient/{anna.anna.id}"], "date": ["ge2026"], "_count": ["50"]}


def test_a_search_may_be_posted_so_that_its_address_says_nothing(anna: Lived) -> None:
    form = {"patient": str(anna.anna.id), "date": "ge2026-05-04"}
    posted: Any = anna.house.client.post("/fhir/Observation/_search", data=form, headers=anna.carla.headers)
    got = anna.get(f"/Observation?patient={anna.anna.id}&date=ge2026-05-04")
    assert posted.status_code == got.status_code == 200
    assert _but_links(posted.json) == _but_links(got.json)


def _but_links(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in page.items() if name != "link"}


def test_what_is_not_understood_is_left_out_or_refused_as_the_client_prefers(anna: Lived) -> None:
    asked = f"/Observation?patient={anna.anna.id}&colour=red"
    for prefer in ("", "handling=lenient", "respond-async, handling=lenient"):
        assert anna.get(asked, anna.carla.headers | {"Prefer": prefer}).status_code == 200
    strict = anna.get(asked, anna.carla.headers | {"Prefer": "respond-async; handling=strict"})
    assert (strict.status_code, strict.json["issue"][1]["diagnostics"]) == (400, "/query/colour: Unknown.")
    strictly = anna.carla.headers | {"Prefer": "handling=strict"}
    fine = anna.get(f"/Observation?patient={anna.anna.id}&_count=1&_format=json", strictly)
    assert fine.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["date=yesterday", "date=ap2026", "date=2026-02-30", "_count=-1", "_count=many", "_lastUpdated=ge", "date="],
)
def test_a_value_that_cannot_be_read_is_refused(anna: Lived, query: str) -> None:
    answer = anna.get(f"/Observation?patient={anna.anna.id}&{query}")
    assert (answer.status_code, answer.json["resourceType"]) == (400, "OperationOutcome")


WORDS = st.text(max_size=30) | st.sampled_from(
    ["ge9999-12-31T23:59:59-14:00", "0001", "9999", "-", ",", "Patient/", "0"]
)


@pytest.mark.promise("P07")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["Patient", "Observation", "Questionnaire", "Provenance"]), st.data())
def test_nothing_that_is_asked_breaks_the_server(anna: Lived, kind: str, data: st.DataObject) -> None:
    names = st.sampled_from(["patient", "date", "_id", "_lastUpdated", "_count", "_page", "_format", "recorded", "x"])
    told = data.draw(st.dictionaries(names, WORDS, max_size=4))
    answer = anna.house.client.get(f"/fhir/{kind}", query_string=told, headers=anna.carla.headers)
    assert answer.status_code < 500
    assert anna.get(f"/{kind}/{quote(data.draw(WORDS), safe='')}").status_code < 500


def test_two_patients_at_once_are_refused(anna: Lived) -> None:
    assert anna.get(f"/Observation?patient={anna.anna.id}&patient={uuid4()}").status_code == 400
