"""The command line as people meet it: help, exit codes, migrating, inviting, exporting."""

import importlib.util
import resource
import sqlite3
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from backend import cli
from backend.commands import table
from backend.settings import load
from backend.storage import migrate
from backend.storage.db import make_engine
from tests.commands.conftest import Uitwerk

COMMANDS = [command.name for command in table.COMMANDS]
ADMIN = ("--site", "Centre", "--name", "Fatima", "--email", "fatima@clinic.example", "--role", "admin")


def _best(*command: str) -> float:
    """Return the least processor time (s) of several runs: the machine is shared, only work of our own counts."""
    spent = [_spent()]
    for _ in range(7):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        spent.append(_spent())
    return min(after - before for before, after in pairwise(spent))


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_comes_within_six_times_the_start_of_python() -> None:
    assert _best(sys.executable, "-m", "backend", "--help") < 6 * _best(sys.executable, "-c", "pass")


def test_help_names_every_command(uitwerk: Uitwerk) -> None:
    told = uitwerk("--help")
    assert told.code == cli.OK
    assert [name for name in COMMANDS if name not in told.out] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(uitwerk: Uitwerk, name: str) -> None:
    told = uitwerk(name, "--help")
    assert (told.code, told.err) == (cli.OK, "")
    assert f"Example: uitwerk {name}" in " ".join(told.out.split())


@pytest.mark.parametrize("words", [(), ("nope",), ("migrate", "--nope"), ("invite",), ("doctor", "extra")])
def test_wrong_usage_leaves_with_2(uitwerk: Uitwerk, words: tuple[str, ...]) -> None:
    told = uitwerk(*words)
    assert told.code == cli.USAGE
    assert told.err.startswith("usage: uitwerk")


def test_no_module_of_a_command_is_loaded_before_it_is_asked_for() -> None:
    listing = "print({'flask', 'sqlalchemy'} & set(sys.modules))"
    code = f"import sys, backend.cli; from backend.commands.table import make_parser as make; make(None); {listing}"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_an_environment_that_cannot_be_read_is_refused_in_one_line(
    uitwerk: Uitwerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UITWERK_PORT", "eighty")
    told = uitwerk("migrate")
    assert (told.code, told.err) == (cli.REFUSED, "uitwerk migrate: UITWERK_PORT is not of type int.\n")


def test_migrate_goes_down_and_up_and_says_from_where_to_where(bare: Path, uitwerk: Uitwerk) -> None:
    head = migrate.head()
    assert uitwerk("migrate").out == f"from {head} to {head}\n"
    assert uitwerk("migrate", "--to", "base").out == f"from {head} to nothing\n"
    assert uitwerk("migrate", "--to", "0001").out == "from nothing to 0001\n"
    assert uitwerk("migrate", "--to", "9999").code == cli.REFUSED


@pytest.mark.promise("P33")
@pytest.mark.parametrize("words", [("migrate",), ("serve",), ("dispatch",), ("serve", "--migrate"), ("invite", *ADMIN)])
def test_a_schema_newer_than_this_version_is_left_alone(bare: Path, uitwerk: Uitwerk, words: tuple[str, ...]) -> None:
    engine = make_engine(load().url, pooled=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
    told = uitwerk(*words)
    assert (told.code, migrate.current(engine)) == (cli.REFUSED, "9000")
    assert "install the newer version" in told.err


@pytest.mark.parametrize("words", [("serve",), ("dispatch",), ("invite", *ADMIN)])
def test_nothing_starts_on_a_schema_that_is_behind(bare: Path, uitwerk: Uitwerk, words: tuple[str, ...]) -> None:
    uitwerk("migrate", "--to", "base")
    told = uitwerk(*words)
    assert told.code == cli.REFUSED
    assert f"needs {migrate.head()}; run: uitwerk migrate" in told.err


def test_processes_that_migrate_at_once_wait_for_each_other(bare: Path, uitwerk: Uitwerk) -> None:
    uitwerk("migrate", "--to", "base")
    command = [sys.executable, "-m", "backend", "migrate"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    ends = [process.communicate(timeout=60)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4, ends


@pytest.mark.promise("P30")
def test_an_invitation_is_a_link_whose_secret_reaches_no_server(bare: Path, uitwerk: Uitwerk) -> None:
    told = uitwerk("invite", *ADMIN)
    link, rest = told.out.split("\n", 1)
    address, token = link.split("#")
    assert (told.code, address) == (cli.OK, "http://127.0.0.1:8000/enrol")
    assert len(token) >= 43
    assert "15 minutes" in rest
    assert uitwerk("invite", *ADMIN).out.split("\n")[0] != link


@pytest.mark.parametrize(
    ("option", "value"),
    [("--email", "nobody"), ("--name", " "), ("--site", "x" * 201), ("--name", "a\x00b"), ("--zone", "Mars/Base")],
)
def test_an_invitation_that_makes_no_sense_is_refused(bare: Path, uitwerk: Uitwerk, option: str, value: str) -> None:
    told = uitwerk("invite", *ADMIN, option, value)
    assert (told.code, told.out) == (cli.REFUSED, "")


@pytest.mark.promise("P34")
def test_the_key_is_made_for_its_owner_alone(bare: Path, uitwerk: Uitwerk) -> None:
    uitwerk("invite", *ADMIN)
    assert stat.S_IMODE((bare / "uitwerk.key").stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_told_in_one_line(
    tmp_path: Path, uitwerk: Uitwerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/no/such/folder/x.db")
    told = uitwerk("serve")
    assert told.code == cli.REFUSED
    assert told.err.count("\n") == 1
    assert sqlite3.OperationalError.__name__ in told.err


def test_every_command_stands_in_the_table_and_has_its_module() -> None:
    assert [c.name for c in table.COMMANDS if importlib.util.find_spec(c.module) is None] == []
