"""`uitwerk serve`: the web server and a dispatcher, each in a process of its own, watched by this one."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from backend.clock import monotonic
from backend.commands import lifeline, migrate, surroundings

WEB = ("-m", "backend.commands.web")
DISPATCH = ("-m", "backend", "dispatch")
_LONGEST_PAUSE_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take whether to migrate first and whether to dispatch."""
    parser.add_argument("--migrate", action="store_true", help="bring the database to the newest schema first")
    parser.add_argument("--no-dispatch", action="store_true", help="leave sending reminders to `uitwerk dispatch`")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop (SIGTERM, SIGINT). Raises Refused for a database at another schema or another key's."""
    found = surroundings.settings()
    surroundings.alarms(found)
    with surroundings.database(found) as engine:
        if args.migrate:
            migrate.to(engine)
        surroundings.at_head(engine)
        surroundings.sealer(found, engine)
    return Keeper(dispatches=not args.no_dispatch).keep()


class Keeper:
    """Keeps the web server and a dispatcher: a dispatcher that dies is started anew, a dead web server ends it all."""

    def __init__(self, *, dispatches: bool) -> None:
        self._dispatches = dispatches
        self._stopping = False
        self._code = 0
        self._running: dict[int, tuple[Sequence[str], subprocess.Popen[bytes]]] = {}
        self._started = monotonic()
        self._pause_s = 0.0
        # The children hold the reading end; the writing end closes with this process, even after kill -9.
        self._held, self._lifeline = os.pipe()

    def keep(self) -> int:
        """Start both and watch them; return the web server's exit code."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._end)
        self._start(WEB)
        if self._dispatches:
            self._start(DISPATCH)
        while self._running:
            number, status = os.wait()
            what, process = self._running.pop(number, ((), None))
            if process is not None:
                process.returncode = os.waitstatus_to_exitcode(status)
                self._ended(what, process.returncode)
        return self._code

    def _start(self, what: Sequence[str]) -> None:
        command = [sys.executable, *what, lifeline.OPTION, str(self._held)]
        process = subprocess.Popen(command, pass_fds=(self._held,))
        self._running[process.pid] = (what, process)
        self._started = monotonic()
        if self._stopping:  # told to stop while starting
            _tell(process)

    def _ended(self, what: Sequence[str], code: int) -> None:
        if what == WEB:
            self._code = self._code or (0 if self._stopping else abs(code) or 1)
            self._end()
        elif not self._stopping:
            self._wait_a_little()
            if not self._stopping:
                self._start(DISPATCH)

    def _wait_a_little(self) -> None:
        """Wait before starting anew, longer each time it died young."""
        young = monotonic() - self._started < _LONGEST_PAUSE_S
        self._pause_s = min(self._pause_s * 2 or 0.25, _LONGEST_PAUSE_S) if young else 0.0
        until = monotonic() + self._pause_s
        while not self._stopping and monotonic() < until:
            time.sleep(0.05)

    def _end(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self._stopping = True
        for _, process in list(self._running.values()):
            _tell(process)


def _tell(process: "subprocess.Popen[bytes]") -> None:
    """Ask a child to end. Not by its own method, which may reap it behind the back of `os.wait`."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
