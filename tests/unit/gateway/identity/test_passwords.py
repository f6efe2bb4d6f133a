import asyncio

import pytest

from gateway.identity.passwords import LONGEST_QUEUE, Passwords, PasswordsBusy


@pytest.fixture
async def passwords():
    one = Passwords()
    yield one
    one.close()


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
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await passwords.matches("x", None) is False
