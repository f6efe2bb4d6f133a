"""Judge relations, and count where customers stand."""

from datetime import date
from typing import Any

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.visibility import reach
from services.leads.accounts.store import accounts
from services.leads.days import ZONE, ends
from services.leads.relation_levels.domain import RelationDistribution, RelationLevel, distribution
from services.leads.relation_levels.store import AS_OF, NEWEST, codec, relation_levels


async def judge(tx: Tx, judged: RelationLevel) -> RelationLevel:
    """Record a judgement. Refused: NOT_FOUND; ACCOUNT_MERGED, REVIEW_IN_THE_PAST, TARGET_BELOW_LEVEL."""
    account = await accounts.get(tx, judged.account_id)
    account.must_stand()
    judged.must_make_sense(tx.now.astimezone(ZONE).date())
    before = await tx.fetch_value(NEWEST, account_id=account.id) or 0
    await relation_levels.add(tx, judged)
    event = events.RelationJudged(relation_level=codec.to_message(judged.told()), from_level=before)
    tx.emit(event, judged, seen_as=account)
    return judged


async def standing(tx: Tx, as_of: date | None, since: date | None) -> RelationDistribution:
    """How many customers in the caller's sight stand where at the end of a day, and have moved since another's."""
    now = await _as_of(tx, as_of)
    then = await _as_of(tx, since) if since else []
    by = as_of or tx.now.astimezone(ZONE).date()
    levels = {row["account_id"]: row["level"] for row in now}
    reviews = {row["account_id"]: row["review_date"] for row in now}
    return distribution(levels, {row["account_id"]: row["level"] for row in then}, reviews, by)


async def _as_of(tx: Tx, one: date | None) -> list[Any]:
    return list(await tx.fetch(AS_OF(reach(tx.principal)), before=ends(one) if one else tx.now))
