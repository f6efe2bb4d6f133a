import asyncio
import time

import pytest
from dealtrail.identity.v1 import sessions_pb2

from gateway.identity.attempts.domain import SignInLocked
from gateway.identity.sessions.domain import SessionEnded, SignInFailed
from services.kit.errors import Expired, Problem


async def failure(house, *credentials, **more):
    with pytest.raises(Problem) as refused:
        await house.sign_in(*credentials, **more)
    return refused.value


async def test_whoever_knows_the_password_is_let_in_as_who_they_are(house, boss):
    me = await boss.me()
    assert (me.username, me.tenant, me.tenant_display_name) == ("boss", house.named("demo"), "Demo")
    assert boss.session.expires_in == 900


async def test_a_name_for_signing_in_is_the_same_in_whatever_case(house, boss):
    assert (await house.sign_in("BOSS", tenant="DEMO")).user_id == boss.user_id


async def test_nobody_learns_whether_the_password_the_user_or_the_tenant_was_wrong(house, boss):
    wrong = [
        await failure(house, "boss", "wrong password"),
        await failure(house, "nobody", "wrong password"),
        await failure(house, "boss", "wrong password", tenant="elsewhere"),
    ]
    assert {type(one) for one in wrong} == {SignInFailed}
    assert len({one.message() for one in wrong}) == 1


async def test_an_unknown_user_costs_the_same_work_as_a_wrong_password(house, boss):
    async def seconds(*credentials, **more):
        began = time.process_time()
        await failure(house, *credentials, **more)
        return time.process_time() - began

    known = [await seconds("boss", "wrong password") for _ in range(3)]
    unknown = [await seconds("nobody", "wrong password") for _ in range(3)]
    assert min(unknown) > 0.5 * min(known)


@pytest.mark.parametrize(("username", "tenant"), [("boss", "demo"), ("nobody", "demo"), ("boss", "elsewhere")])
async def test_after_five_failures_there_is_a_pause_known_user_or_not(house, boss, username, tenant):
    for _ in range(5):
        assert type(await failure(house, username, "wrong password", tenant=tenant)) is SignInFailed
    locked = await failure(house, username, tenant=tenant)
    assert type(locked) is SignInLocked
    assert 25 <= int(locked.facts["retry_after"]) <= 30


async def test_a_pause_locks_one_name_of_one_tenant_only(house, boss):
    await house.tenant("other")
    await boss.user("anna", "REP")
    for _ in range(5):
        await failure(house, "boss", "wrong password")
    assert type(await failure(house, "boss")) is SignInLocked
    await house.sign_in("anna")
    await house.sign_in("boss", tenant="other")


async def test_a_pause_ends_and_the_next_is_twice_as_long(house, boss):
    for _ in range(5):
        await failure(house, "boss", "wrong password")
    await house.rows("UPDATE sign_in_failures SET last_time = last_time - interval '31 s'")
    assert type(await failure(house, "boss", "wrong password")) is SignInFailed
    assert 55 <= int((await failure(house, "boss")).facts["retry_after"]) <= 60
    await house.rows("UPDATE sign_in_failures SET last_time = last_time - interval '61 s'")
    await house.sign_in("boss")
    assert not await house.rows("SELECT * FROM sign_in_failures")


async def test_many_guesses_at_once_are_no_more_guesses(house, boss):
    guesses = await asyncio.gather(*(failure(house, "boss", f"guess number {n}") for n in range(12)))
    assert [type(one) for one in guesses].count(SignInFailed) == 5


async def test_failures_count_whichever_process_they_come_to(house, boss, new_house):
    replica = await new_house(like=house)
    for door in (house, replica, house, replica, house):
        await failure(door, "boss", "wrong password")
    assert type(await failure(replica, "boss")) is SignInLocked


async def test_no_failure_is_kept_with_the_name_that_was_typed(house, boss):
    await failure(house, "my-password-by-mistake", "x")
    [row] = await house.rows("SELECT * FROM sign_in_failures")
    assert b"mistake" not in row["name"]


