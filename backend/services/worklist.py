"""The worklist: which of the patients somebody cares for need something, by how long they have waited."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from backend.domain.calls import hides
from backend.domain.errors import ClinicError
from backend.domain.moments import local, local_date
from backend.domain.worklist import COME_BACK, Kind, order
from backend.services import calls, events, gate, needs, patients
from backend.services.calls import Call
from backend.services.context import Context
from backend.services.needs import Need
from backend.services.patients import Identity
from backend.storage import patients as enrolled

MOST = 100_000
"""More patients nobody cares for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing on the list: whose, what, and the newest call about it, if any."""

    need: Need
    identity: Identity
    call: Call | None


@dataclass(frozen=True, slots=True)
class Worklist:
    """What waits, longest first, and how much of each kind that the reader may see; made at a moment."""

    rows: list[Row]
    counts: Mapping[Kind, int]
    generated_at: datetime


def waiting(ctx: Context) -> Worklist:
    """Return everything that needs somebody among the patients the actor cares for, what has waited longest first.

    Rows that the actor's role may not see are not made. What a call took off is left out until it is back.
    """
    actor = gate.permit(ctx, "worklist:list")
    if actor.staff_id is None:
        raise ClinicError("not-found")
    rows = {row.id: row for row in enrolled.within_reach(ctx.session, actor.staff_id, ctx.now, None, MOST)}
    found = needs.of_patients(ctx, rows)
    called = calls.newest(ctx, found)
    shown = [need for need in found if not _hidden(ctx, need, called.get((need.patient.id, need.item.key)))]
    shown.sort(key=lambda need: order(need.item))
    on_it = {need.patient.id: need.patient for need in shown}
    for patient_id in on_it:
        events.note(ctx, "worklist:list", patient_id)
    known = {patient_id: patients.identity(ctx, row) for patient_id, row in on_it.items()}
    listed = [Row(one, known[one.patient.id], called.get((one.patient.id, one.item.key))) for one in shown]
    counted = Counter(need.item.kind for need in shown)
    return Worklist(listed, {kind: counted[kind] for kind in needs.kinds(ctx)}, ctx.now)


def _hidden(ctx: Context, need: Need, call: Call | None) -> bool:
    zone = need.patient.zone
    said = None if call is None else replace(call.said, at=local(call.said.at, zone))  # days are the patient's own
    today = local_date(ctx.now, zone)
    return hides(said, need.item.since, today, comes_back=need.item.kind in COME_BACK)
