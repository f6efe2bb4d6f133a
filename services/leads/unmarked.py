"""Leads and accounts that were recorded before there were marks get theirs, so that later ones find them."""

from sqlalchemy import ColumnElement, Table, Uuid, any_, bindparam, exists, select, union
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.backfill import ROWS
from services.kit.database import Tx
from services.kit.sql import Query
from services.leads.accounts.operations import candidate as account_candidate
from services.leads.accounts.operations import mark_contact
from services.leads.accounts.store import account_codec, accounts_table, contact_codec, contact_sealing, contacts_table
from services.leads.collisions.operations import candidate as lead_candidate
from services.leads.leads.domain import Status
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import sealing as lead_sealing
from services.leads.leads.store import table as leads_table
from services.leads.matching import operations as matching
from services.leads.matching.store import marks_table

_tenant = bindparam("tenant_id", type_=Uuid)
_l, _a, _c = leads_table.c, accounts_table.c, contacts_table.c
# What has no company's name may have nothing at all by which it could be marked, and would be looked at for ever.
_open = ((_l.status == Status.NEW.value) | (_l.status == Status.QUALIFIED.value)) & (_l.company != "")


def _unmarked(rows: Table) -> ColumnElement[bool]:
    same = (marks_table.c.tenant_id == rows.c.tenant_id) & (marks_table.c.row_id == rows.c.id)
    return ~exists(select(1).where(same))


LEADS = Query(lead_sealing.select().where(_l.tenant_id == _tenant, _open, _unmarked(leads_table)).limit(ROWS))
ACCOUNTS = Query(select(accounts_table).where(_a.tenant_id == _tenant, _unmarked(accounts_table)).limit(ROWS))
CONTACTS = Query(
    contact_sealing.select().where(
        _c.tenant_id == _tenant, _c.account_id == any_(bindparam("ids", type_=ARRAY(Uuid))), _c.erase_time.is_(None)
    )
)


class Unmarked:
    """Marks what has no mark, some hundred in a transaction. No case is opened: it was there before."""

    table = marks_table
    tenants = Query(
        union(
            select(_l.tenant_id).where(_open, _unmarked(leads_table)),
            select(_a.tenant_id).where(_unmarked(accounts_table)),
        )
    )

    async def some(self, tx: Tx) -> int:
        """Do so for some rows; how many."""
        leads = [lead_codec.from_row(row) for row in await lead_sealing.open(tx, await tx.fetch(LEADS))]
        for lead in leads:
            await matching.mark(tx, lead_candidate(lead))
        accounts = {row["id"]: account_codec.from_row(row) for row in await tx.fetch(ACCOUNTS)}
        for account in accounts.values():
            await matching.mark(tx, account_candidate(account))
        people = await contact_sealing.open(tx, await tx.fetch(CONTACTS, ids=list(accounts)))
        for contact in map(contact_codec.from_row, people):
            await mark_contact(tx, accounts[contact.account_id], contact)
        return len(leads) + len(accounts)
