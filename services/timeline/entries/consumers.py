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
from services.timeline import subjects
from services.timeline.entries import operations
from services.timeline.entries.domain import Category, Entry, Moment
from services.timeline.retention import operations as retention

subscriptions = Subscriptions("timeline")


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

TABLE: tuple[tuple[Any, subjects.Teller, Mapping[str, str]], ...] = (
    (leads.LeadCaptured, subjects.lead, CAPTURED),
    (leads.LeadAssigned, subjects.lead, {"fromOwnerId": "from_owner_id", "ownerId": "lead.owner_id"}),
    (leads.LeadReturned, subjects.lead, {"fromOwnerId": "from_owner_id", "reason": "reason"}),
    (leads.LeadClaimed, subjects.lead, {"ownerId": "lead.owner_id"}),
    (leads.LeadShared, subjects.lead, {}),
    (leads.LeadMerged, subjects.lead, {"intoId": "lead.merged_into"}),
    (leads.LeadMergeUndone, subjects.lead, {"fromId": "from_lead_id"}),
    (leads.InterestRecorded, subjects.lead, {"role": "role"}),
    (leads.PromotionRefused, subjects.refused, {"reason": "reason"}),
    (leads.LeadUpdated, subjects.lead, {}),
    (leads.LeadHeld, subjects.lead, {"collisionId": "lead.collision_id"}),
    (leads.LeadReleased, subjects.lead, {}),
    (
        leads.LeadTemperatureChanged,
        subjects.lead,
        {"temperature": "lead.temperature", "fromTemperature": "from_temperature"},
    ),
    (leads.LeadEnrolled, subjects.enrolment, {"plan": "enrolment.plan", "temperature": "enrolment.temperature"}),
    (leads.EnrolmentEnded, subjects.enrolment, {"plan": "enrolment.plan", "reason": "enrolment.end_reason"}),
    (leads.LeadQualified, subjects.lead, {"score": "lead.score"}),
    (leads.LeadJudged, subjects.lead, {"score": "lead.score"}),
    (leads.LeadDiscarded, subjects.lead, {"fromStatus": "from_status", "reason": "lead.discard_reason"}),
    (leads.LeadDiscardRequested, subjects.lead, {"reason": "lead.discard_request"}),
    (leads.LeadDiscardRejected, subjects.lead, {"reason": "reason"}),
    (leads.LeadReopened, subjects.lead, {"reason": "reason"}),
    (
        leads.LeadExclusivityOverridden,
        subjects.lead,
        {"fromOwnerId": "from_owner_id", "ownerId": "lead.owner_id", "purpose": "purpose"},
    ),
    (leads.LeadConverted, subjects.lead, {"contactId": "lead.contact_id"}),
    (leads.AccountCreated, subjects.account, {"industry": "account.industry", "region": "account.region"}),
    (leads.AccountUpdated, subjects.account, {"industry": "account.industry", "region": "account.region"}),
    (leads.AccountMerged, subjects.account, {"intoId": "account.merged_into"}),
    (leads.AccountMergeUndone, subjects.account, {"fromId": "from_account_id"}),
    (leads.ContactCreated, subjects.contact, {"contactId": "contact.id"}),
    (leads.ContactUpdated, subjects.contact, {"contactId": "contact.id"}),
    (leads.ContactMerged, subjects.contact, {"contactId": "contact.id", "intoId": "contact.merged_into"}),
    (leads.ContactMergeUndone, subjects.contact, {"contactId": "contact.id", "fromId": "from_contact_id"}),
    (
        leads.RelationJudged,
        subjects.of_account("relation_level"),
        {"level": "relation_level.level", "fromLevel": "from_level", "targetLevel": "relation_level.target_level"},
    ),
    (
        leads.DevelopmentStepChanged,
        subjects.of_account("development"),
        {"step": "development.step", "fromStep": "from_step"},
    ),
    (leads.WallScored, subjects.account, {"cycle": "relation_wall.cycle", "strength": "relation_wall.strength"}),
    (
        leads.SpendRecorded,
        subjects.of_account("spend"),
        {
            "category": "spend.category",
            "period": "spend.period",
            "amount": "spend.amount.amount",
            "currency": "spend.amount.currency",
        },
    ),
    (leads.AccountPlanDrafted, subjects.of_account("account_plan"), PLAN),
    (leads.AccountPlanUpdated, subjects.of_account("account_plan"), PLAN),
    (leads.AccountPlanApproved, subjects.of_account("account_plan"), PLAN),
    (leads.AccountPlanClosed, subjects.of_account("account_plan"), PLAN),
    (leads.PlanActionAdded, subjects.of_account("plan_action"), ACTION),
    (leads.PlanActionSettled, subjects.of_account("plan_action"), ACTION),
    (
        leads.AccountChainChanged,
        subjects.account,
        {
            "linkId": "chain_change.link_id",
            "kind": "chain_change.kind",
            "deed": "chain_change.deed",
            "contactId": "chain_change.contact_id",
        },
    ),
    (leads.FitJudged, subjects.account, {"revision": "fit_matrix.revision", "score": "fit_matrix.score"}),
    (
        leads.SelectionDecided,
        subjects.of_account("selection"),
        {
            "decision": "selection.decision",
            "score": "selection.score",
            "modelVersion": "selection.model_version",
            "reviewDate": "selection.review_date",
        },
    ),
    (leads.IssueOpened, subjects.of_account("issue"), {"issueId": "issue.id", "core": "issue.core"}),
    (leads.IssueClosed, subjects.of_account("issue"), {"issueId": "issue.id", "core": "issue.core"}),
    (deals.DealOpened, subjects.deal, STAGE | DEAL_AMOUNT),
    (deals.DealAdvanced, subjects.deal, FROM_STAGE | STAGE),
    (deals.DealRegressed, subjects.deal, FROM_STAGE | STAGE),
    (deals.DealWon, subjects.deal, FROM_STAGE | DEAL_AMOUNT),
    (deals.DealLost, subjects.deal, FROM_STAGE | {"reason": "deal.lost_reason"}),
    (deals.DealTriaged, subjects.deal, {"value": "deal.triage.value", "grade": "deal.triage.grade"} | TRIAGE_AMOUNT),
    (deals.DealForecastChanged, subjects.deal, FORECAST),
    (deals.DealAssigned, subjects.deal, {"fromOwnerId": "from_owner_id", "ownerId": "deal.owner_id"}),
    (deals.DealShared, subjects.deal, {}),
    (contracts.ContractDrafted, subjects.contract, CONTRACT),
    (contracts.ContractUpdated, subjects.contract, CONTRACT),
    (contracts.ContractSigned, subjects.contract, CONTRACT),
    (contracts.ContractCancelled, subjects.contract, CONTRACT),
    (
        contracts.ContractAssigned,
        subjects.contract,
        CONTRACT | {"fromOwnerId": "from_owner_id", "ownerId": "contract.owner_id"},
    ),
    (contracts.ReceiptRecorded, subjects.receipt, RECEIPT),
    (contracts.ReceiptApplied, subjects.receipt, RECEIPT),
    (contracts.ReceiptVoided, subjects.receipt, RECEIPT),
    (contracts.InstalmentPaid, subjects.instalment, INSTALMENT),
)
"""For each event: what it is about, and where its facts stand in it."""
MERGES = (leads.AccountMerged, leads.AccountMergeUndone)
MERGES_OF_LEADS = (leads.LeadMerged, leads.LeadMergeUndone)
"""Events by which entries come to stand elsewhere."""
UNTOLD = (
    contracts.ProductSet,
    leads.CallSessionCancelled,
    leads.CallSessionHeld,
    leads.CallSessionPlanned,
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
    leads.LeadReportDue,
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
            await retention.follow_merges(tx)
        elif isinstance(event, MERGES_OF_LEADS):
            into = optional_id(event.lead.merged_into)
            await operations.follow_lead(tx, envelope.aggregate_id, into, envelope.version)
    await operations.apply(tx, [moment(event, envelope) for event, envelope in arrived])


@subscriptions.on_many(leads.LeadNurtured)
async def keep_up(tx: Tx, arrived: list[tuple[Any, Envelope]]) -> None:
    """A touchpoint tells of it by itself, but the lead is another one since: who sees it, and as of which version."""
    await operations.learn(tx, [subjects.lead(event, envelope) for event, envelope in arrived])


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
