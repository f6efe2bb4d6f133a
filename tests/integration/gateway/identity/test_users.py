import asyncio

import pytest
from dealtrail.identity.v1 import sessions_pb2, users_pb2
from dealtrail.type.v1 import access_pb2
from dealtrail.type.v1.batch_pb2 import ItemResult

from services.kit.errors import NotFound, Problem
from services.kit.ids import new_id

PASSWORD = "correct horse battery"
ROLE = access_pb2.Role.Value


async def refused(call):
    with pytest.raises(Problem) as problem:
        await call
    return problem.value.reason


def change(user, **fields):
    return users_pb2.UpdateUserRequest(id=user.id, **fields)


def by_id(request, user):
    return request(id=user.id if hasattr(user, "id") else user)


async def test_a_user_that_was_taken_on_may_sign_in(house, boss):
    team = await boss.team("East")
    user = await boss.user("Wang.Fang", "REP", team, display_name=" 王芳 ")
    assert (user.username, user.display_name, user.version) == ("wang.fang", "王芳", 1)
    rep = await house.sign_in("wang.fang")
    me = await rep.me()
    assert (me.user_id, me.role, me.team_id, list(me.teams)) == (user.id, access_pb2.REP, team, [team])


async def test_a_user_without_a_password_cannot_sign_in(house, boss):
    await boss.user("anna", "REP", password="")
    assert await refused(house.sign_in("anna", "")) == "INVALID"
    assert await refused(house.sign_in("anna", "anything")) == "SIGN_IN_FAILED"


async def test_a_name_for_signing_in_belongs_to_one_user_of_a_tenant(house, boss):
    await boss.user("anna", "REP")
    assert await refused(boss.user("Anna", "REP")) == "USERNAME_TAKEN"
    other = await house.tenant("other")
    await other.user("anna", "REP")


async def test_two_at_once_cannot_take_the_same_name(boss):
    both = await asyncio.gather(boss.user("anna", "REP"), boss.user("anna", "REP"), return_exceptions=True)
    assert sorted(getattr(one, "reason", "made") for one in both) == ["USERNAME_TAKEN", "made"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "with space"}, "username"),
        ({"username": ""}, "username"),
        ({"display_name": " "}, "displayName"),
        ({"password": "short"}, "password"),
        ({"team_id": "nonsense"}, "teamId"),
    ],
)
async def test_a_user_that_breaks_a_rule_is_refused_by_field(boss, fields, field):
    given = {"username": "anna", "display_name": "Anna", "role": access_pb2.REP} | fields
    with pytest.raises(Problem) as problem:
        await boss("CreateUser", users_pb2.CreateUserRequest(**given))
    assert {name for name, _ in problem.value.violations()} == {field}


async def test_a_user_needs_a_role_and_a_team_that_exists(boss):
    request = users_pb2.CreateUserRequest(username="anna", display_name="Anna")
    assert await refused(boss("CreateUser", request)) == "INVALID"
    assert await refused(boss.user("anna", "REP", str(new_id()))) == "UNKNOWN_TEAM"


async def test_a_batch_takes_on_44_people_and_repeated_changes_nothing(house, boss):
    team = await boss.team("East")
    people = [
        users_pb2.CreateUserRequest(
            id=str(new_id()),
            username=f"rep{n}",
            display_name=f"Rep {n}",
            role=ROLE("REP"),
            team_id=team,
            password=PASSWORD,
        )
        for n in range(44)
    ]
    request = users_pb2.BatchCreateUsersRequest(users=people)
    first = await boss("BatchCreateUsers", request)
    assert [one.outcome for one in first.results] == [ItemResult.CREATED] * 44
    again = await boss("BatchCreateUsers", request)
    assert [one.outcome for one in again.results] == [ItemResult.EXISTED] * 44
    await house.sign_in("rep43")


async def test_a_refused_item_of_a_batch_leaves_the_others_recorded(boss):
    await boss.user("taken", "REP")

    def item(**given):
        return users_pb2.CreateUserRequest(display_name="x", role=access_pb2.REP, **given)

    items = [
        item(username="fine"),
        item(username="taken"),
        item(username="fine"),
        item(username="no team"),
        item(username="teamless", team_id=str(new_id())),
        item(username="idless", id="nonsense"),
    ]
    answer = await boss("BatchCreateUsers", users_pb2.BatchCreateUsersRequest(users=items))
    reasons = [one.reason for one in answer.results]
    assert reasons == ["", "USERNAME_TAKEN", "USERNAME_TAKEN", "INVALID", "UNKNOWN_TEAM", "INVALID"]
    assert answer.results[0].outcome == ItemResult.CREATED


