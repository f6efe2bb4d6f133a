"""Record how large markets are, and say how far they are saturated."""

from dataclasses import replace
from typing import Any

from services.kit.database import Tx
from services.kit.visibility import reach
from services.leads.days import ZONE
from services.leads.markets.domain import MarketSaturation, MarketSize, SaturationRules
from services.leads.markets.store import ALONE, COUNTS, REPLACE, RULES, SET_RULES, codec, rules_codec, sizes


async def record(tx: Tx, size: MarketSize) -> MarketSize:
    """Keep it in the place of what was said before. Refused: SOURCE_IN_FUTURE."""
    size.must_make_sense(tx.now.astimezone(ZONE).date())
    await tx.fetch(ALONE, what=f"market_sizes.{tx.principal.tenant_id}")
    of = {"of_region": size.region, "of_product": size.product, "of_period": size.period}
    kept = replace(size, version=(await tx.fetch_value(REPLACE, **of) or 0) + 1)
    await sizes.add(tx, kept)
    return kept


async def saturations(tx: Tx, rows: list[Any]) -> list[MarketSaturation]:
    """How far these markets are saturated, over the companies in the caller's sight."""
    found = [codec.from_row(row) for row in rows]
    known = await rules(tx)
    counted = await tx.fetch(COUNTS(reach(tx.principal)), size_ids=[one.id for one in found]) if found else []
    counts = {row["size_id"]: (row["contacted"], row["signed"]) for row in counted}
    return [known.judge(one, *counts.get(one.id, (0, 0))) for one in found]


async def rules(tx: Tx) -> SaturationRules:
    """The tenant's, or what ships."""
    row = await tx.fetch_one(RULES)
    return rules_codec.from_row(row) if row else SaturationRules()


async def set_rules(tx: Tx, given: SaturationRules) -> SaturationRules:
    """Keep them."""
    await tx.execute(SET_RULES, **rules_codec.to_row(given))
    return given
