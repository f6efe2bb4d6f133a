"""Retention and holds of leads in PostgreSQL, and what is too old."""

from dealtrail.leads.v1 import lead_retention_pb2 as pb
from sqlalchemy import ColumnElement, Integer, Uuid, any_, bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from services.kit.aliases import root
from services.kit.codec import Codec
from services.kit.pages import Listing
from services.kit.retention import Rules, too_old
from services.kit.sql import Query
from services.kit.store import Store
from services.kit.tables import tenant_table, time_column, uuid_column
from services.leads.lead_retention.domain import LeadHold, LeadRetention
from services.leads.leads.domain import Status
from services.leads.leads.store import table as leads_table
from services.leads.metadata import metadata
from services.leads.notices.store import table as notices_table

MONTHS = ("discarded_lead_months", "notice_months")
rules = Rules(metadata, MONTHS)
holds_table = tenant_table("lead_holds", metadata, uuid_column(), uuid_column("held_by"), time_column("create_time"))
rules_codec = Codec(LeadRetention, pb.LeadRetention)
codec = Codec(LeadHold, pb.LeadHold)
holds = Store(holds_table, codec, "lead hold", "线索保全")
listing = Listing(holds_table, filters={})

_tenant, _limit = bindparam("tenant_id", type_=Uuid), bindparam("limit", type_=Integer)
_l, _n, _h = leads_table.c, notices_table.c, holds_table.c
RELEASE = Query(delete(holds_table).where(_h.tenant_id == _tenant, _h.id == bindparam("id", type_=Uuid)))
_lead_held: ColumnElement[bool] = _l.id.in_(select(root(_h.id)).where(_h.tenant_id == _tenant))
"""A lead is held with what was merged into it: they go together."""
_notice_held: ColumnElement[bool] = exists(
    select(1).where(_h.tenant_id == _n.tenant_id, _h.id == _n.subject_id).correlate(notices_table)
)
# A lead that is discarded changes no more but by its reopening: since its last change it has been discarded.
_old_leads = (
    (_l.tenant_id == _tenant)
    & (_l.status == Status.DISCARDED.value)
    & _l.erase_time.is_(None)
    & too_old(_l.update_time)
)
_old_notices = (_n.tenant_id == _tenant) & too_old(_n.create_time)
DUE_LEADS = Query(
    select(_l.id)
    .where(_old_leads, ~_lead_held)
    .order_by(_l.update_time)
    .limit(_limit)
    .with_for_update(of=leads_table, skip_locked=True)
)
DUE_NOTICES = Query(
    select(_n.id)
    .where(_old_notices, ~_notice_held)
    .order_by(_n.create_time)
    .limit(_limit)
    .with_for_update(of=notices_table, skip_locked=True)
)
_going, _held = func.count().filter, func.count().filter
COUNT_LEADS = Query(
    select(_going(~_lead_held).label("going"), _held(_lead_held).label("held"))
    .select_from(leads_table)
    .where(_old_leads)
)
COUNT_NOTICES = Query(
    select(_going(~_notice_held).label("going"), _held(_notice_held).label("held"))
    .select_from(notices_table)
    .where(_old_notices)
)
DROP_NOTICES = Query(
    delete(notices_table).where(_n.tenant_id == _tenant, _n.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)
