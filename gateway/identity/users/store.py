"""Users and their password hashes in PostgreSQL, the hashes apart: no list and no codec can ever hold one."""

from dealtrail.identity.v1 import users_pb2 as pb
from dealtrail.type.v1 import access_pb2
from sqlalchemy import BigInteger, Boolean, Column, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from gateway.identity.metadata import metadata
from gateway.identity.users.domain import User
from services.kit.codec import Codec
from services.kit.pages import Filter, Listing, by_enum, by_id, containing
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column

table = tenant_table(
    "users",
    metadata,
    uuid_column(),
    text_column("username"),
    text_column("display_name"),
    text_column("role"),
    uuid_column("team_id", nullable=True),
    Column("active", Boolean, nullable=False),
    Column("token_version", BigInteger, nullable=False),
    time_column("sessions_from"),
    *change_columns(),
)
credentials_table = tenant_table(
    "credentials", metadata, uuid_column("user_id"), text_column("password_hash"), key=("user_id",)
)

codec = Codec(User, pb.User)
users = Store(table, codec, "user", "用户")

listing = Listing(
    table,
    filters={
        "role": by_enum(table.c.role, access_pb2.Role),
        "team_id": by_id(table.c.team_id),
        "q": containing(table.c.username, table.c.display_name),
    },
    orders=("create_time desc", "create_time", "username", "display_name"),
)
_COLLEAGUES = {"team_id": by_id(table.c.team_id), "q": containing(table.c.display_name)}
colleagues = Listing(table, filters=_COLLEAGUES, orders=("display_name",), within=table.c.active)
certain_colleagues = Listing(
    table,
    filters={**_COLLEAGUES, "ids": Filter(table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), list)},
    orders=("display_name",),
)

_of_tenant = table.c.tenant_id == bindparam("tenant_id")
# One statement whether or not there is a user and a password: nobody learns it from the time that it takes.
NAMED = Query(
    select(table, credentials_table.c.password_hash)
    .outerjoin(
        credentials_table,
        (credentials_table.c.tenant_id == table.c.tenant_id) & (credentials_table.c.user_id == table.c.id),
    )
    .where(_of_tenant, table.c.username == bindparam("username"))
)
STANDING = Query(
    select(table.c.id, table.c.username, table.c.role, table.c.team_id, table.c.active, table.c.token_version).where(
        _of_tenant
    )
)
TAKEN = Query(
    select(table.c.id, table.c.username).where(
        _of_tenant, table.c.username == any_(bindparam("usernames", type_=ARRAY(Text)))
    )
)
KNOWN = Query(select(table.c.id).where(_of_tenant, table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
OTHER_BOSSES = Query(
    select(func.count())
    .select_from(table)
    .where(_of_tenant, table.c.active, table.c.role == "BOSS", table.c.id != bindparam("id"))
)

_credential = insert(credentials_table).values(
    {c.name: bindparam(c.name, type_=c.type) for c in credentials_table.columns}
)
SET_PASSWORD = Query(
    _credential.on_conflict_do_update(
        index_elements=["tenant_id", "user_id"], set_={"password_hash": _credential.excluded.password_hash}
    )
)
