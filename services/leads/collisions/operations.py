"""Opening cases where leads and accounts collide, and what is done with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dealtrail.leads.v1 import collisions_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.visibility import LIFT, reach
from services.leads.collision_rules import operations as rules
from services.leads.collision_rules.domain import Outcome, Party
from services.leads.collisions.domain import (
    Collision,
    CollisionContested,
    CollisionLost,
    CollisionOpened,
    CollisionWon,
)
from services.leads.collisions.store import (
    BY_RULE,
    DEALING,
    FIGURES,
    HOLD,
    SETTLED,
    STANDING,
    TOUCHED,
    codec,
    collisions,
)
from services.leads.leads.domain import Lead, Status
from services.leads.leads.store import codec as lead_codec
from services.leads.leads.store import leads
from services.leads.leads.store import sealing as lead_sealing
from services.leads.matching import operations as matching
from services.leads.matching.domain import Candidate, Row
from services.leads.matching.operations import Hit
from services.leads.notices import operations as notices
from services.leads.notices.domain import News

TOLD: Mapping[Outcome | None, type[News]] = {
    None: CollisionOpened,
    Outcome.WON: CollisionWon,
    Outcome.LOST: CollisionLost,
}
"""What a party hears of an award, or of a case that has none yet."""
TOLD_OF_EXCLUSIVE = ("row", "row_id", "owner_id", "team_id", "challenger", "exclusive", "outcome")
"""What whoever decides is told of a party whose lead is its own alone: whose it is, and by what it is awarded."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def screen(tx: Tx, arrived: Sequence[Candidate]) -> dict[UUID, Collision]:
    """Mark these leads and accounts, and open a case for each that may be what somebody else has; by their ids.

    What stood against each other in a case before is not brought up again.
    """
    hits = await matching.find(tx, arrived)
    return {one.id: case for one in arrived if one.id in hits and (case := await _open(tx, one, hits[one.id]))}


async def screen_new(tx: Tx, fresh: Iterable[Lead]) -> None:
    """Screen leads that are recorded in this very transaction, of which nobody has been told yet; hold those that
    are not their owner's.
    """
    open_leads = {lead.id: lead for lead in fresh if lead.status in (Status.NEW, Status.QUALIFIED)}
    for lead_id, case in (await screen(tx, [candidate(lead) for lead in open_leads.values()])).items():
        lead = open_leads[lead_id]
        if case.winner != lead.owner_id:
            lead.collision_id = case.id
            await tx.execute(HOLD, lead_id=lead.id, held_by=case.id)


async def screen_known(tx: Tx, lead: Lead) -> bool:
    """Screen a lead that is at hand and saved afterwards; whether it is held now, of which this tells."""
    case = (await screen(tx, [candidate(lead)])).get(lead.id)
    if case is None or case.winner == lead.owner_id:
        return False
    lead.collision_id = case.id
    return True


async def renew(tx: Tx, lead: Lead) -> bool:
    """As `screen_known`, for a lead of which that has changed by which it is found."""
    await matching.unmark(tx, lead.id)
    return await screen_known(tx, lead)


def candidate(lead: Lead) -> Candidate:
    """A lead as far as it is matched."""
    told = (lead.company, lead.create_time, lead.uscc, lead.phone, lead.email, lead.wechat_id)
    return Candidate(lead.id, Row.LEAD, lead.owner_id, lead.team_id, *told, exclusive=lead.exclusive)


async def decide(tx: Tx, collision_id: UUID, row_id: UUID, words: str) -> Collision:
    """Award a collision as a manager."""
    collision = await collisions.locked(tx, collision_id)
    me = tx.principal
    collision.must_be_decided_by(me.user_id, me.role, me.teams)
    collision.decide(row_id, me.user_id, tx.now, words)
    await collisions.save(tx, collision)
    tx.emit(events.CollisionAwarded(collision=whole(collision)), collision, seen_as=_Ears.of(collision))
    await _carry_out(tx, collision)
    return collision


async def appeal(tx: Tx, collision_id: UUID, words: str) -> Collision:
    """Ask for a second look at an award."""
    collision = await collisions.locked(tx, collision_id)
    collision.contest(tx.principal.user_id, tx.now, words)
    await collisions.save(tx, collision)
    tx.emit(events.CollisionAppealed(collision=whole(collision)), collision, seen_as=_Ears.of(collision))
    told = [one for one in collision.parties if one.outcome is Outcome.WON]
    for party in told:
        await notices.tell(tx, [party.owner_id], CollisionContested("collision", collision.id, company=party.company))
    return collision


async def decide_appeal(tx: Tx, collision_id: UUID, row_id: UUID, words: str) -> Collision:
    """Decide an appeal, for good."""
    collision = await collisions.locked(tx, collision_id)
    me = tx.principal
    collision.must_be_decided_by(me.user_id, me.role, me.teams)
    collision.settle(row_id, me.user_id, tx.now, words)
    await collisions.save(tx, collision)
    tx.emit(events.CollisionAppealDecided(collision=whole(collision)), collision, seen_as=_Ears.of(collision))
    await _carry_out(tx, collision)
    return collision


