"""What can be imported: each kind is a batch method of the contract, found by its name."""

from dataclasses import dataclass
from functools import cache

from protobuf import DescField, DescFieldValueList, DescFieldValueMessage, DescMessage, Message

from gateway import contract

BATCHES = {
    "leads": "dealtrail.leads.v1.LeadsService/BatchCreateLeads",
    "accounts": "dealtrail.leads.v1.AccountsService/BatchCreateAccounts",
    "deals": "dealtrail.opportunities.v1.DealsService/BatchCreateDeals",
    "contracts": "dealtrail.contracts.v1.ContractsService/BatchCreateContracts",
    "receipts": "dealtrail.contracts.v1.ReceiptsService/BatchRecordReceipts",
    "touchpoints": "dealtrail.timeline.v1.TouchpointsService/BatchRecordTouchpoints",
}


@dataclass(frozen=True)
class Kind:
    """One kind of rows."""

    name: str
    method: contract.Method
    items: str
    """The field of the request that holds the rows."""
    item: type[Message]
    carrier: str
    """The field of an item that holds the thing itself beside its history; "" if the item is the thing."""


def kind(name: str) -> Kind | None:
    """The kind of that name."""
    return _kind(name) if name in BATCHES else None


@cache
def method(path: str) -> contract.Method:
    """A method of the contract by service and name."""
    for one in contract.methods():
        if one.path == f"/{path}":
            return one
    raise LookupError(path)


@cache
def _kind(name: str) -> Kind:
    batch = method(BATCHES[name])
    for field in batch.input.desc().fields:
        match field.value:
            case DescFieldValueList(element=DescMessage() as item):
                return Kind(name, batch, field.name, item.type, _carrier(item))
    raise LookupError(f"{batch.path} takes no items")


def _carrier(item: DescMessage) -> str:
    """Items with an id of their own carry nothing."""
    if any(field.name == "id" for field in item.fields):
        return ""
    return next(field.json_name for field in item.fields if _has_id(field))


def _has_id(field: DescField) -> bool:
    return isinstance(field.value, DescFieldValueMessage) and any(
        inner.name == "id" for inner in field.value.message.fields
    )
