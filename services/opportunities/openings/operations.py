"""Record new deals, each with its history so far."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.money import Money
from services.opportunities.deals import operations as facts
from services.opportunities.deals.domain import Deal, DealIdTaken, LeadHasDeal
from services.opportunities.deals.store import OF_LEADS, deals
from services.opportunities.history.domain import Deed, ForecastChange, StageMove
from services.opportunities.history.store import forecast_changes, stage_moves
from services.opportunities.lost_reasons import operations as lost_reasons
from services.opportunities.lost_reasons.domain import UnknownLostReason
from services.opportunities.processes import operations as processes
from services.opportunities.processes.domain import Process


class Past:
    """A new deal, what it has gone through so far, and what is to be said of that.

    Steps are taken in the order in which they happened; each makes the next version of the deal.
    """

    def __init__(self, tx: Tx, deal: Deal, process: Process) -> None:
        self.deal = deal
        self.id = deal.id
        self.moves: list[StageMove] = []
        self.changes: list[ForecastChange] = []
        self.told: list[tuple[Any, Deal, datetime]] = []
        self._by = tx.principal.user_id
        self._process = process
        self._keep(facts.opened(deal, process), deal.open_time, *deal.opening(self._by))

    def move(self, stage: str, at: datetime, why: str) -> None:
        """It went forward or back to that stage. Refused as by Deal.advance and Deal.regress."""
        deal, since = self.deal, self.deal.stage_since
        later = self._process.place(stage) > self._process.place(deal.stage)
        turn = deal.advance if later else deal.regress
        move = turn(self._process, stage, Deed(self._by, at, why))
        deal.version += 1
        self._keep(facts.moved(deal, self._process, move, since), at, move)

    def win(self, amount: Money | None, at: datetime) -> None:
        """It was won. Refused as by Deal.win."""
        deal, was = self.deal, self.deal.amount
        change = deal.win(amount, Deed(self._by, at))
        deal.version += 1
        self._keep(facts.won(deal, self._process, was), at, change=change)

    def lose(self, reason: str, at: datetime) -> None:
        """It was lost. Refused as by Deal.lose."""
        self.deal.lose(reason, Deed(self._by, at))
        self.deal.version += 1
        self._keep(facts.lost(self.deal, self._process), at)

    def _keep(
        self, event: Any, at: datetime, move: StageMove | None = None, change: ForecastChange | None = None
    ) -> None:
        if move:
            self.moves.append(move)
        if change:
            self.changes.append(change)
        self.told.append((event, copy(self.deal), at))


class Rules:
    """The tenant's processes and lost reasons, each read once within one command."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._processes: dict[str, Process] = {}
        self._reasons: set[str] = set()

    async def process(self, code: str) -> Process:
        """The process that a new deal follows. Refused: UNKNOWN_PROCESS."""
        if code not in self._processes:
            self._processes[code] = await processes.for_new_deal(self._tx, code)
        return self._processes[code]

    async def must_know_reason(self, code: str) -> None:
        """Refused: UNKNOWN_LOST_REASON, unless the code is empty: it may be that nobody knows any more."""
        if code and not self._reasons:
            self._reasons = {reason.code for reason in await lost_reasons.in_use(self._tx)}
        if code and code not in self._reasons:
            raise UnknownLostReason(code=code)


async def create(tx: Tx, past: Past) -> Deal:
    """Open a deal; one whose id is known already is answered as it is. Refused: LEAD_HAS_DEAL, DEAL_ID_TAKEN."""
    if past.id in await create_new(tx, [past]):
        return past.deal
    try:
        return await deals.get(tx, past.id)
    except NotFound:
        taken = await with_taken_lead(tx, [past])
        raise LeadHasDeal if taken else DealIdTaken from None


async def create_new(tx: Tx, batch: Iterable[Past]) -> set[UUID]:
    """Record those whose id is not known yet, unless their lead has a deal; which these were."""
    items = {past.id: past for past in batch}
    created = await deals.add_new(tx, [past.deal for past in items.values()])
    new = [past for past in items.values() if past.id in created]
    await stage_moves.add_many(tx, ((past.id, move) for past in new for move in past.moves))
    await forecast_changes.add_many(tx, ((past.id, change) for past in new for change in past.changes))
    for past in new:
        for event, deal, at in past.told:
            tx.emit(event, deal, occurred_at=at)
    return created


async def with_taken_lead(tx: Tx, batch: Iterable[Past]) -> set[UUID]:
    """Those of the deals whose lead has another deal."""
    items = [past.deal for past in batch if past.deal.lead_id]
    if not items:
        return set()
    rows = await tx.fetch(OF_LEADS, lead_ids=[deal.lead_id for deal in items])
    standing = {row["lead_id"]: row["id"] for row in rows}
    return {deal.id for deal in items if standing.get(deal.lead_id, deal.id) != deal.id}
