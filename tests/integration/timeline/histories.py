"""Histories that could have happened: events of one account's lead, deal and contract, as services would tell them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from dealtrail.contracts.v1 import contracts_pb2, receipts_pb2
from dealtrail.contracts.v1 import events_pb2 as contracts
from dealtrail.identity.v1 import directory_pb2
from dealtrail.identity.v1 import events_pb2 as identity
from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.opportunities.v1 import events_pb2 as deals
from dealtrail.timeline.v1 import events_pb2 as timeline
from dealtrail.timeline.v1 import touchpoints_pb2
from hypothesis import strategies as st

from services.kit.events import Envelope

DAWN = datetime(2026, 1, 1, tzinfo=UTC)
SPACE = UUID(int=77)
PEOPLE = [UUID(int=100 + number) for number in range(3)]
TEAMS = [UUID(int=200 + number) for number in range(3)]
LEAD, ACCOUNT, DEAL, CONTRACT, RECEIPT, CONTACT, SURVIVOR, TWIN = (UUID(int=number) for number in range(1, 9))


@dataclass
class History:
    """What has been told so far, and what must be known to tell the next thing."""

    told: list = field(default_factory=list)
    owner: dict = field(default_factory=dict)
    version: dict = field(default_factory=dict)
    team: dict = field(default_factory=lambda: dict(zip(PEOPLE, TEAMS, strict=True)))
    touchpoints: int = 0
    merged: bool = False
    united: bool = False

    def tell(self, event, aggregate, seen_as=None, version=None):
        """Add an event about the aggregate, whose owner is that of `seen_as`."""
        owner = self.owner.get(seen_as or aggregate)
        if version is None:
            version = self.version[aggregate] = self.version.get(aggregate, 0) + 1
        at = DAWN + timedelta(hours=len(self.told))
        self.told.append(
            (
                event,
                Envelope(
                    id=uuid5(SPACE, str(len(self.told))),
                    tenant_id=SPACE,
                    type=event.DESCRIPTOR.full_name,
                    actor_id=owner or PEOPLE[0],
                    occurred_at=at - timedelta(days=len(self.told) % 3),
                    recorded_at=at,
                    aggregate_id=aggregate,
                    version=version,
                    owner_id=owner,
                    team_id=self.team.get(owner),
                    collaborators=(),
                ),
            )
        )

    def lead(self):
        links = {"account_id": str(ACCOUNT), "deal_id": str(DEAL)} if DEAL in self.owner else {}
        return leads_pb2.Lead(id=str(LEAD), **links)

    def deal(self):
        return deals_pb2.Deal(id=str(DEAL), lead_id=str(LEAD), **self.account())

    def contract(self):
        return contracts_pb2.Contract(id=str(CONTRACT), deal_id=str(DEAL), number="C-1", **self.account())

    def account(self):
        """As rows name it that were recorded under the one that was merged."""
        if self.merged:
            return {"account_id": str(SURVIVOR), "merged_from": str(ACCOUNT)}
        return {"account_id": str(ACCOUNT)}


def capture(history, owner):
    history.owner[LEAD] = owner
    history.tell(leads.LeadCaptured(lead=history.lead()), LEAD)


def convert(history, owner):
    history.owner[ACCOUNT] = history.owner[DEAL] = history.owner[LEAD]
    history.tell(leads.AccountCreated(account=accounts_pb2.Account(id=str(ACCOUNT))), ACCOUNT)
    contact = accounts_pb2.Contact(id=str(CONTACT), account_id=str(ACCOUNT))
    history.tell(leads.ContactCreated(contact=contact), CONTACT, seen_as=ACCOUNT)
    history.tell(deals.DealOpened(deal=history.deal()), DEAL)
    history.tell(leads.LeadConverted(lead=history.lead()), LEAD)


def draft(history, owner):
    history.owner[CONTRACT] = owner
    history.tell(contracts.ContractDrafted(contract=history.contract()), CONTRACT)


def receive(history, owner):
    receipt = receipts_pb2.Receipt(id=str(RECEIPT), contract_id=str(CONTRACT), **history.account())
    history.tell(contracts.ReceiptRecorded(receipt=receipt), RECEIPT, seen_as=CONTRACT)


def qualify(history, owner):
    history.tell(leads.LeadQualified(lead=history.lead()), LEAD)


def hand_over(history, owner):
    for aggregate, event, resource in (
        (CONTRACT, contracts.ContractAssigned, "contract"),
        (DEAL, deals.DealAssigned, "deal"),
        (LEAD, leads.LeadAssigned, "lead"),
    ):
        if aggregate in history.owner:
            history.owner[aggregate] = owner
            history.tell(event(**{resource: getattr(history, resource)()}), aggregate)
            return


def move(history, owner):
    history.team[owner] = TEAMS[(TEAMS.index(history.team[owner]) + 1) % len(TEAMS)]
    member = directory_pb2.Member(user_id=str(owner), team_id=str(history.team[owner]))
    history.tell(identity.UserUpdated(member=member), owner)


def merge(history, owner):
    """Merge the account into another one's, or undo that."""
    if ACCOUNT not in history.owner:
        return
    if SURVIVOR not in history.owner:
        history.owner[SURVIVOR] = owner
        history.tell(leads.AccountCreated(account=accounts_pb2.Account(id=str(SURVIVOR))), SURVIVOR)
    history.merged = not history.merged
    into = str(SURVIVOR) if history.merged else ""
    event = leads.AccountMerged if history.merged else leads.AccountMergeUndone
    history.tell(event(account=accounts_pb2.Account(id=str(ACCOUNT), merged_into=into)), ACCOUNT)


