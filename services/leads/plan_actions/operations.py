"""Agree on actions, settle them, and remind of what falls due."""

from datetime import date, timedelta
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.ids import new_id
from services.leads.account_plans.store import plans
from services.leads.accounts.store import accounts
from services.leads.days import ZONE
from services.leads.notices import operations as notices
from services.leads.plan_actions.domain import (
    REMIND_DAYS,
    ContactNotOfAccount,
    PlanAction,
    PlanActionHandedOver,
    Side,
    Status,
)
from services.leads.plan_actions.store import AT_ONCE, CONTACT, OF_PLAN, TO_REMIND, actions, codec


async def add(
    tx: Tx, plan_id: UUID, side: Side, title: str, due_date: date, owner_id: UUID, contact_id: UUID | None
) -> PlanAction:
    """Agree on an action. Refused: NOT_FOUND; PLAN_CLOSED, CONTACT_NOT_OF_ACCOUNT."""
    plan = await plans.locked(tx, plan_id)
    plan.must_be_open()
    account = await accounts.get(tx, plan.account_id)
    if contact_id and not await tx.fetch_value(CONTACT, contact_id=contact_id, account_id=account.id):
        raise ContactNotOfAccount
    action = PlanAction(
        id=new_id(),
        account_plan_id=plan.id,
        account_id=account.id,
        merged_from=plan.merged_from,
        side=side,
        title=title,
        owner_id=owner_id,
        contact_id=contact_id,
        due_date=due_date,
        create_time=tx.now,
        update_time=tx.now,
    )
    await actions.add(tx, action)
    tx.emit(events.PlanActionAdded(plan_action=codec.to_message(action.told())), action, seen_as=account)
    news = PlanActionHandedOver("account", account.id, account=account.name, due_date=action.due_date)
    await notices.tell(tx, [action.owner_id], news)
    return action


async def settle(tx: Tx, action_id: UUID, status: Status, outcome: str) -> PlanAction:
    """It is done, or dropped. Refused: NOT_FOUND; ACTION_SETTLED, PLAN_CLOSED."""
    action = await actions.locked(tx, action_id)
    (await plans.get(tx, action.account_plan_id)).must_be_open()
    action.settle(status, outcome, tx.now.astimezone(ZONE).date())
    await actions.save(tx, action)
    account = await accounts.get(tx, action.account_id)
    tx.emit(events.PlanActionSettled(plan_action=codec.to_message(action.told())), action, seen_as=account)
    return action


async def of_plan(tx: Tx, plan_id: UUID) -> list[PlanAction]:
    """All actions of a plan that the caller was found to see."""
    return [codec.from_row(row) for row in await tx.fetch(OF_PLAN, account_plan_id=plan_id)]


async def remind(tx: Tx) -> bool:
    """Tell owners of what falls due soon and of what is overdue, once of each; whether there may be more."""
    today = tx.now.astimezone(ZONE).date()
    rows = await tx.fetch(TO_REMIND, today=today, soon=today + timedelta(days=REMIND_DAYS))
    for row in rows:
        action = codec.from_row(row)
        if news := action.remind(today):
            await actions.save(tx, action)
            facts = {"account": row["account"], "due_date": action.due_date}
            await notices.tell(tx, [action.owner_id], news("account", action.account_id, **facts))
    return len(rows) == AT_ONCE
