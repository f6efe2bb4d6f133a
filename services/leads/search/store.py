"""Leads, accounts and contacts by their terms, newest first, in PostgreSQL."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import search_pb2 as pb
from sqlalchemy import Integer, Uuid, bindparam, desc, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.sealing import Sealing
from services.kit.sql import Query, Variants
from services.kit.store import Store
from services.kit.terms import Terms
from services.kit.visibility import reach
from services.leads.accounts.store import account_terms, accounts, contact_sealing, contact_terms, contacts
from services.leads.leads.store import leads, sealing, terms
from services.leads.search.domain import Hit, Kind

codec = Codec(Hit, pb.SearchHit)
# How common the terms are decides between the index of terms and the newest rows: the planner must see them.
SEEING_VALUES = Query(select(func.set_config("plan_cache_mode", "force_custom_plan", true())))


@dataclass(frozen=True)
class Source:
    """Where things of one kind are found. `names` says which column is which field of a hit."""

    kind: Kind
    store: Store[Any]
    terms: Terms
    names: tuple[tuple[str, str], ...]
    sealing: Sealing | None = None

    async def candidates(self, tx: Tx, ways: list[list[int]], limit: int) -> list[Hit]:
        """The newest that have all terms of one of the ways; a few may have them by chance."""
        bound = {f"way{number}": way for number, way in enumerate(ways)}
        rows: list[Any] = await tx.fetch(_found(self, reach(tx.principal), len(ways)), **bound, limit=limit)
        return [self._hit(row) for row in (await self.sealing.open(tx, rows) if self.sealing else rows)]

    def _hit(self, row: Any) -> Hit:
        identity: UUID = row["id"]
        given = {name: row[column] for name, column in self.names}
        return Hit(kind=self.kind, id=identity, create_time=row["create_time"], **given)


def _build(source: Source, how_far: str, ways: int) -> Executable:
    table, found_by = source.store.table, source.terms.table
    chosen = source.sealing.select() if source.sealing else select(table)
    fits = (found_by.c.terms.contains(bindparam(f"way{number}", type_=ARRAY(Integer))) for number in range(ways))
    return (
        chosen.join_from(table, found_by, (found_by.c.tenant_id == table.c.tenant_id) & (found_by.c.id == table.c.id))
        .where(found_by.c.tenant_id == bindparam("tenant_id", type_=Uuid), or_(*fits), source.store.sight(how_far))
        .order_by(desc(found_by.c.create_time), desc(found_by.c.id))
        .limit(bindparam("limit", type_=Integer))
    )


_found = Variants(_build)
CODE = ("uscc", "uscc")
PERSON = (("phone", "phone"), ("email", "email"))
LEADS = Source(Kind.LEAD, leads, terms, (("name", "company"), ("contact_name", "contact_name"), CODE, *PERSON), sealing)
ACCOUNTS = Source(Kind.ACCOUNT, accounts, account_terms, (("name", "name"), CODE))
CONTACTS = Source(
    Kind.CONTACT, contacts, contact_terms, (("name", "name"), ("account_id", "account_id"), *PERSON), contact_sealing
)
SOURCES = {source.kind: source for source in (LEADS, ACCOUNTS, CONTACTS)}
