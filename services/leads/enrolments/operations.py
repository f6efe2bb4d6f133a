"""What people do to nurture leads, and what happens to leads meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events
from dealtrail.leads.v1 import leads_pb2

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.leads.enrolments.domain import EndReason, Enrolment, Nurturing, State, must_have_cadence
from services.leads.enrolments.refusals import AlreadyEnrolled, LeadOfNobody, PlanNotInUse
from services.leads.enrolments.store import OPEN_OF, codec, enrolments
from services.leads.leads.domain import NOBODY, Lead
from services.leads.leads.operations import fact
from services.leads.leads.store import leads
from services.leads.nurture_plans import operations as plans
from services.leads.nurture_plans.domain import NurturePlan
from services.leads.nurture_steps import store as steps
from services.leads.temperatures import operations as temperatures
from services.leads.temperatures.domain import Temperature
from services.leads.working_calendar import operations as calendars


async def enrol(tx: Tx, lead_id: UUID, code: str) -> Enrolment:
    """Enrol a lead in the newest version of a plan; one of which nobody has said how warm it is, as a cold one."""
    lead = await leads.locked(tx, lead_id)
    lead.must_be_open()
    lead.must_be_free()
    if lead.owner_id == NOBODY:
        raise LeadOfNobody
    temperature = lead.temperature or Temperature.COLD
    plan = await _in_use(tx, code)
    must_have_cadence(plan, temperature)
    if following := await _followed(tx, lead_id):
        raise AlreadyEnrolled(plan=following.enrolment.plan)
    if lead.nurture():
        await leads.save(tx, lead)
        tx.emit(events.LeadNurtured(lead=fact(lead)), lead)
    return await _enrol(tx, lead, plan, temperature)


async def _in_use(tx: Tx, code: str) -> NurturePlan:
    try:
        plan = await plans.get(tx, code, 0)
    except NotFound:
        raise PlanNotInUse(plan=code) from None
    if not plan.active:
        raise PlanNotInUse(plan=code)
    return plan


async def _enrol(tx: Tx, lead: Lead, plan: NurturePlan, temperature: Temperature, by_rule: bool = False) -> Enrolment:
    mine = Enrolment(
        id=new_id(),
        lead_id=lead.id,
        lead_version=lead.version,
        plan=plan.code,
        plan_version=plan.version,
        temperature=temperature,
        enrolled_by=tx.principal.user_id,
        create_time=tx.now,
        update_time=tx.now,
        by_rule=by_rule,
    )
    nurturing = Nurturing(mine)
    nurturing.begin(plan, temperature, tx.now, await calendars.current(tx))
    await enrolments.add(tx, mine)
    await steps.write(tx, nurturing.steps)
    _tell(tx, lead, nurturing, events.LeadEnrolled)
    return mine


async def warm(tx: Tx, lead_id: UUID, temperature: Temperature, why: str) -> Lead:
    """Say how near to buying a lead is: it goes on by another cadence, or is enrolled where a rule says so."""
    lead = await leads.locked(tx, lead_id)
    former = lead.temperature
    if not await temperatures.change(tx, lead, temperature, why):
        return lead
    following = await _followed(tx, lead_id)
    plan = None if following or lead.owner_id == NOBODY else await plans.by_rule(tx, temperature)
    if plan is not None:
        lead.nurture()
    await _save_warmed(tx, lead, former)
    if following is not None:
        async with changing(tx, lead, following):
            await _take_cadence(tx, following, temperature)
    elif plan is not None:
        await _enrol(tx, lead, plan, temperature, by_rule=True)
    return lead


async def warm_along(tx: Tx, lead: Lead, following: Nurturing, temperature: Temperature, why: str) -> None:
    """As `warm`, in the midst of changing the enrolment that the lead follows."""
    former = lead.temperature
    if await temperatures.change(tx, lead, temperature, why):
        await _save_warmed(tx, lead, former)
        await _take_cadence(tx, following, temperature)


async def _save_warmed(tx: Tx, lead: Lead, former: Temperature | None) -> None:
    await leads.save(tx, lead)
    was = leads_pb2.Lead.Temperature.Value(former) if former else leads_pb2.Lead.TEMPERATURE_UNSPECIFIED
    tx.emit(events.LeadTemperatureChanged(lead=fact(lead), from_temperature=was), lead)


async def _take_cadence(tx: Tx, following: Nurturing, temperature: Temperature) -> None:
    mine = following.enrolment
    plan = await plans.kept(tx, mine.plan, mine.plan_version)
    following.begin(plan, temperature, tx.now, await calendars.current(tx))


async def pause(tx: Tx, enrolment_id: UUID) -> Enrolment:
    """Let nothing fall due. Refused: NOT_FOUND, ENROLMENT_ENDED, ENROLMENT_PAUSED."""
    nurturing = await load(tx, enrolment_id)
    async with changing(tx, await leads.get(tx, nurturing.enrolment.lead_id), nurturing):
        nurturing.pause(tx.now)
    return nurturing.enrolment


async def resume(tx: Tx, enrolment_id: UUID) -> Enrolment:
    """Go on. Refused: NOT_FOUND, ENROLMENT_ENDED, ENROLMENT_NOT_PAUSED, LEAD_HELD, LEAD_MERGED."""
    nurturing = await load(tx, enrolment_id)
    lead = await leads.get(tx, nurturing.enrolment.lead_id)
    lead.must_stand()
    lead.must_be_free()
    async with changing(tx, lead, nurturing):
        nurturing.resume(tx.now, await calendars.current(tx))
    return nurturing.enrolment


async def end(tx: Tx, enrolment_id: UUID) -> Enrolment:
    """Follow the plan no longer. Refused: NOT_FOUND, ENROLMENT_ENDED."""
    nurturing = await load(tx, enrolment_id)
    async with changing(tx, await leads.get(tx, nurturing.enrolment.lead_id), nurturing):
        nurturing.end(EndReason.STOPPED, tx.now, await _today(tx))
    return nurturing.enrolment


async def end_with_lead(tx: Tx, lead_id: UUID, reason: EndReason, version: int | None = None) -> None:
    """What happened to a lead, at that version of it, ends the enrolment that it was in by then, if it was in one."""
    following = await _followed(tx, lead_id)
    if following is not None and (version is None or following.enrolment.lead_version < version):
        async with changing(tx, await leads.get(tx, lead_id), following):
            following.end(reason, tx.now, await _today(tx))


async def rest_with_lead(tx: Tx, lead: Lead) -> UUID | None:
    """Let nothing fall due while the lead stands no longer by itself; the enrolment that rests because of it."""
    following = await _followed(tx, lead.id)
    if following is None or following.enrolment.state is State.PAUSED:
        return None
    async with changing(tx, lead, following):
        following.pause(tx.now)
    return following.enrolment.id


async def go_on_with_lead(tx: Tx, lead: Lead, enrolment_id: UUID) -> None:
    """Go on with what rested since then, unless somebody has ended it."""
    following = await _followed(tx, lead.id)
    if following is not None and following.enrolment.id == enrolment_id:
        async with changing(tx, lead, following):
            following.resume(tx.now, await calendars.current(tx))


async def load(tx: Tx, enrolment_id: UUID) -> Nurturing:
    """An enrolment with its steps, held against others. Refused: NOT_FOUND."""
    mine = await enrolments.locked(tx, enrolment_id)
    return Nurturing(mine, await steps.of_enrolment(tx, mine.id))


async def _followed(tx: Tx, lead_id: UUID) -> Nurturing | None:
    """The enrolment that has not ended, held against others."""
    row = await tx.fetch_one(OPEN_OF, lead_id=lead_id)
    return Nurturing(codec.from_row(row), await steps.of_enrolment(tx, row["id"])) if row else None


async def _today(tx: Tx) -> date:
    return (await calendars.current(tx)).local_day(tx.now)


@asynccontextmanager
async def changing(tx: Tx, lead: Lead, nurturing: Nurturing) -> AsyncIterator[None]:
    """Keep what the block changes of it, and say so."""
    before = [replace(step) for step in nurturing.steps]
    yield
    await enrolments.save(tx, nurturing.enrolment)
    await steps.write(tx, [step for step in nurturing.steps if step not in before])
    ended = nurturing.enrolment.state is State.ENDED
    _tell(tx, lead, nurturing, events.EnrolmentEnded if ended else events.EnrolmentChanged)


def _tell(tx: Tx, lead: Lead, nurturing: Nurturing, event: type) -> None:
    told = [steps.codec.to_message(replace(step, note="")) for step in nurturing.steps]
    tx.emit(event(enrolment=codec.to_message(nurturing.enrolment), steps=told), nurturing.enrolment, seen_as=lead)
