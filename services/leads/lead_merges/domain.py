"""What becomes of two leads that are merged, and how that is undone."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused
from services.leads.leads.domain import NOBODY, Lead, Status
from services.leads.merges.domain import MergeAlreadyUndone, SurvivorHasUscc
from services.leads.notices.domain import News
from services.leads.words import plain_email, plain_phone


class SameLead(Invalid):
    """A lead is not merged into itself."""

    field = "duplicate_id"
    en = "a lead is not merged into itself"
    zh = "不能将线索并入其自身"


class SurvivorUnowned(Refused):
    """What lies in the public pool is nobody's: nobody would go on with the other's work."""

    en = "the survivor lies in the public pool; claim or assign it first, or merge it into the other"
    zh = "保留的线索在公海中，请先领取或分配，或改为将其并入另一条"


class LeadsMerged(News):
    """Two leads are one, of which one was the user's."""

    zh = "线索「{duplicate}」已并入「{survivor}」"
    en = "The lead {duplicate} was merged into {survivor}"


class LeadsParted(News):
    """They are two again."""

    zh = "线索「{duplicate}」与「{survivor}」的合并已撤销"
    en = "The merge of the lead {duplicate} into {survivor} was undone"


class State(StrEnum):
    """Where a merge stands."""

    MERGED = "MERGED"
    UNDONE = "UNDONE"


CONTACT = ("contact_name", "phone", "email", "wechat_id")
"""The person of a lead, and how to reach them: of two persons never a part of each."""
COMPANY = ("company", "uscc", "channel", "campaign")
ATTRIBUTE = "attributes."
TAKEN = ("company", "channel", "campaign", "contact", "attributes")
"""What of the duplicate a caller may let stand."""
PLAIN: Mapping[str, Callable[[str], str]] = {"phone": plain_phone, "email": plain_email, "wechat_id": str.casefold}
"""As what ways to reach somebody are compared."""


@dataclass
class LeadMerge:
    """One lead made of two."""

    id: UUID
    lead_id: UUID
    """The survivor."""
    duplicate_id: UUID
    purpose: str
    merged_by: UUID
    create_time: datetime
    update_time: datetime
    duplicate_status: Status = Status.NEW
    changes: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    """What these fields of the survivor held before; an attribute that it lacked is not among them."""
    joined: list[UUID] = field(default_factory=list)
    same_person: bool = False
    enrolment_id: UUID | None = None
    state: State = State.MERGED
    undo_purpose: str = ""
    undone_by: UUID | None = None
    undo_time: datetime | None = None
    version: int = 1

    def unite(self, duplicate: Lead, survivor: Lead, take: Collection[str], others: Iterable["LeadMerge"]) -> None:
        """Merge the one into the other; `others` are the merges into the survivor that stand.

        Refused: as `must_fit`.
        """
        must_fit(duplicate, survivor)
        taken = what_changes(duplicate, survivor, take)
        self.same_person = one_person(duplicate, survivor) or any(name in CONTACT for name in taken)
        self.changes = list(taken)
        for name in taken:
            if (before := _held(survivor, name)) is not None:
                self.replaced[name] = before
            _put(survivor, name, _held(duplicate, name))
        self.joined = joining(duplicate, survivor, others)
        survivor.collaborators = [*survivor.collaborators, *self._new_to(survivor)]
        self.duplicate_status = duplicate.status
        duplicate.merge_into(survivor.id)

    def part(self, duplicate: Lead, survivor: Lead, others: Iterable["LeadMerge"]) -> None:
        """Undo it; what somebody has changed of the survivor since stays, and so does all of one that was converted.

        Refused: MERGE_ALREADY_UNDONE, LEAD_MERGED.
        """
        if self.state is not State.MERGED:
            raise MergeAlreadyUndone
        survivor.must_stand()
        self.state = State.UNDONE
        duplicate.stand_again(self.duplicate_status)
        if survivor.status is Status.CONVERTED:
            return
        for name in self.changes:
            if _held(survivor, name) == _held(duplicate, name):
                _put(survivor, name, self.replaced.get(name))
        gone = set(self.joined) - _joined(others)
        survivor.collaborators = [one for one in survivor.collaborators if one not in gone]

    def _new_to(self, survivor: Lead) -> list[UUID]:
        return [one for one in self.joined if one not in survivor.collaborators]


