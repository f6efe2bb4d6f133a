"""The projection on real PostgreSQL: however events arrive, the timeline is the same."""

from uuid import UUID

from dealtrail.identity.v1.events_pb2 import UserUpdated
from dealtrail.timeline.v1.events_pb2 import TouchpointCorrected, TouchpointRecorded
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.visibility import SYSTEM
from services.timeline.__main__ import subscriptions
from services.timeline.entries import operations
from services.timeline.entries.domain import Subject
from services.timeline.rebuild import PROJECTION
from tests.integration.timeline.histories import (
    ACCOUNT,
    DEAL,
    PEOPLE,
    SURVIVOR,
    TWIN,
    History,
    capture,
    convert,
    deliveries,
    for_tenant,
    hand_over,
    histories,
    merge,
    unite,
)

TOUCHED = (TouchpointRecorded, TouchpointCorrected)


async def apply(database, tenant_id, batches):
    """What the consumer does with batches, without its inbox: the projection must not need it."""
    for batch in batches:
        async with database.transaction(Principal(tenant_id, UUID(int=0), SYSTEM, None)) as tx:
            many = {}
            for event, envelope in for_tenant(batch, tenant_id):
                _, handler, takes_many = subscriptions.handlers[envelope.type]
                if takes_many:
                    many.setdefault(handler, []).append((event, envelope))
                else:
                    await handler(tx, event, envelope)
            for handler, arrived in many.items():
                await handler(tx, arrived)


EVERYTHING = [Query(select(table).order_by(table.c.id)) for table in PROJECTION]


async def projection(database, tenant_id):
    """All that the projection holds of the tenant."""
    async with database.transaction(Principal(tenant_id, UUID(int=0), SYSTEM, None)) as tx:
        found = [await tx.fetch(query) for query in EVERYTHING]
    rows = [[{k: v for k, v in row.items() if k != "tenant_id"} for row in table] for table in found]
    return dict(zip(("entries", "subjects", "aliases"), rows, strict=True))


async def same_however_it_arrives(database, told, batches):
    """Whether the projection of these batches is that of the history told in order, each event once."""
    as_arrived, in_order = new_id(), new_id()
    await apply(database, as_arrived, batches)
    await apply(database, in_order, [[one] for one in told])
    found = await projection(database, as_arrived)
    expected = {
        envelope.aggregate_id if isinstance(event, TOUCHED) else envelope.id
        for event, envelope in told
        if not isinstance(event, UserUpdated)
    }
    return found == await projection(database, in_order) and {row["id"] for row in found["entries"]} == expected


@settings(max_examples=100)
@given(st.data())
async def test_any_arrival_of_a_history_makes_the_timeline_of_its_sorted_unique_list(database, data):
    told = data.draw(histories())
    assert await same_however_it_arrives(database, told, data.draw(deliveries(told)))


async def test_a_projection_in_which_the_last_arrival_wins_is_found_out(database, monkeypatch):
    history = History()
    capture(history, PEOPLE[0])
    hand_over(history, PEOPLE[1])
    backwards = [[one] for one in reversed(history.told)]
    assert await same_however_it_arrives(database, history.told, backwards)

    def believe(subject, news):
        subject.sight, subject.version, subject.told_time = news.sight, news.version, news.told_time

    monkeypatch.setattr(Subject, "learn", believe)
    assert not await same_however_it_arrives(database, history.told, backwards)


async def test_a_projection_in_which_only_later_entries_join_the_account_is_found_out(database, monkeypatch):
    history = History()
    capture(history, PEOPLE[0])
    convert(history, PEOPLE[0])
    in_order = [[one] for one in history.told]
    backwards = in_order[::-1]
    assert await same_however_it_arrives(database, history.told, backwards)
    monkeypatch.setattr(operations, "MOVE", Query(text("SELECT 1")))
    monkeypatch.setattr(operations, "standing_values", lambda _: {})
    assert not await same_however_it_arrives(database, history.told, backwards)


async def test_entries_of_a_merged_account_are_seen_with_the_other_until_that_is_undone(database):
    history, tenant = History(), new_id()
    capture(history, PEOPLE[0])
    convert(history, PEOPLE[0])
    merge(history, PEOPLE[1])
    merged = len(history.told)
    merge(history, PEOPLE[1])
    first, then = history.told[:merged], history.told[merged:]
    for told, account, owner in ((first, SURVIVOR, PEOPLE[1]), (then, ACCOUNT, PEOPLE[0])):
        await apply(database, tenant, [told])
        entries = {row["kind"]: row for row in (await projection(database, tenant))["entries"]}
        assert {entries[kind]["account_id"] for kind in ("LEAD_CAPTURED", "DEAL_OPENED", "ACCOUNT_MERGED")} == {account}
        assert (entries["CONTACT_CREATED"]["owner_id"], entries["DEAL_OPENED"]["owner_id"]) == (owner, PEOPLE[0])


async def test_entries_of_a_merged_lead_go_where_the_other_goes_until_that_is_undone(database):
    history, tenant = History(), new_id()
    capture(history, PEOPLE[0])
    unite(history, PEOPLE[1])
    convert(history, PEOPLE[0])
    merge(history, PEOPLE[2])
    merged = len(history.told)
    unite(history, PEOPLE[1])
    first, then = history.told[:merged], history.told[merged:]
    for told, account, deal, owner in ((first, SURVIVOR, DEAL, PEOPLE[0]), (then, None, None, PEOPLE[1])):
        await apply(database, tenant, [told])
        entries = [row for row in (await projection(database, tenant))["entries"] if row["lead_id"] == TWIN]
        assert {row["kind"] for row in entries} >= {"LEAD_CAPTURED", "LEAD_MERGED"}
        assert {(row["account_id"], row["deal_id"], row["owner_id"]) for row in entries} == {(account, deal, owner)}
