"""What people do with touchpoints."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import grpc
from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.timeline.v1 import events_pb2 as events
from dealtrail.timeline.v1 import touchpoints_pb2 as pb

from services.kit.client import Peer
from services.kit.database import Tx
from services.timeline.entries import operations as entries
from services.timeline.entries.domain import About, Category, Entry, Moment, Sight, Subject
from services.timeline.touchpoints.domain import Touchpoint, TouchpointExists
from services.timeline.touchpoints.store import FORMER, KEEP, codec, former_sealing, touchpoints

AT_ONCE = 16
LOOKED_UP = 1000


class Customers:
    """Those who know whether the caller sees an account, a contact, a lead or a deal."""

    def __init__(self, accounts: Peer, leads: Peer, deals: Peer) -> None:
        self._accounts = accounts
        self._owners = {
            About.ACCOUNT: (accounts, "GetAccount", accounts_pb2.GetAccountRequest),
            About.LEAD: (leads, "GetLead", leads_pb2.GetLeadRequest),
            About.DEAL: (deals, "GetDeal", deals_pb2.GetDealRequest),
        }

    async def find(self, tx: Tx, about: About, identity: UUID) -> Subject | None:
        """The subject as its owner has it now; None if it is out of the caller's sight."""
        peer, method, request = self._owners[about]
        try:
            found = await peer.call(tx, method, request(id=str(identity)))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return _subject(found, about, tx)

    async def find_many(self, tx: Tx, wanted: Iterable[tuple[About, UUID]]) -> dict[UUID, Subject]:
        """Those that the caller sees; their owners are asked only for what the timeline was not told of."""
        refs = set(wanted)
        found = await entries.known(tx, [identity for _, identity in refs])
        turns = asyncio.Semaphore(AT_ONCE)

        async def ask(about: About, identity: UUID) -> Subject | None:
            async with turns:
                return await self.find(tx, about, identity)

        asked = await asyncio.gather(*(ask(*ref) for ref in refs if ref[1] not in found))
        return found | {one.id: one for one in asked if one}

    async def unknown_contacts(self, tx: Tx, wanted: Iterable[UUID]) -> set[UUID]:
        """Those of the contacts that the caller does not see, a thousand to a question."""
        distinct = sorted(set(wanted))
        seen: set[UUID] = set()
        for start in range(0, len(distinct), LOOKED_UP):
            request = accounts_pb2.LookUpContactsRequest(ids=map(str, distinct[start : start + LOOKED_UP]))
            seen |= {UUID(one) for one in (await self._accounts.call(tx, "LookUpContacts", request)).ids}
        return set(distinct) - seen


def _subject(found: Any, about: About, tx: Tx) -> Subject:
    identity = UUID(found.id)
    shared = tuple(UUID(user) for user in found.collaborators)
    sight = Sight(UUID(found.owner_id), _id(found.team_id), shared, about is About.LEAD and found.exclusive)
    account_id = identity if about is About.ACCOUNT else _id(found.account_id)
    deal_id = {About.ACCOUNT: None, About.DEAL: identity}.get(about) if about is not About.LEAD else _id(found.deal_id)
    return Subject(identity, about, account_id, deal_id, sight, found.version, tx.now)


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None


async def record(tx: Tx, touchpoint: Touchpoint, subject: Subject) -> Touchpoint:
    """Record a touchpoint about a subject that the caller sees. Refused: TOUCHPOINT_EXISTS."""
    if not await record_new(tx, [touchpoint], {touchpoint.id: subject}):
        raise TouchpointExists
    return touchpoint


async def record_new(tx: Tx, batch: Iterable[Touchpoint], subjects: Mapping[UUID, Subject]) -> set[UUID]:
    """Record those whose id is not known yet, each about its subject; which these were."""
    items = list(batch)
    created = await touchpoints.add_new(tx, items)
    fresh = {one.id: one for one in items if one.id in created}
    for entry in await entries.apply(tx, [Moment(entry_of(one), subjects[one.id]) for one in fresh.values()]):
        touchpoint = fresh[entry.id]
        event = events.TouchpointRecorded(touchpoint=message(touchpoint, with_text=False))
        tx.emit(event, touchpoint, occurred_at=touchpoint.occurred_time, seen_as=entry)
    return created


async def correct(tx: Tx, touchpoint_id: UUID, content: Mapping[str, Any]) -> Touchpoint:
    """Put a touchpoint right; what it said is kept."""
    former = await touchpoints.locked(tx, touchpoint_id)
    touchpoint = former.corrected(tx.principal.user_id, **content)
    await tx.execute(KEEP, **await touchpoints.kept(tx, former))
    await touchpoints.save(tx, touchpoint)
    (entry,) = await entries.apply(tx, [Moment(entry_of(touchpoint), subject_of(touchpoint))])
    event = events.TouchpointCorrected(touchpoint=message(touchpoint, with_text=False))
    tx.emit(event, touchpoint, occurred_at=touchpoint.occurred_time, seen_as=entry)
    return touchpoint


async def versions(tx: Tx, touchpoint_id: UUID) -> list[Touchpoint]:
    """All that a touchpoint ever said, newest first."""
    newest = await touchpoints.get(tx, touchpoint_id)
    former = await former_sealing.open(tx, await tx.fetch(FORMER, id=touchpoint_id))
    return [newest, *(codec.from_row(row) for row in former)]


def message(touchpoint: Touchpoint, with_text: bool) -> pb.Touchpoint:
    """The touchpoint for others, with or without what may hold personal data."""
    return codec.to_message(touchpoint if with_text else touchpoint.without_text(), revealed=True)


def entry_of(touchpoint: Touchpoint) -> Entry:
    """How the touchpoint stands in the timeline."""
    return Entry(
        id=touchpoint.id,
        kind=touchpoint.kind,
        category=Category[touchpoint.category.name],
        occurred_time=touchpoint.occurred_time,
        recorded_time=touchpoint.create_time,
        actor_id=touchpoint.author_id,
        facts=touchpoint.facts(),
        visibility=touchpoint.visibility,
        version=touchpoint.version,
    )


def subject_of(touchpoint: Touchpoint) -> Subject:
    """What a touchpoint is about, as far as it says so itself."""
    if touchpoint.lead_id:
        return Subject(touchpoint.lead_id, About.LEAD, touchpoint.account_id, touchpoint.deal_id)
    if touchpoint.deal_id:
        return Subject(touchpoint.deal_id, About.DEAL, touchpoint.account_id, touchpoint.deal_id)
    assert touchpoint.account_id, "a touchpoint is about something"
    return Subject(touchpoint.account_id, About.ACCOUNT, touchpoint.account_id)
