"""What the demo's company sells, how, to whom: products, stages, accounts, and the deals of 2017 with their past."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from deploy.local.demo.api import Api, Failed
from deploy.local.demo.tables import table, text, written

CURRENCY = "CNY"
PROCESS = {
    "code": "DEMO",
    "name": "硬件销售流程",
    "isDefault": True,
    "stages": [
        {"code": "PROSPECTING", "label": "寻找机会", "buyerStep": "意识到需求", "expectedDays": 30, "probability": 20},
        {
            "code": "ENGAGING",
            "label": "跟进洽谈",
            "buyerStep": "比较方案",
            "expectedDays": 60,
            "probability": 60,
            "exitMilestones": ["客户确认采购预算与时间"],
        },
    ],
}
MISSPELT = {"GTXPro": "GTX Pro"}
ACCOUNTS = {
    "columns": {
        "account": ["externalId", "name"],
        "sector": "industry",
        "year_established": "attributes.year established",
        "revenue": "attributes.revenue, million USD",
        "employees": "employees",
        "office_location": "region",
        "subsidiary_of": "parent.externalId",
        "agent": "owner.name",
    },
    "values": {"industry": {"technolgy": "technology"}, "region": {"Philipines": "Philippines"}},
}


def load(api: Api, tenant_id: UUID) -> None:
    """Everything up to the deals."""
    _products(api, tenant_id)
    _process(api)
    api.load("accounts", "accounts.csv", written(accounts()), ACCOUNTS)
    api.load("deals", "sales_pipeline.csv", text("sales_pipeline"), deals_mapping())


def accounts() -> Iterator[dict[str, object]]:
    """The accounts, each with the sales person who has most deals there."""
    deals = Counter((row["account"], row["sales_agent"]) for row in table("sales_pipeline"))
    agents = {account: agent for (account, agent), _ in reversed(deals.most_common())}
    for row in table("accounts"):
        yield {**row, "agent": agents[row["account"]]}


def deals_mapping() -> dict[str, Any]:
    """How the pipeline becomes deals: prospecting, engaged, won or lost; open ones stand at the list price."""
    prices = {row["product"]: row["sales_price"] for row in table("products")}
    prices |= {wrong: prices[right] for wrong, right in MISSPELT.items()}
    return {
        "columns": {
            "opportunity_id": ["externalId", "name"],
            "sales_agent": "owner.name",
            "product": ["product", "amount"],
            "account": "account.externalId",
            "deal_stage": "outcome",
            "engage_date": ["openTime", "history[0].time"],
            "close_date": "closeTime",
            "close_value": "closeAmount",
        },
        "values": {
            "product": MISSPELT,
            "amount": prices,
            "outcome": {"Won": "WON", "Lost": "LOST", "Engaging": "", "Prospecting": ""},
            "closeAmount": {"0": ""},
        },
        "defaults": {
            "currency": CURRENCY,
            "process": "DEMO",
            "stage": "PROSPECTING",
            "history[0].stage": "ENGAGING",
        },
    }


def _products(api: Api, tenant_id: UUID) -> None:
    aliases = {right: wrong for wrong, right in MISSPELT.items()}
    products = [
        {
            "id": str(uuid5(tenant_id, f"demo product {row['product']}")),
            "code": row["product"],
            "name": row["product"],
            "category": row["series"],
            "listPrice": {"amount": row["sales_price"], "currency": CURRENCY},
            "aliases": [aliases[row["product"]]] if row["product"] in aliases else [],
        }
        for row in table("products")
    ]
    for result in api("POST", "/v1/products:batchCreate", {"products": products})["results"]:
        if result["outcome"] == "REFUSED":
            raise Failed(f"a product was refused: {result['message']}")


def _process(api: Api) -> None:
    known = api("GET", "/v1/processes")["processes"]
    if PROCESS["code"] not in {process["code"] for process in known}:
        api("POST", "/v1/processes", PROCESS, key="demo process")
