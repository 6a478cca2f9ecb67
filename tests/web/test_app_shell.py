"""The app's frame and pairing in a browser: by keyboard, in both languages, within its budget, to nobody else."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from backend.web.pages import POLICY, ROOT, gathered, without_comments
from tests.web.axe import barriers
from tests.web.phones import Anna, Clinic, whole

pytestmark = pytest.mark.journey

BUDGET = 75_000
HEADERS = 20_000  # behind a proxy that speaks HTTP/2 these are packed too
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 740},
    "tablet": {"width": 768, "height": 1024},
    "zoomed": {"width": 180, "height": 370},
}


@pytest.fixture
def phone(anna: Anna, chromium: Browser) -> Iterator[BrowserContext]:
    """A phone of Anna's that was never paired; a fault in a page fails the test."""
    opened = anna.phone(chromium)
    faults: list[str] = []
    opened.on("weberror", lambda error: faults.append(str(error.error)))
    yield opened
    opened.close()
    assert not faults, faults


@pytest.fixture
def fresh(phone: BrowserContext, clinic: Clinic) -> Page:
    """The app as somebody sees it who has not paired."""
    page = phone.new_page()
    page.goto(f"{clinic.installation.base_url}/app")
    expect(page.locator("#pair-code")).to_be_visible()
    return page


def test_a_scanned_secret_leaves_the_address_at_once_and_one_tap_pairs(phone: BrowserContext, anna: Anna) -> None:
    page = phone.new_page()
    page.goto(link := anna.link())
    expect(page.locator("#pair-go")).to_be_visible()
    assert link.split("#")[1] not in page.url
    assert page.evaluate("history.length") <= 2
    page.locator("#pair-go").click()
    expect(page.locator("h1")).to_have_text("Welkom")
    expect(page.locator(".safety")).to_contain_text("112")
    page.locator("#language-other").click()
    expect(page.locator("h1")).to_have_text("Welcome")
    page.locator("#begin").click()
    expect(page.locator("#tab-today")).to_have_attribute("aria-current", "page")
    expect(page.locator("#tab-today")).to_have_text("Today")


def test_a_typed_code_is_read_as_people_write_it(fresh: Page, anna: Anna) -> None:
    code = anna.pairing()["code"]
    fresh.locator("#pair-code").fill(" " + code.lower().replace("-", " ").replace("0", "o").replace("1", "l"))
    fresh.keyboard.press("Enter")
    expect(fresh.locator("h1")).to_have_text("Welkom")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Vul de code in"),
        ("AB12", "Jij hebt er 4"),
        ("AB12-CD34-EFU6", "“U”"),
        ("AB12-CD34-EF56", "werkt niet meer"),
    ],
)
def test_what_is_wrong_with_a_code_is_said_at_the_field(fresh: Page, typed: str, said: str) -> None:
    field = fresh.locator("#pair-code")
    field.fill(typed)
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#pair-code-error")).to_contain_text(said)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert "pair-code-error" in (field.get_attribute("aria-describedby") or "")


def test_a_used_link_says_so_and_asks_for_a_code(phone: BrowserContext, anna: Anna) -> None:
    page = anna.pair(phone)
    used = anna.link()
    page.goto(used)
    page.locator("#pair-go").click()
    expect(page.locator("h1")).to_have_text("Welkom")
    page.goto("about:blank")
    page.goto(used)
    page.locator("#pair-go").click()
    expect(page.locator(".trouble")).to_contain_text("werkt niet meer")
    expect(page.locator("#pair-code")).to_be_visible()


def test_too_many_tries_name_the_wait_and_no_internet_is_told(fresh: Page) -> None:
    problem = {"code": "too-many-tries", "title": "", "retry_after": 600, "status": 429}
    fresh.route(
        "**/access/pairing",
        lambda route: route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(problem)),
    )
    fresh.locator("#pair-code").fill("AB12-CD34-EF56")
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#pair-code-error")).to_contain_text("Wacht 10 minuten")
    fresh.unroute("**/access/pairing")
    fresh.context.set_offline(True)
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#pair-code-error")).to_contain_text("geen internet")
    expect(fresh.locator("#pair-code")).to_have_value("AB12-CD34-EF56")


