"""XLSForm of another system, read as a definition, with everything of it that could not be carried (xlsform.org)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from backend.domain import xlsform_choices, xlsform_items
from backend.domain.answers import LONGEST
from backend.domain.definitions import VERSION
from backend.domain.imported import Imported, Lose, Lost, form_key, told_languages
from backend.domain.imported_texts import plain
from backend.domain.languages import LANGUAGES
from backend.domain.questionnaires import WRITTEN, Type
from backend.domain.xlsform_items import Reading
from backend.domain.xlsform_sheets import ASKED, Row, Sheets, language, named, needed, pointer, rows

_SHEETS = ("survey", "choices", "settings")
_SETTINGS = frozenset({"form_title", "form_id", "version", "default_language"})


def read(sheets: Sheets, unnamed: str | None = None, at: str = "") -> Imported:
    """Return the definition that an XLSForm comes to; `unnamed` is the language of texts that name none.

    Raises ClinicError `invalid`, with a pointer below `at`, for a workbook without a survey, one in which nothing is
    asked, and groups that do not begin and end in turn. What has no place here is left out and told, each with sheet,
    row and header as the pointer (`/survey/7/relevant`); row 1 is the header. Nothing is left out silently.
    """
    needed(sheets, "survey", at)
    lost: list[Lost] = []

    def lose(where: str, why: str) -> None:
        lost.append(Lost(where, why))

    for name in sheets:
        if name not in {named(sheets, one) for one in _SHEETS}:
            lose(pointer(name), "This sheet is not read.")
    settings = _settings(sheets, lose)
    spoken = language(settings.get("default_language")) if settings and settings.get("default_language") else None
    told = _unnamed(sheets, spoken, unnamed, lose)
    survey = list(rows(sheets, "survey", told, lose))
    first = _first(survey, spoken, told)
    choices = xlsform_choices.read(rows(sheets, "choices", told, lose), first, lose)
    reading = Reading(first, choices, lose, Counter(row.get("name") for row in survey))
    kept = xlsform_items.kept(xlsform_items.tree(survey, at), (), reading)
    used = {row.kind.list_name for row in xlsform_items.every(kept)}
    for name, listed in choices.items():
        if name not in used:
            lose(listed.at, "No question that is carried chooses from this list.")
    xlsform_items.check(kept, at)
    definition = _head(settings, first, lose) | {"items": [xlsform_items.item(one, reading) for one in kept]}
    definition["languages"] = told_languages(definition, first)
    if _has_short_text(definition["items"]):
        lose(pointer("survey", 1, "type"), f"Texts hold at most {LONGEST[Type.STRING]} characters here, "
            f"and with the appearance {xlsform_items.MULTILINE} {LONGEST[Type.TEXT]}.")  # fmt: skip
    return Imported(definition, tuple(lost), pointer(named(sheets, "settings") or "settings", 2, "version"))


def _settings(sheets: Sheets, lose: Lose) -> Row | None:
    """Return the row of settings; what a definition has no place for is told."""
    found: list[Row] = list(rows(sheets, "settings", LANGUAGES[0], lose))
    for row in found[1:]:
        lose(row.at(), "Only the first row of settings is read.")
    for column in found[0].cells if found else ():
        if column.name not in _SETTINGS:
            lose(found[0].at(column.name), "A definition has no place for this.")
    return found[0] if found else None


def _unnamed(sheets: Sheets, spoken: str | None, told: str | None, lose: Lose) -> str:
    """Return the language of texts that name none: the form's own, or the one that was told, or the first we have."""
    found = spoken or told
    if found is not None:
        return found
    for name in _SHEETS[:2]:
        sheet = named(sheets, name)
        cells = sheets[sheet][0] if sheet is not None and sheets[sheet] else ()
        for cell in cells:
            if cell.strip().lower() in {"label", "hint", "caption"}:
                lose(pointer(str(sheet), 1, cell.strip()), f"Names no language; is read as {LANGUAGES[0]}.")
    return LANGUAGES[0]


def _first(survey: Sequence[Row], spoken: str | None, unnamed: str) -> str:
    """Return the form's first language: its own where it is told in that, or else the first in which it is told."""
    told = [column.language for row in survey for column in row.cells if column.name == "label"]
    found = [one for one in told if one in LANGUAGES]
    wanted = spoken if spoken in found else next(iter(found), unnamed)
    return str(wanted) if wanted in LANGUAGES else LANGUAGES[0]


def _head(settings: Row | None, first: str, lose: Lose) -> dict[str, Any]:
    """Return the key, version and title; what becomes another is told."""
    get = settings.get if settings else lambda _name: ""
    at = settings.at if settings else lambda name: pointer("settings", 2, name)
    name, title, version = get("form_id") or get("form_title"), get("form_title"), get("version")
    key = form_key(name)
    if key != name:
        lose(at("form_id"), f"Became the key {key}." if name else f"Is missing; the key is {key}.")
    if version and not VERSION.fullmatch(version):
        lose(at("version"), "Versions are numbered; this begins as 1.")
        version = ""
    title = plain(title, at("form_title"), lose, ASKED)
    if not title:
        lose(at("form_title"), "Is missing; the key is shown in its place.")
    return {"key": key, "version": version or "1", "languages": [first], "title": {first: title or key}}


def _has_short_text(items: Sequence[dict[str, Any]]) -> bool:
    """Whether a question takes words of one's own of a length that only we limit."""
    return any(
        (one["type"] in WRITTEN and "max_length" not in one) or _has_short_text(one.get("items", [])) for one in items
    )
