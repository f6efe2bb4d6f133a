"""Who owes and what was won: accounts and deals, asked of the services that own them, as the caller sees them."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import grpc
from dealtrail.leads.v1 import accounts_pb2
from dealtrail.opportunities.v1 import deals_pb2

from services.kit.client import Peer
from services.kit.database import Tx
from services.kit.errors import Invalid

AT_ONCE = 16


class UnknownAccount(Invalid):
    """There is no such account in the caller's sight."""

    field = "account_id"
    en = "no such account in your sight"
    zh = "找不到该客户"


class UnknownDeal(Invalid):
    """There is no such deal in the caller's sight."""

    field = "deal_id"
    en = "no such deal in your sight"
    zh = "找不到该商机"


class Found:
    """The accounts and deals that were asked for, as far as the caller sees them."""

    def __init__(self, accounts: dict[str, Any], deals: dict[str, Any]) -> None:
        self._accounts = accounts
        self._deals = deals

    def account(self, identity: str) -> accounts_pb2.Account:
        """Refused: UNKNOWN_ACCOUNT."""
        if identity not in self._accounts:
            raise UnknownAccount
        found: accounts_pb2.Account = self._accounts[identity]
        return found

    def deal(self, identity: str) -> deals_pb2.Deal | None:
        """None if no deal is named. Refused: UNKNOWN_DEAL."""
        if not identity:
            return None
        if identity not in self._deals:
            raise UnknownDeal
        found: deals_pb2.Deal = self._deals[identity]
        return found


class Parties:
    """The services that own accounts and deals."""

    def __init__(self, accounts: Peer, deals: Peer) -> None:
        self._accounts = accounts
        self._deals = deals

    async def look_up(self, tx: Tx, accounts: Iterable[str] = (), deals: Iterable[str] = ()) -> Found:
        """Ask for these ids, each once and many at a time; empty ones are left out."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(peer: Peer, method: str, request: Callable[..., Any], ids: Iterable[str]) -> dict[str, Any]:
            async def one(identity: str) -> tuple[str, Any]:
                async with gate:
                    try:
                        return identity, await peer.call(tx, method, request(id=identity))
                    except grpc.aio.AioRpcError as error:
                        # A malformed id is left to the rules of the item that carries it.
                        if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
                            return identity, None
                        raise

            answers = await asyncio.gather(*(one(identity) for identity in sorted(set(ids) - {""})))
            return {identity: found for identity, found in answers if found is not None}

        found_accounts = await ask(self._accounts, "GetAccount", accounts_pb2.GetAccountRequest, accounts)
        return Found(found_accounts, await ask(self._deals, "GetDeal", deals_pb2.GetDealRequest, deals))
