"""What people do with accounts and contacts."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from dealtrail.leads.v1 import accounts_pb2 as pb
from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.kit.directory import Directory
from services.kit.errors import NotFound
from services.kit.visibility import reach
from services.leads.accounts.domain import Account, AccountIdTaken, AccountNameTaken, Contact, UnknownParentAccount
from services.leads.accounts.store import BY_NAME, account_codec, accounts, contact_codec, contacts
from services.leads.collisions import operations as collisions
from services.leads.identifiers import plain_uscc
from services.leads.matching import operations as matching
from services.leads.matching.domain import Candidate, Row


async def by_name(tx: Tx, name: str) -> Account | None:
    """The oldest account of that very name within the caller's sight."""
    row = await tx.fetch_one(BY_NAME(reach(tx.principal)), name=name)
    return account_codec.from_row(row) if row else None


async def create(tx: Tx, account: Account) -> Account:
    """Open an account. Refused: ACCOUNT_NAME_TAKEN."""
    await _must_fit(tx, account)
    await collisions.screen(tx, [candidate(account)])
    await accounts.add(tx, account)
    _say_created(tx, account)
    return account


async def create_as(tx: Tx, account: Account) -> Account:
    """Open an account under the id that the caller chose; one that is known is answered as it is.

    Refused: ACCOUNT_NAME_TAKEN, ACCOUNT_ID_TAKEN.
    """
    await _must_fit(tx, account)
    if await create_new(tx, [account]):
        return account
    try:
        return await accounts.get(tx, account.id)
    except NotFound:
        raise AccountIdTaken from None


async def _must_fit(tx: Tx, account: Account) -> None:
    namesake = await by_name(tx, account.name)
    if namesake and namesake.id != account.id:
        raise AccountNameTaken(name=account.name)
    if account.parent_id:
        try:
            await accounts.get(tx, account.parent_id)
        except NotFound:
            raise UnknownParentAccount from None


async def find_or_create(tx: Tx, account: Account) -> Account:
    """The account of that name within the caller's sight, else this one, which a lead becomes that was screened."""
    if found := await by_name(tx, account.name):
        return found
    await accounts.add(tx, account)
    await matching.mark(tx, candidate(account))
    _say_created(tx, account)
    return account


async def create_new(tx: Tx, batch: Iterable[Account]) -> set[UUID]:
    """Open those whose id is not known yet; which these were."""
    items = list(batch)
    created = await accounts.add_new(tx, items)
    fresh = [account for account in items if account.id in created]
    await collisions.screen(tx, [candidate(account) for account in fresh])
    for account in fresh:
        _say_created(tx, account)
    return created


def candidate(account: Account) -> Candidate:
    """An account as far as it is matched."""
    told = (account.name, account.create_time, account.uscc)
    return Candidate(account.id, Row.ACCOUNT, account.owner_id, account.team_id, *told)


async def update(tx: Tx, request: pb.UpdateAccountRequest) -> Account:
    """Set the fields that the request gives. Refused: ACCOUNT_NAME_TAKEN, ACCOUNT_MERGED."""
    account = await _standing(tx, UUID(request.id))
    was = candidate(account)
    if request.HasField("name") and request.name.strip() != account.name:
        account.name = request.name.strip()
        if await by_name(tx, account.name):
            raise AccountNameTaken(name=account.name)
    for name in ("industry", "region", "employees"):
        if request.HasField(name):
            setattr(account, name, getattr(request, name))
    if request.HasField("revenue"):
        account.revenue = account_codec.from_message(pb.Account(revenue=request.revenue)).revenue
    if request.HasField("uscc"):
        account.uscc = plain_uscc(request.uscc)
    if candidate(account) != was:
        await collisions.screen(tx, [candidate(account)])
    return await _save(tx, account)


async def assign(tx: Tx, directory: Directory, account_id: UUID, owner_id: str) -> Account:
    """Hand an account to another owner. Refused: ACCOUNT_MERGED."""
    account = await _standing(tx, account_id)
    member = await directory.owner(tx, owner_id)
    account.owner_id, account.team_id = member.user_id, member.team_id
    return await _save(tx, account)


async def share(tx: Tx, directory: Directory, account_id: UUID, user_ids: Iterable[str]) -> Account:
    """Say with whom an account is shared. Refused: ACCOUNT_MERGED."""
    account = await _standing(tx, account_id)
    account.collaborators = [(await directory.owner(tx, user_id)).user_id for user_id in user_ids]
    return await _save(tx, account)


async def add_contact(tx: Tx, contact: Contact) -> Contact:
    """Record a person at an account that the caller may see. Refused: ACCOUNT_MERGED."""
    account = await accounts.get(tx, contact.account_id)
    account.must_stand()
    await contacts.add(tx, contact)
    await mark_contact(tx, account, contact)
    tx.emit(events.ContactCreated(contact=contact_codec.to_message(contact.masked())), contact, seen_as=account)
    return contact


async def update_contact(tx: Tx, request: pb.UpdateContactRequest) -> Contact:
    """Set the fields that the request gives. Refused: CONTACT_MERGED, CONTACT_ERASED."""
    contact = await contacts.locked(tx, UUID(request.id))
    given = {}
    for name in ("name", "title", "phone", "email"):
        if request.HasField(name):
            given[name] = getattr(request, name).strip()
    contact.change(**given)
    await contacts.save(tx, contact)
    account = await accounts.get(tx, contact.account_id)
    await mark_contact(tx, account, contact)
    tx.emit(events.ContactUpdated(contact=contact_codec.to_message(contact.masked())), contact, seen_as=account)
    return contact


async def mark_contact(tx: Tx, account: Account, contact: Contact) -> None:
    """Let the account be found by a person there."""
    known = replace(candidate(account), company="", uscc="", phone=contact.phone, email=contact.email)
    await matching.mark(tx, known)


async def _standing(tx: Tx, account_id: UUID) -> Account:
    """The account to change, held. Refused: NOT_FOUND, ACCOUNT_MERGED."""
    account = await accounts.locked(tx, account_id)
    account.must_stand()
    return account


async def _save(tx: Tx, account: Account) -> Account:
    await accounts.save(tx, account)
    tx.emit(events.AccountUpdated(account=account_codec.to_message(account)), account)
    return account


def _say_created(tx: Tx, account: Account) -> None:
    tx.emit(events.AccountCreated(account=account_codec.to_message(account)), account, occurred_at=account.create_time)
