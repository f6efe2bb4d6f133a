"""What administrators do with intake keys, and what a source does with one."""

from uuid import UUID

from gateway.identity.intake_keys.domain import OWNERS, IntakeKey, UnknownIntakeOwner, parts
from gateway.identity.intake_keys.store import KEY, codec, intake_keys
from gateway.identity.system import system
from gateway.identity.users.store import users
from services.kit.database import Database, Tx
from services.kit.errors import NotFound, Unauthenticated


async def create(tx: Tx, key: IntakeKey) -> str:
    """Make a key; what to show of it. Refused: UNKNOWN_INTAKE_OWNER."""
    try:
        owner = await users.get(tx, key.owner_id)
    except NotFound:
        raise UnknownIntakeOwner from None
    if not owner.active or owner.role not in OWNERS:
        raise UnknownIntakeOwner
    shown = key.rotate(tx.principal.tenant_id)
    await intake_keys.add(tx, key)
    return shown


async def rotate(tx: Tx, key_id: UUID) -> str:
    """Give a key another secret; what to show of it. Refused: INTAKE_KEY_REVOKED."""
    key = await intake_keys.locked(tx, key_id)
    shown = key.rotate(tx.principal.tenant_id)
    await intake_keys.save(tx, key)
    return shown


async def revoke(tx: Tx, key_id: UUID) -> IntakeKey:
    """End a key for good."""
    key = await intake_keys.locked(tx, key_id)
    if key.revoke(tx.now):
        await intake_keys.save(tx, key)
    return key


async def opened(database: Database, sent: str) -> tuple[UUID, IntakeKey]:
    """The tenant and the key that a source sent. Refused: UNAUTHENTICATED if it is malformed, unknown or revoked."""
    tenant_id, key_id, secret = parts(sent)
    async with database.transaction(system(tenant_id), read_only=True) as tx:
        row = await tx.fetch_one(KEY, id=key_id)
    key = codec.from_row(row) if row else None
    if key is None or not key.is_opened_by(secret):
        raise Unauthenticated
    return tenant_id, key