async def test_recording_a_user_again_under_its_id_changes_nothing(boss):
    known = await boss.user("anna", "REP", id=(one := str(new_id())))
    assert known == await boss.user("anna", "MANAGER", id=one)


async def test_another_tenants_user_does_not_exist(house, boss):
    anna = await boss.user("anna", "REP")
    stranger = await house.tenant("other")
    for method, request in (
        ("GetUser", by_id(users_pb2.GetUserRequest, anna)),
        ("UpdateUser", change(anna, display_name="x")),
        ("DeactivateUser", by_id(users_pb2.DeactivateUserRequest, anna)),
        ("ReactivateUser", by_id(users_pb2.ReactivateUserRequest, anna)),
        ("SetPassword", users_pb2.SetPasswordRequest(id=anna.id, password=PASSWORD)),
    ):
        with pytest.raises(NotFound):
            await stranger(method, request)
    assert [user.username for user in (await stranger("ListUsers")).users] == ["boss"]
    listed = await stranger("ListColleagues", users_pb2.ListColleaguesRequest(ids=[anna.id]))
    assert not listed.colleagues
    assert await boss("GetUser", by_id(users_pb2.GetUserRequest, anna)) == anna


@pytest.mark.parametrize("role", ["MANAGER", "REP", "PARTNER"])
async def test_only_boss_and_admin_keep_users_and_teams(house, boss, role):
    anna = await boss.user("anna", role)
    person = await house.sign_in("anna")
    for call in (
        person("ListUsers"),
        person("GetUser", by_id(users_pb2.GetUserRequest, anna)),
        person("UpdateUser", change(anna, role=ROLE("BOSS"))),
        person("DeactivateUser", by_id(users_pb2.DeactivateUserRequest, boss.user_id)),
        person.user("bob", "BOSS"),
        person.team("Mine"),
        person("RotateSigningKey"),
    ):
        assert await refused(call) == "ROLE_NOT_ALLOWED"


async def test_an_admin_neither_becomes_nor_overrules_a_boss(house, boss):
    admin_user = await boss.user("admin", "ADMIN")
    admin = await house.sign_in("admin")
    rep = await admin.user("anna", "REP")
    for call in (
        admin.user("second", "BOSS"),
        admin("UpdateUser", change(admin_user, role=ROLE("BOSS"))),
        admin("UpdateUser", change(rep, role=ROLE("BOSS"))),
        admin("UpdateUser", users_pb2.UpdateUserRequest(id=boss.user_id, display_name="x")),
        admin("DeactivateUser", by_id(users_pb2.DeactivateUserRequest, boss.user_id)),
        admin("SetPassword", users_pb2.SetPasswordRequest(id=boss.user_id, password=PASSWORD)),
    ):
        assert await refused(call) == "ABOVE_YOU"
    await admin("SetPassword", users_pb2.SetPasswordRequest(id=rep.id, password="another password"))
    await house.sign_in("anna", "another password")


