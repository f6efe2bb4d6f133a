"""What partners may do at the broker: the accounts of the server, and the permissions of each partner's user.

All of it stands here; deploy/local writes it into the settings of its server.
The accounts never change: an account that a reload introduces was seen to have no way to another's
subjects (nats-server#8560). Partners are users of one account, which imports the few subjects of the
stream's consumers; each user may publish to those of its own consumer, and hear its own inboxes only.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

OWN, PARTNERS, SYSTEM = "DEALTRAIL", "PARTNERS", "SYSTEM"
"""The accounts: of our services, of all partners, and of those who reload the server."""
STREAM = "deals"
SUBJECTS = (
    "$JS.API.CONSUMER.MSG.NEXT.deals.{}",
    "$JS.API.CONSUMER.RESET.deals.{}",
    "$JS.ACK.deals.{}.>",
    # The form that servers use once their feature flag js_ack_fc_v2 is on. Without it no acknowledgement would arrive.
    "$JS.ACK.*.*.deals.{}.>",
)
"""What a partner may publish to, for the name of its durable consumer."""
LIMITS = {"max_connections": 256, "max_subscriptions": 32, "max_payload": 4096}
CONSUMER = {"max_ack_pending": 100, "max_waiting": 8, "max_deliver": 20, "ack_wait_s": 30}
"""A partner that never acknowledges gets 100 events and no more; one that always fails at an event gets it 20 times."""


@dataclass(frozen=True)
class User:
    """A partner as the broker knows it."""

    tenant_id: UUID
    tenant: str
    name: str
    nkeys: tuple[str, ...]

    @property
    def durable(self) -> str:
        """The name of its consumer."""
        return f"p_{self.tenant}_{self.name}"

    @property
    def inbox(self) -> str:
        """The prefix of its inboxes."""
        return f"_INBOX_{self.durable}"

    @property
    def filter(self) -> str:
        """What of the stream it hears."""
        return f"deals.v1.{self.tenant_id}.>"

    @property
    def permissions(self) -> dict[str, list[str]]:
        """What it may publish and subscribe to; nothing else."""
        return {
            "publish": [subject.format(self.durable) for subject in SUBJECTS],
            "subscribe": [f"{self.inbox}.>"],
        }


def exports() -> list[dict[str, str]]:
    """What the account of our services offers. A pull is answered by many messages, all else by one or none."""
    pull, *others = (subject.format("*") for subject in SUBJECTS)
    return [{"service": pull, "response_type": "stream"}, *({"service": subject} for subject in others)]


def imports() -> list[dict[str, Any]]:
    """What the account of partners takes of it."""
    return [{"service": {"account": OWN, "subject": subject.format("*")}} for subject in SUBJECTS]


def users_file(users: Iterable[User]) -> str:
    """The file that the account of partners includes. It holds public keys, no secret."""
    told = [{"nkey": nkey, "permissions": user.permissions} for user in users for nkey in user.nkeys]
    return "users: [\n" + "".join(f"  {json.dumps(one)}\n" for one in told) + "]\n"


def accounts(own: Iterable[Mapping[str, Any]], system: Mapping[str, str], partners_file: str) -> str:
    """The accounts in a server's settings: `own` are the users of our services, `system` the one that may reload."""
    ours = {"jetstream": "enabled", "users": [dict(user) for user in own], "exports": exports()}
    return f"""system_account: {SYSTEM}
accounts {{
  {SYSTEM} {json.dumps({"users": [dict(system)]})}
  {OWN} {json.dumps(ours)}
  {PARTNERS} {{
    limits: {json.dumps(LIMITS)}
    imports: {json.dumps(imports())}
    include {json.dumps(partners_file)}
  }}
}}"""
