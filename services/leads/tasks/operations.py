"""What people do with tasks."""

from datetime import date
from uuid import UUID

from services.kit.database import Tx
from services.kit.ids import derived_id, new_id
from services.leads.leads.domain import Lead
from services.leads.tasks.domain import Task
from services.leads.tasks.store import RELEASE, tasks


async def note(tx: Tx, lead: Lead, title: str, due: date) -> Task:
    """Note something to do about a lead, for the caller."""
    me = tx.principal
    task = Task(new_id(), title, lead.id, me.user_id, me.team_id, due, tx.now, tx.now, lead.exclusive)
    await tasks.add(tx, task)
    return task


async def of_conversion(tx: Tx, lead: Lead, title: str, due: date) -> Task:
    """The task that a lead becomes, for the lead's owner: the same for every retry."""
    return await for_owner(tx, derived_id(lead.id, "task"), lead, title, due)


async def for_owner(tx: Tx, identity: UUID, lead: Lead, title: str, due: date) -> Task:
    """Something that the lead's owner is to do about it."""
    task = Task(identity, title, lead.id, lead.owner_id, lead.team_id, due, tx.now, tx.now, lead.exclusive)
    await tasks.add(tx, task)
    return task


async def complete(tx: Tx, task_id: UUID) -> Task:
    """Note that a task is done."""
    task = await tasks.locked(tx, task_id)
    if task.complete(tx.now):
        await tasks.save(tx, task)
    return task


async def release(tx: Tx, lead_id: UUID) -> None:
    """Let the tasks about a lead be seen by whoever may see the lead."""
    await tx.execute(RELEASE, lead_id=lead_id)
