"""Phone calls in PostgreSQL. A call is seen by whoever sees the lead or contact that it is with."""

from datetime import datetime
from typing import Any

from dealtrail.leads.v1 import phone_calls_pb2 as pb
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec, from_timestamp
from services.kit.database import Tx
from services.kit.pages import Filter, Listing, by_enum, by_id
from services.kit.sql import Variants
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, tenant_table, time_column, uuid_column
from services.kit.visibility import reach
from services.leads.accounts.store import contacts_table, with_account
from services.leads.leads.store import by_lead, with_lead
from services.leads.metadata import metadata
from services.leads.phone_calls.domain import SPOKEN, PhoneCall, PhoneCallCount

table = tenant_table(
    "phone_calls",
    metadata,
    uuid_column(),
    uuid_column("call_session_id"),
    Column("number", Integer, nullable=False),
    uuid_column("rep_id"),
    time_column("begin_time"),
    uuid_column("lead_id", nullable=True),
    uuid_column("contact_id", nullable=True),
    Column("result", Text),
    time_column("call_time", nullable=True),
    Column("duration_s", Integer, nullable=False),
    uuid_column("touchpoint_id", nullable=True),
    Column("quality", Integer),
    Column("rubric_version", Integer, nullable=False),
    json_column("findings"),
    uuid_column("judged_by", nullable=True),
    time_column("judge_time", nullable=True),
    *change_columns(),
)
codec = Codec(PhoneCall, pb.PhoneCall)
count_codec = Codec(PhoneCallCount, pb.PhoneCallCount)
p = table.c


def _sight(how_far: str) -> ColumnElement[bool]:
    mine = (contacts_table.c.tenant_id == p.tenant_id) & (contacts_table.c.id == p.contact_id)
    tenant: ColumnElement[bool] = p.tenant_id == bindparam("tenant_id")
    with_contact = tenant & exists(select(1).where(mine, with_account(how_far)))
    return with_lead(table)(how_far) | with_contact


calls = Store(table, codec, "phone call", "电话", sight=_sight)
_instant = DateTime(timezone=True)
_spoken = p.result == any_(literal([one.value for one in SPOKEN], ARRAY(Text)))
PERIOD = {
    "from_time": Filter(p.begin_time >= bindparam("from_time", type_=_instant), from_timestamp),
    "to_time": Filter(p.begin_time < bindparam("to_time", type_=_instant), from_timestamp),
}
listing = Listing(
    table,
    filters={
        "call_session_id": by_id(p.call_session_id),
        "rep_id": by_id(p.rep_id),
        "lead_id": by_lead(table),
        "contact_id": by_id(p.contact_id),
        "result": by_enum(p.result, pb.PhoneCall.Result),
        "made": Filter(p.result.is_not(None)),
        "connected": Filter(_spoken),
        "judged": Filter(p.quality.is_not(None)),
        **PERIOD,
    },
    orders=("begin_time desc", "begin_time"),
    sight=_sight,
)


def _figures(how_far: str, by_rep: bool, chosen: tuple[str, ...]) -> Executable:
    found: Select[Any] = select(
        (p.rep_id if by_rep else null()).label("rep_id"),
        func.count().label("listed"),
        func.count(p.result).label("calls"),
        func.count().filter(_spoken).label("connects"),
        func.count(p.quality).label("judged"),
        cast(func.avg(p.quality), Double).label("average_quality"),
    ).where(_sight(how_far), *(PERIOD[name].condition for name in chosen))
    return found.group_by(p.rep_id).order_by(func.count(p.result).desc(), p.rep_id).limit(1000) if by_rep else found


FIGURES = Variants(_figures)


async def figures(tx: Tx, **within: datetime) -> tuple[PhoneCallCount, list[PhoneCallCount]]:
    """The calls in sight of sessions that begin from `from_time` on and before `to_time`, all together and by rep."""
    how_far, chosen = reach(tx.principal), tuple(sorted(within))
    [total] = await tx.fetch(FIGURES(how_far, False, chosen), **within)
    reps = await tx.fetch(FIGURES(how_far, True, chosen), **within)
    return PhoneCallCount(*total), [PhoneCallCount(*row) for row in reps]
