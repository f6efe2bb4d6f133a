"""UsersService: decode, do one operation, encode."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from dealtrail.identity.v1 import users_pb2 as pb
from dealtrail.type.v1 import access_pb2

from gateway.identity.passwords import Passwords
from gateway.identity.users import operations
from gateway.identity.users.domain import Role, User, must_not_be_above, sign_in_name
from gateway.identity.users.operations import Newcomers
from gateway.identity.users.store import certain_colleagues, codec, colleagues, listing, users
from services.kit.batch import Batch
from services.kit.database import Tx
from services.kit.ids import new_id
from services.kit.replies import PageReply, RowReply


class UsersServicer:
    """See proto/dealtrail/identity/v1/users.proto."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords

    async def CreateUser(self, request: pb.CreateUserRequest, tx: Tx) -> pb.User:
        hashes = await self._hashes(tx, [request])
        newcomers = await _begin(tx, [request])
        user = newcomers.check(_user(tx, request))
        await newcomers.add([(user, hashes.get(user.username, ""))])
        return codec.row_to_message(await users.row(tx, user.id))

    async def BatchCreateUsers(self, request: pb.BatchCreateUsersRequest, tx: Tx) -> pb.BatchCreateUsersResponse:
        hashes = await self._hashes(tx, request.users)
        newcomers = await _begin(tx, request.users)

        async def build(item: pb.CreateUserRequest) -> User:
            return newcomers.check(_user(tx, item))

        batch = await Batch.read(request.users, build)
        batch.record(await newcomers.add([(user, hashes.get(user.username, "")) for user in batch.accepted]))
        return pb.BatchCreateUsersResponse(results=batch.results)

    async def GetUser(self, request: pb.GetUserRequest, tx: Tx) -> RowReply[pb.User]:
        return codec.reply(await users.row(tx, UUID(request.id)))

    async def ListUsers(self, request: pb.ListUsersRequest, tx: Tx) -> PageReply[pb.ListUsersResponse]:
        return await listing.reply(tx, request, pb.ListUsersResponse, codec)

    async def UpdateUser(self, request: pb.UpdateUserRequest, tx: Tx) -> pb.User:
        user = await operations.update(
            tx,
            UUID(request.id),
            display_name=request.display_name.strip() if request.HasField("display_name") else None,
            role=Role[access_pb2.Role.Name(request.role)] if request.HasField("role") else None,
            team_id=UUID(request.team_id) if request.team_id else None,
            moves=request.HasField("team_id"),
        )
        return codec.to_message(user)

    async def DeactivateUser(self, request: pb.DeactivateUserRequest, tx: Tx) -> pb.User:
        return codec.to_message(await operations.deactivate(tx, UUID(request.id)))

    async def ReactivateUser(self, request: pb.ReactivateUserRequest, tx: Tx) -> pb.User:
        return codec.to_message(await operations.reactivate(tx, UUID(request.id)))

    async def SetPassword(self, request: pb.SetPasswordRequest, tx: Tx) -> pb.User:
        user = await users.get(tx, UUID(request.id))
        must_not_be_above(tx.principal.role, user.role)
        [password_hash] = await self._passwords.hashes([request.password])
        return codec.to_message(await operations.set_password(tx, user.id, password_hash))

    async def ListColleagues(self, request: pb.ListColleaguesRequest, tx: Tx) -> pb.ListColleaguesResponse:
        rows, token = await (certain_colleagues if request.ids else colleagues).page(tx, request)
        found = [
            pb.Colleague(
                id=str(row["id"]),
                display_name=row["display_name"],
                team_id=str(row["team_id"] or ""),
                active=row["active"],
            )
            for row in rows
        ]
        return pb.ListColleaguesResponse(colleagues=found, next_page_token=token)

    async def _hashes(self, tx: Tx, requests: Sequence[pb.CreateUserRequest]) -> dict[str, str]:
        """The hashes of first passwords by name for signing in, made before anything is held against others."""
        known = await operations.known(tx, _given_ids(requests))
        passwords: dict[str, str] = {}
        for one in requests:
            if one.password and not known.intersection(_given_ids([one])):
                passwords.setdefault(sign_in_name(one.username), one.password)
        return dict(zip(passwords, await self._passwords.hashes(list(passwords.values())), strict=True))


async def _begin(tx: Tx, requests: Sequence[pb.CreateUserRequest]) -> Newcomers:
    return await Newcomers.begin(tx, [sign_in_name(one.username) for one in requests])


def _given_ids(requests: Sequence[pb.CreateUserRequest]) -> list[UUID]:
    found = []
    for one in requests:
        with suppress(ValueError):
            # What is no id is refused when the item is checked.
            found.append(UUID(one.id))
    return found


def _user(tx: Tx, request: pb.CreateUserRequest) -> User:
    return User(
        id=UUID(request.id) if request.id else new_id(),
        username=sign_in_name(request.username),
        display_name=request.display_name.strip(),
        role=Role[access_pb2.Role.Name(request.role)],
        team_id=UUID(request.team_id) if request.team_id else None,
        sessions_from=tx.now,
        create_time=tx.now,
        update_time=tx.now,
    )
