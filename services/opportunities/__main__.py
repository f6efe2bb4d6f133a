"""`python -m services.opportunities`: settings and wiring; one look shows all that the process needs."""

from dealtrail.leads.v1 import accounts_pb2, leads_pb2
from dealtrail.opportunities.v1 import deals_pb2, feed_pb2, lost_reasons_pb2, persons_pb2, processes_pb2

from services.kit import owners
from services.kit.events import Subscriptions
from services.kit.runtime import Process, run
from services.kit.settings import Settings
from services.opportunities.accounts.operations import Accounts
from services.opportunities.deals.store import table as deals_table
from services.opportunities.feed import consumers as feed
from services.opportunities.feed.operations import STREAM
from services.opportunities.feed.rpc import FeedServicer
from services.opportunities.lost_reasons.rpc import LostReasonsServicer
from services.opportunities.merges import consumers as merges
from services.opportunities.openings.rpc import DealsServicer
from services.opportunities.persons.rpc import PersonsServicer
from services.opportunities.processes.rpc import ProcessesServicer

subscriptions = Subscriptions("opportunities")
subscriptions.include(merges.subscriptions)
owners.restamp(subscriptions, deals_table)
subscriptions.include(feed.subscriptions)


def wire(process: Process) -> None:
    """Opportunities ask identity who may own a deal, and leads whether the caller sees an account or a lead."""
    accounts = Accounts(
        process.peer("leads", accounts_pb2.DESCRIPTOR.services_by_name["AccountsService"]),
        process.peer("leads", leads_pb2.DESCRIPTOR.services_by_name["LeadsService"]),
    )
    deals = DealsServicer(process.directory(), accounts)
    process.offer(deals_pb2.DESCRIPTOR.services_by_name["DealsService"], deals)
    process.offer(processes_pb2.DESCRIPTOR.services_by_name["ProcessesService"], ProcessesServicer())
    process.offer(lost_reasons_pb2.DESCRIPTOR.services_by_name["LostReasonsService"], LostReasonsServicer())
    process.offer(feed_pb2.DESCRIPTOR.services_by_name["FeedService"], FeedServicer())
    process.offer(persons_pb2.DESCRIPTOR.services_by_name["PersonsService"], PersonsServicer())
    process.listen(subscriptions)
    process.tell(STREAM)


if __name__ == "__main__":
    run("opportunities", Settings.from_environment(), wire)