async def figures(tx: Tx, since: datetime | None, until: datetime | None) -> pb.CollisionFigures:
    """How collisions were awarded, of those that exist for the caller."""
    span = {"from_time": since or EPOCH, "to_time": until or tx.now + timedelta(days=1)}
    how_far = reach(tx.principal)
    row = await tx.fetch_one(FIGURES(how_far), **span)
    assert row is not None, "a count is one row"
    found = pb.CollisionFigures(**dict(row))
    for one in await tx.fetch(BY_RULE(how_far), **span):
        found.awarded.add(rule=one["rule"] or 0, awarded=one["awarded"])
    return found


def shown(collision: Collision, who: Principal) -> pb.Collision:
    """The case as the caller may see it: a party sees its own side; managers and the boss all, but of a lead that is
    its owner's alone only whose it is.
    """
    told = whole(collision)
    if who.role in ("MANAGER", "BOSS") and who.user_id not in collision.user_ids:
        for side in told.parties:
            if side.exclusive:
                side.CopyFrom(pb.Collision.Party(**{name: getattr(side, name) for name in TOLD_OF_EXCLUSIVE}))
        return told
    for side, party in zip(told.parties, collision.parties, strict=True):
        if party.owner_id != who.user_id:
            side.CopyFrom(pb.Collision.Party(challenger=side.challenger, outcome=side.outcome, masked=True))
    if collision.appealed_by != who.user_id:
        told.appealed_by = told.appeal = ""
    return told


def whole(collision: Collision) -> pb.Collision:
    """The case with all its sides."""
    told = codec.to_message(collision)
    told.matches.extend(pb.Collision.Match.Value(sign) for sign in collision.signs)
    told.why, told.why_zh = collision.why
    return told


async def _open(tx: Tx, one: Candidate, hit: Hit) -> Collision | None:
    """Open a case, and award it if a rule has an answer. None if there is nobody with whom there was none before."""
    settled = {other for row in await tx.fetch(SETTLED, ids=[one.id]) for other in row["row_ids"]}
    others = [other for other in hit.others.values() if other.id not in settled]
    if not others:
        return None
    parties = await _parties(tx, [one, *others])
    parties[0].challenger = True
    case = Collision(
        id=new_id(),
        challenger_id=one.id,
        signs=sorted(hit.signs),
        parties=parties,
        user_ids=list({party.owner_id for party in parties}),
        team_ids=list({party.team_id for party in parties if party.team_id}),
        row_ids=[party.row_id for party in parties],
        create_time=tx.now,
        update_time=tx.now,
    )
    case.apply(await rules.in_use(tx))
    await collisions.add(tx, case)
    tx.emit(events.CollisionOpened(collision=whole(case)), case, seen_as=_Ears.of(case))
    await _carry_out(tx, case)
    return case


async def _parties(tx: Tx, sides: Sequence[Candidate]) -> list[Party]:
    """The sides, with what the rules ask of them."""
    ids = [one.id for one in sides]
    touched = {row["row_id"]: row for row in await tx.fetch(TOUCHED, ids=ids)}
    dealing = {row["account_id"]: row["open_time"] for row in await tx.fetch(DEALING, ids=ids)}
    found = []
    for one in sides:
        party = Party(
            one.row, one.id, one.owner_id, one.team_id, one.company, one.capture_time, exclusive=one.exclusive
        )
        if touches := touched.get(one.id):
            party.first_touch_time, party.last_touch_time = touches["first_time"], touches["last_time"]
        party.open_deal_time = dealing.get(one.id)
        found.append(party)
    return found


async def _carry_out(tx: Tx, case: Collision) -> None:
    """Hold the leads of those who lost and release the winner's, and tell everybody."""
    for party in case.parties:
        if party.row is Row.LEAD and party.row_id != (case.challenger_id if case.version == 1 else None):
            await _follow(tx, case, party)
        await notices.tell(tx, [party.owner_id], TOLD[party.outcome]("collision", case.id, company=party.company))


async def _follow(tx: Tx, case: Collision, party: Party) -> None:
    """Let a lead follow the award. One that was given up or converted meanwhile stays as it is."""
    held = case.id if party.outcome is Outcome.LOST else None
    if party.outcome is None:
        return
    await tx.execute(LIFT)  # an award reaches a lead that is its owner's alone, too
    if (row := await tx.fetch_one(STANDING, id=party.row_id)) is None:
        return
    (opened,) = await lead_sealing.open(tx, [row])
    lead = lead_codec.from_row(opened)
    was = lead.collision_id
    if was == held or (held is None and was != case.id):
        return
    lead.collision_id = held
    await leads.save(tx, lead)
    event = events.LeadHeld if held else events.LeadReleased
    tx.emit(event(lead=lead_codec.to_message(lead.masked())), lead)


@dataclass(frozen=True, slots=True)
class _Ears:
    """Who hears of a case as it changes: the parties, and managers above the challenger's team."""

    id: UUID
    owner_id: UUID
    team_id: UUID | None
    collaborators: tuple[UUID, ...]

    @classmethod
    def of(cls, case: Collision) -> "_Ears":
        challenger = case.party(case.challenger_id)
        return cls(case.id, challenger.owner_id, challenger.team_id, tuple(case.user_ids))