async def test_a_flood_of_sign_ins_does_not_starve_the_loop(house, boss):
    loop_s, all_s = time.thread_time(), time.process_time()
    await asyncio.gather(*(failure(house, f"nobody{n}", "guess") for n in range(40)))
    loop_s, all_s = time.thread_time() - loop_s, time.process_time() - all_s
    assert loop_s < all_s / 2


async def test_a_sign_in_for_which_nobody_waits_any_more_is_given_up(house, boss):
    flood = [asyncio.create_task(failure(house, f"nobody{n}", "guess")) for n in range(30)]
    await asyncio.sleep(0.05)
    request = sessions_pb2.CreateSessionRequest(tenant=house.named("demo"), username="boss", password="guess")
    path = "/dealtrail.identity.v1.SessionsService/CreateSession"
    with pytest.raises(Expired):
        await house.identity.invoke(path, request.SerializeToString(), [], 0.1)
    await asyncio.gather(*flood)


async def test_a_session_goes_on_with_each_refresh_token_once(house, boss):
    second = await house.refresh(boss.session.refresh_token)
    third = await house.refresh(second.refresh_token)
    boss.session = third
    assert (await boss.me()).username == "boss"


async def test_a_refresh_token_used_twice_ends_the_session_for_thief_and_owner(house, boss):
    stolen = boss.session.refresh_token
    boss.session = await house.refresh(stolen)
    await boss.me()
    with pytest.raises(SessionEnded):
        await house.refresh(stolen)
    with pytest.raises(SessionEnded):
        await house.refresh(boss.session.refresh_token)
    with pytest.raises(Problem) as refused:
        await boss.me()
    assert refused.value.reason == "ACCESS_TOKEN_ENDED"
    [row] = await house.rows("SELECT * FROM audit WHERE action = 'identity.RefreshTokenReused'")
    [session] = await house.rows("SELECT * FROM sessions")
    assert (row["subject_id"], session["end_reason"]) == (session["id"], "REUSED")


async def test_of_two_refreshes_at_once_one_is_taken_for_theft(house, boss):
    token = boss.session.refresh_token
    answers = await asyncio.gather(house.refresh(token), house.refresh(token), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["Session", "SessionEnded"]


async def test_ending_one_session_leaves_the_others(house, boss):
    other = await house.sign_in("boss")
    boss.session = await house.refresh(first := boss.session.refresh_token)
    with pytest.raises(SessionEnded):
        await house.refresh(first)
    assert (await other.me()).username == "boss"
    await house.refresh(other.session.refresh_token)


async def test_a_refresh_token_that_is_not_ours_ends_nothing(house, boss):
    good = boss.session.refresh_token
    for forged in ("x", good[:-4] + "AAA=", good[:60] + "AAAA" + good[64:]):
        with pytest.raises(SessionEnded):
            await house.refresh(forged)
    await house.refresh(good)


async def test_signing_out_ends_refresh_and_access_and_may_be_repeated(house, boss):
    request = sessions_pb2.RevokeSessionRequest(refresh_token=boss.session.refresh_token)
    await boss.me()
    for _ in range(2):
        await house.invoke("RevokeSession", request)
    with pytest.raises(Problem) as refused:
        await boss.me()
    assert refused.value.reason == "ACCESS_TOKEN_ENDED"
    with pytest.raises(SessionEnded):
        await house.refresh(boss.session.refresh_token)
    await house.invoke("RevokeSession", sessions_pb2.RevokeSessionRequest(refresh_token="never ours"))


async def test_a_session_ends_after_thirty_days(house, boss):
    await house.rows("UPDATE sessions SET expire_time = now() - interval '1 s'")
    with pytest.raises(SessionEnded):
        await house.refresh(boss.session.refresh_token)


async def test_a_database_that_was_read_by_others_holds_no_token_and_no_password(house, boss):
    kept = str(await house.rows("SELECT * FROM sessions")) + str(await house.rows("SELECT * FROM credentials"))
    assert boss.session.refresh_token not in kept
    assert "correct horse" not in kept
    [key] = await house.rows("SELECT sealed FROM signing_keys", tenant=None)
    assert '"d"' not in key["sealed"]
