"""What becomes of two accounts that are merged, and how that is undone."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.kit.errors import Denied, Invalid, Refused
from services.kit.money import Money
from services.leads.accounts.domain import Account
from services.leads.notices.domain import News


class SameAccount(Invalid):
    """An account is not merged into itself."""

    field = "duplicate_id"
    en = "an account is not merged into itself"
    zh = "不能将客户并入其自身"


class SurvivorHasUscc(Refused):
    """Each has a 统一社会信用代码 of its own: they are two companies."""

    en = "the codes {uscc} and {other} are of two companies; correct the wrong one first"
    zh = "统一社会信用代码 {uscc} 与 {other} 属于两家公司，请先更正"


class CollisionUndecided(Refused):
    """To whom the customer belongs is decided first."""

    en = "the collision {collision_id} between them has to be decided first"
    zh = "请先裁定两者之间的撞单 {collision_id}"


class ContactsMergedAcross(Refused):
    """Contacts of the two have been merged: parted, a person would be missing from one of them."""

    en = "contacts of the two were merged; undo the merge {contact_merge_id} of contacts first"
    zh = "两个客户的联系人已合并，请先撤销联系人合并 {contact_merge_id}"


class NotYoursToMerge(Denied):
    """A rep merges what is the rep's own alone."""

    en = "whoever owns both may merge them, or a manager"
    zh = "只有两者的共同负责人或主管可以合并"


class MergeAlreadyUndone(Refused):
    """It does not stand any more."""

    en = "the merge was undone already"
    zh = "该合并已撤销"


class AccountsMerged(News):
    """Two accounts are one, of which one was the user's."""

    zh = "客户「{duplicate}」已并入「{survivor}」"
    en = "{duplicate} was merged into {survivor}"


class AccountsParted(News):
    """They are two again."""

    zh = "客户「{duplicate}」与「{survivor}」的合并已撤销"
    en = "The merge of {duplicate} into {survivor} was undone"


class State(StrEnum):
    """Where a merge stands."""

    MERGED = "MERGED"
    UNDONE = "UNDONE"


FIELDS = ("name", "industry", "region", "employees", "revenue", "uscc", "attributes")
"""What of the survivor may change."""


@dataclass(frozen=True)
class FieldChange:
    """What happened to one field of the survivor, as text."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Moved:
    """Rows of one kind that followed."""

    kind: str
    rows: int


@dataclass
class Merge:
    """One account made of two."""

    id: UUID
    account_id: UUID
    """The survivor."""
    duplicate_id: UUID
    purpose: str
    merged_by: UUID
    create_time: datetime
    update_time: datetime
    changes: list[FieldChange] = field(default_factory=list)
    joined: list[UUID] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    state: State = State.MERGED
    undo_purpose: str = ""
    undone_by: UUID | None = None
    undo_time: datetime | None = None
    version: int = 1

    def unite(self, duplicate: Account, survivor: Account, take: Collection[str], others: Iterable["Merge"]) -> None:
        """Merge the one into the other; `others` are the merges into the survivor that stand.

        Refused: ACCOUNT_MERGED, SURVIVOR_HAS_USCC.
        """
        duplicate.must_stand()
        survivor.must_stand()
        if uscc_differs(duplicate, survivor):
            raise SurvivorHasUscc(uscc=duplicate.uscc, other=survivor.uscc)
        duplicate.merged_into = survivor.id
        self.changes = [change for name in FIELDS if (change := _chosen(name, duplicate, survivor, name in take))]
        for change in self.changes:
            put(survivor, change.field, change.after)
        self.joined = joining(duplicate, survivor, others)
        survivor.collaborators += [one for one in self.joined if one not in survivor.collaborators]

    def part(self, duplicate: Account, survivor: Account, others: Iterable["Merge"]) -> None:
        """Undo it; what somebody has changed of the survivor since stays.

        Refused: MERGE_ALREADY_UNDONE, ACCOUNT_MERGED.
        """
        if self.state is not State.MERGED:
            raise MergeAlreadyUndone
        survivor.must_stand()
        self.state = State.UNDONE
        duplicate.merged_into = None
        for change in self.changes:
            if text_of(survivor, change.field) == change.after:
                put(survivor, change.field, change.before)
        gone = set(self.joined) - _joined(others)
        survivor.collaborators = [one for one in survivor.collaborators if one not in gone]


def joining(duplicate: Account, survivor: Account, others: Iterable[Merge]) -> list[UUID]:
    """Who sees the survivor because of this merge, whether or not because of others into it, too."""
    own = set(survivor.collaborators) - _joined(others) | {survivor.owner_id}
    return [one for one in dict.fromkeys((duplicate.owner_id, *duplicate.collaborators)) if one not in own]


def uscc_differs(duplicate: Account, survivor: Account) -> bool:
    """Whether each has a code of its own."""
    return bool(duplicate.uscc and survivor.uscc and duplicate.uscc != survivor.uscc)


def conflicts(duplicate: Account, survivor: Account) -> list[FieldChange]:
    """Fields in which the two differ and both hold something: `before` is the survivor's."""
    both = (FieldChange(name, text_of(survivor, name), text_of(duplicate, name)) for name in FIELDS)
    return [one for one in both if one.before and one.after and one.before != one.after]


def text_of(account: Account, name: str) -> str:
    """What a field holds, as text; empty if nothing."""
    value: Any = getattr(account, name)
    if not value:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"{value.amount:.2f} {value.currency}" if isinstance(value, Money) else str(value)


def put(account: Account, name: str, text: str) -> None:
    """Let a field hold what the text says."""
    value: Any = text
    if name == "employees":
        value = int(text or 0)
    elif name == "attributes":
        value = json.loads(text or "{}")
    elif name == "revenue":
        amount, _, currency = text.partition(" ")
        value = Money(Decimal(amount), currency) if text else None
    setattr(account, name, value)


def _chosen(name: str, duplicate: Account, survivor: Account, taken: bool) -> FieldChange | None:
    """What the field of the survivor is to change to, if it is."""
    before, after = text_of(survivor, name), text_of(duplicate, name)
    if name == "attributes" and before and after:
        ours, theirs = survivor.attributes, duplicate.attributes
        both = ours | theirs if taken else theirs | ours
        after = json.dumps(both, ensure_ascii=False, sort_keys=True)
    elif before and not taken:
        return None
    return FieldChange(name, before, after) if after and after != before else None


def _joined(merges: Iterable[Merge]) -> set[UUID]:
    return {one for merge in merges for one in merge.joined}
