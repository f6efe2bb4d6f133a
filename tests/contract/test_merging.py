"""Whatever belongs to an account follows it when it is merged, or is named here with the reason why not."""

import pytest
from sqlalchemy import Uuid

from services.kit import facts
from services.kit.migrations import FOLDERS
from tests.contract.test_migrations import declared

STAYS = {
    "leads.leads": "names the account that a lead became: GET answers it with what it was merged into",
    "leads.duplicate_dismissals": "tells of which two records somebody said that they are two companies",
    "leads.merges": "tells which account was merged into which",
    "leads.developments": "is reckoned anew from what was noted, when accounts are merged and when that is undone",
    "leads.standings": "is frozen with its cycle: what was ranked then were two accounts",
    "timeline.subjects": "is what events say of a subject; where it is shown follows from the aliases",
    "timeline.touchpoints": "keeps what it was recorded about; its entry is what follows",
    "timeline.touchpoint_versions": "keeps what its touchpoint said before",
    "analytics.deals": "keeps what events say; rows are told under what their account was merged into",
    "analytics.instalments": "keeps what events say; rows are told under what their account was merged into",
    "analytics.contracts": "keeps what events say; rows are told under what their account was merged into",
}


def of_accounts(service):
    """The tables that name an account, without those that tell of accounts themselves."""
    for table in declared(service).sorted_tables:
        if any("account" in column.name and isinstance(column.type, Uuid) for column in table.columns):
            yield table


@pytest.mark.parametrize("service", sorted(FOLDERS))
def test_every_table_of_accounts_follows_a_merge_or_says_why_not(service):
    laws = {law.name.split(" stand where ")[0] for law in facts.declared(service).laws}
    found = {f"{service}.{table.name}": table for table in of_accounts(service)}
    follows = {name for name, table in found.items() if "merged_from" in table.c and table.name in laws}
    stays = {name for name in STAYS if name.startswith(f"{service}.")}
    assert set(found) == follows | stays
    assert not follows & stays
