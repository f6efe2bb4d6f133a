"""What keeps count of what people are shown, as the routes see it."""

from typing import Protocol
from uuid import UUID

from services.kit.principal import Principal


class Leaving(Protocol):
    """One export on its way out."""

    approved: bool
    """Whether it may be as long as it is."""
    mark: str
    """What stands in the last column of each row."""

    def admit(self, rows: int) -> None:
        """Refuse it if it has more rows than may leave."""

    async def take(self, rows: int) -> None:
        """Count rows before they leave; it may refuse them."""

    async def end(self, *, whole: bool) -> None:
        """All rows have left, or it broke off."""


class Ledger(Protocol):
    """Keeps count."""

    async def begin(self, who: Principal, method: str, wanted: str, request_id: UUID | None) -> Leaving:
        """An export of a list by that method; `wanted` is its path with its filters, `request_id` what approved it."""

    async def revealed(self, who: Principal) -> None:
        """The caller is shown somebody's personal data."""


class Uncounted:
    """For a gateway that keeps no count: as much as anybody likes."""

    approved, mark = True, ""

    async def begin(self, who: Principal, method: str, wanted: str, request_id: UUID | None) -> Leaving:
        """As Ledger says."""
        del who, method, wanted, request_id
        return self

    async def revealed(self, who: Principal) -> None:
        """As Ledger says."""

    def admit(self, rows: int) -> None:
        """As Leaving says."""

    async def take(self, rows: int) -> None:
        """As Leaving says."""

    async def end(self, *, whole: bool) -> None:
        """As Leaving says."""
