"""The deals of a tenant as they are listed for partners: all of them, whoever owns them."""

from sqlalchemy import DateTime, Uuid, bindparam

from services.kit.codec import from_timestamp
from services.kit.pages import Filter, Listing
from services.opportunities.deals.store import table

CHANGED = Filter(table.c.update_time >= bindparam("changed_since", type_=DateTime(timezone=True)), from_timestamp)
listing = Listing(
    table,
    filters={"changed_since": CHANGED},
    orders=("create_time",),
    sight=lambda _: table.c.tenant_id == bindparam("tenant_id", type_=Uuid),
)
