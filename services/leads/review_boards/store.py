"""Boards and reviews in PostgreSQL. What a reviewer typed is sealed under the key of the lead's person."""

from typing import Any

from dealtrail.leads.v1 import review_boards_pb2 as pb
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    null,
    select,
)
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.pages import Filter, Listing, by_enum, by_id, by_text
from services.kit.principal import Principal
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Variants
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    json_column,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.kit.visibility import reach, sight_of
from services.leads.leads.domain import NOBODY
from services.leads.leads.store import standing, with_lead
from services.leads.leads.store import table as leads
from services.leads.metadata import metadata
from services.leads.review_boards.domain import Review, ReviewBoard, ReviewCount, ReviewFilter

boards_table = tenant_table(
    "review_boards",
    metadata,
    uuid_column(),
    text_column("title"),
    json_column("filter"),
    Column("sample", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("leads", Integer, nullable=False),
    *owner_columns(),
    Column("task_days", Integer, nullable=False),
    text_column("plan"),
    text_column("state"),
    time_column("close_time", nullable=True),
    *change_columns(),
)
reviews_table = tenant_table(
    "reviews",
    metadata,
    *(uuid_column(name) for name in ("id", "board_id", "lead_id", "rep_id")),
    text_column("status"),
    text_column("stage"),
    Column("score", Integer, nullable=False),
    Column("verdict", Text),
    text_column("reason"),
    text_column("comment"),
    uuid_column("reviewer_id", nullable=True),
    time_column("judge_time", nullable=True),
    Column("waited_working_s", BigInteger, nullable=False),
    sealed_column(),
    *change_columns(),
)
board_codec = Codec(ReviewBoard, pb.ReviewBoard)
filter_codec = Codec(ReviewFilter, pb.ReviewFilter)
review_codec = Codec(Review, pb.Review)
count_codec = Codec(ReviewCount, pb.ReviewCount)
boards = Store(boards_table, board_codec, "review board", "评审")
board_listing = Listing(
    boards_table,
    filters={"state": by_enum(boards_table.c.state, pb.ReviewBoard.State), "plan": by_text(boards_table.c.plan)},
)
sealing = Sealing(reviews_table, ("comment",), key="lead_id")
_sight = with_lead(reviews_table)
reviews = Store(reviews_table, review_codec, "review", "线索评审", sight=_sight, sealing=sealing)
r = reviews_table.c
review_listing = Listing(
    reviews_table,
    filters={
        "board_id": by_id(r.board_id),
        "rep_id": by_id(r.rep_id),
        "verdict": by_enum(r.verdict, pb.Review.Verdict),
        "waiting": Filter(r.verdict.is_(None)),
    },
    sight=_sight,
    sealing=sealing,
)

c = leads.c
_instant = DateTime(timezone=True)
NARROW: dict[str, ColumnElement[bool]] = {
    "captured_from": c.create_time >= bindparam("captured_from", type_=_instant),
    "captured_before": c.create_time < bindparam("captured_before", type_=_instant),
    "channel": c.channel == bindparam("channel", type_=Text),
    "owner_id": c.owner_id == bindparam("owner_id", type_=Uuid),
    "status": c.status == bindparam("status", type_=Text),
    "stage": c.stage == bindparam("stage", type_=Text),
    "unless_owner": c.owner_id != bindparam("unless_owner", type_=Uuid),
}


def _picked(how_far: str, chosen: tuple[str, ...]) -> Executable:
    # The order is that of a draw which the seed decides: the same leads and seed, the same draw.
    drawn = func.hashtextextended(cast(c.id, Text), bindparam("seed", type_=BigInteger))
    return (
        select(c.id, c.owner_id, c.status, c.stage, c.score)
        .where(standing(how_far), ~c.exclusive, c.owner_id != NOBODY, *(NARROW[name] for name in chosen))
        .order_by(drawn, c.id)
        .limit(bindparam("limit", type_=Integer))
    )


PICKED = Variants(_picked)


async def pick(tx: Tx, who: Principal, seed: int, limit: int, **narrow: Any) -> list[Any]:
    """Leads that `who` sees, drawn by the seed: their id, owner, status, stage and score."""
    query = PICKED(reach(who), tuple(sorted(narrow)))
    return await tx.fetch(query, **sight_of(who), seed=seed, limit=limit, **narrow)


def _figures(how_far: str, by_rep: bool, chosen: tuple[str, ...]) -> Executable:
    waited = func.extract("epoch", r.judge_time - r.create_time)
    worked = cast(r.waited_working_s, BigInteger)
    judged = r.verdict.is_not(None)
    quartiles = [
        func.percentile_cont(share).within_group(one).filter(judged).label(name)
        for one, share, name in (
            (waited, 0.5, "latency_p50_s"),
            (waited, 0.9, "latency_p90_s"),
            (worked, 0.5, "working_latency_p50_s"),
            (worked, 0.9, "working_latency_p90_s"),
        )
    ]
    found: Select[Any] = select(
        (r.rep_id if by_rep else null()).label("rep_id"),
        func.count().label("leads"),
        func.count(r.verdict).label("reviewed"),
        func.count().filter(r.verdict == "PASS").label("passed"),
        *quartiles,
    ).where(_sight(how_far), *(WITHIN[name] for name in chosen))
    return found.group_by(r.rep_id).order_by(func.count().desc(), r.rep_id).limit(1000) if by_rep else found


WITHIN: dict[str, ColumnElement[bool]] = {
    "board_id": r.board_id == bindparam("board_id", type_=Uuid),
    "begin": r.create_time >= bindparam("begin", type_=_instant),
    "end": r.create_time < bindparam("end", type_=_instant),
}
FIGURES = Variants(_figures)


async def figures(tx: Tx, **within: Any) -> tuple[ReviewCount, list[ReviewCount]]:
    """The reviews in sight, all together and by rep."""
    how_far, chosen = reach(tx.principal), tuple(sorted(within))
    [total] = await tx.fetch(FIGURES(how_far, False, chosen), **within)
    reps = await tx.fetch(FIGURES(how_far, True, chosen), **within)
    return ReviewCount(*total), [ReviewCount(*row) for row in reps]
