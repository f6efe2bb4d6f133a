"""The sweep over every route: what is out of sight must be as if it were not there.

Somebody who owns nothing of what is asked for sends the ids of a victim, and once more ids that nothing
has: both must be answered alike, to the letter, and change nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.sweeps.access import roles
from tests.sweeps.bodies import template
from tests.sweeps.operations import NEW, Operation, Path, known_kind, placed, stranger_to_all
from tests.sweeps.world import World

OF_THE_COMPANY = frozenset(
    {
        *("user", "team", "product", "process", "cycle", "checklist", "campaign", "form", "raciChart"),
        *("callScript", "marketSize", "nurturePlan"),
    }
)
"""What all who work for a tenant may know of: they name each other as owners and sell the same things."""
UNCHECKED = frozenset(
    {
        # A policy for a team that is not there matches no lead.
        ("setSlaPolicy", "team"),
        # The parent may come later in the same import.
        ("batchCreateAccounts", "account"),
    }
)
"""References that are kept as they are given, whatever they name."""
ELSEWHERE = frozenset({("overrideExclusivity", "user"), ("openReviewBoard", "user")})
"""References that need more than own things: tried in test_an_exclusive_lead_is_its_reps_alone.py and in
tests/integration/leads/test_review_boards.py."""
OPEN_ANSWER = frozenset({"listTimeline", "listTimeline2", "listTimeline3"})
"""Routes that answer an empty page for what is not there: the timeline does not say whether an account exists."""


@dataclass
class Intruder:
    """Somebody with rights of their own, from whom the victim's things are hidden."""

    name: str
    role: str
    world: World
    knows: frozenset[str] = frozenset()
    """Kinds of things that are not hidden from this one."""
    tried: set[str] = field(default_factory=set)
    """The operations that were tried so far."""


