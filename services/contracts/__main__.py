"""`python -m services.contracts`: settings and wiring; one look shows all that the process needs."""

from dealtrail.contracts.v1 import (
    contracts_pb2,
    persons_pb2,
    products_pb2,
    receipts_pb2,
    receivables_pb2,
    reconciliation_pb2,
)
from dealtrail.leads.v1 import accounts_pb2
from dealtrail.opportunities.v1 import deals_pb2

from services.contracts.contracts.rpc import ContractsServicer
from services.contracts.contracts.store import table as contracts_table
from services.contracts.merges import consumers as merges
from services.contracts.parties import Parties
from services.contracts.persons.rpc import PersonsServicer
from services.contracts.products.rpc import ProductsServicer
from services.contracts.receipts.rpc import ReceiptsServicer
from services.contracts.receipts.store import table as receipts_table
from services.contracts.receivables.rpc import ReceivablesServicer
from services.contracts.reconciliation.rpc import ReconciliationServicer
from services.kit import owners
from services.kit.events import Subscriptions
from services.kit.runtime import Process, run
from services.kit.settings import Settings

subscriptions = Subscriptions("contracts")
subscriptions.include(merges.subscriptions)
owners.restamp(subscriptions, contracts_table, receipts_table)


def wire(process: Process) -> None:
    """Contracts ask identity, leads and opportunities for owners, accounts and deals; rows follow their owners."""
    directory = process.directory()
    parties = Parties(
        accounts=process.peer("leads", accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"]),
        deals=process.peer("opportunities", deals_pb2.DESCRIPTOR.services_by_name["DealsService"]),
    )
    contracts = contracts_pb2.DESCRIPTOR.services_by_name["ContractsService"]
    process.offer(products_pb2.DESCRIPTOR.services_by_name["ProductsService"], ProductsServicer())
    process.offer(contracts, ContractsServicer(directory, parties))
    process.offer(receipts_pb2.DESCRIPTOR.services_by_name["ReceiptsService"], ReceiptsServicer(parties))
    process.offer(receivables_pb2.DESCRIPTOR.services_by_name["ReceivablesService"], ReceivablesServicer())
    process.offer(reconciliation_pb2.DESCRIPTOR.services_by_name["ReconciliationService"], ReconciliationServicer())
    process.offer(persons_pb2.DESCRIPTOR.services_by_name["PersonsService"], PersonsServicer())
    process.listen(subscriptions)


if __name__ == "__main__":
    run("contracts", Settings.from_environment(), wire)
