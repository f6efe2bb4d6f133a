"""Accounts and contacts in PostgreSQL. A contact is seen by whoever sees its account."""

from collections.abc import Callable

from dealtrail.leads.v1 import accounts_pb2 as pb
from sqlalchemy import Column, ColumnElement, Integer, LargeBinary, Text, Uuid, any_, bindparam, exists, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, Rows, by_id, by_text, containing
from services.kit.sealing import Sealing, sealed_column
from services.kit.sql import Variants
from services.kit.store import Store
from services.kit.tables import (
    change_columns,
    json_column,
    money_columns,
    owner_columns,
    tenant_table,
    text_column,
    time_column,
    uuid_column,
)
from services.kit.terms import Terms, terms_table
from services.kit.visibility import in_sight
from services.leads.accounts.domain import Account, Contact
from services.leads.metadata import metadata
from services.leads.people import email_mark, phone_mark
from services.leads.words import account_words, contact_words

accounts_table = tenant_table(
    "accounts",
    metadata,
    uuid_column(),
    text_column("name"),
    text_column("industry"),
    text_column("region"),
    Column("employees", Integer, nullable=False),
    *money_columns("revenue", nullable=True),
    Column("parent_id", Uuid),
    json_column("attributes"),
    text_column("uscc", default=""),
    uuid_column("merged_into", nullable=True),
    *owner_columns(),
    *change_columns(),
)
contacts_table = tenant_table(
    "contacts",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    uuid_column("person_id"),
    text_column("name"),
    text_column("title"),
    text_column("phone"),
    text_column("email"),
    sealed_column(),
    Column("phone_mark", LargeBinary),
    Column("email_mark", LargeBinary),
    time_column("erase_time", nullable=True),
    uuid_column("merged_into", nullable=True),
    *change_columns(),
)


def standing(reach: str) -> ColumnElement[bool]:
    """Accounts that exist for the caller and stand by themselves: what was merged is not listed."""
    return in_sight(accounts_table, reach) & accounts_table.c.merged_into.is_(None)


def of_account(rows: Rows) -> Callable[[str], ColumnElement[bool]]:
    """Rows with an `account_id` that exist for the caller: those whose account does."""

    def sight(reach: str) -> ColumnElement[bool]:
        mine = (accounts_table.c.tenant_id == rows.c.tenant_id) & (accounts_table.c.id == rows.c.account_id)
        tenant: ColumnElement[bool] = rows.c.tenant_id == bindparam("tenant_id")
        return tenant & exists(select(1).where(mine, in_sight(accounts_table, reach)))

    return sight


with_account = of_account(contacts_table)


def standing_contacts(reach: str) -> ColumnElement[bool]:
    """Contacts that exist for the caller and stand by themselves: what was merged is not listed."""
    return with_account(reach) & contacts_table.c.merged_into.is_(None)


account_codec = Codec(Account, pb.Account)
contact_codec = Codec(Contact, pb.Contact)
account_terms = Terms(terms_table("account_terms", metadata), accounts_table, ("name", "uscc"), account_words)
accounts = Store(accounts_table, account_codec, "account", "客户", terms=account_terms)
contact_sealing = Sealing(
    contacts_table,
    ("name", "title", "phone", "email"),
    key="person_id",
    marks={"phone_mark": phone_mark, "email_mark": email_mark},
)
contact_terms = Terms(terms_table("contact_terms", metadata), contacts_table, ("name", "phone", "email"), contact_words)
contacts = Store(
    contacts_table, contact_codec, "contact", "联系人", with_account, sealing=contact_sealing, terms=contact_terms
)

account_listing = Listing(
    accounts_table,
    filters={
        "owner_id": by_id(accounts_table.c.owner_id),
        "industry": by_text(accounts_table.c.industry),
        "q": containing(accounts_table.c.name),
        "names": Filter(accounts_table.c.name == any_(bindparam("names", type_=ARRAY(Text))), list),
    },
    orders=("create_time desc", "create_time", "name", "name desc"),
    sight=standing,
)
contact_listing = Listing(
    contacts_table,
    filters={"account_id": by_id(contacts_table.c.account_id)},
    sight=standing_contacts,
    sealing=contact_sealing,
)

BY_NAME = Variants(
    lambda reach: (
        select(accounts_table)
        .where(accounts_table.c.name == bindparam("name"), standing(reach))
        .order_by(accounts_table.c.create_time)
        .limit(1)
    )
)
