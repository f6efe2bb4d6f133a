"""What a lead is described by: listed values of chosen attributes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.kit.errors import Refused
from services.kit.ids import derived_id

MOST = 20
BEGINNING = UUID(int=0)
"""Before all leads."""


class TooManyPersonaAttributes(Refused):
    """There are as many attributes in use as there may be."""

    field = "name"
    en = "there are {most} attributes in use already; take one out of use first"
    zh = "已有 {most} 个画像属性在用，请先停用一个"


@dataclass
class PersonaAttribute:
    """One attribute of leads by which customers are described, and the values that count."""

    name: str
    values: list[str] = field(default_factory=list)
    active: bool = True
    version: int = 1
    described_to: UUID | None = BEGINNING
    """Up to which lead, by id, all were described since it changed; None once all are."""


@dataclass(frozen=True)
class LeadDescription:
    """What is told of a lead to describe who becomes a customer."""

    id: UUID
    lead_id: UUID
    values: dict[str, str]
    version: int


def describe(lead_id: UUID, told: Mapping[str, str], attributes: Iterable[PersonaAttribute]) -> LeadDescription:
    """Those of its attributes that are in use, with values on their lists. Blanks around a value do not count."""
    known = list(attributes)
    in_use = {one.name: one.values for one in known if one.active}
    values = {name: told[name].strip() for name, listed in in_use.items() if told.get(name, "").strip() in listed}
    version = sum(one.version for one in known)
    return LeadDescription(derived_id(lead_id, "description"), lead_id, values, version)
