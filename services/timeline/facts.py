"""What the timeline owns and keeps of all services, for the reconciler."""

from sqlalchemy import literal, select

from services.kit.facts import (
    PUBLISHED,
    TENANT,
    Applied,
    Copied,
    Facts,
    Owned,
    kept_aliases,
    kept_teams,
    stand_where_merged,
    versions_told,
)
from services.timeline.__main__ import subscriptions
from services.timeline.entries.consumers import TABLE
from services.timeline.entries.domain import About, Category
from services.timeline.entries.store import entries_table, subjects_table
from services.timeline.rebuild import PROJECTION
from services.timeline.retention.store import lead_holds_table
from services.timeline.touchpoints.store import touchpoints_table

s, e, t = subjects_table.c, entries_table.c, touchpoints_table.c
TOUCHPOINT = Owned("touchpoint", select(t.id, t.version, t.kind, t.category).where(t.tenant_id == TENANT))
OF_ACCOUNT = Owned(
    "touchpoint of an account",
    select(t.id, t.version, t.account_id, t.kind, t.category, t.occurred_time).where(
        t.tenant_id == TENANT, t.account_id.is_not(None)
    ),
    told=False,
)
LINKS = {
    About.LEAD: (s.account_id, s.deal_id),
    About.ACCOUNT: (),
    About.DEAL: (s.account_id,),
    About.CONTRACT: (s.account_id, s.deal_id),
}
OWNERS = {About.LEAD: "leads", About.ACCOUNT: "leads", About.DEAL: "opportunities", About.CONTRACT: "contracts"}


def _subjects(about: About) -> Copied:
    """Who sees what is told of a lead, an account, a deal or a contract, and what it belongs to."""
    rows = select(s.id, s.version, s.owner_id, s.team_id, *LINKS[about])
    return Copied(OWNERS[about], about.value.lower(), rows.where(s.tenant_id == TENANT, s.about == about.value))


h = lead_holds_table.c
LEAD_HOLD = Copied(
    "leads",
    "lead hold",
    select(h.id, literal(1).label("version")).where(h.tenant_id == TENANT, h.held),
    forget=(lead_holds_table, "id"),
)
_touchpoints = select(e.id, e.version, e.kind, e.category).where(
    e.tenant_id == TENANT, e.category != Category.STATE.value
)
_happened = select(e.id).where(e.tenant_id == TENANT, e.category == Category.STATE.value)
FACTS = Facts(
    owned=(TOUCHPOINT, OF_ACCOUNT),
    copied=(
        *map(_subjects, About),
        Copied("timeline", "touchpoint", _touchpoints),
        LEAD_HOLD,
        kept_teams(),
        kept_aliases("leads", "merged account or lead"),
    ),
    applied=(Applied("entries", tuple(event.DESCRIPTOR.full_name for event, _, _ in TABLE), _happened),),
    laws=(versions_told(TOUCHPOINT), PUBLISHED, stand_where_merged(entries_table, "account_id")),
    subscriptions=subscriptions,
    projection=PROJECTION,
)
