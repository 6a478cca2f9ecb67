"""A researcher at the desk: freezes a study, looks into it, takes files and Table 1, and makes keys for scripts."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from backend.storage.snapshots import SnapshotRow
from tests.factories.chains import chain
from tests.factories.followed import GIVEN, log
from tests.factories.snapshots import Snapshots, build
from tests.factories.studies import Study, study
from tests.house import Staff
from tests.journeys.people import Person
from tests.web.axe import barriers
from tests.web.clinic_pages import SIZES, WARD, Desk, fresh, lost, told

pytestmark = pytest.mark.journey


def joined(desk: Desk) -> Study:
    """Set up a study of seven patients: each rated two to four days."""
    house = desk.clinic.house
    house.clock.now = desk.clinic.installation.now()
    made = study(house, f"Longer between infusions {uuid4().hex[:6]}")
    nurse = house.login("nurse")
    for at in range(7):
        anna = house.patient(cares_for=[nurse])
        chain(house, anna, GIVEN, weeks=4 + at // 5)
        log(house, anna, range(1, 3 + at % 3), rating=at)
        assert made.join(anna, nurse).status_code == 200
    return made


@pytest.fixture(scope="module")
def found(desk: Desk) -> Study:
    """Such a study."""
    return joined(desk)


@pytest.fixture(scope="module")
def snapshots(found: Study) -> Snapshots:
    """Its snapshots."""
    return Snapshots(found)


@pytest.fixture(scope="module")
def window(desk: Desk, found: Study) -> Page:
    """A page in English at which the researcher is logged in."""
    return desk.logged_in(found.dirk, language="en").new_page()


def test_a_study_is_frozen_looked_at_taken_and_made_a_table_of(desk: Desk, tmp_path: Path) -> None:
    found = joined(desk)
    page = fresh(desk.logged_in(found.dirk, language="en").new_page(), desk, "")
    expect(page.locator("h1")).to_have_text("Research")
    expect(page.get_by_text("There is no snapshot of this study yet.")).to_be_visible()
    assert barriers(page) == []
    page.locator("#form-jsonl").press("Space")
    page.locator("#freeze").press("Enter")
    expect(page.get_by_role("row").filter(has_text="waiting")).to_contain_text("not begun yet")
    built(desk)
    page.get_by_role("row").filter(has_text="ready").get_by_role("link").press("Enter")
    expect(page.get_by_role("tabpanel", name="Files")).to_contain_text("subjects.jsonl")
    with page.expect_download() as taking:
        page.get_by_role("button", name="Download: entries.csv").press("Enter")
    taking.value.save_as(tmp_path / "entries.csv")
    expect(page.locator("#notice")).to_contain_text("the SHA-256 is right: entries.csv")
    one = Snapshots(found).get().json["items"][0]
    (file,) = [one for one in one["files"] if one["name"] == "entries.csv"]
    assert sha256((tmp_path / "entries.csv").read_bytes()).hexdigest() == file["sha256"]
    page.locator("#tab-files").press("ArrowRight")
    page.locator("#preview").select_option("entries")
    expect(page.get_by_role("tabpanel", name="First rows")).to_contain_text("20 of 20 rows.")
    page.locator("#tab-preview").press("ArrowRight")
    table_is_made(page, tmp_path)
    assert barriers(page) == []


def built(desk: Desk) -> None:
    """Build whatever waits, as a dispatcher does."""
    while build(desk.clinic.house):
        pass


def table_is_made(page: Page, tmp_path: Path) -> None:
    page.locator("#table-dataset").select_option("intervals")
    page.locator("#table-make").press("Enter")
    expect(page.locator("#table-error")).to_have_text("Choose at least one column.")
    page.locator("#table-by").select_option("interval")
    for column in ("route", "rated_days"):
        page.locator(f"#column-{column}").press("Space")
    expect(page.locator("#column-interval")).to_be_disabled()
    page.locator("#table-make").press("Enter")
    made = page.locator("#table-one")
    expect(made.get_by_role("heading")).to_be_focused()
    expect(made).to_contain_text("21 rows of 7 patients")
    expect(made.get_by_role("row").filter(has_text="Median (Q1 – Q3)").first).to_contain_text("3 (2 – 3.5)")
    with page.expect_download() as taking:
        page.locator("#table-csv").press("Enter")
    taking.value.save_as(tmp_path / "table.csv")
    assert "rated_days,,median,0,3,0,0" in (tmp_path / "table.csv").read_text(encoding="utf-8")


def test_a_key_is_shown_once_pulls_the_study_and_is_revoked(desk: Desk, window: Page, found: Study) -> None:
    page = fresh(window, desk, f"research/{found.id}/keys")
    page.locator("#key-make").press("Enter")
    expect(page.locator("#key-name")).to_be_focused()
    page.keyboard.type("nightly")
    page.keyboard.press("Enter")
    token = page.locator("#key-token").inner_text()
    assert barriers(page) == []
    page.keyboard.press("Escape")  # what is shown once is not closed by mistake
    page.locator("#key-close").press("Enter")
    script = Person(desk.clinic.installation, {"Authorization": f"Bearer {token}"})
    assert script.get(f"/research/studies/{found.id}/snapshots")["items"] is not None
    row = page.get_by_role("row").filter(has_text="nightly")
    row.get_by_role("button", name="Revoke: nightly").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").press("Enter")
    expect(row).to_contain_text("revoked")
    assert token not in page.content()


def test_one_on_its_way_is_stopped_resumed_and_thrown_away_and_a_broken_server_is_said(
    desk: Desk, window: Page, found: Study, snapshots: Snapshots
) -> None:
    made = snapshots.ask(["subjects"])
    page = fresh(window, desk, f"research/{found.id}/snapshots")
    page.locator(f"#cancel-{made}").press("Enter")
    page.locator(f"#resume-{made}").press("Enter")
    expect(page.locator(f"#cancel-{made}")).to_be_visible()
    page.locator(f"#discard-{made}").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Discard").press("Enter")
    expect(page.locator(f"#discard-{made}")).to_have_count(0)
    back = lost(window, "/research/studies")
    page = fresh(window, desk, "research")
    expect(page.get_by_role("alert")).to_contain_text("No connection to the server")
    back()
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#freeze")).to_be_visible()
    fresh(window, desk, f"research/{found.id}/snapshot/{made}")
    expect(page.get_by_role("alert")).to_contain_text("This is not there")
    fresh(window, desk, f"research/{found.id}/book")
    page.keyboard.press("/")
    page.keyboard.type("trough")
    expect(page.locator("details.book")).to_have_count(1)
    expect(page.locator("details.book")).to_contain_text("near_trough")
    assert barriers(page) == []


def test_one_that_nobody_builds_for_minutes_says_so(
    desk: Desk, window: Page, found: Study, snapshots: Snapshots
) -> None:
    desk.clinic.house.clock.now = desk.clinic.installation.now()
    new = snapshots.ask(["subjects"])
    page = fresh(window, desk, f"research/{found.id}/snapshots")
    expect(page.locator(f"#cancel-{new}")).to_be_visible()
    expect(page.get_by_text("whether the dispatcher runs")).to_have_count(0)
    with desk.clinic.house.unit() as ctx:
        ctx.session.get_one(SnapshotRow, UUID(new)).asked_at -= timedelta(minutes=5)
    page = fresh(window, desk, f"research/{found.id}/snapshots")
    expect(page.get_by_text("whether the dispatcher runs")).to_be_visible()
    assert barriers(page) == []
    assert snapshots.act(new, "cancel").status_code == 200


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_fit_and_have_no_barriers_in_dutch(desk: Desk, found: Study, snapshots: Snapshots, size: str) -> None:
    made = snapshots.ask()
    built(desk)
    opened = desk.logged_in(found.dirk, size=SIZES[size])
    page = opened.new_page()
    for part in ("snapshots", "book", "keys"):
        fits(fresh(page, desk, f"research/{found.id}/{part}"))
    path = f"/research/studies/{found.id}/snapshots/{made}"
    told(opened, path, enlarged(snapshots.told(made)))
    fresh(page, desk, f"research/{found.id}/snapshot/{made}")
    expect(page.get_by_text("Te groot voor deze pagina")).to_be_visible()
    fits(page)
    fresh(page, desk, f"research/{found.id}/snapshot/{made}/table")
    page.locator("#table-dataset").select_option("intervals")
    page.locator("#table-by").select_option("interval")
    for column in ("route", "diary_first_mean"):
        page.locator(f"#column-{column}").check()
    page.locator("#table-make").click()
    expect(page.locator("#table-one")).to_contain_text("afgeschermd")
    fits(page)
    page.locator("#tab-preview").click()
    page.locator("#preview").select_option("entries")
    expect(page.get_by_text("van 20 rijen")).to_be_visible()
    fits(page)
    opened.close()


def enlarged(one: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot of which a file is too large for a page."""
    one["files"][0]["bytes"] = 300 * 2**20
    made: dict[str, Any] = json.loads(json.dumps(one))
    return made


def fits(page: Page) -> None:
    """Hold that a page fits; what barriers it has is asked at the width at which the other tests do not."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.viewport_size == WARD or barriers(page) == []


def test_who_is_in_no_study_yet_is_told_so(desk: Desk) -> None:
    newcomer: Staff = desk.colleague("researcher")
    opened = desk.logged_in(newcomer, language="en")
    page = fresh(opened.new_page(), desk, "")
    expect(page.get_by_text("You were not admitted to a study yet.")).to_be_visible()
    assert barriers(page) == []
    opened.close()
