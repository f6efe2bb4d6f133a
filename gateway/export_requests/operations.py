"""Asking for an export, and deciding about it; whoever is concerned hears of it."""

from dataclasses import replace
from uuid import UUID

from dealtrail.exports.v1 import export_requests_pb2 as pb
from dealtrail.identity.v1 import events_pb2 as events

from gateway.export_requests.domain import ExportRequest
from gateway.export_requests.store import codec, requests
from gateway.identity.directory.operations import managers
from services.kit.database import Tx
from services.kit.ids import new_id


async def request(tx: Tx, wanted: str, purpose: str) -> ExportRequest:
    """Ask for the export of a list in its canonical spelling."""
    me = tx.principal
    asked = ExportRequest(
        id=new_id(),
        owner_id=me.user_id,
        team_id=me.team_id,
        list=wanted,
        purpose=purpose,
        create_time=tx.now,
        update_time=tx.now,
    )
    await requests.add(tx, asked)
    told = [str(one.id) for one in await managers(tx, me.team_id)]
    tx.emit(events.ExportRequested(export_request=_fact(asked), told_user_ids=told), asked)
    return asked


async def approve(tx: Tx, request_id: UUID) -> ExportRequest:
    """Let it leave. Refused: EXPORT_REQUEST_DECIDED, OWN_EXPORT_REQUEST."""
    asked = await requests.locked(tx, request_id)
    asked.approve(tx.principal.user_id, tx.now)
    return await _decided(tx, asked)


async def refuse(tx: Tx, request_id: UUID, reason: str) -> ExportRequest:
    """Keep it in. Refused: EXPORT_REQUEST_DECIDED, OWN_EXPORT_REQUEST."""
    asked = await requests.locked(tx, request_id)
    asked.refuse(tx.principal.user_id, reason)
    return await _decided(tx, asked)


async def _decided(tx: Tx, asked: ExportRequest) -> ExportRequest:
    await requests.save(tx, asked)
    tx.emit(events.ExportDecided(export_request=_fact(asked)), asked)
    return asked


def _fact(asked: ExportRequest) -> pb.ExportRequest:
    """The request as it is told: what people typed may name somebody."""
    return codec.to_message(replace(asked, list="", purpose="", decision=""))
