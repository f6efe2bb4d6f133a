"""Prospects and the rules of promotions in PostgreSQL."""

from dealtrail.leads.v1 import prospects_pb2 as pb
from sqlalchemy import Boolean, Column, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, containing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, owner_columns, tenant_table, text_column, uuid_column
from services.leads.metadata import metadata
from services.leads.prospects.domain import PromotionRules, Prospect

table = tenant_table(
    "prospects",
    metadata,
    uuid_column(),
    *(text_column(name) for name in ("company", "industry", "region", "channel", "status")),
    text_column("product", default=""),
    uuid_column("lead_id", nullable=True),
    *owner_columns(),
    *change_columns(),
)
rules_table = tenant_table(
    "promotion_rules",
    metadata,
    *(Column(name, Boolean, nullable=False) for name in ("need_way_to_reach", "need_contact_name", "need_interest")),
    key=(),
)
codec = Codec(Prospect, pb.Prospect)
rules_codec = Codec(PromotionRules, pb.PromotionRules)
prospects = Store(table, codec, "prospect", "潜在客户")
listing = Listing(
    table, filters={"status": by_enum(table.c.status, pb.ProspectStatus), "q": containing(table.c.company)}
)

RULES = Query(select(rules_table).where(rules_table.c.tenant_id == bindparam("tenant_id", type_=Uuid)))
_given = {c.name: bindparam(c.name, type_=c.type) for c in rules_table.columns}
_rest = {name: bound for name, bound in _given.items() if name != "tenant_id"}
SET_RULES = Query(insert(rules_table).values(_given).on_conflict_do_update(index_elements=["tenant_id"], set_=_rest))
