"""Score customers, decide of them, remind of reviews, and count where revenue comes from."""

from datetime import date
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import Conflict
from services.kit.money import Money
from services.kit.visibility import reach
from services.leads.account_research import operations as research
from services.leads.accounts.store import accounts
from services.leads.channels.domain import must_run_forward
from services.leads.days import ZONE
from services.leads.notices import operations as notices
from services.leads.relation_levels.store import NEWEST as NEWEST_LEVEL
from services.leads.relation_walls import operations as walls
from services.leads.strategic_accounts.domain import (
    NEWS,
    PRESET,
    Criterion,
    Decision,
    Selection,
    SelectionModel,
    SelectionReviewDue,
    SelectionScore,
    StrategicFigures,
    WeightedCriterion,
    must_differ,
    score,
)
from services.leads.strategic_accounts.store import (
    ADD_MODEL,
    AT_ONCE,
    BY_DECISION,
    IN_SIGHT,
    LEFT,
    MODELS,
    NEWEST_PERIOD,
    QUINTILE,
    REMINDED,
    REPLACE,
    REVENUE,
    TO_REVIEW,
    codec,
    model_codec,
    selections,
)
from services.leads.wallets import operations as wallets
from services.leads.wallets.domain import Period


async def publish(tx: Tx, criteria: list[WeightedCriterion]) -> SelectionModel:
    """Make the next version of the model. Refused: CRITERION_TWICE; CONFLICT if somebody else did at once."""
    must_differ(criteria)
    newest = (await models(tx))[0]
    model = SelectionModel(newest.version + 1, criteria, tx.principal.user_id, tx.now)
    if not await tx.execute(ADD_MODEL, **model_codec.to_row(model)):
        raise Conflict
    return model


async def models(tx: Tx) -> list[SelectionModel]:
    """All versions of the model, the newest first, which is in force; what ships comes last."""
    return [*(model_codec.from_row(row) for row in await tx.fetch(MODELS)), PRESET]


async def rate(tx: Tx, account_id: UUID) -> SelectionScore:
    """Score a customer by the model in force. Refused: NOT_FOUND."""
    await accounts.row(tx, account_id)
    model = (await models(tx))[0]
    found = {
        Criterion.RELATION_LEVEL: await tx.fetch_value(NEWEST_LEVEL, account_id=account_id),
        Criterion.WALL: (await walls.show(tx, account_id, "")).strength,
        Criterion.QUINTILE: await _quintile(tx, account_id),
        Criterion.WALLET_SHARE: await _wallet_share(tx, account_id),
        Criterion.FIT: (await research.fit(tx, account_id)).score,
    }
    return score(account_id, model, {criterion: value for criterion, value in found.items() if value is not None})


async def _quintile(tx: Tx, account_id: UUID) -> int | None:
    row = await tx.fetch_one(QUINTILE, account_id=account_id)
    return row["quintile"] if row and row["move"] != LEFT else None


async def _wallet_share(tx: Tx, account_id: UUID) -> float | None:
    row = await tx.fetch_one(NEWEST_PERIOD, account_id=account_id)
    if row is None:
        return None
    wallet = await wallets.of_account(tx, account_id, Period.named(row["period"]), row["amount_currency"])
    return wallet.share if wallet.share is not None and wallet.share <= 1 else None


async def decide(tx: Tx, selection: Selection) -> Selection:
    """Keep, run or drop a customer. Refused: NOT_FOUND; ACCOUNT_MERGED, REVIEW_IN_THE_PAST."""
    account = await accounts.locked(tx, selection.account_id)
    account.must_stand()
    selection.must_make_sense(tx.now.astimezone(ZONE).date())
    found = await rate(tx, account.id)
    selection.score, selection.findings, selection.model_version = found.score, found.findings, found.model_version
    before = await tx.fetch_one(REPLACE, account_id=account.id)
    selection.version = before["version"] + 1 if before else 1
    await selections.add(tx, selection)
    event = events.SelectionDecided(selection=codec.to_message(selection.told()))
    tx.emit(event, selection, seen_as=account)
    if selection.decision is Decision.DROP or before is None or before["decision"] != selection.decision:
        news = NEWS[selection.decision]("account", account.id, account=account.name)
        await notices.tell(tx, [account.owner_id, *account.collaborators], news)
    return selection


async def remind(tx: Tx) -> bool:
    """Tell who decided, and who works the customer, that a review is due, once; whether there may be more."""
    rows = await tx.fetch(TO_REVIEW, today=tx.now.astimezone(ZONE).date())
    for row in rows:
        await tx.execute(REMINDED, id=row["id"])
        facts = {"account": row["account"], "review_date": row["review_date"]}
        news = SelectionReviewDue("account", row["account_id"], **facts)
        await notices.tell(tx, [row["author_id"], row["owner_id"]], news)
    return len(rows) == AT_ONCE


async def figures(tx: Tx, start: date, end: date, currency: str) -> StrategicFigures:
    """Where the customers in the caller's sight stand, and their revenue. Refused: PERIOD_BACKWARDS."""
    must_run_forward(start, end)
    how_far = reach(tx.principal)
    counts = {row["decision"]: row["accounts"] for row in await tx.fetch(BY_DECISION(how_far))}
    within = {"start_date": start, "end_date": end, "currency": currency}
    (sums,) = await tx.fetch(REVENUE(how_far), **within)
    return StrategicFigures(
        kept=counts.get(Decision.KEEP, 0),
        run=counts.get(Decision.RUN, 0),
        dropped=counts.get(Decision.DROP, 0),
        undecided=await tx.fetch_value(IN_SIGHT(how_far)) - sum(counts.values()),
        start_date=start,
        end_date=end,
        strategic_revenue=Money(sums["strategic"], currency),
        revenue=Money(sums["revenue"], currency),
        share=float(sums["strategic"] / sums["revenue"]) if sums["revenue"] else None,
    )
