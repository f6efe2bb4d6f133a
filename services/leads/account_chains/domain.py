"""Who at a customer suffers what and why, who approves whom, and what is missing of both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Conflict, Invalid, Refused
from services.leads.account_chains.refusals import (
    ApprovalContradicted,
    ApprovalKnown,
    DecisionCycle,
    LinkDeleted,
    LinkStands,
    UnknownAffectedContact,
    UnknownApprover,
)
from services.leads.contact_merges.domain import standing


class GapKind(StrEnum):
    """What may be missing of a contact; see proto/dealtrail/leads/v1/account_chains.proto."""

    NO_PAIN = "NO_PAIN"
    NO_REASON = "NO_REASON"
    NO_LINK = "NO_LINK"
    NO_APPROVER = "NO_APPROVER"


class Kind(StrEnum):
    """Which link of a chain."""

    PAIN = "PAIN"
    APPROVAL = "APPROVAL"


class Deed(StrEnum):
    """What became of a link."""

    RECORDED = "RECORDED"
    CHANGED = "CHANGED"
    DELETED = "DELETED"
    RESTORED = "RESTORED"


@dataclass(kw_only=True)
class Link:
    """What is known of one contact's place in a chain."""

    id: UUID
    contact_id: UUID
    person_id: UUID
    """Who the contact is: what is written of them is sealed under their key."""
    author_id: UUID
    create_time: datetime
    update_time: datetime
    delete_time: datetime | None = None
    version: int = 1

    def must_stand(self) -> None:
        """Refused: LINK_DELETED."""
        if self.delete_time is not None:
            raise LinkDeleted

    def delete(self, at: datetime) -> None:
        """Let it go. Refused: LINK_DELETED."""
        self.must_stand()
        self.delete_time = at

    def restore(self) -> None:
        """Let it stand again. Refused: LINK_STANDS."""
        if self.delete_time is None:
            raise LinkStands
        self.delete_time = None


@dataclass(kw_only=True)
class Pain(Link):
    """A contact suffers something, why, and whom else that affects."""

    pain: str
    reason: str = ""
    affected_contact_ids: list[UUID] = field(default_factory=list)

    def must_affect(self, contacts: Iterable[UUID]) -> None:
        """Refused: UNKNOWN_AFFECTED_CONTACT unless it affects others of these contacts."""
        for one in self.affected_contact_ids:
            if one == self.contact_id or one not in contacts:
                raise UnknownAffectedContact(id=one)


@dataclass(kw_only=True)
class Approval(Link):
    """Somebody approves what a contact decides; nobody where the contact decides finally."""

    approver_id: UUID | None = None

    def must_fit(self, contacts: Iterable[UUID], known: Iterable["Approval"]) -> None:
        """Refused: UNKNOWN_APPROVER, APPROVAL_KNOWN, APPROVAL_CONTRADICTED, DECISION_CYCLE.

        `known` are the approvals that stand of the contact, and of everybody above the approver.
        """
        if self.approver_id is not None and self.approver_id not in contacts:
            raise UnknownApprover(id=self.approver_id)
        above = defaultdict(list)
        for one in known:
            if one.contact_id == self.contact_id:
                if one.approver_id == self.approver_id:
                    raise ApprovalKnown(id=one.id)
                if one.approver_id is None or self.approver_id is None:
                    raise ApprovalContradicted(id=one.id)
            if one.approver_id is not None:
                above[one.contact_id].append(one.approver_id)
        if self.approver_id is not None and (way := _way(above, self.approver_id, self.contact_id)):
            raise DecisionCycle(contacts=" → ".join(map(str, [self.contact_id, *way])))


@dataclass(frozen=True)
class ChainGap:
    """Something is missing of a contact."""

    contact_id: UUID
    kind: GapKind


@dataclass(frozen=True)
class AccountChain:
    """Both chains of a customer, and what is missing of them."""

    account_id: UUID
    pains: list[Pain]
    approvals: list[Approval]
    gaps: list[ChainGap]
    completeness: float | None


@dataclass(frozen=True, kw_only=True)
class ChainChange:
    """A link as it stood from a change on."""

    id: UUID
    link_id: UUID
    kind: Kind
    deed: Deed
    contact_id: UUID
    person_id: UUID
    version: int
    author_id: UUID
    create_time: datetime
    pain: str = ""
    reason: str = ""
    affected_contact_ids: list[UUID] = field(default_factory=list)
    approver_id: UUID | None = None

    def told(self) -> "ChainChange":
        """What may be told of it beyond those who see it: without what people typed."""
        return replace(self, pain="", reason="")


def chain(
    account_id: UUID, contacts: Iterable[UUID], pains: Iterable[Pain], approvals: Iterable[Approval]
) -> AccountChain:
    """Both chains over the contacts that there are now. Links of others, and to others, are left out."""
    people = sorted(set(contacts))
    suffered = [
        replace(one, affected_contact_ids=[each for each in one.affected_contact_ids if each in people])
        for one in pains
        if one.contact_id in people
    ]
    approved = [
        one for one in approvals if one.contact_id in people and (one.approver_id is None or one.approver_id in people)
    ]
    links = [(one.contact_id, each) for one in suffered for each in one.affected_contact_ids]
    met = {
        GapKind.NO_PAIN: {one.contact_id for one in suffered},
        GapKind.NO_REASON: {one.contact_id for one in suffered if one.reason},
        GapKind.NO_LINK: {each for link in links for each in link},
        GapKind.NO_APPROVER: {one.contact_id for one in approved},
    }
    if len(people) == 1:
        del met[GapKind.NO_LINK]
    gaps = [ChainGap(one, kind) for one in people for kind, by in met.items() if one not in by]
    completeness = 1 - len(gaps) / (len(people) * len(met)) if people else None
    return AccountChain(account_id, suffered, approved, gaps, completeness)


def united(
    contacts: Iterable[UUID], pains: Iterable[Pain], approvals: Iterable[Approval], into: Mapping[UUID, UUID]
) -> tuple[list[Pain], list[Approval]]:
    """Links as they count once contacts were merged `into` others: they are the survivors'.

    An approval that came by a merge and does not fit those that stand already, of the survivor's own or of earlier
    ones, is left out until the merge is undone.
    """
    suffered = []
    for pain in pains:
        whose = standing(pain.contact_id, into)
        affected = dict.fromkeys(standing(one, into) for one in pain.affected_contact_ids)
        suffered.append(replace(pain, contact_id=whose, affected_contact_ids=[one for one in affected if one != whose]))
    people = set(contacts)
    kept: list[Approval] = []
    came: list[Approval] = []
    for one in approvals:
        ends = standing(one.contact_id, into), one.approver_id and standing(one.approver_id, into)
        (kept if ends == (one.contact_id, one.approver_id) else came).append(
            replace(one, contact_id=ends[0], approver_id=ends[1])
        )
    for one in came:
        with suppress(Invalid, Refused, Conflict):
            one.must_fit(people, kept)
            kept.append(one)
    return suffered, kept


def _way(above: dict[UUID, list[UUID]], start: UUID, end: UUID) -> list[UUID]:
    """How one comes from a contact upwards to another, both included; empty if one does not."""
    ways, seen = [[start]], {start}
    for way in ways:
        if way[-1] == end:
            return way
        for one in above.get(way[-1], ()):
            if one not in seen:
                seen.add(one)
                ways.append([*way, one])
    return []