def must_fit(duplicate: Lead, survivor: Lead) -> None:
    """Both are open, nobody's alone and wait for nothing; the survivor can be worked; and they may be one company.

    Refused: SAME_LEAD, LEAD_MERGED, LEAD_NOT_OPEN, LEAD_ERASED, LEAD_EXCLUSIVE, LEAD_HELD, DISCARD_PENDING,
    SURVIVOR_UNOWNED, SURVIVOR_HAS_USCC.
    """
    if duplicate.id == survivor.id:
        raise SameLead
    duplicate.must_be_mergeable()
    survivor.must_be_mergeable()
    survivor.must_be_free()
    if survivor.owner_id == NOBODY:
        raise SurvivorUnowned
    if duplicate.uscc and survivor.uscc and duplicate.uscc != survivor.uscc:
        raise SurvivorHasUscc(uscc=duplicate.uscc, other=survivor.uscc)


def joining(duplicate: Lead, survivor: Lead, others: Iterable[LeadMerge]) -> list[UUID]:
    """Who sees the survivor because of this merge, whether or not because of others into it, too."""
    own = set(survivor.collaborators) - _joined(others) | {survivor.owner_id, NOBODY}
    return [one for one in dict.fromkeys((duplicate.owner_id, *duplicate.collaborators)) if one not in own]


def conflicts(duplicate: Lead, survivor: Lead) -> list[str]:
    """What of TAKEN both hold, and not the same."""
    clashing = [name for name in ("company", "channel", "campaign") if _clash(duplicate, survivor, name)]
    if _reachable(duplicate) and _reachable(survivor) and not one_person(duplicate, survivor):
        clashing.append("contact")
    both = duplicate.attributes.keys() & survivor.attributes.keys()
    return clashing + ["attributes"] * any(duplicate.attributes[one] != survivor.attributes[one] for one in both)


def what_changes(duplicate: Lead, survivor: Lead, take: Collection[str] = ()) -> list[str]:
    """Fields of the survivor that get what the duplicate holds: those that it lacks, and those that are taken."""
    wanted = [name for name in COMPANY if name in take or not getattr(survivor, name)]
    if "contact" in take and _reachable(duplicate):
        wanted += CONTACT
    elif one_person(duplicate, survivor) or not _reachable(survivor):
        wanted += [name for name in CONTACT if not getattr(survivor, name)]
    names = [ATTRIBUTE + one for one in duplicate.attributes if "attributes" in take or one not in survivor.attributes]
    whole = "contact" in take and _reachable(duplicate)
    plain = [one for one in wanted if getattr(duplicate, one) or (whole and one in CONTACT)]
    return [one for one in (*plain, *names) if _held(duplicate, one) != _held(survivor, one)]


def one_person(duplicate: Lead, survivor: Lead) -> bool:
    """Whether both speak of the same person, as far as is known: something of them is the same, and nothing differs."""
    return not any(_clash(duplicate, survivor, one) for one in CONTACT) and any(
        getattr(duplicate, one) and getattr(survivor, one) for one in CONTACT
    )


def _clash(duplicate: Lead, survivor: Lead, name: str) -> bool:
    """Whether both hold something there, and not the same however it is written."""
    plain = PLAIN.get(name, _unspaced)
    ours, theirs = plain(getattr(survivor, name)), plain(getattr(duplicate, name))
    return bool(ours and theirs and ours != theirs)


def _unspaced(text: str) -> str:
    return "".join(text.split())


def _reachable(lead: Lead) -> bool:
    """Whether anything of a person is known."""
    return any(getattr(lead, name) for name in CONTACT)


def _held(lead: Lead, name: str) -> str | None:
    """What a field or attribute holds; None for an attribute that there is not."""
    if name.startswith(ATTRIBUTE):
        return lead.attributes.get(name.removeprefix(ATTRIBUTE))
    text: str = getattr(lead, name)
    return text


def _put(lead: Lead, name: str, text: str | None) -> None:
    if not name.startswith(ATTRIBUTE):
        setattr(lead, name, text or "")
        return
    attribute = name.removeprefix(ATTRIBUTE)
    rest = {one: value for one, value in lead.attributes.items() if one != attribute}
    lead.attributes = rest if text is None else {**lead.attributes, attribute: text}


def _joined(merges: Iterable[LeadMerge]) -> set[UUID]:
    return {one for merge in merges for one in merge.joined}
