"""Dispatchers by the dozen: a warm parent that forks them in no time, and people for them to tell."""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from sqlalchemy.orm import configure_mappers

from backend import worker
from backend.commands import lifeline
from backend.domain.permissions import Role
from backend.services.context import Actor
from backend.settings import load
from backend.storage import reminders
from backend.storage.sealing import Place
from notifications.reminder import Reminder
from tests.factories.base import FAR, PatientFactory
from tests.house import House, Patient
from tests.journeys.processes import ROOT

ENDS_S = 60.0
BACK_OFF = "0.5 1 2 4 4 4"


@dataclass(frozen=True, slots=True)
class Reachable:
    """A patient who can be told by SMS and by mail, each under a number of their own."""

    id: UUID
    number: str

    @property
    def patient(self) -> Patient:
        """The same as the house knows them."""
        return Patient(self.id, Actor(Role.PATIENT, patient_id=self.id))


@dataclass
class Warm:
    """A process with everything imported; what it forks begins to dispatch at once, each on its own connections."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def fork(self, environ: Mapping[str, str], **told: str) -> int:
        """Start a dispatcher (`uitwerk dispatch` without the start of Python) and return its pid."""
        return int(self._ask({"fork": {**environ, **told}}))

    def kill(self, pid: int) -> None:
        """Kill -9 a dispatcher that is still alive."""
        assert self._ask({"kill": pid}) == -signal.SIGKILL, f"it had ended by itself, see {self.log}"

    def ended(self, pid: int) -> int:
        """Wait until a dispatcher ends by itself and return how: minus the signal, or its exit code."""
        return int(self._ask({"wait": pid}))

    def clear(self) -> None:
        """Kill whatever is still alive."""
        self._ask({"clear": None})

    def _ask(self, what: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text()[-2000:]
        return json.loads(answer)


@contextmanager
def open_warm(folder: Path) -> Iterator[Warm]:
    """Run the parent while the block lasts; fails where a dispatcher met what nobody foresaw."""
    log = folder / "dispatchers.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.dispatching"],
            cwd=ROOT,
            # Nobody here speaks TLS, and reading all the world's authorities would take the longest of all.
            env={**os.environ, "SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stream,
        )
    try:
        yield Warm(process, log)
    finally:
        process.communicate()
    assert "Traceback" not in log.read_text(), log.read_text()[-2000:]


def reachable(house: House, count: int, start: int = 0, **columns: Any) -> list[Reachable]:
    """Enrol patients who are told by SMS, all in one transaction; nobody goes over what they are reminded of.

    Their numbers are counted from `start`.
    """
    made: list[Reachable] = []
    with house.unit() as ctx:
        for number in range(start, start + count):
            one = Reachable(uuid4(), f"+3162{number:07}")
            mine = str(one.id)
            key = ctx.sealer.new_key(mine)
            told = {"channels": "sms", "enrolled_at": ctx.now, "planned_at": FAR, **columns}
            for name, address in (("phone", one.number), ("email", f"{one.number[1:]}@patient.example")):
                told[f"{name}_sealed"] = ctx.sealer.seal(key, mine, address, Place("patients", name, mine))
            ctx.session.add(PatientFactory.build(id=one.id, site_id=house.site.id, key=key, **told))
            made.append(one)
    return made


def falling_due(at: Sequence[datetime], channel: str = "sms") -> Iterator[Reminder]:
    """Yield a reminder for each moment, of the day before a dose; each makes sense for two days."""
    for place, send_at in enumerate(at):
        dose_at = send_at + timedelta(days=1)
        subject, over_at = f"dose:{uuid4()}", send_at + timedelta(days=2)
        key = f"dose:{subject}:1:{dose_at:%Y-%m-%d}:{place}"
        yield Reminder(
            key, "dose", subject, 1, "day-before", dose_at.date(), dose_at, send_at, over_at, channel
        )  # fmt: skip


def put(house: House, told: Sequence[tuple[Reachable, Reminder]]) -> dict[UUID, Reachable]:
    """Store planned reminders in one transaction; return whose each is, by its id."""
    found: dict[UUID, Reachable] = {}
    with house.unit() as ctx:
        for one, reminder in told:
            (made,) = reminders.create(ctx.session, one.id, [reminder], ctx.now)
            found[made] = one
    return found


class _Nursery:
    """The parent's own side: what it is asked, by line."""

    def __init__(self) -> None:
        self.children: set[int] = set()
        self.held_by, self.holds = os.pipe()

    def serve(self, asked: IO[bytes]) -> None:
        """Do as asked until nobody asks any more, then leave no child behind."""
        acts: dict[str, Callable[[Any], int]]
        acts = {"fork": self.fork, "kill": self.kill, "wait": self.wait, "clear": self.clear}
        for line in asked:
            ((name, what),) = json.loads(line).items()
            answer = json.dumps(acts[name](what)).encode() + b"\n"
            os.write(1, answer)
        self.clear()

    def fork(self, environ: dict[str, str]) -> int:
        """Fork a dispatcher; nothing was connected or threaded here before."""
        pid = os.fork()
        if pid == 0:
            self._dispatch(environ)
        self.children.add(pid)
        return pid

    def kill(self, pid: int) -> int:
        """Kill -9 a child and return how it ended: perhaps by itself before."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self._gone(pid, os.waitpid(pid, 0)[1])

    def wait(self, pid: int) -> int:
        """Return how a child ended by itself; it is killed when it does not, which the caller is told as 99."""
        deadline = time.monotonic() + ENDS_S
        while time.monotonic() < deadline:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return self._gone(pid, status)
            time.sleep(0.002)
        self.kill(pid)
        return 99

    def clear(self, _nothing: object = None) -> int:
        """Kill all children and return how many there were."""
        return len([self.kill(pid) for pid in self.children.copy()])

    def _gone(self, pid: int, status: int) -> int:
        self.children.discard(pid)
        return os.waitstatus_to_exitcode(status)

    def _dispatch(self, environ: dict[str, str]) -> None:
        """Be a dispatcher; never returns."""
        code = 70
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            os.close(self.holds)
            lifeline.hold(self.held_by)
            code = worker.main(load(environ))
        except BaseException:  # noqa: BLE001 - whatever it was, the parent's own loop must not go on in here
            traceback.print_exc()
        finally:
            os._exit(code)


if __name__ == "__main__":
    configure_mappers()
    import_module("notifications.channels.sms")
    _Nursery().serve(sys.stdin.buffer)
