"""Setting for how long texts are kept, holding what the law needs, and destroying what is too old."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from dealtrail.timeline.v1 import retention_pb2 as pb

from services.kit import aliases, audit
from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.sealing import destroy
from services.timeline.entries.domain import About
from services.timeline.retention.domain import LegalHold, Retention
from services.timeline.retention.store import (
    CLEAR,
    COUNT,
    COVER,
    DUE,
    HEAR,
    MONTHS,
    RELEASE,
    holds,
    rules,
    rules_codec,
)
from services.timeline.touchpoints.operations import Customers

AT_ONCE = 200
"""Texts that go in one transaction."""
PREVIEWED = {"VISIT": "visits", "COMMUNICATION": "communications", "DOCUMENT": "documents"}


async def current(tx: Tx) -> Retention:
    """What holds; nothing goes unless somebody has set that it does."""
    row = await rules.current(tx)
    return rules_codec.from_row(row) if row else Retention()


async def change(tx: Tx, given: Mapping[str, int]) -> Retention:
    """Set what is given. Refused: RETENTION_OUT_OF_BOUNDS; VERSION_MISMATCH; CONFLICT."""
    known = await current(tx)
    wanted = known.changed(given)
    months = {name: getattr(wanted, name) for name in MONTHS}
    return replace(wanted, version=await rules.set(tx, known.version, months))


async def preview(tx: Tx, given: Mapping[str, int]) -> pb.RetentionPreview:
    """What would go by these months. Refused: RETENTION_OUT_OF_BOUNDS."""
    found = pb.RetentionPreview()
    for category, months in (await current(tx)).changed(given).limits():
        row = await tx.fetch_one(COUNT, category=category.value, months=months)
        assert row is not None, "a count is one row"
        setattr(found, PREVIEWED[category.value], row["going"])
        found.held += row["held"]
    return found


async def hold(tx: Tx, customers: Customers, account_id: UUID) -> LegalHold:
    """Keep an account's texts; one that is held stays so. Refused: NOT_FOUND."""
    if await customers.find(tx, About.ACCOUNT, account_id) is None:
        raise NotFound(kind="account", kind_zh="客户")
    await rules.alone(tx)
    await aliases.roots(tx, [account_id])
    await holds.add_new(tx, [LegalHold(account_id, tx.principal.user_id, tx.now)])
    await tx.execute(COVER)
    return await holds.get(tx, account_id)


async def follow_merges(tx: Tx) -> None:
    """Let holds reach what has been merged into their accounts since."""
    await tx.execute(COVER)


async def hear(tx: Tx, lead_id: UUID, held: bool, told_time: datetime) -> None:
    """Let texts of a lead stay, or go by age as others."""
    await rules.alone(tx)
    await tx.execute(HEAR, id=lead_id, held=held, told_time=told_time)


async def release(tx: Tx, account_id: UUID) -> LegalHold:
    """End a hold. Refused: NOT_FOUND."""
    held = await holds.locked(tx, account_id)
    await tx.execute(RELEASE, id=account_id)
    return held


async def keep(tx: Tx) -> bool:
    """Destroy some texts that are too old; whether there may be more."""
    row = await rules.alone(tx)
    for category, months in rules_codec.from_row(row).limits() if row else ():
        due = [one["id"] for one in await tx.fetch(DUE, category=category.value, months=months, limit=AT_ONCE)]
        if due:
            await destroy(tx, due)
            await tx.execute(CLEAR, ids=due)
            said = f"{category.value}: {len(due)} texts older than {months} months"
            audit.record(tx, "timeline.DestroyTexts", tx.principal.tenant_id, said)
            return True
    return False
