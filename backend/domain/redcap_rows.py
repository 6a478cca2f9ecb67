"""REDCap data dictionaries as CSV: one row for each field, in eighteen columns."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.domain.errors import invalid
from backend.domain.imported import Lose
from backend.domain.tables import Layout, Refused, rows

HEADERS = {
    "Variable / Field Name": "field_name",
    "Form Name": "form_name",
    "Section Header": "section_header",
    "Field Type": "field_type",
    "Field Label": "field_label",
    "Choices, Calculations, OR Slider Labels": "select_choices_or_calculations",
    "Field Note": "field_note",
    "Text Validation Type OR Show Slider Number": "text_validation_type_or_show_slider_number",
    "Text Validation Min": "text_validation_min",
    "Text Validation Max": "text_validation_max",
    "Identifier?": "identifier",
    "Branching Logic (Show field only if...)": "branching_logic",
    "Required Field?": "required_field",
    "Custom Alignment": "custom_alignment",
    "Question Number (surveys only)": "question_number",
    "Matrix Group Name": "matrix_group_name",
    "Matrix Ranking?": "matrix_ranking",
    "Field Annotation": "field_annotation",
}
"""The headers of a data dictionary as it is downloaded, and what REDCap's API calls the same columns."""

CHOICES = "select_choices_or_calculations"
VALIDATION = "text_validation_type_or_show_slider_number"
_NEEDS = ("field_name", "form_name", "field_type")
_ALIASES = {header.lower(): name for header, name in HEADERS.items()}
_LAYOUT = Layout(tuple(HEADERS.values()), _NEEDS, _ALIASES, lambda _name, _cell: None)

ASKED = re.compile(r"\[[a-z][a-z0-9_:-]*(?:\([^()\[\]]*\))?\]", re.IGNORECASE)
"""How a text names an answer that is to be shown within it (piping)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row: its first line in the file (1 is the header), and its cells by column."""

    line: int
    cells: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return the cell of a column, empty where there is none."""
        return self.cells.get(name, "")

    def at(self, name: str) -> str:
        """Return the pointer to the cell of a column."""
        return f"/{self.line}/{name}"

    def said(self, name: str) -> bool:
        """Whether a column that asks yes or no says yes."""
        return self.get(name).lower() in {"y", "yes"}


def fields(content: bytes, lose: Lose) -> list[Field]:
    """Return the rows of a data dictionary; one that cannot be read is left out and told.

    Raises ClinicError `invalid` for a file that is no such table.
    """
    found: list[Field] = []
    for row in rows(content, _LAYOUT, Field):
        if isinstance(row, Refused):
            lose(f"/{row.line}", row.sentence)
        else:
            found.append(row)
    return found


def instrument(told: Iterable[Field], form: str | None, at: str) -> str:
    """Return the instrument that is read: the one that was named, or the only one.

    Raises ClinicError `invalid` at `at`, saying which there are.
    """
    names = list(dict.fromkeys(field.get("form_name") for field in told))
    if not names:
        raise invalid(at, "The file holds no fields.")
    if form is None and len(names) == 1:
        return names[0]
    if form not in names:
        why = "The file holds several instruments" if form is None else "The file holds no such instrument"
        raise invalid(at, f"{why}; name one of: {', '.join(names)[:1000]}.")
    return str(form)
