"""REDCap instrument of a data dictionary, read as a definition, with everything of it that could not be carried."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from backend.domain import redcap_items
from backend.domain.answers import LONGEST
from backend.domain.errors import invalid
from backend.domain.imported import Imported, Lose, Lost, form_key, fresh_key
from backend.domain.imported_texts import plain
from backend.domain.questionnaires import Type
from backend.domain.redcap_items import Kept, Reading
from backend.domain.redcap_rows import ASKED, Field, fields, instrument

_RECORD = re.compile(r"(?:id|record)$", re.IGNORECASE)
_BOUNDS = ("text_validation_min", "text_validation_max")


def read(content: bytes, language: str, form: str | None = None, at: str = "") -> Imported:
    """Return the definition that an instrument of a data dictionary comes to; `language` is that of its texts.

    `form` names the instrument where the file holds several. Raises ClinicError `invalid` for a file that is no such
    table, at `/form` (below `at`) where no instrument or an unknown one is named, saying which there are, and for one
    in which nothing is asked. What has no place here is left out and told, each with line and column as the pointer
    (`/7/branching_logic`); line 1 is the header. Nothing is left out silently.
    """
    lost: list[Lost] = []

    def lose(where: str, why: str) -> None:
        lost.append(Lost(where, why))

    every = fields(content, lose)
    name = instrument(every, form, f"{at}/form")
    told = [one for one in every if one.get("form_name") == name]
    others = list(dict.fromkeys(one.get("form_name") for one in every if one.get("form_name") != name))
    if others:
        lose("/form", f"Only {name[:60]} is read; the file also holds {', '.join(others)[:400]}.")
    reading = Reading(language, lose)
    items = _items(_asked(told, every[0], lose), reading)
    if not items:
        raise invalid(f"{at}/form", "Holds nothing that can be asked here.")
    _tell_once(told, items, lose)
    key = form_key(name)
    title = plain(name.replace("_", " "), told[0].at("form_name"), lose, ASKED, markdown=False) or key
    lose(told[0].at("form_name"), f"Became the key {key}; a data dictionary holds no other title.")
    head = {"key": key, "version": "1", "languages": [language], "title": {language: title}}
    return Imported(head | {"items": items}, tuple(lost))


def _asked(told: Iterable[Field], record: Field, lose: Lose) -> Iterable[Field]:
    """Yield the fields but the record's own name: the first of a whole project's, and not of one instrument's."""
    for field in told:
        if field is record and _RECORD.search(field.get("field_name")) and field.get("field_type").lower() == "text":
            lose(field.at("field_name"), "Names the record, which is not asked.")
            # What stands above it begins a section all the same.
            yield Field(field.line, {"section_header": field.get("section_header")})
        else:
            yield field


def _items(told: Iterable[Field], reading: Reading) -> list[dict[str, Any]]:
    """Return the items; a section header begins a group, which goes on until the next."""
    sections: list[tuple[Field | None, list[Kept]]] = [(None, [])]
    for field in told:
        if field.get("section_header"):
            sections.append((field, []))
        one = redcap_items.kept(field, reading) if field.get("field_name") else None
        if one is not None:
            sections[-1][1].append(one)
    return [item for header, inner in sections for item in _section(header, inner, reading)]


def _section(header: Field | None, inner: Sequence[Kept], reading: Reading) -> list[dict[str, Any]]:
    items = [redcap_items.item(one, reading) for one in inner]
    if header is None:
        return items
    at = header.at("section_header")
    text = plain(header.get("section_header"), at, reading.lose, ASKED, markdown=False)
    if not items or not text:
        reading.lose(at, "Stands above nothing that is carried." if text else "Holds no text.")
        return items
    if all("enable_when" in item for item in items):
        reading.lose(at, "Is shown here also where all that stands below it is hidden.")
    key = fresh_key(f"{inner[0].key[:50]}-section", reading.taken)
    return [{"key": key, "type": Type.GROUP.value, "text": {reading.language: text}, "items": items}]


def _tell_once(told: Sequence[Field], items: Sequence[dict[str, Any]], lose: Lose) -> None:
    """Tell what differs for all fields alike."""
    for column in _BOUNDS:
        if any(field.get(column) for field in told):
            lose(f"/1/{column}", "An answer beyond it is asked about there, and refused here.")
    flat = [one for item in items for one in (item, *item.get("items", []))]
    if any(one["type"] in {Type.STRING, Type.TEXT} for one in flat):
        lose("/1/field_type", f"Texts hold at most {LONGEST[Type.STRING]} characters here, "
            f"and notes {LONGEST[Type.TEXT]}.")  # fmt: skip
