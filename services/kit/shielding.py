"""Work that is done to its end though its caller goes away."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def shielded(work: Awaitable[Any], seconds: float) -> None:
    """Do it to its end even if the caller has gone: a cancelled commit may be a commit all the same.

    Raises TimeoutError if it takes longer than `seconds`.
    """
    ending = asyncio.ensure_future(work)
    left = None
    try:
        await asyncio.wait([ending], timeout=seconds)
    except asyncio.CancelledError as error:
        left = error
        await asyncio.wait([ending], timeout=seconds)
    if not ending.done():
        ending.cancel()
        raise TimeoutError from left
    if left is not None:
        if not ending.cancelled():
            ending.exception()  # it is heard, so that nobody logs it as lost
        raise left
    ending.result()
