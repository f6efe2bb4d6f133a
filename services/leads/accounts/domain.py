"""An account, and the people there."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.kit.masking import mask
from services.kit.money import Money


class AccountNameTaken(Refused):
    """The caller sees an account of that very name already."""

    field = "name"
    en = "there is an account named {name} already"
    zh = "已存在名为 {name} 的客户"


class AccountIdTaken(Refused):
    """The id is that of an account which is not in the caller's sight."""

    field = "id"
    en = "this id is taken"
    zh = "该编号已被占用"


class UnknownParentAccount(Invalid):
    """There is no such account in the caller's sight to stand above this one."""

    field = "parent_id"
    en = "no such parent account in your sight"
    zh = "找不到该上级客户"


class AccountMerged(Refused):
    """It was merged into another account, where the work goes on."""

    en = "the account was merged into {into}"
    zh = "该客户已并入客户 {into}"


class ContactErased(Refused):
    """The person asked to be forgotten: nothing is put where their data was."""

    en = "the person has been erased"
    zh = "该联系人的个人信息已删除"


class ContactMerged(Refused):
    """It was merged into another record of the same person, which is the one to change."""

    en = "the contact was merged into {into}"
    zh = "该联系人已并入联系人 {into}"


@dataclass
class Account:
    """A company that we sell to."""

    id: UUID
    name: str
    owner_id: UUID
    team_id: UUID | None
    create_time: datetime
    update_time: datetime
    industry: str = ""
    region: str = ""
    employees: int = 0
    revenue: Money | None = None
    parent_id: UUID | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    collaborators: list[UUID] = field(default_factory=list)
    uscc: str = ""
    merged_into: UUID | None = None
    version: int = 1

    def must_stand(self) -> None:
        """Refused: ACCOUNT_MERGED."""
        if self.merged_into is not None:
            raise AccountMerged(into=self.merged_into)


@dataclass
class Contact:
    """A person at an account."""

    id: UUID
    account_id: UUID
    person_id: UUID
    """Who it is, whatever they are a contact or lead of: a contact made of a lead is the lead's person."""
    name: str
    create_time: datetime
    update_time: datetime
    title: str = ""
    phone: str = ""
    email: str = ""
    erase_time: datetime | None = None
    merged_from: UUID | None = None
    """The account under which it was recorded, where that was merged into `account_id`."""
    merged_into: UUID | None = None
    """The other record of the same person that it was merged into."""
    version: int = 1

    def must_stand(self) -> None:
        """Refused: CONTACT_MERGED, CONTACT_ERASED."""
        if self.merged_into is not None:
            raise ContactMerged(into=self.merged_into)
        if self.erase_time is not None:
            raise ContactErased

    def change(self, **given: str) -> None:
        """Set these fields. Refused: CONTACT_MERGED, CONTACT_ERASED."""
        self.must_stand()
        for name, value in given.items():
            setattr(self, name, value)

    def masked(self) -> "Contact":
        """What may be told of it beyond those who see it."""
        return replace(self, name=mask(self.name), title="")
