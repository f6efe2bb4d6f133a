"""What users are told of what happens at the gateway: exports that wait for them, and what is unusual."""

from typing import Any
from uuid import UUID

from dealtrail.identity.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.leads.notices import operations
from services.leads.notices.domain import (
    DisclosureUnusual,
    ExportApproved,
    ExportRefused,
    ExportRequested,
)

subscriptions = Subscriptions("leads")
WHAT = {
    events.Disclosure.REVEALS: ("personal data revealed", "个人信息查看次数"),
    events.Disclosure.EXPORTED_ROWS: ("rows exported", "导出行数"),
}


@subscriptions.on(events.ExportRequested)
async def requested(tx: Tx, event: Any, _: Envelope) -> None:
    """Those who may decide hear that an export waits for them."""
    news = ExportRequested("exportRequest", UUID(event.export_request.id))
    await operations.tell(tx, map(UUID, event.told_user_ids), news)


@subscriptions.on(events.ExportDecided)
async def decided(tx: Tx, event: Any, _: Envelope) -> None:
    """Whoever asked hears what was decided."""
    asked = event.export_request
    news = ExportApproved if asked.state == asked.APPROVED else ExportRefused
    await operations.tell(tx, [UUID(asked.owner_id)], news("exportRequest", UUID(asked.id)))


@subscriptions.on(events.DisclosureUnusual)
async def unusual(tx: Tx, event: Any, _: Envelope) -> None:
    """The bosses hear that somebody was shown more than is usual."""
    shown = event.disclosure
    what, what_zh = WHAT[shown.kind]
    facts = {"what": what, "what_zh": what_zh, "amount": shown.amount, "usual": shown.usual}
    await operations.tell(tx, map(UUID, event.told_user_ids), DisclosureUnusual("user", UUID(shown.user_id), **facts))
