"""The plan as it stands, and what was done of it."""

from collections import Counter
from uuid import UUID

from services.kit.database import Tx
from services.kit.visibility import reach
from services.leads.cycles import operations as cycles
from services.leads.cycles import store as frozen
from services.leads.cycles.domain import Cycle, Move
from services.leads.days import begins, ends
from services.leads.visit_plans.domain import PRESET, ComplianceGroup, Form, VisitRule, compliance, form_of
from services.leads.visit_plans.store import HAD, OWN, SET, codec


async def plan(tx: Tx) -> list[VisitRule]:
    """What ships, overlaid by what the tenant set."""
    rules = {(one.quintile, one.form): one for one in PRESET}
    rules |= {(one.quintile, one.form): one for one in map(codec.from_row, await tx.fetch(OWN))}
    return sorted(rules.values(), key=lambda one: (one.quintile, one.form))


async def set_rule(tx: Tx, rule: VisitRule) -> VisitRule:
    """Change how often a class is met in one form."""
    await tx.execute(SET, **codec.to_row(rule))
    return rule


async def done(tx: Tx, cycle_id: UUID) -> list[ComplianceGroup]:
    """What was done for the customers of a cycle whom the caller may see."""
    cycle: Cycle = await frozen.cycles.get(tx, cycle_id)
    standing = [one for one in await cycles.of_cycle(tx, cycle_id) if one.move is not Move.DROPPED]
    within = {"from_time": begins(cycle.start_date), "to_time": ends(cycle.end_date)}
    had: Counter[tuple[UUID, Form]] = Counter()
    for row in await tx.fetch(HAD(reach(tx.principal)), **within):
        if form := form_of(row["kind"], row["category"]):
            had[row["account_id"], form] += row["times"]
    return compliance(await plan(tx), {one.account_id: one.quintile for one in standing}, had)
