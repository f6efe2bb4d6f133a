"""How many companies of a market could buy, and how far it is saturated."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.leads.wallets.domain import SourceInFuture

PLACES = Decimal("0.0001")


class Kind(StrEnum):
    """What a company of a market is."""

    ACCOUNT = "ACCOUNT"
    PROSPECT = "PROSPECT"


class Advice(StrEnum):
    """What to do about a market; see proto/dealtrail/leads/v1/markets.proto."""

    GO_ON = "GO_ON"
    ADJUST_PRODUCT_LINE_OR_TERRITORY = "ADJUST_PRODUCT_LINE_OR_TERRITORY"


@dataclass(frozen=True)
class MarketSize:
    """How many companies of a territory could buy a product, or any, as known of a period."""

    id: UUID
    region: str
    product: str
    period: str
    end_date: date
    addressable: int
    source: str
    source_date: date
    author_id: UUID
    create_time: datetime
    current: bool = True
    version: int = 1

    def must_make_sense(self, today: date) -> None:
        """Refused: SOURCE_IN_FUTURE."""
        if self.source_date > today:
            raise SourceInFuture


@dataclass(frozen=True)
class MarketSaturation:
    """How far a market is saturated."""

    market_size_id: UUID
    region: str
    product: str
    period: str
    addressable: int
    contacted: int
    signed: int
    penetration: Decimal
    saturated: bool
    advice: Advice


@dataclass(frozen=True)
class MarketCompany:
    """A company that was contacted."""

    id: UUID
    kind: Kind
    name: str
    region: str
    owner_id: UUID
    contact_day: date
    sign_day: date | None


@dataclass(frozen=True)
class SaturationRules:
    """From so many percent of penetration on a market is saturated."""

    saturated_percent: int = 80

    def judge(self, size: MarketSize, contacted: int, signed: int) -> MarketSaturation:
        """Penetration = contacted / addressable, held against the threshold before it is rounded."""
        saturated = contacted * 100 >= self.saturated_percent * size.addressable
        return MarketSaturation(
            market_size_id=size.id,
            region=size.region,
            product=size.product,
            period=size.period,
            addressable=size.addressable,
            contacted=contacted,
            signed=signed,
            penetration=(Decimal(contacted) / size.addressable).quantize(PLACES),
            saturated=saturated,
            advice=Advice.ADJUST_PRODUCT_LINE_OR_TERRITORY if saturated else Advice.GO_ON,
        )
