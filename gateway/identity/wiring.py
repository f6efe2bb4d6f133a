"""Identity put together, as the gateway's process starts, asks and stops it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from dealtrail.identity.v1 import directory_pb2, intake_keys_pb2, sessions_pb2, signing_keys_pb2, teams_pb2, users_pb2

from gateway.identity.access_tokens import AccessTokens
from gateway.identity.authentication import Authenticator
from gateway.identity.directory.rpc import DirectoryServicer
from gateway.identity.intake_keys import operations as intake_keys
from gateway.identity.intake_keys.domain import IntakeKey
from gateway.identity.intake_keys.rpc import IntakeKeysServicer
from gateway.identity.issuers import Issuers, configured
from gateway.identity.partners.api_keys import ApiKeys
from gateway.identity.passwords import Passwords
from gateway.identity.roster import Rosters
from gateway.identity.sessions.operations import Sessions
from gateway.identity.sessions.rpc import SessionsServicer
from gateway.identity.signing_keys.operations import KeyRing
from gateway.identity.signing_keys.rpc import SigningKeysServicer
from gateway.identity.teams.rpc import TeamsServicer
from gateway.identity.users.rpc import UsersServicer
from gateway.identity.visitors import Visitors
from gateway.peers import LocalPeer, Metadata, Trailing
from gateway.transcode import Caller
from services.kit import rpc
from services.kit.errors import Unauthenticated
from services.kit.principal import TokenMint
from services.kit.runtime import Process
from services.kit.settings import Settings


@dataclass(frozen=True)
class IdentitySettings(Settings):
    """What identity needs. `internal_keys` holds the private halves here; `listen` is where services ask."""

    oidc_issuers: str = "[]"
    """JSON list of the identity providers whose tokens are accepted; each entry as gateway.identity.issuers.Issuer."""


class Identity:
    """The part of the gateway that keeps who may enter: a process of kit's within the gateway's process."""

    def __init__(self, settings: IdentitySettings) -> None:
        self.process = Process("identity", settings)
        self._secret = settings.secret()
        self._issuers = configured(settings.oidc_issuers)
        self._mint = TokenMint(settings.internal_keys)
        self._passwords = Passwords()

    async def start(self) -> None:
        """Open the database, serve the directory on `listen`, publish events. PostgreSQL and NATS may come later."""
        await self.process.start(self._wire)

    async def stop(self) -> None:
        """End in the order of kit's processes."""
        await self.process.stop()
        self._passwords.close()

    async def authenticate(self, headers: Mapping[bytes, bytes]) -> Caller:
        """The caller of a request. Refused: UNAUTHENTICATED, ACCESS_TOKEN_ENDED."""
        return await self._authenticator.authenticate(headers)

    async def vouch(self, tenant_id: UUID, user_id: UUID) -> Caller:
        """A user for whom work goes on unattended, with the rights of now. Refused: UNAUTHENTICATED unless active."""
        roster = await self._rosters.of(tenant_id)
        one = roster.people.get(user_id)
        if one is None or not one.active:
            raise Unauthenticated
        principal = roster.principal(one)
        return Caller(principal, self._mint.sign(principal))

    async def visitor(self, tenant: str) -> Caller | None:
        """Somebody who opens a public page of the tenant of that name; None if there is none."""
        return await self._visitors.of(tenant)

    async def open_intake_key(self, sent: str) -> tuple[UUID, IntakeKey]:
        """The tenant and the intake key that somebody sent. Refused: UNAUTHENTICATED."""
        return await intake_keys.opened(self.process.database, sent)

    async def invoke(self, method: str, request: bytes, metadata: Metadata, timeout: float) -> tuple[bytes, Trailing]:
        """Call one of identity's services within this process; what it changed holds for the next request here."""
        answer = await self._peer(method, request, metadata, timeout)
        if method in self._changing:
            token = dict(metadata)["authorization"].removeprefix("Bearer ")
            self._rosters.outdate(self.process.verifier.verify(token).tenant_id)
        return answer

    def _wire(self, process: Process) -> None:
        database = process.database
        providers = Issuers(self._issuers, database)
        self._rosters = Rosters(database)
        self._visitors = Visitors(database, self._mint)
        ring = KeyRing(database, self._secret)
        tokens = AccessTokens(ring)
        self._authenticator = Authenticator(tokens, providers, ApiKeys(database), self._rosters, self._mint)
        sessions = Sessions(database, self._passwords, tokens, self._secret, self._rosters.outdate)
        process.offer(directory_pb2.DESCRIPTOR.services_by_name["DirectoryService"], DirectoryServicer())
        served = [
            rpc.Service(descriptor, servicer, database, process.verifier)
            for descriptor, servicer in (
                (sessions_pb2.DESCRIPTOR.services_by_name["SessionsService"], SessionsServicer(sessions)),
                (users_pb2.DESCRIPTOR.services_by_name["UsersService"], UsersServicer(self._passwords)),
                (teams_pb2.DESCRIPTOR.services_by_name["TeamsService"], TeamsServicer()),
                (intake_keys_pb2.DESCRIPTOR.services_by_name["IntakeKeysService"], IntakeKeysServicer()),
                (signing_keys_pb2.DESCRIPTOR.services_by_name["SigningKeysService"], SigningKeysServicer(ring)),
            )
        ]
        self._peer = LocalPeer(*served)
        methods = [method for service in served for method in service.methods.values()]
        self._changing = {method.path for method in methods if not method.reads and not method.public}
