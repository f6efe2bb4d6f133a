"""A process, its stages, and the order in which a deal goes through them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from services.kit.errors import Invalid, Refused


class UnknownProcess(Refused):
    """The tenant has no process of that code."""

    field = "process"
    en = "there is no process {code}"
    zh = "没有名为 {code} 的销售流程"


class UnknownStage(Refused):
    """The process version of the deal has no stage of that code."""

    field = "stage"
    en = "process {process} version {version} has no stage {stage}"
    zh = "销售流程 {process} 第 {version} 版没有阶段 {stage}"


class NoNextStage(Refused):
    """The deal stands in the last stage: it can only be won or lost, or go back."""

    en = "{stage} is the last stage; win the deal or lose it"
    zh = "{stage} 已是最后阶段，只能赢单或丢单"


class StageTwice(Invalid):
    """Two stages of a process have one code."""

    field = "stages"
    en = "the stage {stage} stands there twice"
    zh = "阶段 {stage} 重复"


@dataclass(frozen=True)
class Stage:
    """One stage, with the buyer's step that it follows and what must be seen before a deal leaves it forward."""

    code: str
    label: str
    buyer_step: str = ""
    expected_days: int = 0
    probability: int = 0
    exit_milestones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Process:
    """One version of a process. It never changes: deals that started with it keep it."""

    code: str
    name: str
    stages: tuple[Stage, ...]
    version: int = 1
    is_default: bool = False
    created_by: UUID | None = None
    create_time: datetime | None = None

    def __post_init__(self) -> None:
        """Refused: STAGE_TWICE."""
        seen: set[str] = set()
        for stage in self.stages:
            if stage.code in seen:
                raise StageTwice(stage=stage.code)
            seen.add(stage.code)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {stage.code: place for place, stage in enumerate(self.stages)}

    def place(self, code: str) -> int:
        """Where the stage stands among the others, from 0. Refused: UNKNOWN_STAGE."""
        if code not in self._places:
            raise UnknownStage(process=self.code, version=self.version, stage=code)
        return self._places[code]

    def stage(self, code: str) -> Stage:
        """The stage of that code; the first if empty. Refused: UNKNOWN_STAGE."""
        return self.stages[self.place(code) if code else 0]

    def after(self, code: str) -> Stage:
        """The next stage. Refused: NO_NEXT_STAGE."""
        place = self.place(code) + 1
        if place == len(self.stages):
            raise NoNextStage(stage=code)
        return self.stages[place]


B2B = Process(
    code="B2B",
    name="企业客户销售流程",
    stages=(
        Stage(
            "CONTACT",
            "初步接触",
            "察觉问题，了解可行办法",
            14,
            10,
            ("客户说出要解决的问题", "约定下次会面的时间与参加人"),
        ),
        Stage("NEED", "需求确认", "明确需求，内部立项", 21, 25, ("客户书面确认需求", "客户说明预算来源与决策流程")),
        Stage("SOLUTION", "方案认可", "征集并评估方案", 21, 40, ("使用部门认可方案", "决策人参加方案汇报")),
        Stage("EVALUATION", "评估比选", "比较供应商，排除风险", 30, 60, ("客户完成测试或样板考察", "客户确认我方入围")),
        Stage("NEGOTIATION", "商务谈判", "商谈价格与条款", 14, 80, ("双方就价格与付款条件达成一致",)),
        Stage("SIGNING", "合同审批", "内部审批，签订合同", 10, 90, ("客户启动合同审批用印",)),
    ),
)
"""What ships, as version 1 of its code. A tenant's own versions of that code count from 2."""
