"""What is done with links: have one, pass it on, count what happens to it."""

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.kit.database import Tx
from services.kit.errors import NotFound
from services.kit.ids import new_id
from services.leads.forms.store import forms
from services.leads.links.domain import Link, new_token
from services.leads.links.store import (
    ADD_NEW,
    ARRIVED,
    BY_ID,
    BY_TOKEN,
    COUNT,
    COUNT_ARRIVAL,
    OF_REP,
    SLOTS,
    codec,
    links,
)


async def of_caller(tx: Tx, form_id: UUID) -> Link:
    """The caller's link to a form, made if there is none. Refused: FORM_NOT_PUBLISHED, FORM_CLOSED."""
    (await forms.get(tx, form_id)).must_be_published()
    me = tx.principal
    link = Link(new_id(), form_id, me.user_id, me.team_id, new_token(), tx.now)
    await tx.execute(ADD_NEW, **codec.to_row(link))
    row = await tx.fetch_one(OF_REP, form_id=form_id, owner_id=me.user_id)
    assert row is not None, "it was inserted, or another stood in the way"
    return codec.from_row(row)


async def by_token(tx: Tx, token: str) -> Link:
    """The link that a token leads to, whoever asks. Refused: NOT_FOUND."""
    return _found(await tx.fetch_one(BY_TOKEN, token=token))


async def known(tx: Tx, link_id: UUID) -> Link:
    """A link, whoever asks. Refused: NOT_FOUND."""
    return _found(await tx.fetch_one(BY_ID, id=link_id))


async def pass_on(tx: Tx, link_id: UUID) -> Link:
    """Make a link below another. Refused: LINK_PASSED_ON_TOO_OFTEN."""
    link = await known(tx, link_id)
    top = link if link.root_id is None else await known(tx, link.root_id)
    link.reshares = max(link.reshares, top.reshares)
    below = link.passed_on(tx.now)
    await links.add(tx, below)
    await tx.execute(COUNT["reshares"], ids=link.line)
    return below


async def count_share(tx: Tx, link_id: UUID) -> Link:
    """Count that a rep shared a link."""
    link = await links.get(tx, link_id)
    await tx.execute(COUNT["shares"], ids=[link.id])
    link.shares += 1
    return link


async def count_arrival(tx: Tx, link: Link) -> None:
    """Count that a lead came by a link, without waiting for others that come by it."""
    await tx.execute(COUNT_ARRIVAL, ids=link.line, slot=secrets.randbelow(SLOTS))


async def add_arrivals(tx: Tx, found: Sequence[Link]) -> None:
    """Say of links how many leads came by them."""
    arrived = {row["link_id"]: row["leads"] for row in await tx.fetch(ARRIVED, ids=[link.id for link in found])}
    for link in found:
        link.leads += arrived.get(link.id, 0)


def _found(row: Any) -> Link:
    if row is None:
        raise NotFound(kind="link", kind_zh="链接")
    return codec.from_row(row)
