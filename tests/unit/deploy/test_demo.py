"""What the demo makes up beside its data."""

from collections import defaultdict
from decimal import Decimal

from deploy.local.demo import cash, company, sales
from deploy.local.demo.tables import table
from deploy.local.settings import Settings


def test_the_instalments_of_every_contract_sum_to_what_its_deal_was_won_for():
    won = {row["opportunity_id"]: Decimal(row["close_value"]) for row in table("sales_pipeline") if row["close_value"]}
    contracts = list(cash.contracts())
    assert len(contracts) > 300
    for row in contracts:
        assert sum(Decimal(str(row[f"amount {index}"])) for index in range(3)) == won[str(row["deal"])]


def test_receipts_are_the_same_every_time_come_in_order_and_never_exceed_what_is_owed():
    receipts = list(cash.receipts())
    assert receipts == list(cash.receipts())
    days = [row["received"] for row in receipts]
    assert days == sorted(days, key=str)
    paid = defaultdict(Decimal)
    for row in receipts:
        paid[row["contract"]] += Decimal(str(row["amount"]))
    owed = {row["deal"]: sum(Decimal(str(row[f"amount {index}"])) for index in range(3)) for row in cash.contracts()}
    assert all(amount <= owed[deal] for deal, amount in paid.items())
    assert sum(amount < owed[deal] for deal, amount in paid.items()) > 100


def test_every_product_of_the_pipeline_has_a_list_price_however_it_is_spelt():
    prices = sales.deals_mapping()["values"]["amount"]
    assert {row["product"] for row in table("sales_pipeline")} <= prices.keys()


def test_every_account_has_an_agent_and_every_agent_a_name_to_sign_in_by():
    agents = {row["sales_agent"] for row in table("sales_teams")}
    assert {row["agent"] for row in sales.accounts()} <= agents
    names = {company.username(agent) for agent in agents}
    assert len(names) == 35
    assert "darcel.schlecht" in names
    assert "mei-mei.johns" in names


def test_demo_0_leaves_the_tenant_empty():
    assert Settings.from_environment({}).demo
    assert not Settings.from_environment({"DEMO": "0"}).demo
