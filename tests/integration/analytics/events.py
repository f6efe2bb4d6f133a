"""Events of other services as tests tell them to analytics."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from dealtrail.contracts.v1 import contracts_pb2, receipts_pb2
from dealtrail.contracts.v1 import events_pb2 as contracts
from dealtrail.identity.v1 import events_pb2 as identity
from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.leads.v1 import leads_pb2
from dealtrail.opportunities.v1 import deals_pb2
from dealtrail.opportunities.v1 import events_pb2 as deals
from dealtrail.type.v1.money_pb2 import Money

from services.kit.codec import to_timestamp
from services.kit.events import Envelope
from services.kit.ids import new_id
from services.kit.testing import person

NOBODY = UUID(int=0)
CHINA = timezone(timedelta(hours=8))
STAGES = (("PROSPECTING", 14), ("ENGAGING", 60), ("CLOSING", 7))


class Company:
    """A tenant with a boss, two managers, and three reps, two of them in the first manager's team; and a stranger."""

    def __init__(self):
        self.boss = person("BOSS")
        self.tenant = self.boss.tenant_id
        self.manager = person("MANAGER", self.tenant)
        self.other_manager = person("MANAGER", self.tenant)
        self.rep = person("REP", self.tenant, team=self.manager.team_id)
        self.colleague = person("REP", self.tenant, team=self.manager.team_id)
        self.other_rep = person("REP", self.tenant, team=self.other_manager.team_id)
        self.stranger = person("BOSS")


