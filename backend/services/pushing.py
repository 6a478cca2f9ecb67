"""What a phone sends: each change is done or refused on its own, in order, and every one gets its answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.domain import reports
from backend.domain.errors import ClinicError, Remembered
from backend.domain.reports import Report, settled
from backend.services import (
    doses,
    events,
    intervals,
    own_doses,
    questionnaires,
    records,
    requests,
    results,
    samples,
    symptoms,
)
from backend.services.changes import (
    Act,
    Ask,
    Change,
    LogEntry,
    Outcome,
    Prick,
    Respond,
    Result,
    Retract,
    StepDone,
    Take,
    Unreadable,
)
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.storage import records as kept
from backend.storage.patients import PatientRow
from backend.storage.records import Claim

Done = tuple[Outcome, Any]
_CONFLICTS = frozenset({"contradicted", "id-in-use"})


def push(ctx: Context, patient: PatientRow, changes: Sequence[Change | Unreadable], skew: timedelta) -> list[Result]:
    """Do the changes of the acting patient's phone in order and return what became of each.

    `skew` is by how much the phone's clock is behind. What is refused leaves no trace and does not touch the others.
    Belongs in one act, with the patient's row locked.
    """
    ids = {change.id for change in changes if isinstance(change, Change)}
    batch = _Batch(patient, skew, kept.claims(ctx.session, patient.id, ids) if ids else [])
    done: list[Result] = []
    for run in _runs(changes):
        done += batch.entries(ctx, run) if len(run) > 1 else [batch.one(ctx, run[0])]
    return done


def _runs(changes: Sequence[Change | Unreadable]) -> Iterator[list[Any]]:
    """Yield the changes in order, new entries of different ids that follow each other together."""
    run: dict[UUID, Change] = {}
    for change in changes:
        new = isinstance(change, Change) and isinstance(change.act, LogEntry) and change.act.base_version is None
        if run and (not new or change.id in run):
            yield list(run.values())
            run = {}
        if new and isinstance(change, Change):
            run[change.id] = change
        else:
            yield [change]
    if run:
        yield list(run.values())


class _Batch:
    """One batch of one patient: the dosing line is read once, and again after a dose."""

    def __init__(self, patient: PatientRow, skew: timedelta, claims: list[Claim]) -> None:
        self.patient, self.skew, self.claims = patient, skew, claims
        self._line: Line | None = None

    def line(self, ctx: Context) -> Line:
        """Return the patient's dosing line."""
        if self._line is None:
            self._line = intervals.whole_line(ctx, self.patient.id)
        return self._line

    def entries(self, ctx: Context, run: Sequence[Change]) -> list[Result]:
        """Log new entries at once: what the diary refuses is refused before any is written; the rest goes one by one.

        That is what an app sends after a day without signal, and what has to be fast.
        """
        if self.skew or self.claims or any(change.shift_s for change in run):
            return [self.one(ctx, change) for change in run]
        refused: dict[UUID, ClinicError] = {}
        rows: list[dict[str, Any]] = []
        for change in run:
            try:
                rows += self._row(ctx, change.act)
            except ClinicError as error:
                refused[change.id] = error
        made = symptoms.log_each(ctx, self.patient, self.line(ctx), rows)
        return [
            self._refused(ctx, change, refused[change.id])
            if change.id in refused
            else Result(Outcome.CREATED, change, made[change.id])
            if change.id in made
            else self.one(ctx, change)
            for change in run
        ]

    def _row(self, ctx: Context, act: Act) -> list[dict[str, Any]]:
        if not isinstance(act, LogEntry):
            return []
        return [symptoms.first(ctx, self.patient, self.line(ctx), act.report, act.diary)]

    def one(self, ctx: Context, change: Change | Unreadable) -> Result:
        """Do one change in a savepoint of its own; what it gathered counts only where it was done."""
        if isinstance(change, Unreadable):
            return Result(Outcome.INVALID, change, error=change.error)
        inner = replace(ctx, trail=[], touched={})
        try:
            outcome, stored, refusal = self._kept(inner, change)
        except ClinicError as error:
            return self._refused(ctx, change, error)
        ctx.trail.extend(inner.trail)
        for patient_id, touched in inner.touched.items():
            ctx.touched.setdefault(patient_id, set()).update(touched)
        return self._refused(ctx, change, refusal) if refusal else Result(outcome, change, stored)

    def _kept(self, ctx: Context, change: Change) -> tuple[Outcome, Any, ClinicError | None]:
        """Do a change in a savepoint; a refusal that is remembered keeps it."""
        with ctx.session.begin_nested():
            try:
                return (*self._do(ctx, change), None)
            except Remembered as error:
                return Outcome.CONFLICT, None, error

    def _do(self, ctx: Context, change: Change) -> Done:
        skew = self.skew + timedelta(seconds=change.shift_s)
        upload = records.mark(ctx, "upload", dict(change.said))
        if any((claim.kind, claim.record_id, claim.mark) == (change.kind, change.id, upload) for claim in self.claims):
            return Outcome.DUPLICATE, _stored(ctx, self.patient, self.line(ctx), change)
        if abs(skew) <= reports.TOLERANCE:
            return self._act(ctx, change, reports.NO_SKEW)
        if (again := self._again(ctx, change)) is not None:
            return again
        done = self._act(ctx, change, skew)
        self._keep_claim(ctx, change, upload, skew)
        return done

    def _act(self, ctx: Context, change: Change, skew: timedelta) -> Done:
        return _ACTS[type(change.act)](self, ctx, change, change.act, skew)

    def _again(self, ctx: Context, change: Change) -> Done | None:
        """Return the answer to the retry of what came in while the clock still seemed right; None for anything new."""
        trial = replace(ctx, trail=[], touched={})
        with suppress(ClinicError), trial.session.begin_nested() as attempt:
            outcome, stored = self._act(trial, change, reports.NO_SKEW)
            if outcome is Outcome.DUPLICATE:
                ctx.trail.extend(trial.trail)
                return outcome, stored
            attempt.rollback()
        self._line = None
        return None

    def _keep_claim(self, ctx: Context, change: Change, upload: bytes, skew: timedelta) -> None:
        """Keep the times a phone claimed before its clock was put right, as they were sent (P06)."""
        corrects = getattr(change.act, "base_version", None) is not None
        names = ("recorded_at",) if corrects else ("occurred", "recorded_at")
        claimed = {name: change.said[name] for name in names if name in change.said}
        claim = Claim(change.kind.value, change.id, upload, int(skew.total_seconds()), claimed)
        self.claims.append(claim)
        kept.keep_claim(ctx.session, self.patient.id, claim, ctx.now)

    def _corrected(self, change: Change, report: Report, skew: timedelta) -> Report:
        """Return a correction's report with its writing put right.

        What it says of when something happened was read off the record, or typed: the clock has no part in it. But
        where it repeats what the phone claimed before it saw the record, that means what the claim was put right to.
        """
        for claim in self.claims:
            mine = (claim.kind, claim.record_id) == (change.kind, change.id)
            if mine and claim.claimed.get("occurred") == change.said.get("occurred"):
                return replace(settled(report, timedelta(seconds=claim.skew_s)), skew=skew)
        return replace(report, skew=skew)

    def _refused(self, ctx: Context, change: Change, error: ClinicError) -> Result:
        code = error.error.code
        if code in _CONFLICTS or code == "retracted":
            outcome = Outcome.RETRACTED if code == "retracted" else Outcome.CONFLICT
            return Result(outcome, change, _stored(ctx, self.patient, self.line(ctx), change), error)
        if code in {"not-found", "stale-version"} and _builds_on(change):
            return Result(Outcome.STALE, change, error=ClinicError("not-yet-known"))
        if code == "not-found":
            events.note(ctx, "refused", None, "own-record:sync", {"code": code})
        return Result(Outcome.STALE if error.error.retryable else Outcome.INVALID, change, error=error)

    def entry(self, ctx: Context, change: Change, act: LogEntry, skew: timedelta) -> Done:
        """Log or correct a diary entry."""
        if act.base_version is not None:
            report = self._corrected(change, act.report, skew)
            return _made(Outcome.UPDATED, symptoms.correct(ctx, act.base_version, report, act.diary, act.reason))
        report = settled(act.report, skew)
        return _made(Outcome.CREATED, symptoms.log_in(ctx, self.patient, self.line(ctx), report, act.diary))

    def response(self, ctx: Context, change: Change, act: Respond, skew: timedelta) -> Done:
        """Store or correct a response."""
        if act.base_version is not None:
            report = self._corrected(change, act.report, skew)
            return _made(Outcome.UPDATED, questionnaires.correct(ctx, act.base_version, report, act.told, act.reason))
        return _made(Outcome.CREATED, questionnaires.respond(ctx, settled(act.report, skew), act.form, act.told))

    def prick(self, ctx: Context, _change: Change, act: Prick, skew: timedelta) -> Done:
        """Store a sample."""
        report = settled(act.report, skew)
        return _made(Outcome.CREATED, samples.log(ctx, report, act.matrix, act.drops, act.problems))

    def step(self, ctx: Context, _change: Change, act: StepDone, skew: timedelta) -> Done:
        """Log a step of a sample."""
        report = settled(act.report, skew)
        return _made(Outcome.UPDATED, samples.log_step(ctx, report, replace(act.told, occurred=report.occurred)))

    def dose(self, ctx: Context, _change: Change, act: Take, skew: timedelta) -> Done:
        """Log a dose taken at home."""
        changed = own_doses.take(ctx, act.told, settled(act.report, skew), act.body_site, act.checklist)
        self._line = None
        return Outcome.DUPLICATE if changed.duplicate else Outcome.CREATED, changed.shown

    def request(self, ctx: Context, _change: Change, act: Ask, skew: timedelta) -> Done:
        """Store a request to the clinic."""
        return _made(Outcome.CREATED, requests.ask(ctx, act.told, skew))

    def retraction(self, ctx: Context, _change: Change, act: Retract, skew: timedelta) -> Done:
        """Take a record back."""
        if act.kind is Kind.REQUEST:
            return Outcome.RETRACTED, requests.withdraw(ctx, act.id, act.base_version)
        noun = symptoms if act.kind is Kind.ENTRY else questionnaires
        return Outcome.RETRACTED, noun.retract(ctx, act.id, act.base_version, act.recorded_at, act.reason, skew)


