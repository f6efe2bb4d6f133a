import asyncio

import pytest

from gateway.identity.passwords import LARGEST_SHARE, LONGEST_QUEUE, Passwords, PasswordsBusy


@pytest.fixture
async def passwords():
    one = Passwords()
    yield one
    one.close()


async def give_up(waiting):
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_password_matches_its_own_hash_and_no_other(passwords):
    first, second = await passwords.hashes(["correct horse", "correct horse"])
    assert first != second
    assert first.startswith("$argon2id$")
    assert await passwords.matches("correct horse", first)
    assert not await passwords.matches("wrong horse", first)
    assert not await passwords.matches("correct horse", None)
    assert not await passwords.matches("", None)


async def test_different_keyboards_send_the_same_password(passwords):
    [composed] = await passwords.hashes(["é密码１"])
    assert await passwords.matches("e\u0301密码1", composed)


async def test_a_queue_that_would_take_too_long_is_refused_with_when_to_come_again(passwords):
    waiting = [asyncio.create_task(passwords.matches("x", None)) for _ in range(LONGEST_QUEUE)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusy) as busy:
        await passwords.matches("x", None)
    assert int(busy.value.facts["retry_after"]) >= 1
    await give_up(waiting)
    assert await passwords.matches("x", None) is False


async def test_a_flood_from_one_address_leaves_room_for_others(passwords):
    flood = [asyncio.create_task(passwords.matches("x", None, "203.0.113.7")) for _ in range(LARGEST_SHARE)]
    await asyncio.sleep(0)
    with pytest.raises(PasswordsBusy):
        await passwords.matches("x", None, "203.0.113.7")
    other = asyncio.create_task(passwords.matches("x", None, "203.0.113.8"))
    await asyncio.sleep(0)
    assert not other.done()
    await give_up([*flood, other])
    assert await passwords.matches("x", None, "203.0.113.7") is False