class Sweep:
    """Tries everything that an intruder can with the victim's ids. What comes of it is a list of faults in words."""

    def __init__(self, operations: Iterable[Operation], victim: World, intruder: Intruder) -> None:
        self.operations = [one for one in operations if not one.public and intruder.role in roles(one)]
        self.victim = victim
        self.intruder = intruder
        self._hidden = {kind: id for kind, id in victim.ids.items() if kind not in intruder.knows}

    async def paths(self) -> list[str]:
        """Ids of the victim's in the path of every route: NOT_FOUND, as for an id that nothing has."""
        faults = []
        for operation in self.operations:
            hidden = [kind for _, kind in operation.targets if kind in self._hidden]
            if not hidden or operation.targets[0][1] in self.intruder.knows:
                continue
            self.intruder.tried.add(operation.id)
            ids = {name: self._hidden[kind] for name, kind in operation.targets}
            fakes = {name: stranger_to_all() if "Id" in name or name == "id" else "NOBODYS" for name in ids}
            body = await self.intruder.world.filled(template(operation)) if operation.body is not None else None
            real = await self._ask(operation, ids, body)
            fake = await self._ask(operation, fakes, body)
            if real.status_code != (200 if operation.id in OPEN_ANSWER else 404):
                faults.append(f"{operation.id} with a hidden id: {real.status_code} {real.text[:300]}")
            faults += self._different(operation, real, fake, ids.values(), fakes.values())
        return faults

    async def references(self) -> list[str]:
        """Ids of the victim's in every body: refused, as an id that nothing has; one's own id is taken."""
        faults = []
        for operation in self.operations:
            for where, kind in operation.references():
                self.intruder.tried.add(operation.id)
                if kind in self._hidden and (operation.id, kind) not in ELSEWHERE:
                    faults += await self._reference(operation, where, kind)
        return faults

    async def taken_ids(self) -> list[str]:
        """Ids of the victim's given to new things: free in another tenant, taken in the same, and nothing told."""
        faults = []
        for operation in self.operations:
            for where, kind in operation.references():
                if kind == NEW.kind:
                    faults += await self._taken_id(operation, where)
        return faults

    async def filters(self) -> list[str]:
        """Ids of the victim's in every query: answered as an id that nothing has."""
        faults = []
        for operation in self.operations:
            if any(kind in self.intruder.knows for _, kind in operation.targets):
                continue
            for name, kind in operation.asked():
                if kind not in self.victim.ids:
                    continue
                self.intruder.tried.add(operation.id)
                own = {key: await self.intruder.world.own(target) for key, target in operation.targets}
                real_id, fake_id = self.victim.ids[kind], stranger_to_all()
                real = await self._ask(operation, own, None, operation.needed | {name: real_id})
                fake = await self._ask(operation, own, None, operation.needed | {name: fake_id})
                if kind in self._hidden:
                    faults += self._different(operation, real, fake, [real_id], [fake_id])
                else:
                    faults += self._leaks(operation, real)
        return faults

    async def lists(self) -> list[str]:
        """Every list, count, analysis and export: nothing of the victim's is in it, however one looks for it."""
        faults = []
        for operation in self.operations:
            if not operation.reads or operation.targets or operation.streams:
                continue
            self.intruder.tried.add(operation.id)
            for query in _ways_to_look(operation, self.victim.mark):
                answer = await self._ask(operation, {}, None, query)
                if answer.status_code != 200:
                    faults.append(f"{operation.id} {query}: {answer.status_code} {answer.text[:300]}")
                faults += self._leaks(operation, answer)
        return faults

    async def _reference(self, operation: Operation, where: Path, kind: str) -> list[str]:
        own, fake_id, real_id = await self.intruder.world.own(kind), stranger_to_all(), self._hidden[kind]
        answers, targets = [], []
        for value in (real_id, fake_id, own):
            ids = {name: await self.intruder.world.own(target) for name, target in operation.targets}
            body = await self.intruder.world.filled(template(operation, where))
            answers.append(await self._ask(operation, ids, placed(body, where, value)))
            targets.append(list(ids.values()))
        real, fake, mine = answers
        at = f"{operation.id} {'.'.join(map(str, where))}"
        if (operation.id, kind) in UNCHECKED:
            faults = self._leaks(operation, real, real_id)
        else:
            faults = self._different(operation, real, fake, [real_id, *targets[0]], [fake_id, *targets[1]])
            if not _refused(real):
                faults.append(f"{at} took a hidden {kind}: {real.text[:300]}")
        if _refused(mine):
            faults.append(f"{at} did not take one's own {kind}, so the refusal proves nothing: {mine.text[:300]}")
        return faults

    async def _taken_id(self, operation: Operation, where: Path) -> list[str]:
        kind = known_kind(operation.collection.removesuffix("s") + "Id", "") or ""
        if kind not in self._hidden:
            return []
        body = await self.intruder.world.filled(template(operation, where))
        answer = await self._ask(operation, {}, placed(body, where, self._hidden[kind]))
        faults = self._leaks(operation, answer, self._hidden[kind])
        if not _refused(answer) and self.intruder.knows:
            faults.append(f"{operation.id} answers to an id that is another's as if it saw it: {answer.text[:300]}")
        if answer.status_code >= 500:
            faults.append(f"{operation.id} with an id that is taken: {answer.text[:300]}")
        return faults

    async def _ask(
        self, operation: Operation, ids: dict[str, str], body: Any, query: dict[str, Any] | None = None
    ) -> httpx.Response:
        path = operation.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        if query:
            path += f"?{httpx.QueryParams(query)}"
        headers = {"idempotency_key": str(uuid4())} if not operation.reads else {}
        if operation.method == "PATCH":
            standing = await self.intruder.world.person.ask("GET", path)
            headers["if_match"] = standing.headers.get("etag", '"1"')
        return await self.intruder.world.person.ask(operation.method, path, body, **headers)

    def _different(
        self,
        operation: Operation,
        real: httpx.Response,
        fake: httpx.Response,
        real_ids: Iterable[str],
        fake_ids: Iterable[str],
    ) -> list[str]:
        told, untold = _told(real, real_ids), _told(fake, fake_ids)
        found = self._leaks(operation, real, *real_ids)
        if told != untold:
            found.append(f"{operation.id} tells a hidden id from none: {told} and {untold}")
        return found

    def _leaks(self, operation: Operation, answer: httpx.Response, *sent: str) -> list[str]:
        hidden = {self.victim.mark, *self._hidden.values()} - set(sent)
        return [f"{operation.id} shows {word}: {answer.text[:300]}" for word in hidden if word in answer.text]


def _ways_to_look(operation: Operation, mark: str) -> Iterator[dict[str, Any]]:
    yield operation.needed
    if "format" in operation.query:
        yield operation.needed | {"format": "csv"}
    if "q" in operation.query:
        yield operation.needed | {"q": mark}
    for name, schema in operation.query.items():
        for value in schema.get("enum", ()):
            if name != "format":
                yield operation.needed | {name: value}


def _told(answer: httpx.Response, ids: Iterable[str]) -> tuple[int, str]:
    """An answer without what differs from one call to the next."""
    text = answer.text
    for number, id in enumerate(ids):
        text = text.replace(id, f"<{number}>")
    if answer.headers.get("content-type", "").startswith("application/problem"):
        text = text.replace(answer.json().get("traceId", "-"), "<trace>")
    return answer.status_code, text


def _refused(answer: httpx.Response) -> bool:
    if answer.status_code != 200:
        return True
    results = answer.json().get("results", [])
    return any(result["outcome"] == "REFUSED" for result in results)
