"""TouchpointsService over gRPC: decode, do one operation, encode."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from dealtrail.timeline.v1 import touchpoints_pb2 as pb

from services.kit.batch import Batch
from services.kit.codec import from_timestamp
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.ids import new_id
from services.timeline.consents import operations as consents
from services.timeline.entries.domain import About, Subject, Visibility
from services.timeline.touchpoint_kinds import operations as kinds
from services.timeline.touchpoint_kinds.domain import TouchpointKind
from services.timeline.touchpoints import operations
from services.timeline.touchpoints.domain import (
    Direction,
    Touchpoint,
    TouchpointExists,
    UnknownParticipant,
    UnknownSubject,
)
from services.timeline.touchpoints.operations import Customers, message
from services.timeline.touchpoints.store import touchpoints

ABOUT = {"account_id": About.ACCOUNT, "lead_id": About.LEAD, "deal_id": About.DEAL}


class TouchpointsServicer:
    """See proto/dealtrail/timeline/v1/touchpoints.proto."""

    def __init__(self, directory: Directory, customers: Customers) -> None:
        self._directory = directory
        self._customers = customers

    async def RecordTouchpoint(self, request: pb.RecordTouchpointRequest, tx: Tx) -> pb.Touchpoint:
        about, identity = _about(request)
        found = await self._customers.find(tx, about, identity)
        subject = _seen({identity: found} if found else {}, about, identity)
        await self._must_see(tx, {UUID(one) for one in request.participants})
        touchpoint = await self._touchpoint(tx, request, subject, await kinds.catalogue(tx))
        return message(await operations.record(tx, touchpoint, subject), with_text=True)

    async def BatchRecordTouchpoints(
        self, request: pb.BatchRecordTouchpointsRequest, tx: Tx
    ) -> pb.BatchRecordTouchpointsResponse:
        known = await kinds.catalogue(tx)
        seen = await self._customers.find_many(tx, _readable(request.touchpoints))
        nobody = await self._customers.unknown_contacts(tx, _participants(request.touchpoints))
        subjects: dict[UUID, Subject] = {}

        async def build(item: pb.RecordTouchpointRequest) -> Touchpoint:
            subject = _seen(seen, *_about(item))
            _must_be_known({UUID(one) for one in item.participants} & nobody)
            touchpoint = await self._touchpoint(tx, item, subject, known)
            subjects[touchpoint.id] = subject
            return touchpoint

        batch = await Batch.read(request.touchpoints, build)
        if not request.validate_only:
            created = await operations.record_new(tx, batch.accepted, subjects)
            await batch.settle(tx, touchpoints, created, TouchpointExists())
        return pb.BatchRecordTouchpointsResponse(results=batch.results)

    async def GetTouchpoint(self, request: pb.GetTouchpointRequest, tx: Tx) -> pb.Touchpoint:
        touchpoint = await touchpoints.get(tx, UUID(request.id))
        return message(touchpoint, with_text=touchpoint.reads_open_to(tx.principal.user_id))

    async def ListTouchpointVersions(
        self, request: pb.ListTouchpointVersionsRequest, tx: Tx
    ) -> pb.ListTouchpointVersionsResponse:
        found = await operations.versions(tx, UUID(request.id))
        # What was private once, or is now, is private in all that it ever said.
        with_text = all(one.reads_open_to(tx.principal.user_id) for one in found)
        return pb.ListTouchpointVersionsResponse(versions=[message(one, with_text) for one in found])

    async def CorrectTouchpoint(self, request: pb.CorrectTouchpointRequest, tx: Tx) -> pb.Touchpoint:
        kind = kinds.in_use(await kinds.catalogue(tx), request.kind)
        content = _content(request, kind)
        if request.HasField("occurred_time"):
            content["occurred_time"] = from_timestamp(request.occurred_time)
        if request.visibility:
            content["visibility"] = _visibility(request)
        # Who was named before stays named, though another may look after the account by now.
        named = (await touchpoints.get(tx, UUID(request.id))).participants
        await self._must_see(tx, set(content["participants"]) - set(named))
        return message(await operations.correct(tx, UUID(request.id), content), with_text=True)

    async def RevealTouchpoint(self, request: pb.RevealTouchpointRequest, tx: Tx) -> pb.Touchpoint:
        return message(await touchpoints.get(tx, UUID(request.id)), with_text=True)

    async def _must_see(self, tx: Tx, contact_ids: set[UUID]) -> None:
        """Refused: UNKNOWN_PARTICIPANT."""
        _must_be_known(await self._customers.unknown_contacts(tx, contact_ids))

    async def _touchpoint(
        self, tx: Tx, request: pb.RecordTouchpointRequest, subject: Subject, known: Mapping[str, TouchpointKind]
    ) -> Touchpoint:
        author = await self._directory.owner(tx, request.author_id)
        touchpoint = Touchpoint(
            id=UUID(request.id) if request.id else new_id(),
            account_id=subject.account_id,
            lead_id=subject.id if subject.about is About.LEAD else None,
            deal_id=subject.deal_id,
            occurred_time=from_timestamp(request.occurred_time) if request.HasField("occurred_time") else tx.now,
            visibility=_visibility(request) if request.visibility else Visibility.NORMAL,
            author_id=author.user_id,
            create_time=tx.now,
            update_time=tx.now,
            **_content(request, kinds.in_use(known, request.kind)),
        )
        touchpoint.must_make_sense()
        if touchpoint.direction is Direction.OUT:
            whom = [*touchpoint.participants, *([touchpoint.lead_id] if touchpoint.lead_id else [])]
            await consents.must_allow_going_to(tx, whom, touchpoint.occurred_time)
        return touchpoint


def _about(request: pb.RecordTouchpointRequest) -> tuple[About, UUID]:
    name = next(name for name in ABOUT if getattr(request, name))
    return ABOUT[name], UUID(getattr(request, name))


def _readable(requests: Iterable[pb.RecordTouchpointRequest]) -> list[tuple[About, UUID]]:
    """What the items are about, as far as they say so properly; the others are refused one by one."""
    found = []
    for request in requests:
        try:
            found.append(_about(request))
        except (StopIteration, ValueError):
            continue
    return found


def _participants(requests: Iterable[pb.RecordTouchpointRequest]) -> set[UUID]:
    """All who took part; what is no id is refused with its item."""
    found = set()
    for one in (one for request in requests for one in request.participants):
        try:
            found.add(UUID(one))
        except ValueError:
            continue
    return found


def _must_be_known(unknown: set[UUID]) -> None:
    if unknown:
        raise UnknownParticipant(id=min(unknown))


def _seen(seen: Mapping[UUID, Subject], about: About, identity: UUID) -> Subject:
    subject = seen.get(identity)
    if subject is None or subject.about is not about:
        raise UnknownSubject(about.lower())
    return subject


def _content(request: pb.RecordTouchpointRequest | pb.CorrectTouchpointRequest, kind: TouchpointKind) -> dict[str, Any]:
    text = {name: getattr(request, name).strip() for name in ("subject", "note", "place")}
    return {
        **text,
        "has_text": any(text.values()),
        "kind": kind.code,
        "category": kind.category,
        "direction": Direction[pb.Touchpoint.Direction.Name(request.direction)] if request.direction else None,
        "duration_s": request.duration_s,
        "participants": [UUID(one) for one in request.participants],
    }


def _visibility(request: pb.RecordTouchpointRequest | pb.CorrectTouchpointRequest) -> Visibility:
    return Visibility[pb.Touchpoint.Visibility.Name(request.visibility)]
