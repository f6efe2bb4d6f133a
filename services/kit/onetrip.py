"""Whole transactions in one round trip: the tenant, and who asks, are set by the very statement that needs them.

A round trip is the dearest thing a small transaction does; BEGIN, SET LOCAL and COMMIT are three.
`set_config(…, true)` lasts to the end of the transaction, and a statement sent alone is a
transaction. What must hold is that it runs before row-level security is asked. So every row that
is read or written comes out of a join below the one-row source `t` that sets it: a read is a
LATERAL subquery that refers to `t` and cannot be pulled out of it (OFFSET 0), a write selects its
row FROM t. Should the order ever be another, security fails closed: no rows, nothing inserted.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

SETTING = (
    "SELECT set_config('app.tenant', split_part(${place}, ' ', 1), true)::uuid AS tenant,"
    " set_config('app.me', split_part(${place}, ' ', 2), true) AS me"
)
"""The argument is `whose` of the transaction: tenant and asker as text, with a space between."""
ASKER = "asker"
"""The column that `marked` adds."""
_PLACE = re.compile(r"\$(\d+)")


def reading(text: str, names: Sequence[str]) -> tuple[str, int] | None:
    """A SELECT that sets its own tenant, and which argument tells it, as SETTING says.

    None for a statement that cannot be sent alone: one that is no plain SELECT, locks rows, or
    does not bind `tenant_id` exactly once.
    """
    if not text.startswith("SELECT") or " FOR " in text or list(names).count("tenant_id") != 1:
        return None
    place = list(names).index("tenant_id") + 1
    inner, found = re.subn(rf"\${place}::UUID\b", "t.tenant", text)
    if not found or re.search(rf"\${place}\b", inner):
        return None
    source = SETTING.format(place=place)
    return "SELECT q.* FROM (" + source + ") AS t CROSS JOIN LATERAL (" + inner + " OFFSET 0) AS q", place - 1  # noqa: S608 - statements of ours, values are bound


@lru_cache(maxsize=512)
def marked(text: str, place: int) -> str:
    """What `reading` made, each row with the argument of that place, a number, as ASKER."""
    return text.replace("SELECT q.*", f"SELECT ${place}::int AS {ASKER}, q.*", 1)


@lru_cache(maxsize=512)
def writing(parts: tuple[str, ...], counts: tuple[int, ...]) -> str:
    """Parts as one statement that sets its own tenant: argument 1, as SETTING says; then the parts' own in turn.

    Each is "INSERT INTO x (…) SELECT … FROM t", or "SELECT f(…)" of a volatile function, which runs after the tenant is
    set and before anything is inserted; `counts` are their numbers of arguments.
    """
    inserts, calls, before = [], [], 1
    for number, (text, count) in enumerate(zip(parts, counts, strict=True)):
        moved = _PLACE.sub(lambda found, by=before: f"${int(found[1]) + by}", text)  # type: ignore[misc] # binds the present value
        if moved.startswith("SELECT"):
            calls.append(f" CROSS JOIN LATERAL ({moved} WHERE t.tenant IS NOT NULL OFFSET 0) AS c{number}")
        else:
            inserts.append(f", i{number} AS ({moved})")
        before += count
    source = f"WITH t AS MATERIALIZED ({SETTING.format(place=1)})"
    return f"{source}{''.join(inserts)} SELECT FROM t{''.join(calls)}"


def joined(whose: str, parts: Sequence[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    """Parts and their arguments as one statement (see `writing`), and all its arguments."""
    text = writing(tuple(text for text, _ in parts), tuple(len(given) for _, given in parts))
    return text, [whose, *(one for _, given in parts for one in given)]


def from_source(insert: str) -> str:
    """ "INSERT … VALUES (…)" as "INSERT … SELECT … FROM t"."""
    head, _, row = insert.partition(" VALUES (")
    return head + " SELECT " + row.rstrip().removesuffix(")") + " FROM t"  # noqa: S608 - statements of ours
