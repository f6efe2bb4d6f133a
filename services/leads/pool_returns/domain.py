"""A lead that returns soon, and what its owner is told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.leads.notices.domain import News
from services.leads.pool.domain import ReturnReason


class LeadWillReturn(News):
    """The user loses a lead soon, by a rule of the pool."""

    zh = "线索「{company}」将于 {due} 退回公海（{reason}）"
    en = "The lead {company} will return to the pool on {due} ({reason})"


@dataclass(frozen=True)
class Warning:
    """The owner of a lead was told that it returns at `due_time`, unless it is touched after `activity_time`."""

    lead_id: UUID
    owner_id: UUID
    reason: ReturnReason
    activity_time: datetime
    due_time: datetime
