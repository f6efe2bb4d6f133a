import asyncio

import pytest
from dealtrail.identity.v1 import events_pb2, teams_pb2, users_pb2
from dealtrail.leads.v1 import leads_pb2
from dealtrail.type.v1 import access_pb2

from services.kit.testing import Caller, Refusal, running
from services.leads.__main__ import wire

# Whoever republishes sees the outbox of all tenants.
OURS = "tenant_id = current_setting('app.tenant')::uuid"
LEADS = leads_pb2.DESCRIPTOR.services_by_name["LeadsService"]


async def told(house, kind):
    """The events of that type, as messages with their headers."""
    name = kind.DESCRIPTOR.full_name
    rows = await house.rows(f"SELECT * FROM outbox WHERE subject LIKE $1 || '.%' AND {OURS} ORDER BY id", name)
    return [(kind.FromString(row["payload"]), row["headers"]) for row in rows]


async def eventually(check, seconds=60):
    """The first true answer of the check."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.02)
        return found


async def test_what_changes_of_a_user_is_told_with_what_was_before(house, boss):
    east, west = await boss.team("East"), await boss.team("West")
    anna = await boss.user("anna", "REP", east)
    await boss("UpdateUser", users_pb2.UpdateUserRequest(id=anna.id, team_id=west, role=access_pb2.MANAGER))
    await boss("DeactivateUser", users_pb2.DeactivateUserRequest(id=anna.id))
    (moved, headers), (left, _) = await told(house, events_pb2.UserUpdated)
    assert (moved.member.team_id, moved.from_team_id) == (west, east)
    assert (moved.member.role, moved.from_role) == (access_pb2.MANAGER, access_pb2.REP)
    assert (left.member.active, left.from_active) == (False, True)
    assert f'"ce-actor":"{boss.user_id}"' in headers.replace(" ", "")
    assert '"ce-version":"2"' in headers.replace(" ", "")


async def test_a_new_display_name_concerns_nobody_else(house, boss):
    anna = await boss.user("anna", "REP")
    await boss("UpdateUser", users_pb2.UpdateUserRequest(id=anna.id, display_name="Anna S."))
    assert await told(house, events_pb2.UserUpdated) == []


async def test_no_event_holds_a_name_of_a_person(house, boss):
    anna = await boss.user("anna", "REP", display_name="安娜")
    await boss("DeactivateUser", users_pb2.DeactivateUserRequest(id=anna.id))
    said = "headers::text || encode(payload, 'escape') AS said"
    rows = await house.rows(f"SELECT {said}, payload FROM outbox WHERE {OURS}")
    assert len(rows) == 3
    assert all("anna" not in row["said"] and "安娜".encode() not in row["payload"] for row in rows)


async def test_teams_tell_that_they_were_founded_renamed_and_moved(house, boss):
    east, west = await boss.team("East"), await boss.team("West")
    await boss("RenameTeam", teams_pb2.RenameTeamRequest(id=east, name="South"))
    await boss("MoveTeam", teams_pb2.MoveTeamRequest(id=east, parent_id=west))
    assert [event.team.name for event, _ in await told(house, events_pb2.TeamCreated)] == ["East", "West"]
    [(renamed, _)] = await told(house, events_pb2.TeamRenamed)
    assert (renamed.from_name, renamed.team.name) == ("East", "South")
    [(moved, _)] = await told(house, events_pb2.TeamMoved)
    assert (moved.from_parent_id, moved.team.parent_id, moved.team.version) == ("", west, 3)


async def test_nothing_is_told_of_a_change_that_was_refused_or_changed_nothing(house, boss):
    east = await boss.team("East")
    anna = await boss.user("anna", "REP", east)
    await boss("UpdateUser", users_pb2.UpdateUserRequest(id=anna.id, team_id=east, role=access_pb2.REP))
    await boss("ReactivateUser", users_pb2.ReactivateUserRequest(id=anna.id))
    assert await told(house, events_pb2.UserUpdated) == []


@pytest.fixture
async def leads(house, fresh_database, nats_server):
    """A leads service that asks this identity's directory and hears its events."""
    access = await fresh_database("leads")
    peers = f"identity=127.0.0.1:{house.identity.process.port},opportunities=127.0.0.1:1,timeline=127.0.0.1:1"
    async with running("leads", wire, access, nats_server, house.keys, peers) as process:
        caller = Caller(process.port, house.keys, LEADS)
        yield caller
        await caller.close()


async def test_rows_follow_their_owner_to_another_team_and_so_do_the_managers_eyes(house, boss, leads):
    east, west = await boss.team("East"), await boss.team("West")
    anna = await boss.user("anna", "REP", east)
    for name, team in (("mia", east), ("wim", west)):
        await boss.user(name, "MANAGER", team)
    mia, wim, rep = [await house.sign_in(name) for name in ("mia", "wim", "anna")]
    other = await leads(await mia.principal(), "CreateLead", leads_pb2.CreateLeadRequest(company="Stays"))
    lead = await leads(await rep.principal(), "CreateLead", leads_pb2.CreateLeadRequest(company="Moves"))
    get = leads_pb2.GetLeadRequest(id=lead.id)
    assert (await leads(await mia.principal(), "GetLead", get)).team_id == east
    await boss("UpdateUser", users_pb2.UpdateUserRequest(id=anna.id, team_id=west))
    boss_now = await boss.principal()

    async def moved():
        return (await leads(boss_now, "GetLead", get)).team_id == west

    await eventually(moved)
    assert (await leads(await wim.principal(), "GetLead", get)).version == lead.version
    with pytest.raises(Refusal) as refused:
        await leads(await mia.principal(), "GetLead", get)
    assert refused.value.reason == "NOT_FOUND"
    assert (await leads(boss_now, "GetLead", leads_pb2.GetLeadRequest(id=other.id))).team_id == east


async def test_an_owner_of_another_tenant_or_one_who_left_is_no_owner(house, boss, leads):
    gone = await boss.user("gone", "REP")
    await boss("DeactivateUser", users_pb2.DeactivateUserRequest(id=gone.id))
    stranger = await house.tenant("other")
    me = await boss.principal()
    for owner in (gone.id, stranger.user_id):
        with pytest.raises(Refusal) as refused:
            await leads(me, "CreateLead", leads_pb2.CreateLeadRequest(company="Acme", owner_id=owner))
        assert refused.value.reason == "UNKNOWN_OWNER"
    anna = await boss.user("anna", "REP", await boss.team("East"))
    lead = await leads(me, "CreateLead", leads_pb2.CreateLeadRequest(company="Acme", owner_id=anna.id))
    assert (lead.owner_id, lead.team_id) == (anna.id, anna.team_id)
