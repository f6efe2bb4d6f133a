"""What operators do with partners. Whatever changes who may read leaves an entry in the tenant's audit log."""

import secrets
from dataclasses import dataclass

import nkeys

from gateway.identity.partners import api_keys
from gateway.identity.partners.access import User
from gateway.identity.partners.domain import Partner, PartnerKey, PartnerNameTaken, UnknownPartner, superseded
from gateway.identity.partners.store import ADD, ADD_KEY, ALL, END, END_KEY, KEYS, NAMED, TENANTS, keys, partners
from gateway.identity.system import PLATFORM, system
from gateway.identity.tenants import operations as tenants
from services.kit import audit
from services.kit.database import Database, Tx
from services.kit.ids import new_id

AT_ONCE = 2
"""So many keys of a partner are good: the one in use and the one that takes its place."""


@dataclass(frozen=True)
class Secrets:
    """What a partner is told once, and nobody can read again."""

    nkey_seed: str
    api_key: str


async def onboard(tx: Tx, name: str) -> Secrets:
    """Take a partner on. Refused: PARTNER_NAME_TAKEN."""
    await tenants.change_directory(tx)
    if await tx.fetch_one(NAMED, name=name):
        raise PartnerNameTaken(name=name)
    partner = Partner(new_id(), name, tx.now)
    await tx.execute(ADD, **partners.to_row(partner))
    audit.record(tx, "partners.onboard", partner.id)
    return await _new_key(tx, partner)


async def rotate(tx: Tx, name: str) -> Secrets:
    """Give a partner new keys. The last ones stay good beside them, older ones end. Refused: UNKNOWN_PARTNER."""
    partner = await _named(tx, name)
    audit.record(tx, "partners.rotate", partner.id)
    made = await _new_key(tx, partner)
    await _end_keys(tx, partner, kept=AT_ONCE)
    return made


async def retire(tx: Tx, name: str) -> None:
    """End all keys of a partner but the newest. Refused: UNKNOWN_PARTNER."""
    partner = await _named(tx, name)
    audit.record(tx, "partners.retire", partner.id)
    await _end_keys(tx, partner, kept=1)


async def remove(tx: Tx, name: str) -> None:
    """Let a partner read no more. Refused: UNKNOWN_PARTNER."""
    partner = await _named(tx, name)
    audit.record(tx, "partners.remove", partner.id)
    await _end_keys(tx, partner, kept=0)
    await tx.execute(END, id=partner.id)


async def users(database: Database) -> list[User]:
    """All partners of all tenants, as the broker must know them."""
    async with database.transaction(PLATFORM, read_only=True) as tx:
        known = await tx.fetch(TENANTS)
    found = []
    for tenant in known:
        async with database.transaction(system(tenant["tenant_id"]), read_only=True) as tx:
            for row in await tx.fetch(ALL):
                nkeys_of = [key["nkey"] for key in await tx.fetch(KEYS, partner_id=row["id"])]
                found.append(User(tenant["tenant_id"], tenant["name"], row["name"], tuple(nkeys_of)))
    return found


async def _named(tx: Tx, name: str) -> Partner:
    row = await tx.fetch_one(NAMED, name=name)
    if row is None:
        raise UnknownPartner(name=name)
    return partners.from_row(row)


async def _new_key(tx: Tx, partner: Partner) -> Secrets:
    identity = new_id()
    pair = nkeys.from_seed(nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER))
    api_key, digest = api_keys.make(tx.principal.tenant_id, identity)
    key = PartnerKey(identity, partner.id, pair.public_key.decode(), digest, tx.now)
    await tx.execute(ADD_KEY, **keys.to_row(key))
    return Secrets(pair.seed.decode(), api_key)


async def _end_keys(tx: Tx, partner: Partner, kept: int) -> None:
    good = [keys.from_row(row) for row in await tx.fetch(KEYS, partner_id=partner.id)]
    for key in superseded(good, kept):
        await tx.execute(END_KEY, id=key.id)
