"""`uitwerk reminders why`: says of each reminder of a patient why it exists, and why it was or was not sent."""

import argparse
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import orjson

from backend.commands import Refused, surroundings
from backend.domain.moments import local
from backend.services import ledger
from backend.services.ledger import Account, Span

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take what is asked, of which patient, and of which stretch."""
    parser.add_argument("what", choices=("why",), help="why: the reasons of each reminder, the newest last")
    parser.add_argument("--patient", required=True, metavar="ID", help="id of the patient")
    parser.add_argument("--since", type=_moment, metavar="MOMENT", help="only what was to be sent from then on")
    parser.add_argument("--until", type=_moment, metavar="MOMENT", help="only what was to be sent before then")
    parser.add_argument("--json", action="store_true", help="print JSON, as the API gives it to staff")


def run(args: argparse.Namespace) -> int:
    """Print the accounts, and write down that somebody looked. Raises Refused for an id that is no patient's."""
    try:
        patient_id = UUID(args.patient)
    except ValueError as error:
        raise Refused("that is not the id of a patient.") from error
    found = surroundings.settings()
    with surroundings.database(found) as engine, surroundings.unit(found, engine, writes=False) as ctx:
        zone, accounts = ledger.at_console(ctx, patient_id, Span(args.since, args.until))
    if args.json:
        print(orjson.dumps({"items": accounts}, option=orjson.OPT_INDENT_2).decode())
        return 0
    for account in accounts:
        print("\n".join(_told(account, zone)), end="\n\n")
    print(f"{len(accounts)} reminders; times are those of {zone}")
    return 0


def _told(one: Account, zone: str) -> Iterator[str]:
    """Yield the lines that account for one reminder; they name nobody."""
    because = one.because
    yield f"{_at(one.send_at, zone)}  {one.kind} {one.step}: {one.status}{_why(one.why)}"
    yield f"  reminder   {one.id}"
    yield f"  exists     for {because.subject} (version {because.version}) due on {because.due_on}: {because.rule}"
    yield f"  to be sent from {_at(one.send_at, zone)} and before {_at(one.expires_at, zone)}, by {one.channel or '-'}"
    for change in one.changes:
        yield f"  {_at(change.at, zone)}  {change.state} by {change.by}{_why(change.why)}"
    for tried in one.attempts:
        when = _at(tried.started_at, zone)
        ended = f" until {_at(tried.ended_at, zone)}" if tried.ended_at else ""
        ref = f", there called {tried.provider_ref}" if tried.provider_ref else ""
        yield f"  attempt {tried.attempt:2} by {tried.channel} {when}{ended}{_why(tried.outcome)}{ref}"
    for said in one.receipts:
        heard = _at(said.received_at, zone)
        yield f"  receipt    {said.source} says {said.state} at {_at(said.at, zone)}, heard at {heard}"


def _why(code: str) -> str:
    return f" - {ledger.words(code)} [{code}]" if code else ""


def _at(at: datetime, zone: str) -> str:
    return f"{local(at, zone):%Y-%m-%d %H:%M:%S%z}"


def _moment(told: str) -> datetime:
    """Return an aware moment. Raises ArgumentTypeError."""
    try:
        if _MOMENT.fullmatch(told):
            return datetime.fromisoformat(told).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError("a moment has an offset, like 2026-03-29T09:00:00+02:00")
