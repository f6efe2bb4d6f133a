"""How near to buying a lead is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Temperature(StrEnum):
    """From the coldest to the hottest; see proto/dealtrail/leads/v1/leads.proto."""

    COLD = "COLD"
    WARM = "WARM"
    HOT = "HOT"


@dataclass(frozen=True)
class TemperatureChange:
    """Once that somebody gave a lead another temperature. It never changes."""

    id: UUID
    lead_id: UUID
    temperature: Temperature
    from_temperature: Temperature | None
    why: str
    changed_by: UUID
    create_time: datetime
