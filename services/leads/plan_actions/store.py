"""Actions of account plans in PostgreSQL. An action is seen by whoever sees its account."""

from dealtrail.leads.v1 import plan_actions_pb2 as pb
from sqlalchemy import Column, Date, Uuid, bindparam, or_, select

from services.kit.aliases import merged_from_column
from services.kit.codec import Codec
from services.kit.pages import Listing, by_enum, by_id
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import change_columns, tenant_table, text_column, uuid_column
from services.leads.account_plans.domain import Status as PlanStatus
from services.leads.account_plans.store import table as plans_table
from services.leads.accounts.store import accounts_table, contacts_table, of_account
from services.leads.metadata import metadata
from services.leads.plan_actions.domain import PlanAction, Reminder, Status

table = tenant_table(
    "plan_actions",
    metadata,
    uuid_column(),
    uuid_column("account_plan_id"),
    uuid_column("account_id"),
    merged_from_column(),
    text_column("side"),
    text_column("title"),
    uuid_column("owner_id"),
    uuid_column("contact_id", nullable=True),
    Column("due_date", Date, nullable=False),
    text_column("status"),
    text_column("outcome"),
    Column("settle_date", Date),
    text_column("reminded"),
    *change_columns(),
)
t = table.c
codec = Codec(PlanAction, pb.PlanAction)
actions = Store(table, codec, "plan action", "计划行动", sight=of_account(table))
listing = Listing(
    table,
    filters={
        "account_plan_id": by_id(t.account_plan_id),
        "owner_id": by_id(t.owner_id),
        "status": by_enum(t.status, pb.PlanAction.Status),
        "side": by_enum(t.side, pb.PlanAction.Side),
    },
    orders=("due_date", "due_date desc", "create_time", "create_time desc"),
    sight=of_account(table),
)
_tenant = bindparam("tenant_id", type_=Uuid)
OF_PLAN = Query(
    select(table)
    .where(t.tenant_id == _tenant, t.account_plan_id == bindparam("account_plan_id", type_=Uuid))
    .order_by(t.due_date, t.id)
)
CONTACT = Query(
    select(contacts_table.c.id).where(
        contacts_table.c.tenant_id == _tenant,
        contacts_table.c.id == bindparam("contact_id", type_=Uuid),
        contacts_table.c.account_id == bindparam("account_id", type_=Uuid),
        contacts_table.c.erase_time.is_(None),
    )
)
AT_ONCE = 100
_plan, _account = plans_table.c, accounts_table.c
TO_REMIND = Query(
    select(table, _account.name.label("account"))
    .join(plans_table, (_plan.tenant_id == t.tenant_id) & (_plan.id == t.account_plan_id))
    .join(accounts_table, (_account.tenant_id == t.tenant_id) & (_account.id == t.account_id))
    .where(
        t.tenant_id == _tenant,
        t.status == Status.OPEN.value,
        _plan.status != PlanStatus.CLOSED.value,
        or_(
            (t.due_date < bindparam("today", type_=Date)) & (t.reminded != Reminder.OVERDUE.value),
            t.due_date.between(bindparam("today", type_=Date), bindparam("soon", type_=Date))
            & (t.reminded == Reminder.NONE.value),
        ),
    )
    .order_by(t.due_date, t.id)
    .limit(AT_ONCE)
    .with_for_update(of=table)
)
