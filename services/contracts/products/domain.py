"""A product of the catalogue."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.kit.money import Money


class ProductCodeTaken(Refused):
    """The code or an alias names another product."""

    field = "code"
    en = "{name} names another product already"
    zh = "{name} 已是另一个产品的编码或别名"


class UnknownProduct(Invalid):
    """A contract line names what is not in the catalogue, or no longer sold."""

    en = "{name} is no product that is sold"
    zh = "{name} 不是在售产品"


@dataclass
class Product:
    """Something that the company sells."""

    id: UUID
    code: str
    name: str
    create_time: datetime
    update_time: datetime
    category: str = ""
    list_price: Money | None = None
    aliases: list[str] = field(default_factory=list)
    active: bool = True
    version: int = 1

    def names(self) -> set[str]:
        """All that it may be called by in a contract line."""
        return {self.code, *self.aliases}
