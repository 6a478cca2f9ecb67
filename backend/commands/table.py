"""The table of subcommands and the parser made of it; a command's module is loaded only when it is asked for."""

import argparse
import importlib
from typing import NamedTuple


class Command(NamedTuple):
    """One subcommand: its name, what it does, the module that does it, and an example."""

    name: str
    help: str
    module: str
    example: str


COMMANDS = (
    Command(
        "demo",
        "make an installation with invented patients and serve it",
        "backend.commands.demo",
        "uitwerk demo",
    ),
    Command(
        "serve",
        "serve the web and send reminders",
        "backend.commands.serve",
        "uitwerk serve --migrate",
    ),
    Command(
        "dispatch",
        "send reminders, without the web",
        "backend.commands.dispatch",
        "uitwerk dispatch",
    ),
    Command(
        "migrate",
        "bring the database to the newest schema",
        "backend.commands.migrate",
        "uitwerk migrate",
    ),
    Command(
        "invite",
        "print an enrolment link for a member of staff",
        "backend.commands.invite",
        'uitwerk invite --site "Centre" --name "Fatima" --email fatima@clinic.example --role admin',
    ),
    Command(
        "import",
        "read patients and dose histories from CSV files",
        "backend.commands.import_",
        'uitwerk import --site "Centre" --by bram@clinic.example patients.csv doses.csv --dry-run',
    ),
    Command(
        "export",
        "write a study's pseudonymous data to a file",
        "backend.commands.export",
        'uitwerk export --study "Study" --as dirk@clinic.example --dataset entries --out entries.csv',
    ),
    Command(
        "reminders",
        "say why each reminder of a patient exists, and why it was or was not sent",
        "backend.commands.reminders",
        "uitwerk reminders why --patient 4f6c0d5e-6f0a-4b0e-9a51-3c1a2f6f7d10 --since 2026-03-01T00:00:00+01:00",
    ),
    Command(
        "resync",
        "make phones read everything anew, after the database was restored from a copy",
        "backend.commands.resync",
        "uitwerk resync",
    ),
    Command(
        "doctor",
        "say what is configured, what is unsafe and what to do",
        "backend.commands.doctor",
        "uitwerk doctor",
    ),
    Command(
        "reference",
        "write the reference pages of the documentation",
        "backend.commands.reference",
        "uitwerk reference --out docs/reference",
    ),
)


def make_parser(chosen: str | None) -> argparse.ArgumentParser:
    """Return the parser of the whole program; only the chosen command's module is loaded for its arguments."""
    parser = argparse.ArgumentParser(
        prog="uitwerk",
        description="A symptom diary tied to dosing intervals.",
        epilog="Example: uitwerk demo. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.",
        formatter_class=_format,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        _fill(commands.add_parser(command.name, help=command.help, add_help=False), command, command.name == chosen)
    return parser


def help_of(name: str) -> str:
    """Return what `uitwerk NAME --help` prints."""
    command = next(command for command in COMMANDS if command.name == name)
    return _fill(argparse.ArgumentParser(prog=f"uitwerk {name}", add_help=False), command, True).format_help()


def _fill(parser: argparse.ArgumentParser, command: Command, asked: bool) -> argparse.ArgumentParser:
    """Tell a command's parser what it is for and, when it is the one asked for, its arguments."""
    parser.add_argument("-h", "--help", action="help", help="show this and leave")
    parser.description = f"{command.help[0].upper()}{command.help[1:]}."
    parser.epilog = f"Example: {command.example}"
    parser.formatter_class = _format
    parser.allow_abbrev = False
    if asked:
        module = importlib.import_module(command.module)
        module.add_arguments(parser)
        parser.set_defaults(run=module.run)
    return parser


def _format(prog: str) -> argparse.HelpFormatter:
    """Write help at one width everywhere, so that the reference page does not depend on a terminal."""
    return argparse.HelpFormatter(prog, width=100)