def test_pairing_goes_by_keyboard_alone(fresh: Page, anna: Anna) -> None:
    reached = []
    for _ in range(10):
        fresh.keyboard.press("Tab")
        reached.append(fresh.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if reached[-1] == "pair-code":
            break
    assert reached[-1] == "pair-code", reached
    assert reached[0] == "skip"
    fresh.keyboard.type(anna.pairing()["code"])
    fresh.keyboard.press("Tab")
    fresh.keyboard.press("Tab")
    assert fresh.evaluate("document.activeElement.id") == "pair-go"
    fresh.keyboard.press("Enter")
    expect(fresh.locator("h1")).to_be_focused()
    expect(fresh.locator("h1")).to_have_text("Welkom")


def test_every_place_is_reached_by_keyboard_and_its_heading_takes_the_focus(anna_app: Page) -> None:
    for name in ("intervals", "prick", "more", "today"):
        anna_app.locator(f"#tab-{name}").focus()
        anna_app.keyboard.press("Enter")
        expect(anna_app.locator(f".screen-{name} h1")).to_be_focused()
        expect(anna_app.locator("h1")).to_have_count(1)
        expect(anna_app.locator("#tabs [aria-current=page]")).to_have_attribute("id", f"tab-{name}")
        assert (anna_app.locator("h1").text_content() or "-") in anna_app.title()


def test_whoever_is_on_a_tab_stays_there_while_the_phone_goes_off_and_on_line(anna_app: Page) -> None:
    anna_app.locator("#tab-prick").focus()
    for offline, told in ((True, "offline"), (False, "sent")):
        anna_app.context.set_offline(offline)
        expect(anna_app.locator(f"#queue.{told}")).to_be_visible()
        anna_app.evaluate("import('/static/patient/sync.js').then(({ sync }) => sync('test'))")
        expect(anna_app.locator("#tab-prick")).to_be_focused()
    anna_app.keyboard.press("Enter")
    expect(anna_app.locator(".screen-prick h1")).to_be_focused()
    expect(anna_app.locator("#tab-prick")).to_have_attribute("aria-current", "page")


def test_an_unknown_address_leads_to_today_and_the_queue_to_what_waits(anna_app: Page) -> None:
    anna_app.evaluate("location.hash = '#/no/such/place'")
    expect(anna_app.locator(".screen-today")).to_be_visible()
    anna_app.locator("#queue").click()
    expect(anna_app.locator(".screen-trouble h1")).to_be_focused()


def test_the_queue_says_how_it_stands_in_words(anna_app: Page) -> None:
    expect(anna_app.locator("#queue")).to_contain_text(re.compile(r"Alles verstuurd\s+\d\d:\d\d"))
    anna_app.context.set_offline(True)
    expect(anna_app.locator("#queue")).to_contain_text("Offline")


def test_a_phone_that_was_sent_away_says_so_and_leads_back_in(anna_app: Page, anna: Anna) -> None:
    device = anna.clinic.nurse.get(anna.path("/devices"))["items"][0]["id"]
    anna.clinic.nurse.ask("DELETE", anna.path(f"/devices/{device}"), status=204)
    anna_app.reload()
    expect(anna_app.locator(".banner")).to_contain_text("niet meer gekoppeld")
    assert not barriers(anna_app)
    anna_app.locator("#pair-again").click()
    expect(anna_app.locator("h1")).to_have_text("Koppel deze telefoon opnieuw")
    anna_app.locator("#pair-code").fill(anna.pairing()["code"])
    anna_app.keyboard.press("Enter")
    anna_app.locator("#begin").click()
    expect(anna_app.locator(".banner").filter(has_text="niet meer gekoppeld")).to_have_count(0)


def test_late_reminders_and_an_old_version_are_told_on_every_screen(anna_app: Page) -> None:
    def late(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, json={**told.json(), "reminders_delayed_since": "2026-01-01T00:00:00Z"})

    def newer(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, json={**told.json(), "min_client": "app/999.0.0"})

    anna_app.route("**/me/bootstrap", late)
    anna_app.route("**/me/sync", newer)
    anna_app.reload()
    expect(anna_app.locator(".banner.delayed")).to_contain_text("later dan normaal")
    expect(anna_app.locator(".banner.outdated")).to_contain_text("nieuwe versie")
    anna_app.locator("#tab-prick").click()
    expect(anna_app.locator(".banner")).to_have_count(2)
    with anna_app.expect_navigation():
        anna_app.locator("#reload").click()


def test_a_screen_that_fails_says_so_and_shows_a_way_back(anna: Anna, chromium: Browser) -> None:
    phone = anna.phone(chromium)
    phone.route("**/consents.js", lambda route: route.fulfill(body=BROKEN, content_type="text/javascript"))
    page = anna.pair(phone)
    page.evaluate("location.hash = '#/consents'")
    expect(page.get_by_role("alert")).to_contain_text("Wat je hebt opgeslagen is er nog")
    expect(page.locator("h1")).to_be_focused()
    page.get_by_role("link", name="Naar Vandaag").click()
    expect(page.locator(".screen-today")).to_be_visible()
    phone.close()


BROKEN = (
    'export const screen = {name: "consents", words: {nl: {}, en: {}}, async render() { throw new Error("broken"); }};'
)


def test_the_other_language_is_one_tap_away_and_stays(fresh: Page) -> None:
    expect(fresh.locator("html")).to_have_attribute("lang", "nl")
    fresh.locator("#language-other").click()
    expect(fresh.locator("h1")).to_have_text("Pair this phone")
    expect(fresh.locator("html")).to_have_attribute("lang", "en")
    expect(fresh.locator("#language-other")).to_be_focused()
    fresh.reload()
    expect(fresh.locator("h1")).to_have_text("Pair this phone")


def test_a_choice_of_language_reaches_the_profile(anna_app: Page, anna: Anna) -> None:
    anna_app.locator("#tab-more").click()
    with anna_app.expect_response(lambda told: told.request.method == "PUT" and "/me/profile" in told.url) as told:
        anna_app.locator("#language-en").click()
    assert told.value.json()["language"] == "en"
    expect(anna_app.locator("#tab-prick")).to_contain_text("Finger prick")


def test_the_app_offers_its_place_on_the_home_screen_where_the_browser_does(anna_app: Page) -> None:
    anna_app.evaluate(
        "window.dispatchEvent(Object.assign(new Event('beforeinstallprompt', {cancelable: true}), {"
        "prompt: async () => { document.body.dataset.asked = 'yes' },"
        "userChoice: Promise.resolve({outcome: 'accepted'})"
        "}))"
    )
    anna_app.locator("#tab-more").click()
    anna_app.locator("#install").click()
    expect(anna_app.locator("body")).to_have_attribute("data-asked", "yes")
    expect(anna_app.locator("#install")).to_have_count(0)


def test_an_iphone_is_told_to_install_before_it_pairs(anna: Anna, chromium: Browser) -> None:
    phone = anna.phone(chromium, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")
    page = phone.new_page()
    page.goto(f"{anna.clinic.installation.base_url}/app")
    expect(page.locator("main")).to_contain_text("Zet op beginscherm")
    expect(page.get_by_label("Naam van deze telefoon")).to_have_value("Safari op iPhone")
    phone.close()


@pytest.mark.parametrize(("language", "scheme"), [("nl", "dark"), ("en", "light")])
def test_nothing_of_the_frame_keeps_anybody_out(anna: Anna, chromium: Browser, language: str, scheme: str) -> None:
    phone = anna.phone(chromium, language=language, color_scheme=scheme)
    page = phone.new_page()
    page.goto(f"{anna.clinic.installation.base_url}/app")
    expect(page.locator("#pair-code")).to_be_visible()
    page.locator("#pair-go").click()
    expect(page.locator("#pair-code-error")).to_be_visible()
    assert not barriers(page)
    page = anna.pair(phone)
    page.locator("#tab-more").click()
    expect(page.locator(".screen-more h1")).to_be_visible()
    assert not barriers(page)
    phone.close()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_or_too_small_to_touch(anna: Anna, chromium: Browser, size: str) -> None:
    phone = anna.phone(chromium, viewport=SIZES[size])
    page = anna.pair(phone)
    page.locator("#tab-more").click()
    expect(page.locator(".screen-more h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        "[...document.querySelectorAll('a, button, summary, select')]"
        ".filter(e => e.checkVisibility() && e.id !== 'skip')"
        ".filter(e => { const r = e.getBoundingClientRect(); return r.height < 44 || r.width < 44 })"
        ".map(e => e.outerHTML.slice(0, 100))"
    )
    assert not small, small
    phone.close()


def test_the_first_load_is_light_and_asks_nobody_else(anna: Anna, chromium: Browser) -> None:
    phone = anna.phone(chromium)
    page = phone.new_page()
    devtools = phone.new_cdp_session(page)
    devtools.send("Network.enable")
    received: list[int] = []
    devtools.on("Network.loadingFinished", lambda told: received.append(int(told["encodedDataLength"])))
    elsewhere: list[str] = []
    phone.on("request", lambda asked: None if "//127.0.0.1:" in asked.url else elsewhere.append(asked.url))
    page.goto(f"{anna.clinic.installation.base_url}/app", wait_until="networkidle")
    expect(page.locator("#pair-code")).to_be_visible()
    bodies = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.encodedBodySize)")
    assert len(bodies) > 20
    assert sum(bodies) < BUDGET, sum(bodies)
    assert sum(received) < BUDGET + HEADERS, sum(received)
    assert not elsewhere
    phone.close()


def test_files_are_packed_for_those_who_can_unpack_and_not_sent_twice(clinic: Clinic) -> None:
    with httpx2.Client(base_url=clinic.installation.base_url) as client:
        plain = client.get("/static/patient/app.js", headers={"Accept-Encoding": "identity"})
        with client.stream("GET", "/static/patient/app.js", headers={"Accept-Encoding": "gzip"}) as packed:
            raw = b"".join(packed.iter_raw())
        again = client.get("/static/patient/app.js", headers={"If-None-Match": packed.headers["ETag"]})
        changed = client.get("/static/patient/app.js", headers={"If-None-Match": '"other"'})
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(raw) == plain.content == gathered(ROOT)["patient/app.js"].body
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200


def test_what_is_sent_is_what_was_written_without_indents_and_lines_that_only_comment() -> None:
    code = "/** One. */\nlet a = 1; // stays\n  // goes\n/*\n goes\n*/\nlet b = `\n  // stays\n`;\n/* c */ let c;\n  d;"
    assert without_comments(code) == "\nlet a = 1; // stays\n\n\n\n\nlet b = `\n  // stays\n`;\n/* c */ let c;\nd;"


def test_the_policy_lets_in_nothing_from_outside_and_no_script_in_the_page(clinic: Clinic) -> None:
    for address in ("/", "/app", "/pair", "/enrol", "/sw.js", "/app.webmanifest", "/static/patient/app.js"):
        told = httpx2.get(clinic.installation.base_url + address)
        assert told.status_code == 200, address
        assert told.headers["Cache-Control"] == "no-cache"
        policy = dict(part.strip().split(" ", 1) for part in told.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert set(policy.values()) <= {"'none'", "'self'"}


def test_the_manifest_is_what_an_installer_asks_for(clinic: Clinic) -> None:
    with httpx2.Client(base_url=clinic.installation.base_url) as client:
        told = client.get("/app.webmanifest")
        assert told.headers["Content-Type"] == "application/manifest+json"
        manifest = told.json()
        assert {"id", "name", "short_name", "start_url", "scope", "display", "theme_color"} <= set(manifest)
        assert client.get(manifest["start_url"]).status_code == 200
        for drawn in manifest["icons"]:
            icon = client.get(drawn["src"])
            assert (icon.status_code, icon.headers["Content-Type"]) == (200, drawn["type"])
            if drawn["type"] == "image/png":
                width, height = (int.from_bytes(icon.content[at : at + 4], "big") for at in (16, 20))
                assert drawn["sizes"] == f"{width}x{height}"
    assert {drawn["purpose"] for drawn in manifest["icons"]} == {"any", "maskable"}


def test_the_shell_lists_every_file_the_app_loads(clinic: Clinic, fresh: Page) -> None:
    base = clinic.installation.base_url
    whole(fresh)
    loaded = fresh.evaluate("performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)")
    with httpx2.Client(base_url=base) as client:
        kept = set(client.get("/app.shell.json").json()["files"])
        assert all(client.get(path).status_code == 200 for path in kept)
    assert {path for path in loaded if path.startswith("/static/")} <= kept
    assert {"/app", "/app.webmanifest"} <= kept
    assert not kept & {"/sw.js", "/sw.module.js"}


def test_the_service_worker_comes_from_the_root_and_changes_when_any_file_does(clinic: Clinic, tmp_path: Path) -> None:
    module, told = (httpx2.get(clinic.installation.base_url + path) for path in ("/sw.module.js", "/sw.js"))
    assert told.headers["Service-Worker-Allowed"] == module.headers["Service-Worker-Allowed"] == "/"
    assert told.headers["Content-Security-Policy"] == module.headers["Content-Security-Policy"] == POLICY
    shell = httpx2.get(f"{clinic.installation.base_url}/app.shell.json").json()
    assert told.text.rstrip().splitlines()[-1] == f"// {shell['version']}"
    (tmp_path / "patient").mkdir()
    for name in ("sw.js", "sw.module.js", "index.html", "app.js", "app.css"):
        (tmp_path / "patient" / name).write_text(f"{name} {{}}")
    before = gathered(tmp_path)
    assert gathered(tmp_path) == before
    (tmp_path / "patient" / "app.css").write_text("other {}")
    after = gathered(tmp_path)
    for stamped in ("patient/sw.js", "patient/sw.module.js", "patient/index.html", "patient/shell.json"):
        assert after[stamped].tag != before[stamped].tag
    assert after["patient/app.js"].tag == before["patient/app.js"].tag


def test_the_start_page_leads_patients_to_the_app_and_staff_on(clinic: Clinic, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(clinic.installation.base_url)
    assert not barriers(page)
    page.get_by_role("link", name="Open de app").click()
    expect(page.locator("#pair-code")).to_be_visible()
