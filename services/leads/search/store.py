"""Leads, accounts and contacts by their terms, newest first, in PostgreSQL."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import search_pb2 as pb
from sqlalchemy import Integer, Uuid, any_, bindparam, desc, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import Executable

from services.kit.codec import Codec
from services.kit.database import Tx
from services.kit.sealing import Sealing
from services.kit.sql import Variants
from services.kit.store import Store
from services.kit.terms import Terms
from services.kit.visibility import OWN, reach
from services.leads.accounts.store import (
    account_codec,
    account_terms,
    accounts_table,
    contact_codec,
    contact_sealing,
    contact_terms,
    contacts_table,
    standing,
    standing_contacts,
)
from services.leads.leads.store import leads, sealing, terms
from services.leads.leads.store import standing as standing_leads
from services.leads.search.domain import Hit, Kind

codec = Codec(Hit, pb.SearchHit)
REACHES = (400, 8_000, 2_000_000_000)
"""Of how many rows with the terms it is seen, step by step, whether enough are in sight."""


@dataclass(frozen=True)
class Source:
    """Where things of one kind are found. `names` says which column is which field of a hit."""

    kind: Kind
    store: Store[Any]
    terms: Terms
    names: tuple[tuple[str, str], ...]
    sealing: Sealing | None = None
    held: bool = True
    """Whether things of this kind are somebody's own, and not seen with what they belong to."""

    async def candidates(self, tx: Tx, ways: list[list[int]], wanted: int, limit: int) -> list[Hit]:
        """The newest `limit` that have all terms of one of the ways and are in sight; a few may have them by chance.

        There may be fewer if at least `wanted` are among the newest: who sees little of what many rows have is
        answered without all of these.
        """
        how_far = reach(tx.principal)
        narrow = self.held and how_far == OWN
        for most in REACHES[:1] if narrow else REACHES:
            ids = await self.terms.find(tx, ways, most)
            rows: list[Any] = await tx.fetch(_seen(self, how_far), ids=ids, limit=limit) if ids else []
            if len(rows) >= wanted or len(ids) < most:
                break
        else:
            if narrow:  # what is one's own is less than what has it
                bound = {f"way{number}": way for number, way in enumerate(ways)}
                rows = await tx.fetch(_own(self, len(ways)), **bound, limit=limit)
        return [self._hit(row) for row in (await self.sealing.open(tx, rows) if self.sealing else rows)]

    def _hit(self, row: Any) -> Hit:
        identity: UUID = row["id"]
        given = {name: row[column] for name, column in self.names}
        return Hit(kind=self.kind, id=identity, create_time=row["create_time"], **given)


def _build(source: Source, how_far: str) -> Executable:
    table = source.store.table
    chosen = source.sealing.select() if source.sealing else select(table)
    found = table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    return (
        chosen.where(table.c.tenant_id == bindparam("tenant_id", type_=Uuid), found, source.store.sight(how_far))
        .order_by(desc(table.c.create_time), desc(table.c.id))
        .limit(bindparam("limit", type_=Integer))
    )


def _build_own(source: Source, ways: int) -> Executable:
    table, found_by = source.store.table, source.terms.table
    chosen = source.sealing.select() if source.sealing else select(table)
    own = getattr(func, f"{table.name}_of")(bindparam("me", type_=Uuid)).table_valued("id")
    fits = (found_by.c.terms.contains(bindparam(f"way{number}", type_=ARRAY(Integer))) for number in range(ways))
    tenant = bindparam("tenant_id", type_=Uuid)
    return (
        chosen.join_from(table, own, own.c.id == table.c.id)
        .join(found_by, (found_by.c.tenant_id == table.c.tenant_id) & (found_by.c.id == table.c.id))
        .where(table.c.tenant_id == tenant, found_by.c.tenant_id == tenant, or_(*fits), source.store.sight(OWN))
        .order_by(desc(table.c.create_time), desc(table.c.id))
        .limit(bindparam("limit", type_=Integer))
    )


_seen = Variants(_build)
_own = Variants(_build_own)
CODE = ("uscc", "uscc")
PERSON = (("phone", "phone"), ("email", "email"))
_leads = Store(leads.table, leads.codec, "lead", "线索", sight=standing_leads)
LEADS = Source(
    Kind.LEAD, _leads, terms, (("name", "company"), ("contact_name", "contact_name"), CODE, *PERSON), sealing
)
_standing = Store(accounts_table, account_codec, "account", "客户", sight=standing)
ACCOUNTS = Source(Kind.ACCOUNT, _standing, account_terms, (("name", "name"), CODE))
_people = Store(contacts_table, contact_codec, "contact", "联系人", sight=standing_contacts)
CONTACTS = Source(
    Kind.CONTACT,
    _people,
    contact_terms,
    (("name", "name"), ("account_id", "account_id"), *PERSON),
    contact_sealing,
    held=False,
)
SOURCES = {source.kind: source for source in (LEADS, ACCOUNTS, CONTACTS)}
