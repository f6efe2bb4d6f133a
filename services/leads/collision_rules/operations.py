"""The list of rules as it stands: the tenant's own, else what ships."""

from collections.abc import Sequence

from services.kit.database import Tx
from services.leads.collision_rules.domain import PRESET, Code, CollisionRule, must_stand_once
from services.leads.collision_rules.store import OWN, SET


async def in_use(tx: Tx) -> Sequence[CollisionRule]:
    """The rules in the order in which they are asked."""
    own = await tx.fetch_value(OWN)
    return PRESET if own is None else [CollisionRule(Code(one["code"]), one["days"]) for one in own]


async def set_rules(tx: Tx, rules: Sequence[CollisionRule]) -> Sequence[CollisionRule]:
    """Keep the whole list. Refused: INVALID if a rule stands twice."""
    must_stand_once(rules)
    await tx.execute(SET, rules=[{"code": rule.code, "days": rule.days} for rule in rules])
    return rules
