"""Questions to the leads service: does the caller see this account, this contact, this lead?"""

import asyncio
from collections.abc import Awaitable, Iterable
from uuid import UUID

import grpc
from dealtrail.leads.v1 import accounts_pb2, leads_pb2

from services.kit.client import Peer
from services.kit.database import Tx
from services.opportunities.accounts.domain import UnknownAccount, UnknownContact, UnknownLead

AT_ONCE = 16


class Accounts:
    """The leads service, as far as opening a deal needs it."""

    def __init__(self, accounts: Peer, leads: Peer) -> None:
        self._accounts = accounts
        self._leads = leads

    async def must_be_in_sight(self, tx: Tx, account_id: str, contact_id: str, lead_id: str) -> None:
        """Refused: UNKNOWN_ACCOUNT, UNKNOWN_CONTACT, UNKNOWN_LEAD. Ids that are empty are not asked for.

        While the leads service converts a lead it calls us before account and contact are committed;
        it answers for all three itself.
        """
        if tx.caller == "leads":
            return
        if account_id and not await self._sees_account(tx, account_id):
            raise UnknownAccount
        if contact_id and await self.unknown_contacts(tx, [contact_id]):
            raise UnknownContact
        if lead_id and not await _found(self._leads.call(tx, "GetLead", leads_pb2.GetLeadRequest(id=lead_id))):
            raise UnknownLead

    async def out_of_sight(self, tx: Tx, account_ids: Iterable[str]) -> set[str]:
        """Those of the accounts that the caller does not see, each asked for once. What is no id is not asked for."""
        distinct = sorted({account_id for account_id in account_ids if _is_id(account_id)})
        turns = asyncio.Semaphore(AT_ONCE)

        async def ask(account_id: str) -> bool:
            async with turns:
                return await self._sees_account(tx, account_id)

        seen = await asyncio.gather(*(ask(account_id) for account_id in distinct))
        return {account_id for account_id, sees in zip(distinct, seen, strict=True) if not sees}

    async def unknown_contacts(self, tx: Tx, contact_ids: Iterable[str]) -> set[str]:
        """Those of the contacts that the caller does not see, in one question. What is no id is not asked for."""
        distinct = {contact_id for contact_id in contact_ids if _is_id(contact_id)}
        if not distinct:
            return set()
        request = accounts_pb2.LookUpContactsRequest(ids={str(UUID(contact_id)) for contact_id in distinct})
        seen = {UUID(one) for one in (await self._accounts.call(tx, "LookUpContacts", request)).ids}
        return {contact_id for contact_id in distinct if UUID(contact_id) not in seen}

    async def _sees_account(self, tx: Tx, account_id: str) -> bool:
        return await _found(self._accounts.call(tx, "GetAccount", accounts_pb2.GetAccountRequest(id=account_id)))


async def _found(asked: Awaitable[object]) -> bool:
    try:
        await asked
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return False
        raise
    return True


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
