"""`uitwerk reference`: writes the reference pages from the code that they describe, so that they cannot disagree."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.api.contract import contract
from backend.api.fhir import parameters
from backend.api.problems import STATUS
from backend.commands.table import COMMANDS, help_of, make_parser
from backend.domain.drugs import is_confirmed
from backend.domain.errors import REGISTRY
from backend.domain.fhir import consents
from backend.domain.fhir.diary import VERIFIED
from backend.domain.fhir.pseudonymous import DAYS, EXTENSION
from backend.domain.fhir.pseudonymous import TYPES as TOLD
from backend.domain.instruments import Instrument, Scale, Threshold, instruments
from backend.domain.permissions import TABLE, Role
from backend.domain.regimens import Source
from backend.domain.symptoms import Symptom, vocabulary
from backend.services import snapshots
from backend.services.fhir.types import TYPES, Type
from backend.settings import variables

_MADE = "This page is made by `uitwerk reference`; change the code, not the page."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take the folder to write to."""
    parser.add_argument("--out", type=Path, default=Path("docs/reference"), help="folder to write to (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Write every page and name it."""
    args.out.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (args.out / name).write_text(write())
        print(args.out / name)
    return 0


def settings_page() -> str:
    """Return the page of the environment's variables."""
    rows = ((f"`{v['name']}`", v["kind"], _default(v["default"]), v["meaning"]) for v in variables())
    told = "Everything is set through the environment. Durations end in their unit; paths may be relative."
    return _page("Settings", told, _table(("variable", "type", "default", "meaning"), rows))


def errors_page() -> str:
    """Return the page of the error registry."""
    rows = (
        (f"`{e.code}`", str(STATUS[e.kind]), e.title, "yes" if e.retryable else "no")
        for e in sorted(REGISTRY.values(), key=lambda e: (STATUS[e.kind], e.code))
    )
    told = "Every refusal is an `application/problem+json` body (RFC 9457) whose `code` is one of these."
    return _page("Errors", told, _table(("code", "status", "meaning", "retry helps"), rows))


def permissions_page() -> str:
    """Return the page of who may do what."""
    rows = (
        (f"`{row.permission}`", row.meaning, row.reach.value, *("yes" if role in row.roles else "" for role in Role))
        for row in TABLE
    )
    told = (
        "Who may do what, and how far it goes: `self` one's own record, `care` patients with whom a care relationship "
        "stands, `study` pseudonymous data of studies one was admitted to, `site` one's own site, `open` nobody's "
        "data. What lies out of reach does not exist: 404."
    )
    return _page("Permissions", told, _table(("permission", "meaning", "reach", *(r.value for r in Role)), rows))


def cli_page() -> str:
    """Return the page of the command line."""
    parts = [f"```\n{make_parser(None).format_help()}```"]
    parts += [f"## uitwerk {c.name}\n\n```\n{help_of(c.name)}```" for c in COMMANDS]
    return _page("Command line", "Every command takes its settings from the environment.", "\n\n".join(parts))


def api_page() -> str:
    """Return the page of all routes, as the OpenAPI document has them."""
    told = (
        "The whole contract is served as OpenAPI 3.1 at `/api/v1/openapi.json` and to read at `/api/v1/docs`. Moments "
        "are RFC 3339 with an offset. `public` needs no token; every other permission stands in "
        "[permissions](permissions.md); refusals stand in [errors](errors.md)."
    )
    rows = (
        (
            f"`{method.upper()} {path}`",
            operation["summary"],
            f"`{operation['x-permission']}`",
            ", ".join(operation["responses"]),
        )
        for path, operations in contract()["paths"].items()
        for method, operation in _operations(operations)
    )
    return _page("API", told, _table(("route", "what it does", "permission", "answers"), rows))


def instruments_page() -> str:
    """Return the page of the published questionnaires and tests, with what is verified of each."""
    told = (
        "Which published questionnaires and tests are known: codes, ranges and rules. No wording of an instrument is "
        "kept but the project's own; a site publishes a licensed text on evidence of its licence. *Not verified* marks "
        "what was written from memory or listed without a source: confirm it before clinical use. A threshold is shown "
        "and decides nothing."
    )
    known = instruments().values()
    rows = (
        (f"`{one.key}`", one.name, one.ship.value, _sourced(one.licence), ", ".join(sorted(one.needs)), _rules(one))
        for one in known
    )
    head = ("key", "name", "ships", "licence", "a site supplies", "rule")
    scales = (_scale_row(one, scale) for one in known for scale in one.scales.values())
    scale_head = ("instrument", "scale", "method", "items", "at least", "range", "high is", "thresholds")
    return _page("Instruments", told, f"{_table(head, rows)}\n\n## Scales\n\n{_table(scale_head, scales)}")


def fhir_page() -> str:
    """Return the page of the FHIR door: what each type holds and does not, who reads it, how it is searched."""
    told = (
        "FHIR R4 (4.0.1) below `/fhir`, read-only, JSON. The contract is the CapabilityStatement at `/fhir/metadata`; "
        "`openapi.json` holds no route of it. Every type has `GET /fhir/Type/id`, `GET /fhir/Type?...` and `POST "
        "/fhir/Type/_search`; beside the parameters below, `_count` (at most 500) and `_format`. Every read needs "
        "`fhir:read` and the permission in the table; how to: [read with FHIR](../how-to/read-with-fhir.md)."
    )
    rows = ((f"`{one.name}`", *_needed(one), _sought(one), one.holds, one.without) for one in TYPES)
    head = ("type", "the patient needs", "staff need", "searched by", "holds", "does not hold")
    words = ((f"`{one.key}`", one.en, one.snomed or "", _claimed(one)) for one in vocabulary().values())
    profiles = "\n".join(f"- `{profile}`" for one in TYPES for profile in one.profiles)
    symptoms = (
        "A rating names the profile only where its word has a SNOMED CT code that the vocabulary marks as standing in "
        "the Symptoms guide; any other word is told by our own code. Not verified: whether all of these codes stand in "
        "version 1.0.0 (the lists that could be read hold headache, and neither numbness, weakness nor blurred vision)."
    )
    body = (
        f"{_table(head, rows)}\n\n## Profiles\n\nNamed in `meta.profile` where a resource meets them.\n\n{profiles}\n\n"
        f"## Symptoms\n\n{symptoms}\n\n{_table(('word', 'reads', 'SNOMED CT', 'told'), words)}\n\n{_consents()}\n\n"
        f"{_export()}"
    )
    return _page("FHIR", told, body)


def _consents() -> str:
    """Return the section of consents: how one stands, and where its text is told."""
    told = (
        "One for each purpose of a study that was answered; the purpose is our code in `category`, the study in the "
        f"extension `{consents.STUDY}` of `provision`. `dateTime` is when the yes or the no was said; a yes has a "
        "`provision.period` that ends when it was taken back, or when a newer text is, or was, needed. `policy.uri` is "
        "the version of the text, `sourceAttachment` tells its language; a paper of the study's own has neither. R4's "
        "`Attachment.hash` is a SHA-1 and stays empty. To those who may see a study's dosing rules in care "
        "(`protocols:read`), what belongs to a study whose consent `care` does not stand does not exist."
    )
    rows = ((f"`{state.value}`", f"`{status}`") for state, status in consents.STATUS.items())
    also = "\n".join(f"- `{url}` {meaning}." for url, meaning in consents.EXTENSIONS.items())
    return f"## Consents\n\n{told}\n\n{_table(('in `/api/v1`', 'status'), rows)}\n\nExtensions of ours:\n\n{also}"


def _export() -> str:
    """Return the section of the export: what leaves, under which names, and how days are told."""
    told = (
        "`GET /fhir/Group/{study}/$export` ([Bulk Data Access](http://hl7.org/fhir/uv/bulkdata/STU2/)): the FHIR form "
        f"of a study's snapshot, for researchers admitted to it, or with a key (`{snapshots.PERMISSION}`). Parameters "
        "`_type` and `_outputFormat` (ndjson). Not served, and refused: `_since` (no resource tells when it changed), "
        "`_typeFilter`, `_elements`, `patient`, `includeAssociatedData`, POST. The Group itself is not read or "
        "searched. How to: [pull research data](../how-to/pull-research-data.md#as-fhir)."
    )
    held = (
        f"It holds {', '.join(f'`{one}`' for one in TOLD)}: standing versions of subjects whose consent stands, "
        "labelled `PSEUDED` in `meta.security`. An id is the subject's pseudonym, a dot, and the keyed id that the "
        "datasets hold; `Patient` tells nothing else. Not told: identity, anything written in words, identifiers of "
        "`/api/v1`, when something was recorded or consented to, in which language a consent's text was read, on which "
        "side it was said, the time of day of anything, weekdays of a plan."
    )
    days = (
        "A study of the calendar tells days as dates (never times). In every study days stand, counted as in the "
        f"datasets, in extensions of the resource whose `valueInteger` is the day, `{EXTENSION}` before:"
    )
    rows = ((f"`{name}`", meaning) for name, meaning in DAYS.items())
    masked = (
        "Where R4 asks for a date and the study counts days, `MedicationAdministration.effectivePeriod` and "
        "`Appointment.start` hold `data-absent-reason` `masked`. Answers that are dates are left out then; answers "
        "that are moments always. A date that a questionnaire itself names, as a bound, is the form's and stays in it."
    )
    return f"## Export\n\n{told}\n\n{held}\n\n{days}\n\n{_table(('extension', 'the day'), rows)}\n\n{masked}"


def _needed(one: Type) -> list[str]:
    """Return what the patient needs, and what staff do."""
    return [", ".join(f"`{name}`" for name in one.needed(own=own)) or "nobody" for own in (True, False)]


def _sought(one: Type) -> str:
    return ", ".join(f"`{name}`" for name, _ in parameters.of(one))


def _claimed(one: Symptom) -> str:
    return "with the SNOMED CT code" if one.snomed and one.status == VERIFIED else "by our own code only"


def _rules(one: Instrument) -> str:
    return " ".join(_sourced(source) for source in (one.rule, one.missing) if source)


def _scale_row(one: Instrument, scale: Scale) -> tuple[str, ...]:
    span = "" if scale.low is None else f"{scale.low}-{scale.high}"
    thresholds = "; ".join(_threshold(threshold) for threshold in scale.thresholds)
    counted = (str(scale.n_items or ""), str(scale.minimum or ""))
    high = scale.direction.value.removeprefix("high-")
    return (f"`{one.key}`", scale.en, scale.method.value, *counted, span, high, thresholds)


def _threshold(one: Threshold) -> str:
    unit = f" {one.unit}" if one.unit else ""
    return f"{one.kind.value.upper()} {one.value}{unit}, {_sourced(one.source) or one.meaning}"


def _sourced(source: Source) -> str:
    return source.text if is_confirmed(source) else f"{source.text} *(not verified)*".strip()


def _operations(held: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, told) for name, told in held.items() if isinstance(told, dict)]


def _default(value: object) -> str:
    return f"`{value}`" if value not in {None, ""} else "unset"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def _page(title: str, told: str, body: str) -> str:
    return f"# {title}\n\n{_MADE}\n\n{told}\n\n{body}\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "errors.md": errors_page,
    "permissions.md": permissions_page,
    "cli.md": cli_page,
    "api.md": api_page,
    "instruments.md": instruments_page,
    "fhir.md": fhir_page,
}
