"""Find the best of what the caller may see."""

from collections.abc import Iterable

from services.kit.database import Tx
from services.leads.search.domain import TIERS, Hit, Kind, Query
from services.leads.search.store import SOURCES, Source

CANDIDATES = 200
"""How many are looked at that merely have it somewhere; or that begin with its pinyin, for what is read exactly so has
no term of its own."""


async def search(tx: Tx, text: str, kinds: Iterable[Kind], size: int) -> list[Hit]:
    """The best `size` of these kinds."""
    query = Query(text)
    found = [hit for kind in kinds for hit in await _of_kind(tx, query, SOURCES[kind], size)]
    return sorted(found, key=lambda hit: hit.place)[:size]


async def _of_kind(tx: Tx, query: Query, source: Source, size: int) -> list[Hit]:
    tenant = await tx.vault.tenant(tx)
    found: dict[object, Hit] = {}
    for tier in TIERS:
        ways = [tenant.terms(way) for way in query.ways(tier)]
        if ways and len(found) < size:
            for hit in await source.candidates(tx, ways, size, size if tier == "begin" else CANDIDATES):
                if hit.id not in found and query.judge(hit):
                    found[hit.id] = hit
    return list(found.values())
