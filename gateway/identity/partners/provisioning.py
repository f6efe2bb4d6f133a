"""Partners at the broker: their durable consumers, the file of their users, and the reload that makes it hold."""

import asyncio
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from gateway.identity.partners.access import CONSUMER, STREAM, User, users_file

PREFIX = "p_"
SERVERS_S = 0.5
"""How long servers may take to say that they are there."""
RELOAD_S = 10


class NotReloaded(Exception):
    """A server kept its former settings."""


async def provide(client: Client, users: Sequence[User]) -> None:
    """Make the durable consumers that are missing; each begins with the oldest event that the stream has."""
    known = await _known(client)
    for user in users:
        if user.durable not in known:
            await client.jetstream().add_consumer(STREAM, _configured(user))


async def withdraw(client: Client, users: Sequence[User]) -> None:
    """Delete the durable consumers of partners that are no more."""
    for gone in await _known(client) - {user.durable for user in users}:
        await client.jetstream().delete_consumer(STREAM, gone)


def write(path: Path, users: Sequence[User]) -> None:
    """Write the file of users, whole or not at all."""
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(users_file(users))
    Path(fresh).chmod(0o644)
    Path(fresh).replace(path)


async def reload(system: Client) -> int:
    """Let every server read its settings anew, asked as a user of the system's account; how many did."""
    inbox = system.new_inbox()
    answers = await system.subscribe(inbox)
    await system.publish("$SYS.REQ.SERVER.PING", b"", reply=inbox)
    servers = set()
    try:
        while True:
            told = json.loads((await answers.next_msg(SERVERS_S)).data)
            servers.add(told["server"]["id"])
    except TimeoutError:
        await answers.unsubscribe()
    for server in servers:
        answer = json.loads((await system.request(f"$SYS.REQ.SERVER.{server}.RELOAD", b"", timeout=RELOAD_S)).data)
        if "error" in answer:
            raise NotReloaded(answer["error"]["description"])
    return len(servers)


async def _known(client: Client) -> set[str]:
    found: set[str] = set()
    while page := await client.jetstream().consumers_info(STREAM, offset=len(found)):
        found |= {one.name for one in page}
        await asyncio.sleep(0)
    return {name for name in found if name.startswith(PREFIX)}


def _configured(user: User) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=user.durable,
        filter_subject=user.filter,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=CONSUMER["ack_wait_s"],
        max_ack_pending=CONSUMER["max_ack_pending"],
        max_waiting=CONSUMER["max_waiting"],
        max_deliver=CONSUMER["max_deliver"],
    )
