"""Processes as they stand: what ships, overlaid by the tenant's own versions."""

from collections.abc import Sequence
from dataclasses import replace

from services.kit.database import Tx
from services.kit.errors import Conflict, NotFound
from services.opportunities.processes.domain import B2B, Process, Stage, UnknownProcess
from services.opportunities.processes.store import ADD, DEFAULT_CODE, NEWEST, NEWEST_OF, ONE, codec


async def create(tx: Tx, code: str, name: str, stages: Sequence[Stage], is_default: bool) -> Process:
    """Make the next version of a code. Refused: STAGE_TWICE; CONFLICT if somebody else just made one."""
    known = await _newest(tx, code)
    process = Process(
        code=code,
        name=name,
        stages=tuple(stages),
        version=known.version + 1 if known else 1,
        is_default=is_default,
        created_by=tx.principal.user_id,
        create_time=tx.now,
    )
    if not await tx.execute(ADD, **codec.to_row(process)):
        raise Conflict
    return await _marked(tx, process)


async def get(tx: Tx, code: str, version: int) -> Process:
    """One version; the newest if 0. Refused: NOT_FOUND."""
    process = await (_version(tx, code, version) if version else _newest(tx, code))
    if process is None:
        raise NotFound(kind="process", kind_zh="销售流程")
    return await _marked(tx, process)


async def newest(tx: Tx) -> list[Process]:
    """The newest version of every process, by code."""
    found = {B2B.code: B2B}
    found |= {row["code"]: codec.from_row(row) for row in await tx.fetch(NEWEST)}
    default = await _default_code(tx)
    return [replace(found[code], is_default=code == default) for code in sorted(found)]


async def for_new_deal(tx: Tx, code: str) -> Process:
    """The newest version of the code, or of the default if empty. Refused: UNKNOWN_PROCESS."""
    process = await _newest(tx, code or await _default_code(tx))
    if process is None:
        raise UnknownProcess(code=code)
    return process


async def of_running(tx: Tx, code: str, version: int) -> Process:
    """The version that a deal started with."""
    process = await _version(tx, code, version)
    assert process is not None, "versions are never deleted"
    return process


async def _newest(tx: Tx, code: str) -> Process | None:
    row = await tx.fetch_one(NEWEST_OF, code=code)
    if row is None:
        return B2B if code == B2B.code else None
    return codec.from_row(row)


async def _version(tx: Tx, code: str, version: int) -> Process | None:
    if (code, version) == (B2B.code, B2B.version):
        return B2B
    row = await tx.fetch_one(ONE, code=code, version=version)
    return codec.from_row(row) if row else None


async def _default_code(tx: Tx) -> str:
    return await tx.fetch_value(DEFAULT_CODE) or B2B.code


async def _marked(tx: Tx, process: Process) -> Process:
    """With `is_default` as it stands now: a version keeps only whether it was made to be the default."""
    return replace(process, is_default=process.code == await _default_code(tx))
