"""Whatever is recorded under a lead is read with what that was merged into, or is named here with why not."""

import pytest
from sqlalchemy import Uuid

from services.kit.migrations import FOLDERS
from services.leads.lead_merges.store import KINDS
from tests.contract.test_migrations import declared

STAYS = {
    "leads.lead_merges": "tells which lead was merged into which",
    "leads.lead_clocks": "says how long each lead waited; it stops with the merge, and runs again without it",
    "leads.lead_custody": "says since when its owner has had it, for rules of the pool that leave merged ones out",
    "leads.pool_entries": "says that it lies in the pool, where it is not shown while it is merged",
    "leads.pool_views": "counts what somebody looked at on a day",
    "leads.pool_warnings": "tells an owner what was about to happen to that very lead",
    "leads.raci_arrivals": "tells those concerned of each lead that came to a stage",
    "leads.prospects": "names the lead that it was promoted to; markets count the company of merged leads once",
    "leads.submissions": "says which lead a form made, so that sending it twice makes no second one",
    "opportunities.deals": "names the lead that was converted; merged ones never were",
    "analytics.prospects": "keeps what events say; the lead itself is counted as the one that it was merged into",
    "analytics.nurture_steps": "keeps what events say; counted while their lead is",
    "analytics.refused_promotions": "counts what our people were refused then, of each lead that they tried it with",
    "analytics.temperatures": "keeps what events say; counted while their lead is",
    "timeline.entries": "keeps the lead that it tells of; read with, seen as and shown under what that was merged into",
    "timeline.touchpoints": "keeps what it was recorded about; its entry is what follows",
    "timeline.touchpoint_versions": "keeps what its touchpoint said before",
}


@pytest.mark.parametrize("service", sorted(FOLDERS))
def test_every_table_of_leads_is_read_with_a_merge_or_says_why_not(service):
    found = {
        f"{service}.{table.name}"
        for table in declared(service).sorted_tables
        if any(column.name == "lead_id" and isinstance(column.type, Uuid) for column in table.columns)
    }
    together = {f"leads.{table.name}" for table in KINDS.values()} if service == "leads" else set()
    stays = {name for name in STAYS if name.startswith(f"{service}.")}
    assert found == together | stays
    assert not together & stays