async def test_the_last_active_boss_stays(house, boss):
    me = by_id(users_pb2.DeactivateUserRequest, boss.user_id)
    demoted = users_pb2.UpdateUserRequest(id=boss.user_id, role=ROLE("REP"))
    assert await refused(boss("DeactivateUser", me)) == "LAST_BOSS"
    assert await refused(boss("UpdateUser", demoted)) == "LAST_BOSS"
    await boss.user("second", "BOSS")
    second = await house.sign_in("second")
    both = await asyncio.gather(
        boss("DeactivateUser", by_id(users_pb2.DeactivateUserRequest, second.user_id)),
        second("DeactivateUser", me),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["LastBoss", "User"]


async def test_a_change_that_was_decided_on_an_old_version_is_refused(boss):
    anna = await boss.user("anna", "REP")
    changed = await boss("UpdateUser", change(anna, display_name="Anna S."), if_match="1")
    assert changed.version == 2
    assert await refused(boss("UpdateUser", change(anna, display_name="A."), if_match="1")) == "VERSION_MISMATCH"


async def test_an_update_sets_what_it_names_and_leaves_the_rest(boss):
    team = await boss.team("East")
    anna = await boss.user("anna", "REP", team)
    renamed = await boss("UpdateUser", change(anna, display_name="Anna S."))
    assert (renamed.display_name, renamed.role, renamed.team_id) == ("Anna S.", access_pb2.REP, team)
    freed = await boss("UpdateUser", change(anna, team_id=""))
    assert freed.team_id == ""
    same = await boss("UpdateUser", change(anna, team_id=""))
    assert same.version == freed.version


async def test_who_has_left_is_out_at_once_and_only_a_new_sign_in_lets_them_back(house, boss):
    anna = await boss.user("anna", "REP")
    person = await house.sign_in("anna")
    await person.me()
    await boss("DeactivateUser", by_id(users_pb2.DeactivateUserRequest, anna))
    assert await refused(person.me()) == "UNAUTHENTICATED"
    assert await refused(house.refresh(person.session.refresh_token)) == "SESSION_ENDED"
    assert await refused(house.sign_in("anna")) == "SIGN_IN_FAILED"
    await boss("ReactivateUser", by_id(users_pb2.ReactivateUserRequest, anna))
    assert await refused(house.refresh(person.session.refresh_token)) == "SESSION_ENDED"
    assert await refused(person.me()) == "ACCESS_TOKEN_ENDED"
    await (await house.sign_in("anna")).me()


async def test_another_password_ends_all_sessions_and_is_audited(house, boss):
    anna = await boss.user("anna", "REP")
    person = await house.sign_in("anna")
    await boss("SetPassword", users_pb2.SetPasswordRequest(id=anna.id, password="another password"))
    assert await refused(person.me()) == "ACCESS_TOKEN_ENDED"
    assert await refused(house.refresh(person.session.refresh_token)) == "SESSION_ENDED"
    assert await refused(house.sign_in("anna")) == "SIGN_IN_FAILED"
    await house.sign_in("anna", "another password")
    [row] = await house.rows(f"SELECT * FROM audit WHERE action = 'identity.SetPassword' AND subject_id = '{anna.id}'")
    assert str(row["actor_id"]) == boss.user_id


async def test_whoever_changes_the_own_password_must_know_the_old_one(house, boss):
    await boss.user("anna", "REP")
    person = await house.sign_in("anna")

    def wish(old):
        return sessions_pb2.ChangePasswordRequest(old_password=old, new_password="another password")

    for _ in range(5):
        assert await refused(person("ChangePassword", wish("a guess"))) == "OLD_PASSWORD_WRONG"
    assert await refused(person("ChangePassword", wish(PASSWORD))) == "SIGN_IN_LOCKED"
    await house.rows("DELETE FROM sign_in_failures RETURNING true")
    await person("ChangePassword", wish(PASSWORD))
    assert await refused(person.me()) == "ACCESS_TOKEN_ENDED"
    await house.sign_in("anna", "another password")


async def test_everybody_may_read_who_colleagues_are_and_nothing_more(house, boss):
    team = await boss.team("East")
    gone = await boss.user("gone", "REP", team, display_name="Gone Girl")
    await boss.user("anna", "REP", team, display_name="Anna")
    await boss("DeactivateUser", by_id(users_pb2.DeactivateUserRequest, gone))
    rep = await house.sign_in("anna")
    active = (await rep("ListColleagues")).colleagues
    assert [one.display_name for one in active] == ["Anna", "boss"]
    asked = (await rep("ListColleagues", users_pb2.ListColleaguesRequest(ids=[gone.id]))).colleagues
    assert [(one.display_name, one.team_id, one.active) for one in asked] == [("Gone Girl", team, False)]
    assert {field.name for field in users_pb2.Colleague.DESCRIPTOR.fields} == {
        "id",
        "display_name",
        "team_id",
        "active",
    }


async def test_users_are_listed_by_role_team_and_name_page_by_page(boss):
    team = await boss.team("East")
    for n in range(5):
        await boss.user(f"rep{n}", "REP", team)
    request = users_pb2.ListUsersRequest(page_size=3, role=ROLE("REP"), team_id=team, order_by="username")
    first = await boss("ListUsers", request)
    request.page_token = first.next_page_token
    second = await boss("ListUsers", request)
    assert [user.username for user in (*first.users, *second.users)] == [f"rep{n}" for n in range(5)]
    assert not second.next_page_token
    found = await boss("ListUsers", users_pb2.ListUsersRequest(q="REP3"))
    assert [user.username for user in found.users] == ["rep3"]
