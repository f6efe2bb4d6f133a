"""What became of a lead before it was recorded here, as imports tell it."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.leads.leads.domain import Lead, Status
from services.leads.leads.refusals import OutcomeBeforeCapture


@dataclass(frozen=True)
class Past:
    """What became of a lead before it was recorded here."""

    outcome: Status
    at: datetime
    discard_reason: str = ""


def relive(lead: Lead, past: Past) -> list[Lead]:
    """Have the lead go through its past; it after each step of it. Refused: OUTCOME_BEFORE_CAPTURE."""
    if past.at < lead.create_time:
        raise OutcomeBeforeCapture
    steps = []
    if past.outcome in (Status.QUALIFIED, Status.CONVERTED):
        lead.qualify(0)
        lead.come_to_stage(past.at)
        lead.version += 1
        steps.append(replace(lead))
    if past.outcome is Status.CONVERTED:
        lead.status = Status.CONVERTED
    elif past.outcome is Status.DISCARDED:
        lead.discard(past.discard_reason)
    else:
        return steps
    lead.come_to_stage(past.at)
    lead.version += 1
    return [*steps, replace(lead)]
