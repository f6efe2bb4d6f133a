import asyncio

import pytest
from dealtrail.identity.v1 import teams_pb2, users_pb2

from services.kit.errors import NotFound, Problem
from services.kit.ids import new_id


async def refused(call):
    with pytest.raises(Problem) as problem:
        await call
    return problem.value.reason


def move(team, parent):
    return teams_pb2.MoveTeamRequest(id=team, parent_id=parent)


async def test_a_manager_sees_the_own_subtree_and_sees_another_after_a_move(house, boss):
    region = await boss.team("Region")
    east, west = await boss.team("East", region), await boss.team("West", region)
    shop = await boss.team("Shop", west)
    await boss.user("mia", "MANAGER", east)
    manager = await house.sign_in("mia")
    assert {str(team) for team in (await manager.principal()).teams} == {east}
    await boss("MoveTeam", move(shop, east))
    assert {str(team) for team in (await manager.principal()).teams} == {east, shop}
    me = await manager.me()
    assert set(me.teams) == {east, shop}
    await boss("UpdateUser", users_pb2.UpdateUserRequest(id=me.user_id, team_id=region))
    assert {str(team) for team in (await manager.principal()).teams} == {region, east, west, shop}


async def test_a_team_cannot_stand_below_itself(boss):
    top = await boss.team("Top")
    middle = await boss.team("Middle", top)
    bottom = await boss.team("Bottom", middle)
    for parent in (top, middle, bottom):
        assert await refused(boss("MoveTeam", move(top, parent))) == "TEAM_BELOW_ITSELF"
    await boss("MoveTeam", move(bottom, ""))
    await boss("MoveTeam", move(top, bottom))


async def test_two_moves_at_once_cannot_close_a_circle(boss):
    for _ in range(5):
        left, right = await boss.team(f"L{new_id()}"), await boss.team(f"R{new_id()}")
        both = await asyncio.gather(
            boss("MoveTeam", move(left, right)), boss("MoveTeam", move(right, left)), return_exceptions=True
        )
        assert sorted(getattr(one, "reason", "moved") for one in both) == ["TEAM_BELOW_ITSELF", "moved"]


async def test_a_name_is_unique_beside_and_free_elsewhere(boss):
    east, west = await boss.team("East"), await boss.team("West")
    assert await refused(boss.team("East")) == "TEAM_NAME_TAKEN"
    shop = await boss.team("Shop", east)
    await boss.team("Shop", west)
    assert await refused(boss("MoveTeam", move(shop, west))) == "TEAM_NAME_TAKEN"
    rename = teams_pb2.RenameTeamRequest(id=west, name="East")
    assert await refused(boss("RenameTeam", rename)) == "TEAM_NAME_TAKEN"
    renamed = await boss("RenameTeam", teams_pb2.RenameTeamRequest(id=west, name="South"))
    assert (renamed.name, renamed.version) == ("South", 2)


async def test_a_team_stands_under_a_team_of_the_same_tenant_only(house, boss):
    stranger = await house.tenant("other")
    theirs = await stranger.team("Theirs")
    ours = await boss.team("Ours")
    assert await refused(boss.team("Below", theirs)) == "UNKNOWN_PARENT_TEAM"
    assert await refused(boss("MoveTeam", move(ours, theirs))) == "UNKNOWN_PARENT_TEAM"
    for method, request in (
        ("GetTeam", teams_pb2.GetTeamRequest(id=theirs)),
        ("RenameTeam", teams_pb2.RenameTeamRequest(id=theirs, name="x")),
        ("MoveTeam", move(theirs, "")),
    ):
        with pytest.raises(NotFound):
            await boss(method, request)
    assert [team.name for team in (await boss("ListTeams")).teams] == ["Ours"]


async def test_everybody_reads_the_teams_by_name(house, boss):
    for name in ("West", "East", "Central"):
        await boss.team(name)
    await boss.user("anna", "REP")
    rep = await house.sign_in("anna")
    assert [team.name for team in (await rep("ListTeams")).teams] == ["Central", "East", "West"]


async def test_a_tenant_has_at_most_a_hundred_teams(boss):
    top = await boss.team("Top")
    for n in range(99):
        await boss.team(f"Team {n}", top)
    assert await refused(boss.team("One more")) == "TOO_MANY_TEAMS"
    await boss.user("mia", "MANAGER", top)
    manager = await boss.house.sign_in("mia")
    caller = await boss.house.identity.authenticate(manager.headers)
    assert len(caller.principal.teams) == 100
    # gRPC refuses headers beyond 8 KiB.
    assert len(caller.internal_token) < 6 << 10


async def test_founding_a_team_again_under_its_id_changes_nothing(boss):
    request = teams_pb2.CreateTeamRequest(id=str(new_id()), name="East")
    assert await boss("CreateTeam", request) == await boss("CreateTeam", request)
