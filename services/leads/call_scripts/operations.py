"""The scripts as they stand, and which one is to be used for whom."""

from dataclasses import replace
from uuid import UUID

from services.kit.database import Tx
from services.kit.errors import Conflict, NotFound
from services.kit.money import Money
from services.leads.accounts.store import accounts
from services.leads.call_scripts.domain import GENERAL, CallScript, ScriptFinding, choose, in_order
from services.leads.call_scripts.store import ADD, NEWEST, NEWEST_OF, ONE, codec
from services.leads.leads.store import leads
from services.leads.strategic_accounts.store import LEFT, QUINTILE


async def publish(tx: Tx, script: CallScript) -> CallScript:
    """Make the next version of a script. Refused: CURRENCIES_DIFFER, SIZE_BACKWARDS, CONFLICT."""
    script.check()
    newest = await tx.fetch_one(NEWEST_OF, code=script.code)
    version = newest["version"] + 1 if newest else 1
    script = replace(script, version=version, created_by=tx.principal.user_id, create_time=tx.now)
    if not await tx.execute(ADD, **codec.to_row(script)):
        raise Conflict
    return script


async def get(tx: Tx, code: str, version: int) -> CallScript:
    """One version; the newest if 0, or what ships. Refused: NOT_FOUND."""
    query = tx.fetch_one(ONE, code=code, version=version) if version else tx.fetch_one(NEWEST_OF, code=code)
    if (row := await query) is not None:
        return codec.from_row(row)
    if version or code != GENERAL.code:
        raise NotFound(kind="call script", kind_zh="话术")
    return GENERAL


async def kept(tx: Tx, code: str, version: int) -> CallScript:
    """The very version that a session goes by: what ships is version 0."""
    return await get(tx, code, version) if version else GENERAL


async def newest(tx: Tx) -> list[CallScript]:
    """The newest version of each, in the order in which they are tried."""
    return in_order([codec.from_row(row) for row in await tx.fetch(NEWEST)])


async def chosen(tx: Tx, amount: Money | None, quintile: int) -> tuple[CallScript, tuple[ScriptFinding, ...]]:
    """The script for that order size and class, and how it was found."""
    return choose([codec.from_row(row) for row in await tx.fetch(NEWEST)], amount, quintile)


async def class_of(tx: Tx, account_id: UUID | None, lead_id: UUID | None) -> int:
    """The class of a customer in the newest cycle that knows of it; 0 for none. Refused: NOT_FOUND."""
    if lead_id is not None:
        account_id = (await leads.get(tx, lead_id)).account_id
    elif account_id is not None:
        await accounts.row(tx, account_id)
    row = await tx.fetch_one(QUINTILE, account_id=account_id) if account_id else None
    return 0 if row is None or row["move"] == LEFT else int(row["quintile"])
