"""Teams in PostgreSQL."""

from dealtrail.identity.v1 import teams_pb2 as pb
from sqlalchemy import Uuid, bindparam, select

from gateway.identity.metadata import metadata
from gateway.identity.teams.domain import Team
from services.kit.codec import Codec
from services.kit.pages import Listing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, uuid_column

table = tenant_table(
    "teams", metadata, uuid_column(), text_column("name"), uuid_column("parent_id", nullable=True), *change_columns()
)
codec = Codec(Team, pb.Team)
teams = Store(table, codec, "team", "团队")
listing = Listing(table, filters={}, orders=("name",))

_of_tenant = table.c.tenant_id == bindparam("tenant_id")
PARENTS = Query(select(table.c.id, table.c.parent_id).where(_of_tenant))
BESIDE = Query(
    select(table.c.id).where(
        _of_tenant,
        table.c.name == bindparam("name"),
        table.c.parent_id.is_not_distinct_from(bindparam("parent", type_=Uuid)),
    )
)
