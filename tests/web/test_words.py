"""The texts of the app and of the staff's pages: both languages say the same, and every text asked for is there."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from backend.domain.datasets import DATASETS
from backend.domain.snapshots import Format
from backend.web.pages import KINDS, ROOT

pytestmark = pytest.mark.journey

FOLDERS = ("patient", "clinic", "shared")
SCRIPTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.js"))
TEXTS = [path for path in SCRIPTS if path.name.endswith(".words.js")]
# What every page of both has.
SHARED = "shared"
# The service worker stands alone: it has its two neutral sentences with it, in both languages.
_OWN_WORDS = {*TEXTS, ROOT / "patient" / "sw.js"}
# What staff print for a patient speaks to the patient.
_TO_PATIENTS = {"pairing.words.js"}
# t("key"), t(found ? "key" : "other"), has("key"); and the stem of t(`key.${name}`).
_ASKED = re.compile(r"""\b(?:t|has)\(\s*(?:[^()"'`]*\?\s*)?"([\w.-]+)"(?:\s*:\s*"([\w.-]+)")?""")
_COMMENT = re.compile(r"(?s)/\*.*?\*/|(?m:^\s*//.*$)")
_IMPORTED = re.compile(r"""(?m)^(?:import|export|\}).*?from "([^"]+)";$""")
# The screens of the app and the pages of the staff that `screens.js` fetches when somebody goes there.
PAGES = [
    (folder, name)
    for folder in ("patient", "clinic")
    for name in re.findall(r'import\("\./(\w+)\.js"\)', (ROOT / folder / "screens.js").read_text(encoding="utf-8"))
]
# The screens that come with the start of the app.
FIRST = frozenset(ROOT / "patient" / f"{name}.js" for name in ("pair", "today"))
_ADDING = re.compile(r"\badd\(|^export \{ words\b", re.MULTILINE)
_QUOTED = re.compile(r"""["'`]([a-z]\w*(?:\.\w+)+)["'`]""")
_STEM = re.compile(r"\bt\(\s*`([\w.-]+)\$\{")


Spoken = Mapping[str, Mapping[str, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A page that can load every module of both, without a server."""

    def answer(route: Route) -> None:
        path = ROOT / urlsplit(route.request.url).path.removeprefix("/static/")
        if path.is_file():
            route.fulfill(path=path, content_type=KINDS[path.suffix])
        else:
            route.fulfill(body="<!doctype html><title>words</title>", content_type="text/html")

    opened = chromium.new_page()
    opened.route("**/*", answer)
    opened.goto("http://words.invalid/")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def every(page: Page) -> Mapping[str, Spoken]:
    """What every words file exports, by folder and name."""
    load = """async paths => Object.fromEntries(await Promise.all(
        paths.map(async path => [path, (await import('/static/' + path)).words])))"""
    found: dict[str, Any] = page.evaluate(load, [_within(path) for path in TEXTS])
    return {
        folder: {path.name: found[_within(path)] for path in TEXTS if path.parent.name == folder} for folder in FOLDERS
    }


@pytest.fixture(params=FOLDERS)
def spoken(request: pytest.FixtureRequest, every: Mapping[str, Spoken]) -> Spoken:
    """What the words files of a folder export, by their names."""
    return every[request.param]


def _within(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_text_is_there_in_both_languages(spoken: Spoken) -> None:
    for name, words in spoken.items():
        assert set(words) == {"nl", "en"}, name
        assert set(words["nl"]) == set(words["en"]), name
        assert all(every_form(text) for language in words.values() for text in language.values()), name


def test_both_languages_leave_the_same_places_open(spoken: Spoken) -> None:
    for name, words in spoken.items():
        for key, text in words["nl"].items():
            assert places(text) == places(words["en"][key]), f"{name}: {key}"


def test_no_two_files_claim_the_same_key(spoken: Spoken) -> None:
    keys = [key for words in spoken.values() for key in words["nl"]]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})


def test_staff_are_not_spoken_to_as_patients_are(every: Mapping[str, Spoken]) -> None:
    words = every["clinic"].items()
    texts = {key: text for name, told in words if name not in _TO_PATIENTS for key, text in told["nl"].items()}
    assert not {key: text for key, text in texts.items() if re.search(r"\b([Jj]e|[Jj]ij|[Jj]ouw?)\b", str(text))}


def test_every_text_that_is_asked_for_exists(every: Mapping[str, Spoken]) -> None:
    spoken = {folder: [*every[folder].values(), *every[SHARED].values()] for folder in FOLDERS}
    missing = {_within(script): found for script in SCRIPTS if (found := _missing(script, spoken[script.parent.name]))}
    assert not missing


@pytest.mark.parametrize(("folder", "screen"), PAGES)
def test_a_screen_that_is_fetched_brings_every_text_it_asks_for(
    folder: str, screen: str, every: Mapping[str, Spoken]
) -> None:
    """A screen is fetched when somebody goes there, and the words of another may never have been."""
    frame, page = brought(ROOT / folder / "app.js"), ROOT / folder / f"{screen}.js"
    own = brought(page) - frame | {page}
    spoken = [every[path.parent.name][path.name] for path in added(frame | own, page)]
    assert not {_within(path): found for path in own if (found := _missing(path, spoken))}
    known = {key for words in spoken for key in words["nl"]}
    elsewhere = {key for words in every[folder].values() for key in words["nl"]} - known
    named = {_within(path): set(_QUOTED.findall(path.read_text(encoding="utf-8"))) for path in own - set(TEXTS)}
    assert not {path: found & elsewhere for path, found in named.items() if found & elsewhere}


def test_what_the_app_starts_with_brings_every_text_it_asks_for(every: Mapping[str, Spoken]) -> None:
    frame = brought(ROOT / "patient" / "app.js")
    spoken = [every[path.parent.name][path.name] for path in added(frame)]
    assert not {_within(path): found for path in frame if (found := _missing(path, spoken))}


def brought(script: Path) -> frozenset[Path]:
    """Return a module with all that it imports at once."""
    found, left = set[Path](), [script]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += _imported(one)
    return frozenset(found)


def added(scripts: Iterable[Path], page: Path | None = None) -> frozenset[Path]:
    """Return the texts that these scripts make known: those that one of them adds or hands on, and the page's own."""
    pages = {page, *FIRST}
    adding = {one for one in scripts if one in pages or _ADDING.search(one.read_text(encoding="utf-8"))}
    own = {one for script in adding for one in _imported(script)}
    return frozenset(own & set(TEXTS))


def _imported(script: Path) -> Iterator[Path]:
    for name in _IMPORTED.findall(script.read_text(encoding="utf-8")):
        yield (ROOT / name[8:] if name.startswith("/static/") else script.parent / name).resolve()


def _missing(script: Path, spoken: Iterable[Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Return the texts a script asks for that none of these words has, and the stems nothing begins with."""
    known = {key for words in spoken for key in words["nl"]}
    code = script.read_text(encoding="utf-8")
    asked = {key for found in _ASKED.findall(code) for key in found if key}
    stems = {stem for stem in _STEM.findall(code) if not any(key.startswith(stem) for key in known)}
    return sorted(asked - known | stems)


def test_no_text_stands_in_a_screen_itself() -> None:
    """A sentence in quotes that begins with a capital would be read in one language by everybody."""
    sentence = re.compile(r'"[A-Z][a-z]+(?: [a-z]+){2,}[^"]*"')
    found = {
        _within(script): said
        for script in SCRIPTS
        if script not in _OWN_WORDS and (said := sentence.findall(_COMMENT.sub("", script.read_text(encoding="utf-8"))))
    }
    assert not found


def every_form(text: Any) -> bool:
    """Tell whether a text says something: a sentence, or one for each number."""
    forms = list(text.values()) if isinstance(text, dict) else [text]
    named = not isinstance(text, dict) or set(text) == {"one", "other"}
    return named and all(isinstance(form, str) and form.strip() for form in forms)


def places(text: Any) -> set[str]:
    """Return the names of what a text leaves open."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {place for form in forms for place in re.findall(r"\{(\w+)\}", form)}


def test_every_dataset_and_form_of_a_snapshot_is_named_on_the_research_page_in_both_languages() -> None:
    told = (ROOT / "clinic" / "research.words.js").read_text(encoding="utf-8")
    keys = [f"research.dataset.{dataset}" for dataset in DATASETS] + [f"freeze.form.{form}" for form in Format]
    assert {key: told.count(f'"{key}"') for key in keys} == dict.fromkeys(keys, 2)
    offered = (ROOT / "clinic" / "researchsnapshots.js").read_text(encoding="utf-8")
    assert f"const FORMS = {json.dumps([*Format])};" in offered