_ACTS: Mapping[type, Callable[[_Batch, Context, Change, Any, timedelta], Done]] = {
    LogEntry: _Batch.entry,
    Respond: _Batch.response,
    Prick: _Batch.prick,
    StepDone: _Batch.step,
    Take: _Batch.dose,
    Ask: _Batch.request,
    Retract: _Batch.retraction,
}


def _made(outcome: Outcome, stored: Any) -> Done:
    return (Outcome.DUPLICATE if stored.duplicate else outcome), stored


def _builds_on(change: Change) -> bool:
    """Whether a change belongs to a record that another change makes."""
    act = change.act
    return isinstance(act, Retract | StepDone) or getattr(act, "base_version", None) is not None


def _stored(ctx: Context, patient: PatientRow, line: Line, change: Change) -> Any:
    """Return the record a change is about as it stands, None where the id is not this patient's."""
    if change.kind is Kind.ENTRY:
        return symptoms.of_ids(ctx, patient, line, [change.id]).get(change.id)
    if change.kind is Kind.RESPONSE:
        return questionnaires.all_of(ctx, patient, line).get(change.id)
    if change.kind is Kind.SAMPLE:
        return next((one.sample for one in results.released(ctx, patient) if one.sample.id == change.id), None)
    if change.kind is Kind.DOSE:
        return next((shown for shown in doses.standing(ctx, patient) if shown.dose.id == change.id), None)
    return next((one for one in requests.every(ctx, patient) if one.id == change.id), None)
