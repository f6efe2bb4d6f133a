"""AccountsService over gRPC: decode, do one operation, encode."""

from uuid import UUID

from dealtrail.leads.v1 import accounts_pb2 as pb

from services.kit.batch import Batch
from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply
from services.leads.accounts import operations
from services.leads.accounts.domain import Account, AccountIdTaken, Contact
from services.leads.accounts.store import (
    account_codec,
    account_listing,
    accounts,
    contact_codec,
    contact_listing,
    contacts,
)
from services.leads.consents import operations as consents
from services.leads.identifiers import plain_uscc


class AccountsServicer:
    """See proto/dealtrail/leads/v1/accounts.proto."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateAccount(self, request: pb.CreateAccountRequest, tx: Tx) -> pb.Account:
        create = operations.create_as if request.id else operations.create
        return account_codec.to_message(await create(tx, await self._account(tx, request)))

    async def BatchCreateAccounts(
        self, request: pb.BatchCreateAccountsRequest, tx: Tx
    ) -> pb.BatchCreateAccountsResponse:
        batch = await Batch.read(request.accounts, lambda item: self._account(tx, item))
        if not request.validate_only:
            await batch.settle(tx, accounts, await operations.create_new(tx, batch.accepted), AccountIdTaken())
        return pb.BatchCreateAccountsResponse(results=batch.results)

    async def GetAccount(self, request: pb.GetAccountRequest, tx: Tx) -> RowReply[pb.Account]:
        return account_codec.reply(await accounts.row(tx, UUID(request.id)))

    async def ListAccounts(self, request: pb.ListAccountsRequest, tx: Tx) -> PageReply[pb.ListAccountsResponse]:
        return await account_listing.reply(tx, request, pb.ListAccountsResponse, account_codec)

    async def UpdateAccount(self, request: pb.UpdateAccountRequest, tx: Tx) -> pb.Account:
        return account_codec.to_message(await operations.update(tx, request))

    async def AssignAccount(self, request: pb.AssignAccountRequest, tx: Tx) -> pb.Account:
        account_id = UUID(request.id)
        return account_codec.to_message(await operations.assign(tx, self._directory, account_id, request.owner_id))

    async def ShareAccount(self, request: pb.ShareAccountRequest, tx: Tx) -> pb.Account:
        account_id = UUID(request.id)
        return account_codec.to_message(await operations.share(tx, self._directory, account_id, request.user_ids))

    async def CreateContact(self, request: pb.CreateContactRequest, tx: Tx) -> pb.Contact:
        contact_id = new_id()
        contact = Contact(
            id=contact_id,
            person_id=contact_id,
            account_id=UUID(request.account_id),
            name=request.name.strip(),
            title=request.title.strip(),
            phone=request.phone.strip(),
            email=request.email,
            create_time=tx.now,
            update_time=tx.now,
        )
        return contact_codec.to_message(await operations.add_contact(tx, contact))

    async def ListContacts(self, request: pb.ListContactsRequest, tx: Tx) -> PageReply[pb.ListContactsResponse]:
        await accounts.row(tx, UUID(request.account_id))
        return await contact_listing.reply(tx, request, pb.ListContactsResponse, contact_codec)

    async def GetContact(self, request: pb.GetContactRequest, tx: Tx) -> RowReply[pb.Contact]:
        return contact_codec.reply(await contacts.row(tx, UUID(request.id)))

    async def UpdateContact(self, request: pb.UpdateContactRequest, tx: Tx) -> pb.Contact:
        return contact_codec.to_message(await operations.update_contact(tx, request))

    async def LookUpContacts(self, request: pb.LookUpContactsRequest, tx: Tx) -> pb.LookUpContactsResponse:
        seen = await contacts.visible(tx, map(UUID, request.ids))
        return pb.LookUpContactsResponse(ids=map(str, seen))

    async def RevealContact(self, request: pb.RevealContactRequest, tx: Tx) -> pb.Contact:
        row = await contacts.row(tx, UUID(request.id))
        await consents.must_cover(tx, row["person_id"], request.use)
        return contact_codec.row_to_message(row, revealed=True)

    async def _account(self, tx: Tx, request: pb.CreateAccountRequest) -> Account:
        owner = await self._directory.owner(tx, request.owner_id)
        given = account_codec.from_message(
            pb.Account(
                id=request.id or str(new_id()),
                name=request.name.strip(),
                industry=request.industry,
                region=request.region,
                employees=request.employees,
                revenue=request.revenue if request.HasField("revenue") else None,
                parent_id=request.parent_id,
                attributes=request.attributes,
                uscc=plain_uscc(request.uscc),
                owner_id=str(owner.user_id),
                team_id=str(owner.team_id or ""),
            )
        )
        given.create_time = given.update_time = tx.now
        given.version = 1
        return given
