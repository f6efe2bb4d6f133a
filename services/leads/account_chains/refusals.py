"""What is refused of chains."""

from services.kit.errors import Conflict, Invalid, Refused


class UnknownAffectedContact(Invalid):
    """A pain affects other contacts of the same customer."""

    field = "affected_contact_ids"
    en = "no such other contact of this account: {id}"
    zh = "该客户没有这位其他联系人：{id}"


class UnknownApprover(Invalid):
    """Who approves is a contact of the same customer."""

    field = "approver_id"
    en = "no such contact of this account: {id}"
    zh = "该客户没有这位联系人：{id}"


class ApprovalKnown(Conflict):
    """It was recorded already."""

    field = "approver_id"
    en = "this is recorded already, as {id}"
    zh = "该审批关系已存在：{id}"


class ApprovalContradicted(Refused):
    """Who decides finally is approved by nobody."""

    field = "approver_id"
    en = "a contact who decides finally has no approver: {id} says otherwise"
    zh = "最终决策人没有审批人：与 {id} 矛盾"


class DecisionCycle(Refused):
    """Somebody would approve their own decisions, if by way of others."""

    field = "approver_id"
    en = "the decision chain would go in a circle: {contacts}"
    zh = "决策链不能成环：{contacts}"


class LinkDeleted(Refused):
    """It was deleted."""

    en = "it was deleted; restore it first"
    zh = "已删除，请先恢复"


class LinkStands(Refused):
    """It was not deleted."""

    en = "it was not deleted"
    zh = "未被删除，无需恢复"
