"""Whatever is held of a person is told to them when they ask, or is named here with the reason why not."""

import pytest
from sqlalchemy import ARRAY, Uuid

from services.kit.migrations import FOLDERS
from services.leads.persons.store import BESIDE, NOTED, TEXTS
from tests.contract.test_migrations import declared

TOLD = {
    *(f"leads.{name}" for name in ("leads", "contacts", "consents")),
    *(f"leads.{sealing.table.name}" for _, sealing, _ in BESIDE),
    *(f"leads.{table.name}" for rows in NOTED.values() for table, _, _ in rows),
    *(f"leads.{table.name}" for table, _ in TEXTS),
    *("timeline.touchpoints", "opportunities.deals", "contracts.contracts"),
}
UNTOLD = {
    "leads.assignments": "tells which of our people was given a lead, and why",
    "leads.duplicate_dismissals": "tells of two companies",
    "leads.lead_clocks": "tells how fast our people answered",
    "leads.lead_custody": "tells which of our people holds a lead",
    "leads.merges": "tells of two companies",
    "leads.pool_entries": "tells why our people gave a lead back",
    "leads.pool_views": "tells which leads of the pool our people looked at",
    "leads.pool_warnings": "tells when our people are to lose a lead",
    "leads.prospects": "tells of a company before anybody there is known",
    "leads.raci_arrivals": "tells which of our people is to be told of a lead",
    "leads.refused_promotions": "tells what our people were refused",
    "leads.retentions": "is what nobody may read: evidence of signed contracts of persons who were erased",
    "leads.submissions": "is a mark that counts repeated forms, of a phone number that is told with the lead",
    "timeline.entries": "tells in codes that something of the other services happened, which tell it themselves",
    "timeline.touchpoint_versions": "is what a touchpoint said before it was corrected",
    "analytics.nurture_steps": "copies when steps were due that leads tells",
    "analytics.prospects": "copies what leads knows of a company",
    "analytics.refused_promotions": "copies what our people were refused",
    "analytics.temperatures": "copies changes that leads tells",
}
NAMES = ("lead_id", "contact_id", "person_id", "challenger_id", "participants")


def of_persons(service):
    """The tables that name a lead, contact or person, or keep something sealed."""
    for table in declared(service).sorted_tables:
        named = [c.name for c in table.columns if isinstance(c.type, Uuid | ARRAY) and c.name in NAMES]
        if "sealed" in table.c or named:
            yield f"{service}.{table.name}"


@pytest.mark.parametrize("service", sorted(set(FOLDERS) - {"gateway"}))
def test_every_table_of_persons_is_told_to_them_or_says_why_not(service):
    """The gateway has none: it keeps files, under keys and for days of their own."""
    found = set(of_persons(service))
    untold = {name for name in UNTOLD if name.startswith(f"{service}.")}
    assert not untold & TOLD
    assert found - TOLD == untold
