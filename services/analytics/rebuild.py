"""`python -m services.analytics.rebuild`: drop all facts and sums and build them anew from events."""

from services.analytics.__main__ import subscriptions
from services.analytics.channels.store import costs
from services.analytics.deals.store import deals, spans, stages
from services.analytics.deals.store import rollup as of_deals
from services.analytics.descriptions.store import described
from services.analytics.descriptions.store import rollup as of_personas
from services.analytics.instalments.store import contracts, instalments, payments
from services.analytics.instalments.store import rollup as of_instalments
from services.analytics.leads.store import clocks, leads
from services.analytics.leads.store import rollup as of_leads
from services.analytics.months.store import awaited
from services.analytics.nurturing.store import readings, steps
from services.analytics.prospects.store import prospects
from services.analytics.refused_promotions.store import refused
from services.analytics.rollups.store import freshness
from services.kit.aliases import aliases
from services.kit.rebuild import main

_DEALS = (deals, spans, stages, contracts, instalments, payments)
FACTS = (*_DEALS, leads, clocks, steps, readings, prospects, refused, costs, described, freshness)
PROJECTION = (*FACTS, of_deals.table, of_instalments.table, of_leads.table, of_personas.table, awaited, aliases)

if __name__ == "__main__":
    main(subscriptions, *PROJECTION)
