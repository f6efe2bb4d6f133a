"""How loaded somebody is."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.leads.assignment.domain import Absence, AssignmentRules, Load, Rep


@dataclass(frozen=True)
class Workload:
    """How loaded somebody is; see proto/dealtrail/leads/v1/assignment.proto."""

    user_id: UUID
    open_leads: int
    capacity: int
    utilisation: Decimal
    load: Load
    absences: list[Absence]
    capacity_unset: bool
    absent: bool
    team_id: UUID | None
    inactive: bool


def utilisation(open_leads: int, capacity: int) -> Decimal:
    """P4-25: open leads / capacity."""
    return (Decimal(open_leads) / capacity).quantize(Decimal("0.0001"))


def workload(
    rules: AssignmentRules, rep: Rep, open_leads: int, day: date, team_id: UUID | None, active: bool
) -> Workload:
    """How loaded somebody is on that day, by the tenant's thresholds."""
    capacity = rep.capacity or rules.capacity
    return Workload(
        user_id=rep.user_id,
        open_leads=open_leads,
        capacity=capacity,
        utilisation=utilisation(open_leads, capacity),
        load=rules.load(open_leads, capacity),
        absences=rep.absences,
        capacity_unset=not rep.capacity,
        absent=rep.absent(day),
        team_id=team_id,
        inactive=not active,
    )
