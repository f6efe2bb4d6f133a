"""Give a lead another temperature, and keep who did it and why."""

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.leads.domain import Lead
from services.leads.temperatures.domain import Temperature, TemperatureChange
from services.leads.temperatures.store import ADD, codec, sealing


async def change(tx: Tx, lead: Lead, temperature: Temperature, why: str) -> bool:
    """Give it to a lead that the transaction holds and saves; whether it is another one than before.

    Refused: LEAD_NOT_OPEN, LEAD_HELD.
    """
    former = lead.temperature
    if not lead.take_temperature(temperature, tx.now):
        return False
    told = TemperatureChange(new_id(), lead.id, temperature, former, why, tx.principal.user_id, tx.now)
    await tx.insert(ADD, **await sealing.seal(tx, codec.to_row(told)))
    return True
