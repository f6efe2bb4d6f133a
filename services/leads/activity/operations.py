"""What is kept of touchpoints and contracts, and which customers nobody has met for long."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.kit.database import Tx
from services.kit.money import Money
from services.kit.page_tokens import bookmark, bookmarked
from services.kit.pages import DEFAULT_SIZE
from services.kit.visibility import reach
from services.leads.activity.domain import NeglectedAccount
from services.leads.activity.store import DROP_SALE, KEEP_SALE, KEEP_SALE_LINE, KEEP_TOUCH, NEGLECTED

DAYS = 90


async def met(
    tx: Tx, touchpoint_id: UUID, account_id: UUID, kind: str, category: str, at: datetime, version: int
) -> None:
    """Keep that a customer was met."""
    await tx.execute(
        KEEP_TOUCH,
        id=touchpoint_id,
        account_id=account_id,
        kind=kind,
        category=category,
        occurred_time=at,
        version=version,
    )


async def signed(
    tx: Tx,
    contract_id: UUID,
    account_id: UUID,
    amount: Money,
    day: date,
    at: datetime,
    lines: Iterable[tuple[str, Decimal]] = (),
) -> None:
    """Keep that a customer signed, and for which products: `lines` are their codes and amounts."""
    given = {"amount": amount.amount, "amount_currency": amount.currency, "sign_date": day, "sign_time": at}
    await tx.execute(KEEP_SALE, id=contract_id, account_id=account_id, **given)
    kept: list[Mapping[str, Any]] = [
        {
            "tenant_id": tx.principal.tenant_id,
            "contract_id": contract_id,
            "line": number,
            "account_id": account_id,
            "product_code": product_code,
            "amount": worth,
            "amount_currency": amount.currency,
            "sign_date": day,
        }
        for number, (product_code, worth) in enumerate(lines, 1)
    ]
    if kept:
        await tx.execute_many(KEEP_SALE_LINE, kept)


async def cancelled(tx: Tx, contract_id: UUID) -> None:
    """Let go of a contract that was cancelled."""
    await tx.execute(DROP_SALE, id=contract_id)


async def neglected(tx: Tx, days: int, owner_id: str, size: int, token: str) -> tuple[list[NeglectedAccount], int, str]:
    """One page of the customers who have waited so many days, how many there are, and the token of the next page."""
    scope = f"neglected {tx.principal.tenant_id} {tx.principal.user_id} {days} {owner_id}"
    size = size or DEFAULT_SIZE
    bound: dict[str, object] = {"before": tx.now - timedelta(days=days or DAYS)}
    if owner_id:
        bound["owner"] = UUID(owner_id)
    how_far = reach(tx.principal)
    total = await tx.fetch_value(NEGLECTED(how_far, bool(owner_id), True, False), **bound)
    if token:
        after, after_id = bookmarked(scope, token)
        bound |= {"after": datetime.fromisoformat(after), "after_id": UUID(after_id)}
    rows = await tx.fetch(NEGLECTED(how_far, bool(owner_id), False, bool(token)), **bound, limit=size + 1)
    found = [NeglectedAccount(**row).waited(tx.now) for row in rows[:size]]
    more = bookmark(scope, found[-1].waiting_since.isoformat(), str(found[-1].id)) if len(rows) > size else ""
    return found, total, more