def midnight(day):
    """When the day began in China."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def told(event, aggregate_id, version, at):
    """The event with its envelope."""
    kind = event.DESCRIPTOR.full_name
    envelope = Envelope(
        id=uuid5(UUID(str(aggregate_id)), f"{kind}{version}{at}"),
        tenant_id=NOBODY,
        type=kind,
        actor_id=NOBODY,
        occurred_at=at,
        recorded_at=at,
        aggregate_id=UUID(str(aggregate_id)),
        version=version,
        owner_id=None,
        team_id=None,
        collaborators=(),
    )
    return event, envelope


@dataclass
class DealStory:
    """A deal and all that it went through, as events in their order. Each deed answers the story."""

    owner: Any
    opened: date
    stage: int = 0
    amount: Any = "100.00"
    currency: str = "CNY"
    product: str = ""
    process: str = "B2B"
    name: str = "deal"
    id: UUID = field(default_factory=new_id)
    events: list[Any] = field(default_factory=list)
    version: int = 0
    state: str = "OPEN"
    closed: date | None = None
    since: date | None = None

    def __post_init__(self):
        self.since = self.opened
        self._tell(deals.DealOpened, self.opened, to_stage=self._stay())

    def move(self, day, stage):
        kind = deals.DealAdvanced if stage > self.stage else deals.DealRegressed
        left = self._stay()
        self.stage, self.since = stage, day
        return self._tell(kind, day, from_stage=left, to_stage=self._stay())

    def close(self, day, state, amount=None):
        self.state, self.closed = state, day
        self.amount = amount if amount is not None else self.amount
        return self._tell(deals.DealWon if state == "WON" else deals.DealLost, day, from_stage=self._stay())

    def assign(self, day, owner):
        former, self.owner = self.owner, owner
        return self._tell(deals.DealAssigned, day, from_owner_id=str(former.user_id))

    def expect(self, day, amount):
        self.amount = amount
        return self._tell(deals.DealForecastChanged, day)

    def _stay(self):
        stage, expected = STAGES[self.stage]
        return deals.StageStay(
            stage=stage,
            index=self.stage,
            label=stage.title(),
            expected_days=expected,
            since=to_timestamp(midnight(self.since)),
        )

    def _tell(self, kind, day, **more):
        self.version += 1
        self.events.append(told(kind(deal=self._deal(), **more), self.id, self.version, midnight(day)))
        return self

    def _deal(self):
        deal = deals_pb2.Deal(
            id=str(self.id),
            name=self.name,
            owner_id=str(self.owner.user_id),
            team_id=str(self.owner.team_id),
            process=self.process,
            process_version=1,
            stage=STAGES[self.stage][0],
            state=deals_pb2.Deal.State.Value(self.state),
            product=self.product,
            open_time=to_timestamp(midnight(self.opened)),
            version=self.version,
        )
        if self.amount is not None:
            deal.amount.CopyFrom(Money(amount=str(self.amount), currency=self.currency))
        if self.closed:
            deal.close_time.CopyFrom(to_timestamp(midnight(self.closed)))
        return deal


def lead_story(owner, day, channel="", campaign="", statuses=("NEW",), identity=None, deal=None):
    """A lead that went through these statuses, a day each; PARTED is NEW again after it was MERGED."""
    identity = identity or new_id()
    kinds = {
        "NEW": leads.LeadCaptured,
        "QUALIFIED": leads.LeadQualified,
        "CONVERTED": leads.LeadConverted,
        "DISCARDED": leads.LeadDiscarded,
        "MERGED": leads.LeadMerged,
        "PARTED": leads.LeadMergeUndone,
    }
    events, before = [], ""
    for version, status in enumerate(statuses, 1):
        lead = leads_pb2.Lead(
            id=str(identity),
            company="某某科技",
            owner_id=str(owner.user_id),
            team_id=str(owner.team_id),
            channel=channel,
            campaign=campaign,
            status=leads_pb2.Lead.Status.Value("NEW" if status == "PARTED" else status),
            create_time=to_timestamp(midnight(day)),
            version=version,
            deal_id=str(deal) if deal and status == "CONVERTED" else "",
        )
        event: Any = kinds[status](lead=lead)
        if status == "DISCARDED":
            event.from_status = leads_pb2.Lead.Status.Value(before)
        events.append(told(event, identity, version, midnight(day + timedelta(days=version - 1))))
        before = status
    return events


def described(lead_id, values, version=1):
    """What a lead is described by."""
    event = leads.LeadDescribed()
    event.lead_description.lead_id, event.lead_description.version = str(lead_id), version
    event.lead_description.values.update(values)
    return told(event, lead_id, version, midnight(date(2024, 1, 1)))


def erased(lead_id):
    """The person of a lead is forgotten."""
    event = leads.PersonErased()
    event.person.id = event.person.lead_id = str(lead_id)
    return told(event, lead_id, 1, midnight(date(2024, 1, 1)))


@dataclass
class ContractStory:
    """A signed contract, its instalments as (due day or None, amount), and what was paid, as events in their order."""

    owner: Any
    signed: date
    parts: list[Any]
    currency: str = "CNY"
    id: UUID = field(default_factory=new_id)
    account: UUID = field(default_factory=new_id)
    number: str = ""
    events: list[Any] = field(default_factory=list)
    version: int = 2

    def __post_init__(self):
        self.ids = [uuid5(self.id, str(seq)) for seq in range(len(self.parts))]
        self.paid = [0] * len(self.parts)
        self.versions = [1] * len(self.parts)
        instalments = [self._instalment(seq) for seq in range(len(self.parts))]
        signed = contracts.ContractSigned(contract=self._contract(), instalments=instalments)
        self.events.append(told(signed, self.id, self.version, midnight(self.signed)))

    def assign(self, day, owner):
        self.owner = owner
        self.version += 1
        event = contracts.ContractAssigned(contract=self._contract())
        self.events.append(told(event, self.id, self.version, midnight(day)))
        return self

    def pay(self, day, *parts, receipt=None):
        """Receive money for instalments: parts are (seq, amount)."""
        return self._receipt(contracts.ReceiptRecorded, day, parts, 1, receipt or new_id(), 1)

    def void(self, day, received, *parts, receipt):
        """Take back what a receipt of that day had paid."""
        return self._receipt(contracts.ReceiptVoided, received, parts, -1, receipt, 2, told_on=day)

    def _receipt(self, kind, day, parts, sign, receipt, version, told_on=None):
        changes = []
        for seq, amount in parts:
            self.paid[seq] += sign * amount
            self.versions[seq] += 1
            changes.append(
                contracts.InstalmentChange(
                    instalment=self._instalment(seq), amount=self._money(amount), effective_date=day.isoformat()
                )
            )
        event = kind(receipt=receipts_pb2.Receipt(id=str(receipt), version=version), changes=changes)
        self.events.append(told(event, receipt, version, midnight(told_on or day)))
        return self

    def _contract(self):
        return contracts_pb2.Contract(
            id=str(self.id),
            number=self.number or f"HT-{self.id}",
            account_id=str(self.account),
            status=contracts_pb2.Contract.SIGNED,
            sign_date=self.signed.isoformat(),
            owner_id=str(self.owner.user_id),
            team_id=str(self.owner.team_id),
            version=self.version,
        )

    def _instalment(self, seq):
        due, amount = self.parts[seq]
        return contracts_pb2.Instalment(
            id=str(self.ids[seq]),
            contract_id=str(self.id),
            seq=seq + 1,
            due_date=due.isoformat() if due else "",
            amount=self._money(amount),
            paid=self._money(self.paid[seq]),
            version=self.versions[seq],
        )

    def _money(self, amount):
        return Money(amount=str(amount), currency=self.currency)


_versions = count(2)


def moved(who, team_id):
    """Somebody went to another team: who it is from now on, and the event."""
    event = identity.UserUpdated(from_team_id=str(who.team_id))
    event.member.user_id, event.member.team_id = str(who.user_id), str(team_id)
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return replace(who, team_id=team_id, teams=(team_id,)), told(event, who.user_id, next(_versions), at)
