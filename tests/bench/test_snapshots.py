"""W5: a million answers frozen as CSV, JSON lines and Parquet while others write, in a process that stays small."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import IO
from uuid import uuid4

from sqlalchemy import func, insert, select

from backend.domain.definitions import content_hash
from backend.domain.forms import form
from backend.domain.moments import at_moment
from backend.domain.recall import FORM
from backend.services import consents
from backend.services.consents import Answer
from backend.storage.occurrences import columns
from backend.storage.questionnaires import ResponseRow
from backend.storage.snapshots import FileRow, SnapshotRow
from tests.factories.cohorts import ZONE, Shape, cohort
from tests.factories.snapshots import Snapshots
from tests.factories.studies import study
from tests.house import House
from tests.journeys.processes import ROOT, Installation

PATIENTS, RESPONSES = 200, 500
ANSWERS = {
    "ever_experienced": "yes", "experienced": "yes", "frequency": "sometimes", "onset_days_before_dose": 5,
    "onset_band": "lt1", "resolved_days_after_dose": 2, "symptoms": ["fatigue", "walking"], "worst_intensity": 7,
    "existing_complaints_worse": "yes", "work_days_missed": 1,
}  # fmt: skip
ROOM_MB = 64
"""More than an idle process may grow, the library that writes Parquet included."""
CHILD = """
import sys, threading
class Neither:  # which an installation has not, and pyarrow would load
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pandas", "numpy"}:
            raise ImportError(name)
sys.meta_path.insert(0, Neither())
from backend import worker
from backend.clock import chosen
from backend.settings import load
settings = load()
box = worker.outbox(settings)
job = worker.snapshots(box, settings, chosen(settings.clock_file), threading.Event())
def of(which):
    # Megabytes; not what getrusage says, which begins with those of whoever started this process.
    told = dict(line.split(":") for line in open("/proc/self/status"))
    return int(told[which].split()[0]) * 1024 / 1e6
print("idle", of("VmRSS"), flush=True)
input()
assert job()
print("peak", of("VmHWM"), flush=True)
"""


def test_w5_a_million_answers_are_frozen_in_little_memory_while_others_write(
    installation: Installation, seeded: House
) -> None:
    house = seeded
    house.clock.now = installation.now()
    carla = house.login("clinician")
    patients = cohort(house, carla, PATIENTS, shape=Shape(writes=0.0, answers=0.0, pricks=0.0))
    found = study(house)
    with house.unit(carla) as ctx:
        for patient_id in patients:
            consents.record(ctx, patient_id, found.id_, Answer())
    for patient_id in patients:
        answer(house, patient_id, RESPONSES)
    Snapshots(found).ask(["answers"], ["csv", "jsonl", "parquet"])
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], cwd=ROOT, env=installation.environ, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        idle, peak, took = frozen(child, house, patients)
    assert child.returncode == 0
    with house.unit(writes=False) as ctx:
        state = ctx.session.scalar(select(SnapshotRow.state))
        files = ctx.session.execute(select(FileRow.name, FileRow.rows, FileRow.bytes).where(FileRow.rows > 0)).all()
        later = ctx.session.scalar(select(func.count()).select_from(ResponseRow))
    rows = PATIENTS * RESPONSES * len(ANSWERS)
    mb = {name: round(size / 1e6) for name, _, size in files}
    memory = f"{idle:.0f} MB idle, {peak:.0f} at most"
    print(f"\nW5 {installation.kind}: {rows} answers in {took:.0f} s, files of {mb} MB; {memory}")
    assert state == "ready"
    assert later is not None
    (held,) = {held for _, held, _ in files}  # all three of the same moment, whatever was written meanwhile
    assert rows <= held < later * len(ANSWERS)
    assert peak - idle < ROOM_MB


def frozen(child: "subprocess.Popen[str]", house: House, patients: Sequence[object]) -> tuple[float, float, float]:
    """Let a process freeze while others write; return its megabytes when idle and at most, and the seconds it took."""
    assert child.stdin is not None
    assert child.stdout is not None
    idle = told(child.stdout, "idle")
    done = threading.Event()
    writer = threading.Thread(target=go_on_writing, args=(house, patients, done), daemon=True)
    started = time.perf_counter()
    child.stdin.write("\n")
    child.stdin.flush()
    writer.start()
    peak = told(child.stdout, "peak")
    took = time.perf_counter() - started
    done.set()
    writer.join()
    return idle, peak, took


def told(out: IO[str], what: str) -> float:
    """Return the number a process says of something."""
    line = next(out)
    assert line.startswith(what), line
    return float(line.split()[1])


def answer(house: House, patient_id: object, times: int) -> None:
    """Put down forms about a patient, an hour apart."""
    shared = {
        "patient_id": patient_id, "version": 1, "retracted": False, "created_mark": b"", "standing_mark": None,
        "form": FORM, "form_version": 1, "form_hash": content_hash(form(FORM)), "about": "current", "completed": True,
        "answers": ANSWERS, "dropped": [], "planned_on": None,
    }  # fmt: skip
    made = []
    for number in range(times):
        at = house.clock.now - timedelta(hours=number + 1)
        times_of = {"recorded_at": at, "recorded_offset": 120, "received_at": at}
        made.append({"id": uuid4(), **shared, **columns(at_moment(at, ZONE)), **times_of})
    with house.unit() as ctx:
        ctx.session.execute(insert(ResponseRow), made)


def go_on_writing(house: House, patients: Sequence[object], done: threading.Event) -> None:
    """Put down one form after another until told to stop."""
    while not done.is_set():
        for patient_id in patients:
            answer(house, patient_id, 1)
            if done.is_set():
                return
            time.sleep(0.02)
