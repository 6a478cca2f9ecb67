"""What hangs on the doses follows them: the reports that fall in another interval are counted, and phones told."""

from uuid import UUID

from backend.domain.linking import relinked, touched, unsettled_from
from backend.domain.samples import State, find
from backend.services import feed
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.storage import links, samples


def follow(ctx: Context, patient_id: UUID, before: Line, after: Line) -> int:
    """Let everything that hangs on a patient's doses follow them; return how many reports changed interval."""
    feed.touch(ctx, patient_id, Kind.PLAN)
    feed.touch(ctx, patient_id, Kind.FORMS)
    steps = samples.steps(ctx.session, patient_id)
    feed.touch(ctx, patient_id, Kind.SAMPLE, *steps)
    start = unsettled_from(before.chain, after.chain)
    if start is not None:
        for kind, ids in links.anchored_since(ctx.session, patient_id, start).items():
            feed.touch(ctx, patient_id, Kind(kind), *ids)
    span = touched(before.chain, after.chain)
    if span is None:
        return 0
    told = links.reports_between(ctx.session, patient_id, *span)
    collected = (find(taken, State.COLLECTED) for taken in steps.values())
    told += [step.at for step in collected if step is not None]
    return relinked(before.chain, after.chain, told)
