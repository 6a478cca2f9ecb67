"""`uitwerk serve` as processes: ready by itself, keeps its dispatcher alive, and leaves nobody behind."""

import os
import signal
from pathlib import Path

import httpx2
import pytest

from tests.journeys.processes import NO_TLS, Installation, Running, until

pytestmark = pytest.mark.journey

# Who starts, watches and ends whom is the same on every database; that both are served, the first test here shows.
on_one_database = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


def _below(parent: int) -> dict[str, int]:
    """Return the children of a serving process by what they do."""
    found = {}
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        found["dispatch" if b"dispatch" in command else "web"] = int(child)
    return found


def _ready(installation: Installation) -> bool:
    try:
        return httpx2.get(f"{installation.base_url}/readyz", timeout=2, verify=NO_TLS).status_code == 200
    except httpx2.TransportError:
        return False


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _serving(installation: Installation) -> Running:
    running = installation.start("serve", UITWERK_WORKERS="1")
    until(lambda: _ready(installation), "serve is ready")
    return running


@pytest.mark.promise("P34")
def test_serving_is_ready_listens_on_this_machine_alone_and_stops_when_told(installation: Installation) -> None:
    running = _serving(installation)
    children = _below(running.process.pid)
    assert set(children) == {"web", "dispatch"}
    assert f"Uitwerk listens on {installation.base_url}" in running.log.read_text()
    assert f"{installation.port:04X}" in _listening("0100007F")
    assert f"{installation.port:04X}" not in _listening("00000000")
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert all(_gone(child) for child in children.values())


@on_one_database
@pytest.mark.promise("P16")
def test_a_dispatcher_that_dies_is_started_anew_while_the_web_goes_on(installation: Installation) -> None:
    running = _serving(installation)
    before = _below(running.process.pid)
    os.kill(before["dispatch"], signal.SIGKILL)

    def renewed() -> dict[str, int] | None:
        now = _below(running.process.pid)
        return now if now.get("dispatch") not in {None, before["dispatch"]} else None

    assert until(renewed, "another dispatcher runs")["web"] == before["web"]


@on_one_database
def test_nobody_is_left_behind_when_the_parent_is_killed(installation: Installation) -> None:
    running = _serving(installation)
    children = _below(running.process.pid)
    running.process.kill()
    running.process.wait(30)
    until(lambda: all(_gone(child) for child in children.values()), "web and dispatcher end by themselves")


@on_one_database
def test_a_web_server_that_cannot_start_ends_it_all_with_an_exit_code(installation: Installation) -> None:
    first = installation.serve(workers=1)
    second = installation.start("serve")
    assert second.process.wait(60) != 0
    assert first.process.poll() is None


def _listening(address: str) -> set[str]:
    """Return the ports, in hexadecimal, that somebody listens on at an IPv4 address of /proc/net/tcp."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1].split(":")[1] for row in rows if row[3] == "0A" and row[1].startswith(address)}
