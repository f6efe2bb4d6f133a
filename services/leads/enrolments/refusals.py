"""Why a lead is not nurtured, or a step does not come to a result."""

from services.kit.errors import Invalid, Refused


class LeadOfNobody(Refused):
    """Nobody works the lead, so nobody nurtures it."""

    en = "the lead lies in the pool; somebody must claim it first"
    zh = "线索在公海中，请先领取"


class PlanNotInUse(Refused):
    """There is no such plan, or it is out of use."""

    field = "plan"
    en = "{plan} is not among the nurturing plans in use"
    zh = "{plan} 不在可用的培育计划之中"


class NoCadence(Refused):
    """The plan does nothing for leads of that temperature."""

    field = "plan"
    en = "the plan {plan} has no cadence for leads that are {temperature}"
    zh = "培育计划 {plan} 没有针对 {temperature} 线索的培育节奏"


class AlreadyEnrolled(Refused):
    """The lead follows a plan already."""

    en = "the lead follows the plan {plan} already; end that first"
    zh = "线索已在培育计划 {plan} 中，请先结束"


class EnrolmentEnded(Refused):
    """The lead does not follow the plan any more."""

    en = "the enrolment has ended ({reason}); enrol the lead anew"
    zh = "该培育已结束（{reason}），请重新加入培育计划"


class EnrolmentPaused(Refused):
    """Nothing is due while the plan rests."""

    en = "the enrolment is paused; resume it first"
    zh = "该培育已暂停，请先恢复"


class EnrolmentNotPaused(Refused):
    """There is nothing to resume."""

    en = "the enrolment is not paused"
    zh = "该培育未暂停"


class StepSettled(Refused):
    """The step has come to a result, or is not to be done any more."""

    en = "the step is {state}; only one that is PLANNED comes to a result"
    zh = "该培育步骤当前为 {state}，只有待执行的步骤可以登记结果"


class SkipReasonMissing(Invalid):
    """A step is left out, and nobody says why."""

    field = "note"
    en = "say why the step is skipped"
    zh = "请填写跳过该步骤的原因"
