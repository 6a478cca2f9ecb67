"""An installation of real processes: its folder, database and clock, and what is started, watched and killed on it."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx2

ROOT = Path(__file__).parents[2]
READY_S = 30.0
# Everything here speaks plain HTTP, and to read the machine's certificates costs a client more than all it asks.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_T = TypeVar("_T")


def until(what: Callable[[], _T | None], said: str, within_s: float = READY_S) -> _T:
    """Ask again and again until the answer is something, not nothing or empty; AssertionError when time is up."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{said}: not within {within_s} s")


def free_port() -> int:
    """Return a port of the loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A process in a group of its own, with what it printed in a file."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def stop(self) -> None:
        """Ask the process to end and wait; its whole group is killed when it does not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(READY_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill -9 the whole process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(READY_S)

    def workers(self) -> list[int]:
        """Return the pids of the web processes: the leaves below the process."""
        below, leaves = [self.process.pid], []
        while below:
            children = _children(pid := below.pop())
            below += children
            leaves += [] if children else [pid]
        return sorted(leaves)


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []


@dataclass
class Installation:
    """One data folder and database, on which processes are started; the clock is moved by a file."""

    kind: str
    url: str
    folder: Path
    told: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    started: list[Running] = field(default_factory=list)

    @property
    def clock_file(self) -> Path:
        """The file that shifts every process's clock."""
        return self.folder / "clock"

    @property
    def base_url(self) -> str:
        """Where the web server listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The URL of the database, also where it is the default one."""
        return self.url or f"sqlite:///{self.folder / 'uitwerk.db'}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of every process."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {
            **inherited,
            "APP_ENV": "test",
            "DATABASE_URL": self.url,
            "UITWERK_DATA_DIR": str(self.folder),
            "UITWERK_PORT": str(self.port),
            "UITWERK_ARGON2_MEMORY_KIB": "64",
            "UITWERK_LOG_LEVEL": "WARNING",
            "UITWERK_DISPATCH_EVERY_S": "0.2",
            "CLOCK_FILE": str(self.clock_file),
            **self.told,
        }

    def now(self) -> datetime:
        """Return the moment the processes believe it is."""
        shift = float(self.clock_file.read_text()) if self.clock_file.exists() else 0.0
        return datetime.fromtimestamp(time.time() + shift, UTC)

    def move_clock(self, to: datetime) -> None:
        """Set the clock of every process; the file is replaced at once, so that nobody reads half of it."""
        fresh = self.folder / "clock.new"
        fresh.write_text(str(to.timestamp() - time.time()))
        fresh.replace(self.clock_file)

    def run(self, *words: str) -> str:
        """Run a command of `uitwerk` to its end and return what it printed. AssertionError when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "backend", *words],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def start(self, *words: str, **told: str) -> Running:
        """Start a command of `uitwerk`."""
        return self._started(words[0], ("backend", *words), told)

    def serve(self, workers: int = 2, **told: str) -> Running:
        """Start the web server and wait until it answers: what `uitwerk serve` has below it, without a dispatcher.

        The parent, which takes as long to start as the server itself, has tests of its own.
        """
        running = self._started("serve", ("backend.commands.web",), {"UITWERK_WORKERS": str(workers), **told})
        until(lambda: self._alive(running), f"{running.log.name} answers /healthz")
        return running

    def _started(self, name: str, module: Sequence[str], told: Mapping[str, str]) -> Running:
        log = self.folder / f"{len(self.started)}-{name}.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env={**self.environ, **told},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(process, log)
        self.started.append(running)
        return running

    def dispatch(self) -> Running:
        """Start a dispatcher."""
        return self.start("dispatch")

    def client(self, headers: dict[str, str] | None = None, **told: Any) -> httpx2.Client:
        """Return an HTTP client whose paths are relative to /api/v1."""
        return httpx2.Client(
            base_url=f"{self.base_url}/api/v1", headers=headers, **{"timeout": 30, "verify": NO_TLS, **told}
        )

    def close(self) -> None:
        """Stop everything, and fail when a process met something nobody foresaw."""
        for running in reversed(self.started):
            running.stop()
        unforeseen = [
            f"{running.log.name}: {line[:300]}"
            for running in self.started
            for line in running.log.read_text(errors="replace").splitlines()
            if "unforeseen" in line or line.startswith("Traceback")
        ]
        assert not unforeseen, unforeseen[:5]

    def _alive(self, running: Running) -> bool:
        assert running.process.poll() is None, running.log.read_text(errors="replace")[-2000:]
        try:
            return httpx2.get(f"{self.base_url}/healthz", timeout=2, verify=NO_TLS).status_code == 200
        except httpx2.TransportError:
            return False