def unite(history, owner):
    """Merge another lead of the same company into the lead, while that is open, or undo that."""
    if TWIN not in history.owner:
        history.owner[TWIN] = owner
        history.tell(leads.LeadCaptured(lead=leads_pb2.Lead(id=str(TWIN))), TWIN)
    if not history.united and DEAL in history.owner:
        return
    history.united = not history.united
    if history.united:
        history.tell(leads.LeadMerged(lead=leads_pb2.Lead(id=str(TWIN), merged_into=str(LEAD))), TWIN)
    else:
        history.tell(leads.LeadMergeUndone(lead=leads_pb2.Lead(id=str(TWIN)), from_lead_id=str(LEAD)), TWIN)


def touch(history, owner, private=False):
    history.touchpoints += 1
    identity = uuid5(SPACE, f"touchpoint {history.touchpoints}")
    lead = history.lead()
    about = {"lead_id": str(LEAD), "account_id": lead.account_id, "deal_id": lead.deal_id}
    touchpoint = touchpoints_pb2.Touchpoint(
        id=str(identity),
        **about,
        kind="PHONE",
        category="COMMUNICATION",
        visibility="PRIVATE" if private else "NORMAL",
        author_id=str(owner),
        version=1,
    )
    if private:
        history.owner[identity] = owner
    seen_as = identity if private else DEAL if DEAL in history.owner else LEAD
    history.tell(timeline.TouchpointRecorded(touchpoint=touchpoint), identity, seen_as=seen_as)
    corrected = touchpoints_pb2.Touchpoint()
    corrected.CopyFrom(touchpoint)
    corrected.version, corrected.duration_s = 2, 60
    history.tell(timeline.TouchpointCorrected(touchpoint=corrected), identity, seen_as=seen_as)


def touch_privately(history, owner):
    touch(history, owner, private=True)


@st.composite
def histories(draw):
    """A valid list of events: a lead is captured, and what follows comes in an order that the services allow."""
    history = History()
    milestones = [capture, qualify, convert, draft, receive][: draw(st.integers(1, 5))]
    for milestone in milestones:
        milestone(history, draw(st.sampled_from(PEOPLE)))
        between = draw(st.lists(st.sampled_from([hand_over, move, touch, touch_privately, merge, unite]), max_size=3))
        for step in between:
            step(history, draw(st.sampled_from(PEOPLE)))
    return history.told


@st.composite
def deliveries(draw, told):
    """The same events as a consumer may meet them: late, twice, in any order, in batches of any size."""
    arrived = draw(st.permutations(told + draw(st.lists(st.sampled_from(told), max_size=6))))
    batches = []
    while arrived:
        size = draw(st.integers(1, len(arrived)))
        batches.append(arrived[:size])
        arrived = arrived[size:]
    return batches


def for_tenant(told, tenant_id):
    """The same events of another tenant."""
    return [(event, replace(envelope, tenant_id=tenant_id)) for event, envelope in told]
