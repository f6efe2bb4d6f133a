"""An import on its way, and why a file or a mapping is refused."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.kit.errors import Conflict, Exhausted, Invalid, NotFound, Refused

PATH = "/v1/imports"
"""Where a file comes in."""
MAX_BYTES = 10 << 20
FORM_BYTES = 256 << 10
"""How much longer than its file a request may be."""
MAX_ROWS = 200_000
MAX_COLUMNS = 500
KEPT = timedelta(days=7)
"""How long the file and the refused rows are kept."""


class FileEmpty(Invalid):
    """There is no row below the header."""

    field = "file"
    en = "the file has no rows below its header"
    zh = "文件中除表头外没有数据"


class FileFormatUnknown(Invalid):
    """The content is neither text nor a workbook that we read."""

    field = "file"
    en = "send CSV in UTF-8 or GB18030, or XLSX without a password"
    zh = "请上传 UTF-8 或 GB18030 编码的 CSV，或未加密的 XLSX"


class FileMalformed(Invalid):
    """The file breaks the rules of its own format."""

    field = "file"
    en = "the file cannot be read: {fault}"
    zh = "无法读取文件：{fault}"


class FileTooLong(Invalid):
    """The file has more rows or columns than one import takes."""

    field = "file"
    en = "an import takes at most {rows} rows of {columns} columns; split the file"
    zh = "单次导入最多 {rows} 行、{columns} 列，请拆分文件"


class FileUnpacksTooLarge(Invalid):
    """The workbook is small only because it is packed: nobody's table looks like that."""

    field = "file"
    en = "the workbook unpacks to more than is plausible"
    zh = "工作簿解压后过大"


class TooManyImports(Exhausted):
    """The tenant has as many unfinished imports as it may have."""

    en = "{limit} imports are under way already; wait for one to end"
    zh = "已有 {limit} 个导入正在进行，请稍后再试"


class ImportUnderWay(Conflict):
    """The file is still needed."""

    en = "an import of this file is under way"
    zh = "该文件正在导入"


class OperationEnded(Refused):
    """There is nothing left to stop."""

    en = "the operation has ended: {state}"
    zh = "该操作已结束：{state}"


class ErrorsDeleted(NotFound):
    """The refused rows were kept for seven days."""

    en = "the refused rows have been deleted"
    zh = "被拒绝的数据行已删除"


class OwnerLeft(Refused):
    """The operation runs as its owner, who may do nothing any more."""

    en = "the user who started it is no longer active"
    zh = "发起导入的用户已停用"


class State(StrEnum):
    """Where an operation stands; see proto/dealtrail/imports/v1/operations.proto."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        """Whether nothing comes after it."""
        return self not in (State.PENDING, State.RUNNING)


@dataclass
class Rows:
    """The rows of a file by what has become of them; `done` is the sum of created, existed and refused."""

    total: int = 0
    done: int = 0
    created: int = 0
    existed: int = 0
    refused: int = 0
    noted: int = 0
    """Of those created, the ones of which the service says something, such as that they are held."""


@dataclass
class Operation:
    """An import."""

    id: UUID
    kind: str
    owner_id: UUID
    team_id: UUID | None
    create_time: datetime
    update_time: datetime
    rows: Rows
    file_name: str
    columns: dict[str, Any]
    """What its file is read by: `header`, `delimiter`, `digest`, the `mapping` as given, the `orders` of dates."""
    dry_run: bool = False
    state: State = State.PENDING
    reason: str = ""
    message: str = ""
    collaborators: list[UUID] = field(default_factory=list)
    end_time: datetime | None = None
    version: int = 1

    def cancel(self, now: datetime) -> None:
        """Stop it. Refused: OPERATION_ENDED."""
        if self.state.final and self.state is not State.CANCELLED:
            raise OperationEnded(state=self.state)
        self.state = State.CANCELLED
        self.end_time = self.end_time or now

    def errors_url(self, now: datetime) -> str:
        """Where its refused and noted rows are, as long as they are kept."""
        kept = (self.rows.refused or self.rows.noted) and now < self.create_time + KEPT
        return f"/v1/operations/{self.id}/errors" if kept else ""
