"""What the timeline makes of the events of all services: one table, one handler."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from dealtrail.contracts.v1 import events_pb2 as contracts
from dealtrail.identity.v1 import events_pb2 as identity
from dealtrail.leads.v1 import events_pb2 as leads
from dealtrail.opportunities.v1 import events_pb2 as deals

from services.kit import owners
from services.kit.codec import optional_id
from services.kit.database import Tx
from services.kit.events import Envelope, Subscriptions
from services.timeline.entries import operations
from services.timeline.entries.domain import About, Category, Entry, Moment, Sight, Subject

HEARSAY = 0
Teller = Callable[[Any, Envelope], Subject]
subscriptions = Subscriptions("timeline")


def _lead(event: Any, envelope: Envelope) -> Subject:
    lead = event.lead
    return _told(envelope, About.LEAD, account_id=optional_id(lead.account_id), deal_id=optional_id(lead.deal_id))


def _account(_: Any, envelope: Envelope) -> Subject:
    return _told(envelope, About.ACCOUNT, account_id=envelope.aggregate_id)


def _contact(event: Any, envelope: Envelope) -> Subject:
    account_id = UUID(event.contact.account_id)
    return _heard(envelope, account_id, About.ACCOUNT, account_id=account_id)


def _of_account(name: str) -> Teller:
    """The account that the resource of that name belongs to."""

    def tell(event: Any, envelope: Envelope) -> Subject:
        account_id = UUID(getattr(event, name).account_id)
        return _heard(envelope, account_id, About.ACCOUNT, account_id=account_id)

    return tell


def _enrolment(event: Any, envelope: Envelope) -> Subject:
    return _heard(envelope, UUID(event.enrolment.lead_id), About.LEAD)


def _deal(event: Any, envelope: Envelope) -> Subject:
    return _told(envelope, About.DEAL, account_id=_account_of(event.deal), deal_id=envelope.aggregate_id)


def _contract(event: Any, envelope: Envelope) -> Subject:
    contract = event.contract
    return _told(envelope, About.CONTRACT, account_id=_account_of(contract), deal_id=optional_id(contract.deal_id))


def _receipt(event: Any, envelope: Envelope) -> Subject:
    account_id, contract_id = _account_of(event.receipt), optional_id(event.receipt.contract_id)
    if contract_id:
        return _heard(envelope, contract_id, About.CONTRACT, account_id=account_id)
    assert account_id, "a receipt names who paid"
    return _heard(envelope, account_id, About.ACCOUNT, account_id=account_id)


def _instalment(event: Any, envelope: Envelope) -> Subject:
    contract_id = UUID(event.instalment.contract_id)
    return _heard(
        envelope, contract_id, About.CONTRACT, account_id=_account_of(event), deal_id=optional_id(event.deal_id)
    )


def _account_of(told: Any) -> UUID | None:
    """The account under which something was recorded, wherever that stands now."""
    return optional_id(told.merged_from or told.account_id)


CAPTURED = {"channel": "lead.channel", "campaign": "lead.campaign", "collisionId": "lead.collision_id"}
FROM_STAGE = {"fromStage": "from_stage.stage", "fromStageLabel": "from_stage.label"}
STAGE = {"stage": "to_stage.stage", "stageLabel": "to_stage.label"}
DEAL_AMOUNT = {"amount": "deal.amount.amount", "currency": "deal.amount.currency"}
TRIAGE_AMOUNT = {"amount": "deal.triage.amount.amount", "currency": "deal.triage.amount.currency"}
FORECAST = {
    "cause": "change.cause",
    "amount": "change.to_amount.amount",
    "fromAmount": "change.from_amount.amount",
    "currency": "change.to_amount.currency",
    "quantity": "change.to_quantity",
    "fromQuantity": "change.from_quantity",
    "expectedSignDate": "change.to_expected_sign_date",
    "fromExpectedSignDate": "change.from_expected_sign_date",
}
CONTRACT = {
    "number": "contract.number",
    "amount": "contract.amount.amount",
    "currency": "contract.amount.currency",
    "signDate": "contract.sign_date",
}
RECEIPT = {
    "receiptId": "receipt.id",
    "amount": "receipt.amount.amount",
    "currency": "receipt.amount.currency",
    "unapplied": "receipt.unapplied.amount",
    "receivedDate": "receipt.received_date",
}
INSTALMENT = {
    "instalmentId": "instalment.id",
    "seq": "instalment.seq",
    "amount": "instalment.amount.amount",
    "currency": "instalment.amount.currency",
    "paidDate": "paid_date",
}

PLAN = {
    "accountPlanId": "account_plan.id",
    "firstYear": "account_plan.first_year",
    "years": "account_plan.years",
    "status": "account_plan.status",
    "approvals": "account_plan.approvals",
}
ACTION = {
    "planActionId": "plan_action.id",
    "side": "plan_action.side",
    "status": "plan_action.status",
    "dueDate": "plan_action.due_date",
}

TABLE: tuple[tuple[Any, Teller, Mapping[str, str]], ...] = (
    (leads.LeadCaptured, _lead, CAPTURED),
    (leads.LeadAssigned, _lead, {"fromOwnerId": "from_owner_id", "ownerId": "lead.owner_id"}),
    (leads.LeadReturned, _lead, {"fromOwnerId": "from_owner_id", "reason": "reason"}),
    (leads.LeadClaimed, _lead, {"ownerId": "lead.owner_id"}),
    (leads.LeadShared, _lead, {}),
    (leads.InterestRecorded, _lead, {"role": "role"}),
    (leads.LeadUpdated, _lead, {}),
    (leads.LeadHeld, _lead, {"collisionId": "lead.collision_id"}),
    (leads.LeadReleased, _lead, {}),
    (leads.LeadTemperatureChanged, _lead, {"temperature": "lead.temperature", "fromTemperature": "from_temperature"}),
    (leads.LeadEnrolled, _enrolment, {"plan": "enrolment.plan", "temperature": "enrolment.temperature"}),
    (leads.EnrolmentEnded, _enrolment, {"plan": "enrolment.plan", "reason": "enrolment.end_reason"}),
    (leads.LeadQualified, _lead, {"score": "lead.score"}),
    (leads.LeadJudged, _lead, {"score": "lead.score"}),
    (leads.LeadDiscarded, _lead, {"fromStatus": "from_status", "reason": "lead.discard_reason"}),
    (leads.LeadDiscardRequested, _lead, {"reason": "lead.discard_request"}),
    (leads.LeadDiscardRejected, _lead, {"reason": "reason"}),
    (leads.LeadReopened, _lead, {"reason": "reason"}),
    (
        leads.LeadExclusivityOverridden,
        _lead,
        {"fromOwnerId": "from_owner_id", "ownerId": "lead.owner_id", "purpose": "purpose"},
    ),
    (leads.LeadConverted, _lead, {"contactId": "lead.contact_id"}),
    (leads.AccountCreated, _account, {"industry": "account.industry", "region": "account.region"}),
    (leads.AccountUpdated, _account, {"industry": "account.industry", "region": "account.region"}),
    (leads.AccountMerged, _account, {"intoId": "account.merged_into"}),
    (leads.AccountMergeUndone, _account, {"fromId": "from_account_id"}),
    (leads.ContactCreated, _contact, {"contactId": "contact.id"}),
    (leads.ContactUpdated, _contact, {"contactId": "contact.id"}),
    (
        leads.RelationJudged,
        _of_account("relation_level"),
        {"level": "relation_level.level", "fromLevel": "from_level", "targetLevel": "relation_level.target_level"},
    ),
    (leads.WallScored, _account, {"cycle": "relation_wall.cycle", "strength": "relation_wall.strength"}),
    (
        leads.SpendRecorded,
        _of_account("spend"),
        {
            "category": "spend.category",
            "period": "spend.period",
            "amount": "spend.amount.amount",
            "currency": "spend.amount.currency",
        },
    ),
    (leads.AccountPlanDrafted, _of_account("account_plan"), PLAN),
    (leads.AccountPlanUpdated, _of_account("account_plan"), PLAN),
    (leads.AccountPlanApproved, _of_account("account_plan"), PLAN),
    (leads.AccountPlanClosed, _of_account("account_plan"), PLAN),
    (leads.PlanActionAdded, _of_account("plan_action"), ACTION),
    (leads.PlanActionSettled, _of_account("plan_action"), ACTION),
    (leads.FitJudged, _account, {"revision": "fit_matrix.revision", "score": "fit_matrix.score"}),
    (
        leads.SelectionDecided,
        _of_account("selection"),
        {
            "decision": "selection.decision",
            "score": "selection.score",
            "modelVersion": "selection.model_version",
            "reviewDate": "selection.review_date",
        },
    ),
    (leads.IssueOpened, _of_account("issue"), {"issueId": "issue.id", "core": "issue.core"}),
    (leads.IssueClosed, _of_account("issue"), {"issueId": "issue.id", "core": "issue.core"}),
    (deals.DealOpened, _deal, STAGE | DEAL_AMOUNT),
    (deals.DealAdvanced, _deal, FROM_STAGE | STAGE),
    (deals.DealRegressed, _deal, FROM_STAGE | STAGE),
    (deals.DealWon, _deal, FROM_STAGE | DEAL_AMOUNT),
    (deals.DealLost, _deal, FROM_STAGE | {"reason": "deal.lost_reason"}),
    (deals.DealTriaged, _deal, {"value": "deal.triage.value", "grade": "deal.triage.grade"} | TRIAGE_AMOUNT),
    (deals.DealForecastChanged, _deal, FORECAST),
    (deals.DealAssigned, _deal, {"fromOwnerId": "from_owner_id", "ownerId": "deal.owner_id"}),
    (deals.DealShared, _deal, {}),
    (contracts.ContractDrafted, _contract, CONTRACT),
    (contracts.ContractUpdated, _contract, CONTRACT),
    (contracts.ContractSigned, _contract, CONTRACT),
    (contracts.ContractCancelled, _contract, CONTRACT),
    (
        contracts.ContractAssigned,
        _contract,
        CONTRACT | {"fromOwnerId": "from_owner_id", "ownerId": "contract.owner_id"},
    ),
    (contracts.ReceiptRecorded, _receipt, RECEIPT),
    (contracts.ReceiptApplied, _receipt, RECEIPT),
    (contracts.ReceiptVoided, _receipt, RECEIPT),
    (contracts.InstalmentPaid, _instalment, INSTALMENT),
)
"""For each event: what it is about, and where its facts stand in it."""
MERGES = (leads.AccountMerged, leads.AccountMergeUndone)
"""Events by which entries come to stand elsewhere."""
UNTOLD = (
    contracts.ProductSet,
    leads.CollisionAppealDecided,
    leads.CollisionAppealed,
    leads.CollisionAwarded,
    leads.CollisionOpened,
    leads.CampaignSet,
    leads.ChannelCostRecorded,
    leads.CycleFrozen,
    leads.EnrolmentChanged,
    leads.LeadClockSet,
    leads.LeadDescribed,
    leads.LeadNurtured,
    leads.NoticeTold,
    leads.ProspectFound,
    leads.ProspectPromoted,
    leads.ProspectSetAside,
)
"""Events of these services that happen to no account, or that another entry, such as a touchpoint, tells of."""


@subscriptions.on_many(*(event for event, _, _ in TABLE))
async def tell(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """Put what happened into the timeline."""
    for event, envelope in arrived:
        if isinstance(event, MERGES):
            into = optional_id(event.account.merged_into)
            await operations.follow_account(tx, envelope.aggregate_id, into, envelope.version)
    await operations.apply(tx, [moment(event, envelope) for event, envelope in arrived])


@subscriptions.on(identity.UserUpdated)
async def follow(tx: Tx, event: Any, envelope: Envelope) -> None:
    """Entries are seen by the team where their owner works now."""
    user_id = UUID(event.member.user_id)
    if await tx.execute(
        owners.NEWEST, user_id=user_id, team=optional_id(event.member.team_id), version=envelope.version
    ):
        await operations.follow_owner(tx, user_id)


def moment(event: Any, envelope: Envelope) -> Moment:
    """The entry of an event of the table."""
    kind, teller, readers = _RULES[envelope.type]
    entry = Entry(
        id=envelope.id,
        kind=kind,
        category=Category.STATE,
        occurred_time=envelope.occurred_at,
        recorded_time=envelope.recorded_at,
        actor_id=envelope.actor_id,
        facts={name: value for name, read in readers.items() if (value := read(event))},
    )
    return Moment(entry, teller(event, envelope))


def _told(envelope: Envelope, about: About, **links: UUID | None) -> Subject:
    """What an event says of its own aggregate."""
    told = envelope.recorded_at
    return Subject(
        envelope.aggregate_id, about, **links, sight=_sight(envelope), version=envelope.version, told_time=told
    )


def _heard(envelope: Envelope, subject_id: UUID, about: About, **links: UUID | None) -> Subject:
    """What an event says of something else than its aggregate."""
    return Subject(subject_id, about, **links, sight=_sight(envelope), version=HEARSAY, told_time=envelope.recorded_at)


def _sight(envelope: Envelope) -> Sight | None:
    if envelope.owner_id is None:
        return None
    return Sight(envelope.owner_id, envelope.team_id, envelope.collaborators, envelope.exclusive)


def _reader(event: Any, path: str) -> Callable[[Any], str]:
    """How to read the field at `path` as text: an enum by name, "" where nothing is set."""
    names = path.split(".")
    descriptor = event.DESCRIPTOR
    for name in names[:-1]:
        descriptor = descriptor.fields_by_name[name].message_type
    enum = descriptor.fields_by_name[names[-1]].enum_type

    def read(message: Any) -> str:
        for name in names:
            message = getattr(message, name)
        if not message:
            return ""
        return enum.values_by_number[message].name if enum else str(message)

    return read


def _kind(event: Any) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", event.DESCRIPTOR.name).upper()


_RULES = {
    event.DESCRIPTOR.full_name: (_kind(event), teller, {name: _reader(event, path) for name, path in facts.items()})
    for event, teller, facts in TABLE
}
