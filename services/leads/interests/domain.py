"""Somebody in a role is interested."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ContactRole(StrEnum):
    """What somebody is to a purchase; see proto/dealtrail/leads/v1/prospects.proto."""

    DECISION_MAKER = "DECISION_MAKER"
    BUYER = "BUYER"
    EVALUATOR = "EVALUATOR"
    END_USER = "END_USER"
    COACH = "COACH"


@dataclass
class Interest:
    """An interest as it was recorded."""

    id: UUID
    lead_id: UUID
    role: ContactRole
    topic: str
    recorded_by: UUID
    create_time: datetime
