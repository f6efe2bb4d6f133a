"""The plans as they stand: what ships, overlaid by what the tenant published."""

from collections.abc import Mapping
from dataclasses import replace

from dealtrail.timeline.v1 import touchpoint_kinds_pb2 as kinds_pb

from services.kit.client import Peer
from services.kit.database import Tx
from services.kit.errors import Conflict, NotFound
from services.leads.nurture_plans.domain import STANDARD, Cadence, KindNotInUse, NoPlanShips, NurturePlan
from services.leads.nurture_plans.store import ADD, NEWEST, NEWEST_OF, ONE, codec
from services.leads.temperatures.domain import Temperature

SHIPPED = {STANDARD.code: STANDARD}


async def catalogue(tx: Tx, kinds: Peer) -> dict[str, str]:
    """The categories of the touchpoint kinds in use, by the code of the kind."""
    found = await kinds.call(tx, "ListTouchpointKinds", kinds_pb.ListTouchpointKindsRequest())
    return {one.code: kinds_pb.TouchpointKind.Category.Name(one.category) for one in found.kinds if one.active}


async def publish(tx: Tx, plan: NurturePlan, known: Mapping[str, str]) -> NurturePlan:
    """Make the next version of a plan, of the cadences that ship if it has none; `known` are the kinds in use.

    Refused: NO_PLAN_SHIPS, KIND_NOT_IN_USE, CONFLICT.
    """
    shipped = SHIPPED.get(plan.code)
    if not plan.cadences:
        if shipped is None:
            raise NoPlanShips(code=plan.code)
        plan = replace(plan, cadences=shipped.cadences)
    for kind in sorted(plan.kinds()):
        if kind not in known:
            raise KindNotInUse(kind=kind)
    newest = await tx.fetch_one(NEWEST_OF, code=plan.code)
    plan = replace(
        plan,
        label=plan.label or (shipped.label if shipped else plan.code),
        cadences=tuple(_with_categories(one, known) for one in plan.cadences),
        version=newest["version"] + 1 if newest else 1,
        created_by=tx.principal.user_id,
        create_time=tx.now,
    )
    if not await tx.execute(ADD, **codec.to_row(plan)):
        raise Conflict
    return plan


def _with_categories(cadence: Cadence, known: Mapping[str, str]) -> Cadence:
    return replace(cadence, touches=tuple(replace(one, category=known[one.kind]) for one in cadence.touches))


async def get(tx: Tx, code: str, version: int) -> NurturePlan:
    """One version; the newest if 0, or what ships. Refused: NOT_FOUND."""
    query = tx.fetch_one(ONE, code=code, version=version) if version else tx.fetch_one(NEWEST_OF, code=code)
    row = await query
    if row is not None:
        return codec.from_row(row)
    if version or code not in SHIPPED:
        raise NotFound(kind="nurturing plan", kind_zh="培育计划")
    return SHIPPED[code]


async def kept(tx: Tx, code: str, version: int) -> NurturePlan:
    """The very version that somebody follows: what ships is version 0."""
    return await get(tx, code, version) if version else SHIPPED[code]


async def newest(tx: Tx) -> list[NurturePlan]:
    """The newest version of each, by code."""
    found = SHIPPED | {row["code"]: codec.from_row(row) for row in await tx.fetch(NEWEST)}
    return [found[code] for code in sorted(found)]


async def by_rule(tx: Tx, temperature: Temperature) -> NurturePlan | None:
    """The first plan in use that takes in leads as soon as somebody says that they are of that temperature."""
    plans = await newest(tx)
    return next((one for one in plans if one.active and one.by_rule and one.touches(temperature)), None)
