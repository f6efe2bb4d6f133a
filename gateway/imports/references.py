"""What rows name instead of giving an id: users, accounts, contracts, looked up as the user who imports sees them."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from gateway.imports.kinds import method
from gateway.imports.values import Fault

Call = Callable[[str, bytes], Awaitable[bytes]]
"""Calls a read by its gRPC path as the user who imports."""
PAGE = 200
LISTS = {
    ("accounts", "name"): ("dealtrail.leads.v1.AccountsService/ListAccounts", "names"),
    ("contracts", "number"): ("dealtrail.contracts.v1.ContractsService/ListContracts", "numbers"),
}
"""Where things are looked up by what they are called, and the field that takes names; replies hold them by kind."""


class References:
    """Ids by name. A name that several share is no name."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._ids: dict[tuple[str, str], dict[str, set[str]]] = {}

    def know_users(self, users: Iterable[tuple[UUID, str, str]]) -> None:
        """Remember users: id, name for signing in, name as others read it."""
        for user_id, username, name in users:
            self._ids.setdefault(("users", "username"), {}).setdefault(username, set()).add(str(user_id))
            self._ids.setdefault(("users", "name"), {}).setdefault(name, set()).add(str(user_id))

    async def learn(self, names: str, by: str, texts: set[str]) -> None:
        """Look up things of LISTS, those that are not known yet."""
        known = self._ids.setdefault((names, by), {})
        unknown = sorted(texts - known.keys())
        for start in range(0, len(unknown), PAGE):
            asked = unknown[start : start + PAGE]
            known |= {text: set() for text in asked}
            await self._list(names, by, asked, known)

    async def _list(self, names: str, by: str, asked: list[str], known: dict[str, set[str]]) -> None:
        path, field = LISTS[names, by]
        listing, token = method(path), ""
        while True:
            request = listing.input(**{field: asked, "page_size": PAGE, "page_token": token})
            page: Any = listing.output.from_binary(await self._call(listing.path, request.to_binary()))
            for one in getattr(page, names):
                known[getattr(one, by)].add(one.id)
            token = page.next_page_token
            if not token:
                return

    def __call__(self, names: str, by: str, text: str) -> str:
        """The id of the one that is called so. Raises Fault."""
        found = self._ids.get((names, by), {}).get(text.lower() if by == "username" else text, ())
        if len(found) > 1:
            raise Fault(f"several are called {text}; name it by its id", f"有多个名为 {text} 的记录，请改用编号")
        for one in found:
            return one
        raise Fault(f"nobody and nothing in your sight is called {text}", f"在您的可见范围内找不到 {text}")
