"""A partner and its keys: which are good, and what a new one takes the place of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kit.errors import NotFound, Refused

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}[a-z0-9]")


class PartnerNameTaken(Refused):
    """The tenant has a partner of that name."""

    en = "there is a partner {name} already"
    zh = "合作方 {name} 已存在"


class UnknownPartner(NotFound):
    """The tenant has no partner of that name."""

    en = "there is no partner {name}"
    zh = "没有合作方 {name}"


@dataclass
class Partner:
    """A system of another company. It reads what the feed tells of the tenant's deals, and nothing else."""

    id: UUID
    name: str
    create_time: datetime
    end_time: datetime | None = None
    """When it was removed."""


@dataclass
class PartnerKey:
    """A pair of secrets of a partner, of which only what proves them is kept: for the broker and for the API."""

    id: UUID
    partner_id: UUID
    nkey: str
    """The public half of the key that signs the broker's challenge."""
    digest: str
    """SHA-256 of the API key's secret, which has 256 random bits."""
    create_time: datetime
    end_time: datetime | None = None
    """When it stopped to be good."""


def superseded(keys: Sequence[PartnerKey], kept: int) -> list[PartnerKey]:
    """The good keys that end so that the newest `kept` remain."""
    good = sorted((key for key in keys if key.end_time is None), key=lambda key: (key.create_time, key.id))
    return good[:-kept] if kept else good
