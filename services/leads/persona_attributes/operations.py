"""Keep the attributes, and describe leads by them: new ones as they come, all of them when an attribute changes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from dealtrail.leads.v1 import events_pb2 as events

from services.kit.database import Tx
from services.leads.leads.store import sealing
from services.leads.persona_attributes.domain import (
    BEGINNING,
    MOST,
    PersonaAttribute,
    TooManyPersonaAttributes,
    describe,
)
from services.leads.persona_attributes.store import (
    ALL,
    ALONE,
    FURTHER,
    REACHED,
    SET,
    SOME,
    codec,
    description_codec,
)

AT_ONCE = 200
"""Leads that are described in one transaction."""


async def known(tx: Tx) -> list[PersonaAttribute]:
    """All that were ever set, by name."""
    return [codec.from_row(row) for row in await tx.fetch(ALL)]


async def set_attribute(tx: Tx, wanted: PersonaAttribute) -> PersonaAttribute:
    """Add it, replace its values, or take it out of use; all leads are to be described anew.

    Refused: TOO_MANY_PERSONA_ATTRIBUTES.
    """
    await _alone(tx)
    there = {one.name: one for one in await known(tx)}
    others = [one for one in there.values() if one.active and one.name != wanted.name]
    if wanted.active and len(others) >= MOST:
        raise TooManyPersonaAttributes(most=MOST)
    before = there.get(wanted.name)
    wanted.version = before.version + 1 if before else 1
    wanted.described_to = BEGINNING
    await tx.execute(SET, **codec.to_row(wanted))
    return wanted


async def describe_captured(tx: Tx, lead_ids: Iterable[UUID]) -> None:
    """Tell what these leads are described by, where anything is in use."""
    attributes = await known(tx)
    if any(one.active for one in attributes):
        await _tell(tx, await tx.fetch(SOME, ids=list(lead_ids)), attributes)


async def describe_all(tx: Tx) -> bool:
    """A piece of the periodic work: describe further leads since an attribute changed. Whether there are more."""
    if not any(one.described_to is not None for one in await known(tx)):
        return False
    await _alone(tx)
    attributes = await known(tx)
    reached = [one.described_to for one in attributes if one.described_to is not None]
    if not reached:
        return False
    rows = await tx.fetch(FURTHER, after=min(reached), limit=AT_ONCE)
    await _tell(tx, rows, attributes)
    more = len(rows) == AT_ONCE
    await tx.execute(REACHED, reached=rows[-1]["id"] if more else None)
    return more


async def _tell(tx: Tx, rows: list[Any], attributes: list[PersonaAttribute]) -> None:
    for row in await sealing.open(tx, rows):
        if row["attributes"]:
            told = describe(row["id"], row["attributes"], attributes)
            event = events.LeadDescribed(lead_description=description_codec.to_message(told))
            tx.emit(event, told)


async def _alone(tx: Tx) -> None:
    """Whoever changes attributes waits for who describes by them, and the other way round."""
    await tx.fetch(ALONE, what=f"persona_attributes.{tx.principal.tenant_id}")
