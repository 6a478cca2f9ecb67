"""Feeds of studies over HTTP: a script keeps its own copy of a study's rows, and asks only for what changed."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields, paging
from backend.api.endpoint import Room
from backend.api.shapes import PageIn
from backend.domain import cursors
from backend.domain.datasets import DATASETS
from backend.domain.errors import invalid
from backend.domain.snapshots import Op
from backend.services import study_feeds
from backend.services.context import Context
from backend.services.study_feeds import Feed, Page

room = Room("study-feeds")
_FEED = "/research/studies/<uuid:study_id>/feed"


class FeedIn(Schema):
    """Which datasets the feed is to be of, beside those it is of; all of them for none."""

    datasets = fields.Many(fields.Words(*DATASETS), most=len(DATASETS), load_default=list)


class FeedOut(Schema):
    """A study's feed: the moment its rows are of, null before the first round, and what the last failed with, if so."""

    datasets = fields.Many(fields.Words(*DATASETS), most=len(DATASETS), required=True)
    kept_at = fields.Instant(required=True, allow_none=True)
    trouble = fields.Text(60, shortest=0, required=True)


class FeedAsk(PageIn):
    """Where to go on: the cursor of the page before, none to be given everything; of which datasets, with commas."""

    cursor = fields.Text(300, load_default=None, allow_none=True)
    datasets = fields.Text(300, load_default=None, allow_none=True)


class TurnOut(Schema):
    """One change of a row; `row` is what it says now, null when deleted; `nth` tells apart what has the same key."""

    op = fields.Words(*Op, required=True)
    dataset = fields.Words(*DATASETS, required=True)
    key = fields.Object(required=True)
    nth = fields.Integer(0, 2**31 - 1, required=True)
    row = fields.Object(required=True, allow_none=True)


class FeedPageOut(Schema):
    """Some changes, in the order of the commits. `reset`: let go of what was given before. Go on at `cursor`."""

    feed = fields.Part(FeedOut, required=True)
    items = fields.Many(fields.Part(TurnOut), most=paging.LARGEST, required=True)
    cursor = fields.Text(300, required=True)
    more = fields.Flag(required=True)
    reset = fields.Flag(required=True)


@room.route("PUT", _FEED, permission="datasets:read", takes=FeedIn, gives=FeedOut)
def keep_feed(ctx: Context, study_id: UUID, data: dict[str, Any]) -> Feed:
    """Have a feed kept of a study's datasets; it follows the record within minutes."""
    return study_feeds.keep(ctx, study_id, data["datasets"])


@room.route("GET", _FEED, permission="datasets:read", asks=FeedAsk, gives=FeedPageOut)
def read_feed(ctx: Context, study_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Read what changed of a study's rows since the cursor: inserts, edits and deletions."""
    cursor = cursors.read_of_study(query["cursor"])
    return _shown(study_feeds.read(ctx, study_id, cursor, paging.size(query), _datasets(query["datasets"])))


@room.route("DELETE", _FEED, permission="datasets:read", status=204)
def end_feed(ctx: Context, study_id: UUID) -> None:
    """Keep the feed of a study no longer."""
    study_feeds.end(ctx, study_id)


def _datasets(said: str | None) -> list[str]:
    names = said.split(",") if said else []
    if unknown := [name for name in names if name not in DATASETS]:
        raise invalid("/query/datasets", f"There is no {unknown[0][:60]}.")
    return names


def _shown(page: Page) -> dict[str, Any]:
    cursor = cursors.written_of_study(page.cursor)
    return {"feed": page.feed, "items": page.items, "cursor": cursor, "more": page.more, "reset": page.reset}
