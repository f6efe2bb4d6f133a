"""What contracts own, name and promise, for the reconciler. Most laws are the tables' own too: they see what a restored
backup or a superuser brought in."""

from typing import Any

from sqlalchemy import Select, Text, func, literal, or_, select

from services.contracts.__main__ import subscriptions
from services.contracts.contracts.domain import Status
from services.contracts.contracts.store import table as contracts_table
from services.contracts.instalments.store import table as instalments_table
from services.contracts.journal.store import table as journal_table
from services.contracts.receipts.store import table as receipts_table
from services.contracts.reconciliation.store import BALANCES
from services.kit.aliases import recorded
from services.kit.facts import (
    PUBLISHED,
    TENANT,
    Facts,
    Law,
    Owned,
    Referred,
    in_team,
    kept_aliases,
    kept_teams,
    stand_where_merged,
    versions_told,
)
from services.kit.sql import Query

c, i, r, j = contracts_table.c, instalments_table.c, receipts_table.c, journal_table.c
_signed = c.status == Status.SIGNED.value
_recorded = recorded(contracts_table, "account_id")[1].label("account_id")


def _contracts() -> Select[Any]:
    stamp = (c.owner_id, c.team_id, _recorded, c.deal_id, c.number, c.sign_date.label("sign_day"))
    return select(c.id, c.version, *stamp).where(c.tenant_id == TENANT)


CONTRACT = Owned("contract", _contracts())
_worth = (c.amount, c.amount_currency.label("currency"), func.jsonb_array_length(c.lines).label("lines"))
SIGNED = Owned("signed contract", _contracts().add_columns(*_worth).where(_signed), told=False)
INSTALMENT = Owned(
    "instalment",
    select(
        *(i.id, i.version, i.contract_id, i.due_date.label("due_day"), i.amount, i.amount_currency.label("currency")),
        *(i.paid, c.number, _recorded, c.owner_id, c.team_id, c.sign_date.label("sign_day")),
    )
    .join_from(instalments_table, contracts_table, (i.tenant_id == c.tenant_id) & (i.contract_id == c.id))
    .where(i.tenant_id == TENANT, _signed),
    told=False,
)
RECEIPT = Owned("receipt", select(r.id, r.version, r.account_id, r.contract_id).where(r.tenant_id == TENANT))

_planned = (
    select(i.contract_id, func.sum(i.amount).label("amount"), func.min(i.amount_currency).label("currency"))
    .where(i.tenant_id == TENANT)
    .group_by(i.contract_id)
    .subquery()
)
ADD_UP = Law(
    "I9: the instalments of a contract sum to its amount",
    Query(
        select(c.id, func.format("worth %s, planned %s", c.amount, _planned.c.amount).label("detail"))
        .outerjoin(_planned, _planned.c.contract_id == c.id)
        .where(
            c.tenant_id == TENANT,
            _planned.c.amount.is_distinct_from(c.amount) | _planned.c.currency.is_distinct_from(c.amount_currency),
        )
    ),
)
NOT_OVERPAID = Law(
    "I10: an instalment is paid between nothing and its amount",
    Query(
        select(i.id, func.format("paid %s of %s", i.paid, i.amount).label("detail")).where(
            i.tenant_id == TENANT, or_(i.paid < 0, i.paid > i.amount)
        )
    ),
)
NOT_OVERSPENT = Law(
    "I10: a receipt pays between nothing and its amount",
    Query(
        select(r.id, func.format("unapplied %s of %s", r.unapplied, r.amount).label("detail")).where(
            r.tenant_id == TENANT, or_(r.unapplied < 0, r.unapplied > r.amount)
        )
    ),
)
_kept = BALANCES.subquery()
RECOMPUTED = Law(
    "I11: balances are what the journal sums to",
    Query(
        select(
            _kept.c.subject_id.label("id"),
            func.format("%s %s, by the journal %s", _kept.c.balance, _kept.c.kept, _kept.c.journal).label("detail"),
        )
    ),
)
BALANCED = Law(
    "I11: an entry of the journal sums to nothing",
    Query(
        select(j.entry_id.label("id"), func.format("%s left over", func.sum(j.amount)).label("detail"))
        .where(j.tenant_id == TENANT)
        .group_by(j.entry_id, j.currency)
        .having(func.sum(j.amount) != 0)
    ),
)
ONE_A_DEAL = Law(
    "I12: a deal has one contract that stands",
    Query(
        select(c.deal_id.label("id"), func.format("%s contracts", func.count()).label("detail"))
        .where(c.tenant_id == TENANT, c.deal_id.is_not(None), c.status != Status.CANCELLED.value)
        .group_by(c.deal_id)
        .having(func.count() > 1)
    ),
)
PAID_MONEY = Law(
    "only signed contracts are paid",
    Query(
        select(i.id, func.concat(literal("paid while its contract is ", Text), c.status).label("detail"))
        .join_from(instalments_table, contracts_table, (i.tenant_id == c.tenant_id) & (i.contract_id == c.id))
        .where(i.tenant_id == TENANT, i.paid > 0, ~_signed)
    ),
)

_deals = select(c.deal_id.label("id")).where(c.tenant_id == TENANT, c.deal_id.is_not(None)).distinct()
_accounts = select(c.account_id.label("id")).where(c.tenant_id == TENANT).distinct()
_payers = select(r.account_id.label("id")).where(r.tenant_id == TENANT).distinct()
FACTS = Facts(
    owned=(CONTRACT, SIGNED, INSTALMENT, RECEIPT),
    copied=(kept_teams(), kept_aliases("leads", "merged account")),
    referred=(
        Referred("opportunities", "deal", _deals),
        Referred("leads", "account", _accounts),
        Referred("leads", "account", _payers),
    ),
    laws=(
        *map(versions_told, (CONTRACT, RECEIPT)),
        *(PUBLISHED, in_team(contracts_table), in_team(receipts_table)),
        *(stand_where_merged(table, "account_id") for table in (contracts_table, receipts_table)),
        *(ADD_UP, NOT_OVERPAID, NOT_OVERSPENT, RECOMPUTED, BALANCED, ONE_A_DEAL, PAID_MONEY),
    ),
    subscriptions=subscriptions,
)
