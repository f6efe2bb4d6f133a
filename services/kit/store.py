"""Aggregates in their table: get, lock, add and save, each within the caller's sight."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from asyncpg import Record
from sqlalchemy import BigInteger, ColumnElement, Select, Table, Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.errors import Conflict, NotFound, VersionMismatch
from services.kit.principal import Principal
from services.kit.sealing import Sealing
from services.kit.sql import Query, Variants, column_values, insert_new_rows, insert_row
from services.kit.terms import Terms
from services.kit.visibility import in_sight, reach, sight_of

T = TypeVar("T")
IDS = bindparam("ids", type_=ARRAY(Uuid))


class Store(Generic[T]):
    """The rows of one table as objects of one dataclass with `id`, and where they change `version` and `update_time`.

    `sight` replaces the ownership rule, for rows that are seen with their parent. `sealing` says what
    of a row is kept sealed; rows come out of the store open. `terms` are what its rows are found by.
    """

    def __init__(
        self,
        table: Table,
        codec: Codec[T],
        kind: str,
        kind_zh: str,
        sight: Callable[[str], ColumnElement[bool]] | None = None,
        sealing: Sealing | None = None,
        terms: Terms | None = None,
    ) -> None:
        self.table = table
        self.codec = codec
        self._kind = {"kind": kind, "kind_zh": kind_zh}
        self.sight = sight or (lambda how_far: in_sight(table, how_far))
        self._sealing = sealing
        self._terms = terms
        self._get = Variants(self._select)
        self._several = Variants(self._select_several)
        self._seen = Variants(self._among)
        self._insert = insert_row(table)
        self._insert_new = insert_new_rows(table)
        self._update = Query(self._save) if "version" in table.c else None

    async def row(self, tx: Tx, identity: UUID) -> Mapping[str, Any]:
        """The row itself. Refused: NOT_FOUND if it is not there or out of sight."""
        return await self._row(tx, identity, lock=False)

    async def get(self, tx: Tx, identity: UUID) -> T:
        """The object. Refused: NOT_FOUND if it is not there or out of sight."""
        return self.codec.from_row(await self.row(tx, identity))

    async def locked(self, tx: Tx, identity: UUID) -> T:
        """The object, held against others until the transaction ends.

        The first that a command locks is the one that its If-Match speaks of.
        Refused: NOT_FOUND; VERSION_MISMATCH if it is at another version than If-Match says.
        """
        row = await self._row(tx, identity, lock=True)
        if tx.if_match is not None:
            expected, tx.if_match = tx.if_match, None
            if row["version"] != expected:
                raise VersionMismatch(version=row["version"])
        return self.codec.from_row(row)

    async def add(self, tx: Tx, item: T) -> None:
        """Insert it."""
        await tx.insert(self._insert, **await self.kept(tx, item))
        if self._terms:
            await self._terms.add(tx, self.codec.to_row(item))

    async def kept(self, tx: Tx, item: T) -> dict[str, Any]:
        """The row as it is kept."""
        row = self.codec.to_row(item)
        return await self._sealing.seal(tx, row) if self._sealing else row

    async def add_new(self, tx: Tx, items: Iterable[T]) -> set[UUID]:
        """Insert those whose id is not known yet, in one statement; the ids really inserted."""
        rows = [{"tenant_id": tx.principal.tenant_id} | self.codec.to_row(item) for item in items]
        if not rows:
            return set()
        if self._sealing is None:
            created = await self._added(tx, rows)
        else:
            sealed, keys = await self._sealing.seal_many(tx, rows)
            created = await self._added(tx, sealed)
            await self._sealing.keep(tx, keys, rows, created)
        if self._terms:
            await self._terms.add_new(tx, [row for row in rows if row["id"] in created])
        return created

    async def visible(self, tx: Tx, identities: Iterable[UUID], who: Principal | None = None) -> set[UUID]:
        """Those of the ids whose rows exist for `who`, the caller if not named."""
        who = who or tx.principal
        return {row[0] for row in await tx.fetch(self._seen(reach(who)), **sight_of(who), ids=list(identities))}

    async def save(self, tx: Tx, item: Any) -> None:
        """Write it back at the next version. Refused: CONFLICT if somebody else did since it was read."""
        assert self._update is not None
        was = item.version
        item.version += 1
        item.update_time = tx.now
        if not await tx.execute(self._update, **await self.kept(tx, item), was=was):
            raise Conflict
        row = self.codec.to_row(item) if self._terms else {}
        if self._terms and tx.sources.get(item.id) != self._terms.fingerprint(row):
            await self._terms.keep(tx, [row])

    async def _row(self, tx: Tx, identity: UUID, *, lock: bool) -> Mapping[str, Any]:
        how_far = reach(tx.principal)
        query = self._get(how_far, lock)
        # asyncpg's records are mappings in all but name.
        read = tx.fetch_one(query, id=identity) if lock else tx.find(query, self._several(how_far), identity)
        row = cast(Mapping[str, Any] | None, await read)
        if row is None:
            raise NotFound(**self._kind)
        found = (await self._sealing.open(tx, [cast(Record, row)]))[0] if self._sealing else row
        if lock and self._terms:
            tx.sources[identity] = self._terms.fingerprint(found)
        return found

    async def _added(self, tx: Tx, rows: list[dict[str, Any]]) -> set[UUID]:
        return {row[0] for row in await tx.fetch(self._insert_new, **column_values(self.table, rows))}

    def _select(self, how_far: str, lock: bool) -> Executable:
        found = self._all().where(self.table.c.id == bindparam("id"), self.sight(how_far))
        return found.with_for_update(of=self.table) if lock else found

    def _select_several(self, how_far: str) -> Executable:
        return self._all().where(self.table.c.id == any_(IDS), self.sight(how_far))

    def _among(self, how_far: str) -> Executable:
        return select(self.table.c.id).where(self.table.c.id == any_(IDS), self.sight(how_far))

    def _all(self) -> Select[Any]:
        return self._sealing.select() if self._sealing else select(self.table)

    def _save(self) -> Executable:
        table = self.table
        changed = {c.name: bindparam(c.name, type_=c.type) for c in table.columns if not c.primary_key}
        # Core keeps the names of SET columns to itself; the key's own binds need names of their own.
        same = (table.c.tenant_id == bindparam("tenant_id")) & (table.c.id == bindparam("id"))
        return update(table).where(same, table.c.version == bindparam("was", type_=BigInteger)).values(changed)
