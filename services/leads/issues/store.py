"""Issues in PostgreSQL. An issue is seen by whoever sees its account."""

from dealtrail.leads.v1 import issues_pb2 as pb
from sqlalchemy import Boolean, Column, Date

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, time_column, uuid_column
from services.leads.accounts.store import of_account
from services.leads.issues.domain import Issue
from services.leads.metadata import metadata

table = tenant_table(
    "issues",
    metadata,
    uuid_column(),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("title"),
    Column("core", Boolean, nullable=False),
    uuid_column("owner_id"),
    Column("due_date", Date),
    text_column("state"),
    text_column("settlement"),
    time_column("close_time", nullable=True),
    *change_columns(),
)
codec = Codec(Issue, pb.Issue)
issues = Store(table, codec, "issue", "问题", sight=of_account(table))
listing = Listing(
    table,
    filters={
        "account_id": by_id(table.c.account_id),
        "state": by_enum(table.c.state, pb.Issue.State),
        "owner_id": by_id(table.c.owner_id),
    },
    sight=of_account(table),
)
