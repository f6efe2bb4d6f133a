"""The catalogue as it stands: what ships, overlaid by what the tenant set."""

from collections.abc import Mapping

from services.kit.database import Tx
from services.timeline.touchpoint_kinds.domain import PRESET, KindHasCategory, TouchpointKind, UnknownTouchpointKind
from services.timeline.touchpoint_kinds.store import OWN, SET, codec


async def catalogue(tx: Tx) -> dict[str, TouchpointKind]:
    """All kinds by code, with what is out of use."""
    known = {kind.code: kind for kind in PRESET}
    return known | {row["code"]: codec.from_row(row) for row in await tx.fetch(OWN)}


def in_use(kinds: Mapping[str, TouchpointKind], code: str) -> TouchpointKind:
    """The kind, for a new touchpoint. Refused: UNKNOWN_TOUCHPOINT_KIND."""
    kind = kinds.get(code)
    if kind is None or not kind.active:
        raise UnknownTouchpointKind(code=code)
    return kind


async def set_kind(tx: Tx, kind: TouchpointKind) -> TouchpointKind:
    """Add it, rename it, or take it out of use. Refused: KIND_HAS_CATEGORY."""
    known = (await catalogue(tx)).get(kind.code)
    if known and known.category is not kind.category:
        raise KindHasCategory(code=kind.code, category=known.category)
    await tx.execute(SET, **codec.to_row(kind))
    return kind
