"""The catalogue in PostgreSQL. It belongs to the whole tenant: whoever may read it sees all of it."""

from dealtrail.contracts.v1 import products_pb2 as pb
from sqlalchemy import Boolean, Column, Text, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.contracts.metadata import metadata
from services.contracts.products.domain import Product
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_text, containing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, json_column, money_columns, tenant_table, text_column, uuid_column

table = tenant_table(
    "products",
    metadata,
    uuid_column(),
    text_column("code"),
    text_column("name"),
    text_column("category"),
    *money_columns("list_price", nullable=True),
    json_column("aliases"),
    Column("active", Boolean, nullable=False),
    *change_columns(),
)

codec = Codec(Product, pb.Product)
products = Store(table, codec, "product", "产品")
listing = Listing(
    table,
    filters={
        "category": by_text(table.c.category),
        "code": by_text(table.c.code),
        "q": containing(table.c.code, table.c.name),
        "active_only": Filter(table.c.active),
    },
    orders=("code", "code desc", "create_time", "create_time desc"),
)

_names = bindparam("names", type_=ARRAY(Text))
NAMED = Query(
    select(table).where(
        table.c.tenant_id == bindparam("tenant_id"),
        or_(table.c.code == any_(_names), table.c.aliases.has_any(_names)),
    )
)
"""The products that any of the names names."""

# Names are few and seldom change: with one writer a tenant at a time, no name can come to name two products.
ALONE = Query(
    select(func.pg_advisory_xact_lock(func.hashtext("products"), func.hashtext(bindparam("tenant", type_=Text))))
)
"""Wait until nobody else writes the tenant's catalogue, and keep others waiting until the transaction ends."""
