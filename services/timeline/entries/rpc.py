"""EntriesService over gRPC."""

from collections.abc import Mapping

from asyncpg import Record
from dealtrail.timeline.v1 import entries_pb2 as pb

from services.kit.database import Tx
from services.timeline.entries.domain import Category, changed, describe
from services.timeline.entries.store import codec, listing
from services.timeline.touchpoint_kinds import operations as kinds
from services.timeline.touchpoint_kinds.domain import TouchpointKind


class EntriesServicer:
    """See proto/dealtrail/timeline/v1/entries.proto."""

    async def ListTimeline(self, request: pb.ListTimelineRequest, tx: Tx) -> pb.ListTimelineResponse:
        rows, token = await listing.page(tx, request)
        touched = any(row["category"] != Category.STATE for row in rows)
        known = await kinds.catalogue(tx) if touched else {}
        return pb.ListTimelineResponse(entries=[_message(row, known) for row in rows], next_page_token=token)


def _message(row: Record, known: Mapping[str, TouchpointKind]) -> pb.Entry:
    message = codec.row_to_message(row)
    if row["category"] == Category.STATE:
        message.summary_zh, message.summary_en = changed(row["kind"], row["facts"])
    else:
        kind = known.get(row["kind"])
        labels = (kind.label_zh, kind.label_en) if kind else (row["kind"], row["kind"])
        message.summary_zh, message.summary_en = describe(labels, row["facts"])
        message.touchpoint_id = message.id
    return message
