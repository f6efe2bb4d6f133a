"""What people do with prospects."""

from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import derived_id
from services.leads.leads import operations as leads
from services.leads.leads.domain import Lead
from services.leads.prospects.domain import PromotionRules, Prospect, ProspectIdTaken, ProspectStatus
from services.leads.prospects.store import RULES, SET_RULES, codec, prospects, rules_codec


async def rules(tx: Tx) -> PromotionRules:
    """The rules in force."""
    row = await tx.fetch_one(RULES)
    return rules_codec.from_row(row) if row else PromotionRules()


async def set_rules(tx: Tx, given: PromotionRules) -> PromotionRules:
    """Keep them."""
    await tx.execute(SET_RULES, **rules_codec.to_row(given))
    return given


async def create(tx: Tx, prospect: Prospect) -> Prospect:
    """Record a prospect; one that is known is answered as it is. Refused: PROSPECT_ID_TAKEN."""
    if await prospects.add_new(tx, [prospect]):
        tx.emit(events.ProspectFound(prospect=codec.to_message(prospect)), prospect)
        return prospect
    try:
        return await prospects.get(tx, prospect.id)
    except NotFound:
        raise ProspectIdTaken from None


async def promote(tx: Tx, prospect_id: UUID, contact_name: str, phone: str, email: str) -> Prospect:
    """Make a lead of a prospect, whose id is derived from the prospect's. One that is promoted is answered as it is.

    Refused: PROSPECT_NOT_OPEN, WAY_TO_REACH_MISSING, CONTACT_NAME_MISSING.
    """
    prospect = await prospects.locked(tx, prospect_id)
    if prospect.status is ProspectStatus.PROMOTED:
        return prospect
    prospect.promote(derived_id(prospect.id, "lead"))
    (await rules(tx)).check(contact_name, phone, email)
    assert prospect.lead_id, "it was promoted just now"
    lead = Lead(
        id=prospect.lead_id,
        company=prospect.company,
        contact_name=contact_name,
        phone=phone,
        email=email,
        channel=prospect.channel,
        attributes={name: value for name in ("industry", "region", "product") if (value := getattr(prospect, name))},
        owner_id=prospect.owner_id,
        team_id=prospect.team_id,
        create_time=tx.now,
        update_time=tx.now,
    )
    await leads.create(tx, await leads.arrive(tx, lead, None))
    await prospects.save(tx, prospect)
    tx.emit(events.ProspectPromoted(prospect=codec.to_message(prospect)), prospect)
    return prospect


async def set_aside(tx: Tx, prospect_id: UUID) -> Prospect:
    """Nothing will come of it. Refused: PROSPECT_NOT_OPEN."""
    prospect = await prospects.locked(tx, prospect_id)
    prospect.set_aside()
    await prospects.save(tx, prospect)
    tx.emit(events.ProspectSetAside(prospect=codec.to_message(prospect)), prospect)
    return prospect
