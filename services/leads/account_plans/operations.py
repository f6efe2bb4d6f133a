"""Draft plans, approve, revise and close them, and reckon up what they are worth."""

from datetime import date
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.kit.money import Money
from services.leads.account_plans.domain import (
    AccountPlan,
    AccountPlanFigures,
    AccountPlanVersion,
    DiscountRate,
    PlanApproved,
    PlanOpen,
    by_year,
    net_present_value,
)
from services.leads.account_plans.store import (
    ADD_RATE,
    ADD_VERSION,
    IN_FORCE,
    OPEN,
    SIGNED,
    VERSIONS,
    codec,
    plans,
    rate_codec,
    version_codec,
)
from services.leads.accounts.domain import Account
from services.leads.accounts.store import accounts
from services.leads.notices import operations as notices
from services.leads.plan_actions import operations as actions
from services.leads.plan_actions.domain import Side, progress


async def draft(tx: Tx, plan: AccountPlan) -> AccountPlan:
    """Keep a new draft. Refused: NOT_FOUND; ACCOUNT_MERGED, PLAN_OPEN, and what makes no sense."""
    account = await accounts.locked(tx, plan.account_id)
    account.must_stand()
    if known := await tx.fetch_value(OPEN, account_id=account.id):
        raise PlanOpen(id=known)
    plan.must_make_sense()
    await plans.add(tx, plan)
    tx.emit(events.AccountPlanDrafted(account_plan=codec.to_message(plan.told())), plan, seen_as=account)
    return plan


async def change(tx: Tx, plan_id: UUID, **given: object) -> AccountPlan:
    """Change a draft. Refused: NOT_FOUND; PLAN_NOT_DRAFT, and what makes no sense."""
    plan, account = await _held(tx, plan_id)
    plan.change(**given)
    await plans.save(tx, plan)
    tx.emit(events.AccountPlanUpdated(account_plan=codec.to_message(plan.told())), plan, seen_as=account)
    return plan


async def approve(tx: Tx, plan_id: UUID) -> AccountPlan:
    """Let a draft stand, and keep it as it is. Refused: NOT_FOUND; PLAN_NOT_DRAFT, PLAN_INCOMPLETE."""
    plan, account = await _held(tx, plan_id)
    sides = {one.side for one in await actions.of_plan(tx, plan.id)}
    plan.approve(ours=Side.OURS in sides, theirs=Side.THEIRS in sides)
    await plans.save(tx, plan)
    version = AccountPlanVersion(
        account_plan_id=plan.id,
        approval=plan.approvals,
        strategy_fit=plan.strategy_fit,
        joint_goals=plan.joint_goals,
        expected=plan.expected,
        discount_rate=await tx.fetch_value(IN_FORCE),
        approver_id=tx.principal.user_id,
        create_time=tx.now,
        years=plan.years,
    )
    row = version_codec.to_row(version) | {"id": new_id(), "account_id": account.id, "merged_from": plan.merged_from}
    await tx.insert(ADD_VERSION, **row)
    tx.emit(events.AccountPlanApproved(account_plan=codec.to_message(plan.told())), plan, seen_as=account)
    await notices.tell(
        tx, [plan.author_id, account.owner_id], PlanApproved("account", account.id, account=account.name)
    )
    return plan


async def revise(tx: Tx, plan_id: UUID) -> AccountPlan:
    """Take an approved plan up again. Refused: NOT_FOUND; PLAN_NOT_APPROVED."""
    plan, account = await _held(tx, plan_id)
    plan.revise()
    await plans.save(tx, plan)
    tx.emit(events.AccountPlanUpdated(account_plan=codec.to_message(plan.told())), plan, seen_as=account)
    return plan


async def close(tx: Tx, plan_id: UUID, reason: str) -> AccountPlan:
    """End a plan. Refused: NOT_FOUND; PLAN_CLOSED."""
    plan, account = await _held(tx, plan_id)
    plan.close(reason)
    await plans.save(tx, plan)
    tx.emit(events.AccountPlanClosed(account_plan=codec.to_message(plan.told())), plan, seen_as=account)
    return plan


async def _held(tx: Tx, plan_id: UUID) -> tuple[AccountPlan, Account]:
    plan = await plans.locked(tx, plan_id)
    return plan, await accounts.get(tx, plan.account_id)


async def versions(tx: Tx, plan_id: UUID) -> list[AccountPlanVersion]:
    """What was approved of a plan, newest first. Refused: NOT_FOUND."""
    await plans.row(tx, plan_id)
    return [version_codec.from_row(row) for row in await tx.fetch(VERSIONS, account_plan_id=plan_id)]


async def figures(tx: Tx, plan_id: UUID, as_of: date, approval: int) -> AccountPlanFigures:
    """What a plan, or a version of it, is worth and what came of it by the end of a day. Refused: NOT_FOUND."""
    plan = await plans.get(tx, plan_id)
    rate = await tx.fetch_value(IN_FORCE)
    if approval:
        version = next((one for one in await versions(tx, plan_id) if one.approval == approval), None)
        if version is None:
            raise NotFound(kind="version of the plan", kind_zh="计划版本")
        plan.expected, plan.years, rate = version.expected, version.years, version.discount_rate
    wanted = {"account_id": plan.account_id, "currency": plan.currency, "as_of": as_of}
    came = {int(row["year"]): row["amount"] for row in await tx.fetch(SIGNED, **wanted)} if plan.currency else {}
    years = by_year(plan.calendar, plan.expected, came, plan.currency)
    worth = (
        net_present_value((one.expected.amount for one in years if one.expected), rate) if rate is not None else None
    )
    todo = await actions.of_plan(tx, plan.id)
    return AccountPlanFigures(
        account_plan_id=plan.id,
        as_of=as_of,
        by_year=years,
        progress=progress(todo, as_of),
        ours=progress([one for one in todo if one.side is Side.OURS], as_of),
        theirs=progress([one for one in todo if one.side is Side.THEIRS], as_of),
        expected=_sum([one.expected for one in years]),
        actual=_sum([one.actual for one in years]),
        net_present_value=Money(worth, plan.currency) if plan.currency and worth is not None else None,
        discount_rate=rate,
    )


def _sum(amounts: list[Money | None]) -> Money | None:
    known = [one for one in amounts if one is not None]
    return sum(known[1:], known[0]) if known else None


async def set_rate(tx: Tx, rate: DiscountRate) -> DiscountRate:
    """Let this rate be in force."""
    await tx.insert(ADD_RATE, **rate_codec.to_row(rate))
    return rate
