"""Generated requests against the running server, as everybody: no server error, nothing the contract does not say."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import crc32

import orjson
import pytest

from backend.domain.datasets import DATASETS
from backend.domain.permissions import BY_NAME, PUBLIC, Role
from backend.domain.protocols import protocols
from tests.databases import KINDS
from tests.house import House
from tests.journeys.processes import Installation, until
from tests.journeys.record import Record, filled_record

pytestmark = pytest.mark.journey

SEED = "20260601"
FEW = 5
"""With more examples than this every operation is tried on both databases."""
OFF = "positive_data_acceptance"
"""Form does not decide everything: an unknown time zone has the right form and is refused all the same."""
LAST_ACT = "log_out"
UNLIMITED = {"UITWERK_LOGIN_LIMIT": "1000000", "UITWERK_PAIRING_LIMIT": "1000000"}
VERSIONS = ['"1"', '"2"']
CONFIG = """
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 404, 406, 415, 422, 428]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
"""
"""RFC 6585: 428 is the answer where If-Match is missing. What is too long may be too large altogether."""


@pytest.mark.promise("P07")
def test_generated_requests_meet_no_server_error_and_nothing_undocumented(
    installation: Installation, seeded: House, tmp_path: Path, examples: int
) -> None:
    installation.told |= UNLIMITED
    installation.serve(workers=2)
    installation.dispatch()
    with installation.client() as client:
        until(lambda: client.get(f"{installation.base_url}/readyz").status_code == 200, "ready")
        contract = client.get("/openapi.json").json()
    record = filled_record(installation, seeded)
    told = tmp_path / "contract.json"
    told.write_bytes(orjson.dumps(with_ids(contract, record)))
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    found, covered = [], set[str]()
    for role in (*Role, None):
        headers = record.people[role].headers if role else {}
        names = {name for name in open_to(contract, role) if examples > FEW or shared_out(name) == installation.kind}
        found += [
            generated(installation, told, names - covered, headers, examples, "coverage,fuzzing"),
            generated(installation, told, names & covered, headers, examples, "fuzzing"),
        ]
        covered |= names
    assert not any(found), "\n".join(found)


def shared_out(name: str) -> str:
    """Return the database an operation is tried on where few requests are made: half of them on each."""
    return KINDS[crc32(name.encode()) % len(KINDS)]


def with_ids(contract: dict[str, Any], record: Record) -> dict[str, Any]:
    """Return the contract with ids in its paths that stand for something, besides one that does not."""
    told = deepcopy(contract)
    known = {name: [*ids, str(uuid4())] for name, ids in record.ids.items()}
    known |= {"dataset": [*DATASETS, "codebook"], "key": [*protocols(), "NOVA-2"]}
    for operation in operations(told):
        for parameter in operation["parameters"]:
            if parameter["in"] == "path" and parameter["name"] in known:
                parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
            if parameter["name"] == "If-Match":
                parameter["schema"] = {"type": "string", "enum": VERSIONS}
    return told


def operations(contract: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every operation of a contract."""
    return [operation for path in contract["paths"].values() for operation in path.values()]


def open_to(contract: dict[str, Any], role: Role | None) -> set[str]:
    """Return the operations a role has with its token; all of them for nobody."""
    return {
        operation["operationId"]
        for operation in operations(contract)
        if operation["operationId"] != LAST_ACT and (role is None or _allowed(operation["x-permission"], role))
    }


def _allowed(permission: str, role: Role) -> bool:
    return permission != PUBLIC and role in BY_NAME[permission].roles


def generated(
    installation: Installation, contract: Path, names: set[str], headers: dict[str, str], examples: int, phases: str
) -> str:
    """Send generated requests for some operations of a contract; return what was wrong, empty when nothing was."""
    if not names:
        return ""
    words = [
        *("run", str(contract), "--url", installation.base_url, "--seed", SEED, "--generation-deterministic"),
        *("--include-operation-id-regex", f"^({'|'.join(sorted(names))})$", "--exclude-checks", OFF, "--mode", "all"),
        *("--phases", phases, "--max-examples", str(examples), "--continue-on-failure"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        *(word for name, value in headers.items() for word in ("--header", f"{name}: {value}")),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *words],
        cwd=contract.parent,
        env=installation.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    told = done.stdout or done.stderr
    return f"{sorted(names)[:3]} and on:\n{told if len(told) < 30_000 else told[:15_000] + told[-15_000:]}"
