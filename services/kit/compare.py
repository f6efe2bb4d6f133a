"""Two services' rows of one kind held against each other: sums of 256 buckets first, rows where the sums differ.

A copy is behind its owner for a moment after every change. What differs is therefore looked at
again until it agrees, or until the copy has reached what the owner had said when we first looked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, Uuid, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.facts import Copied, Facts, Referred, as_text, told
from services.kit.sql import Query

AT_ONCE = 5000
Row = dict[str, Any]


@dataclass
class Site:
    """One service's database, as the role that owns its tables, and what the service declares."""

    name: str
    facts: Facts
    connection: Any

    async def read(self, tenant_id: UUID, query: Query, **values: Any) -> list[Any]:
        """The rows that a query finds among one tenant's."""
        async with self.connection.transaction(readonly=True):
            await self.connection.execute(f"SET LOCAL app.tenant = '{tenant_id}'; SET LOCAL timezone = 'UTC'")
            arguments = query.arguments({"tenant_id": tenant_id} | values)
            found: list[Any] = await self.connection.fetch(query.text, *arguments)
            return found


class Side:
    """Rows of one kind at one site: their sums by bucket, those of some buckets, those of some ids."""

    def __init__(self, site: Site, rows: Select[Any], columns: Sequence[str]) -> None:
        self.site = site
        found = rows.subquery()
        bucket = func.get_byte(func.uuid_send(found.c.id), 15)
        version = func.sum(found.c.version) if "version" in columns else literal(0)
        content = func.hashtextextended(as_text(*(found.c[name] for name in columns)), literal(0, BigInteger))
        shown = [found.c[name] for name in columns]
        self._sums = Query(
            select(bucket, func.count(), version, func.bit_xor(content)).select_from(found).group_by(bucket)
        )
        self._in_buckets = Query(select(*shown).where(bucket == any_(bindparam("buckets", type_=ARRAY(BigInteger)))))
        self._of_ids = Query(select(*shown).where(found.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
        self._all = Query(select(*shown))

    async def sums(self, tenant_id: UUID) -> dict[int, tuple[int, int, int]]:
        """Count, sum of versions, and exclusive or of the hashes, by bucket."""
        rows = await self.site.read(tenant_id, self._sums)
        return {bucket: (count, int(version), content) for bucket, count, version, content in rows}

    async def in_buckets(self, tenant_id: UUID, buckets: list[int]) -> dict[UUID, Row]:
        """Rows by id."""
        return _by_id(await self.site.read(tenant_id, self._in_buckets, buckets=buckets))

    async def of_ids(self, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Row]:
        """Rows by id."""
        found: dict[UUID, Row] = {}
        for start in range(0, len(ids), AT_ONCE):
            found |= _by_id(await self.site.read(tenant_id, self._of_ids, ids=list(ids[start : start + AT_ONCE])))
        return found

    async def all(self, tenant_id: UUID) -> dict[UUID, Row]:
        """All rows by id."""
        return _by_id(await self.site.read(tenant_id, self._all))


@dataclass(frozen=True)
class Difference:
    """One id of which two services say different things; None where one says nothing."""

    id: UUID
    here: Row | None
    there: Row | None


class Comparison:
    """What `copy` says, held against what the owners say. `one_way`: the owners may have more."""

    def __init__(self, name: str, copy: Side, owners: Sequence[Side], one_way: bool = False) -> None:
        self.name = name
        self.copy = copy
        self.owners = owners
        self._one_way = one_way
        self.compared = 0

    async def differences(self, tenant_id: UUID) -> list[Difference]:
        """What differs now, which may be what is still on its way."""
        if self._one_way:
            here = await self.copy.all(tenant_id)
            self.compared = len(here)
            return _differing(here, await self._of_ids(tenant_id, list(here)), here)
        theirs: dict[int, tuple[int, int, int]] = {}
        for owner in self.owners:  # the owners first: what is written between the two looks is not yet missed
            for bucket, (count, version, content) in (await owner.sums(tenant_id)).items():
                known = theirs.get(bucket, (0, 0, 0))
                theirs[bucket] = (known[0] + count, known[1] + version, known[2] ^ content)
        ours = await self.copy.sums(tenant_id)
        self.compared = sum(count for count, _, _ in theirs.values())
        buckets = [bucket for bucket in ours.keys() | theirs.keys() if ours.get(bucket) != theirs.get(bucket)]
        if not buckets:
            return []
        there: dict[UUID, Row] = {}
        for owner in self.owners:
            there |= await owner.in_buckets(tenant_id, buckets)
        here = await self.copy.in_buckets(tenant_id, buckets)
        return _differing(here, there, here.keys() | there.keys())

    async def still(self, tenant_id: UUID, before: Sequence[Difference]) -> list[Difference]:
        """Those of the differences that neither went away nor were only the copy's way behind its owner."""
        ids = [one.id for one in before]
        there = await self._of_ids(tenant_id, ids)
        here = await self.copy.of_ids(tenant_id, ids)
        if self._one_way:
            ids = list(here)
        found = {one.id: one for one in _differing(here, there, ids)}
        return [one for one in before if one.id in found and not _caught_up(one, found[one.id])]

    async def _of_ids(self, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Row]:
        there: dict[UUID, Row] = {}
        for owner in self.owners:
            there |= await owner.of_ids(tenant_id, ids)
        return there


def _caught_up(first: Difference, now: Difference) -> bool:
    """Whether the copy has come to where the owner was, who has gone on since."""
    if not (first.there and now.here and now.there and "version" in now.here):
        return False
    was: int = first.here["version"] if first.here else -1
    here: int = now.here["version"]
    there: int = now.there["version"]
    wanted: int = first.there["version"]
    return was < wanted <= here < there


def _differing(here: dict[UUID, Row], there: dict[UUID, Row], ids: Any) -> list[Difference]:
    return [Difference(id, here.get(id), there.get(id)) for id in ids if here.get(id) != there.get(id)]


def _by_id(rows: list[Any]) -> dict[UUID, Row]:
    return {row["id"]: dict(row) for row in rows}


def comparisons(sites: dict[str, Site]) -> list[Comparison]:
    """All that can be held against each other among these sites."""
    found = []
    for site in sites.values():
        facts = site.facts
        found += [_rows(site, "follows", one, sites) for one in facts.copied if one.owner in sites]
        found += [_rows(site, "names", one, sites) for one in facts.referred if one.owner in sites]
        for left in facts.consumed():
            owners = {_owner(kind) for kind in left.types}
            if owners <= sites.keys():
                there = [Side(sites[name], told(left.types), ["id"]) for name in sorted(owners)]
                found.append(Comparison(f"{site.name} {left.what}", Side(site, left.rows, ["id"]), there))
    return found


def _rows(site: Site, word: str, one: Copied | Referred, sites: dict[str, Site]) -> Comparison:
    columns = [column.name for column in one.rows.selected_columns]
    owner = sites[one.owner]
    there = Side(owner, owner.facts.owned_kind(one.kind).rows, columns)
    name = f"{site.name} {word} {one.owner}.{one.kind}"
    return Comparison(name, Side(site, one.rows, columns), [there], one_way=isinstance(one, Referred))


def _owner(event: str) -> str:
    """Who tells events of a type: identity lives in the gateway."""
    service = event.split(".")[1]
    return "gateway" if service == "identity" else service
