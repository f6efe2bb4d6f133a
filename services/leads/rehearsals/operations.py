"""Note rehearsals."""

from uuid import UUID

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.call_scripts import operations as scripts
from services.leads.rehearsals.domain import Rehearsal
from services.leads.rehearsals.store import rehearsals


async def record(tx: Tx, code: str, version: int, partner: UUID | None, minutes: int, note: str) -> Rehearsal:
    """Note that the caller has rehearsed a version, the newest if 0. Refused: NOT_FOUND."""
    script = await scripts.get(tx, code, version)
    me = tx.principal
    done = Rehearsal(
        id=new_id(),
        owner_id=me.user_id,
        team_id=me.team_id,
        script_code=script.code,
        script_version=script.version,
        create_time=tx.now,
        partner_id=partner,
        minutes=minutes,
        note=note,
    )
    await rehearsals.add(tx, done)
    return done
