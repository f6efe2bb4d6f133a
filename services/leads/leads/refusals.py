"""Why something may not happen to a lead."""

from services.kit.errors import Invalid, Refused


class LeadIdTaken(Refused):
    """The id is that of a lead which is not in the caller's sight."""

    field = "id"
    en = "this id is taken"
    zh = "该编号已被占用"


class LeadTypeReserved(Invalid):
    """The name is that of a checklist which judges no leads."""

    field = "lead_type"
    en = "{lead_type} judges no leads; name the type of lead otherwise"
    zh = "{lead_type} 为系统保留名称，不可用作线索类型"


class LeadNotOpen(Refused):
    """The lead was converted, discarded or merged already."""

    en = "the lead is {status} and can no longer be changed"
    zh = "线索已处于 {status} 状态，不能再修改"


class LeadNotNew(Refused):
    """The lead was judged already."""

    en = "the lead is {status}; only a NEW one can be qualified"
    zh = "线索当前为 {status}，只有新线索可以判定"


class LeadNotDiscarded(Refused):
    """Only what was given up can be taken up again."""

    en = "the lead is {status}; only a DISCARDED one can be reopened"
    zh = "线索当前为 {status}，只有已放弃的线索可以重新激活"


class DiscardPending(Refused):
    """Its owner asked to give it up, and nobody has decided that yet."""

    en = "the lead waits for a second look at giving it up for {reason}"
    zh = "线索因 {reason} 申请放弃，正待复核"


class LeadNotQualified(Refused):
    """The lead was not judged worth pursuing, so nothing can be made of it."""

    en = "the lead is {status}; only a QUALIFIED one can be converted"
    zh = "线索当前为 {status}，只有合格线索可以转化"


class LeadMerged(Refused):
    """It was merged into another lead, where the work goes on."""

    en = "the lead was merged into {into}"
    zh = "该线索已并入 {into}"


class LeadHeld(Refused):
    """A collision holds the lead: the company may be another's customer."""

    en = "the lead is held by collision {collision_id}; it can be worked once that is awarded to its owner"
    zh = "线索因撞单 {collision_id} 被冻结，裁定归属后方可跟进"


class LeadErased(Refused):
    """The person's data was erased; nothing of it is recorded anew."""

    en = "the person's data was erased; record a new lead"
    zh = "该个人的数据已被删除，请新建线索"


class LeadExclusive(Refused):
    """The lead came by its owner's own link: it is worked by nobody else, and handed to nobody."""

    en = "the lead came by its owner's own link and stays with its owner"
    zh = "该线索来自负责人的专属链接，只能由负责人本人跟进"


class LeadNotExclusive(Refused):
    """The lead is nobody's alone, so there is nothing to override."""

    en = "the lead is not exclusive to anybody"
    zh = "该线索不是专属线索"


class DueDateMissing(Invalid):
    """A lead is to become a task that is due by no day."""

    field = "due_date"
    en = "a task needs a day by which it is due"
    zh = "转为任务时请填写截止日期"


class OutcomeBeforeCapture(Refused):
    """Something became of the lead before it was there."""

    field = "outcome_time"
    en = "the outcome is earlier than the capture of the lead"
    zh = "结果时间早于线索获取时间"
