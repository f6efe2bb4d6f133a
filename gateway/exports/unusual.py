"""Telling the bosses when somebody was shown more people than is usual for them."""

import logging

from dealtrail.identity.v1 import events_pb2 as events
from prometheus_client import Counter

from gateway.exports.domain import FLOOR, Kind, Unusual, day, usual
from gateway.exports.store import LOOK_BACK, PAST, TOLD_REVEALS, TOLD_ROWS
from gateway.identity.directory.operations import managers
from services.kit.database import Tx
from services.kit.ids import new_id

log = logging.getLogger(__name__)

NOTICED = Counter(
    "dealtrail_unusual_disclosures_total",
    "Users who were shown more people in a day than is usual for them, once a day and kind.",
    ["kind"],
)
COLUMN = {Kind.REVEALS: "reveals", Kind.EXPORTED_ROWS: "rows"}
TOLD = {Kind.REVEALS: TOLD_REVEALS, Kind.EXPORTED_ROWS: TOLD_ROWS}
for one in Kind:
    NOTICED.labels(one.value)


async def notice(tx: Tx, kind: Kind, amount: int) -> None:
    """Tell the bosses, and the operator by a metric, if the caller's `amount` of today is more than usual."""
    if amount <= FLOOR[kind]:
        return
    whom, today = tx.principal.user_id, day(tx.now)
    past = await tx.fetch(PAST, user_id=whom, day=today, since=today - LOOK_BACK)
    limit = usual(kind, [row[COLUMN[kind]] for row in past])
    if amount <= limit or not await tx.execute(TOLD[kind], day=today, user_id=whom):
        return
    NOTICED.labels(kind.value).inc()
    log.warning("unusual disclosures", extra={"user": str(whom), "kind": kind.value, "amount": amount})
    shown = events.Disclosure(
        user_id=str(whom), kind=events.Disclosure.Kind.Value(kind.value), amount=amount, usual=limit
    )
    told = [str(one.id) for one in await managers(tx, None)]
    tx.emit(events.DisclosureUnusual(disclosure=shown, told_user_ids=told), Unusual(new_id()))
