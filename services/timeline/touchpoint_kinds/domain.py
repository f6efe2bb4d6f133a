"""What may pass between us and a customer."""

from dataclasses import dataclass
from enum import StrEnum

from services.kit.errors import Refused


class Category(StrEnum):
    """What sort of touchpoint a kind is."""

    VISIT = "VISIT"
    COMMUNICATION = "COMMUNICATION"
    DOCUMENT = "DOCUMENT"


class UnknownTouchpointKind(Refused):
    """The kind is not in the tenant's catalogue, or out of use."""

    field = "kind"
    en = "{code} is not among the kinds in use"
    zh = "{code} 不在可用的接触点类型之中"


class KindHasCategory(Refused):
    """The kind belongs to another category already, and touchpoints of it stand there."""

    field = "category"
    en = "{code} is of category {category}; make another kind for another category"
    zh = "{code} 属于 {category} 类，其他类别请另建类型"


@dataclass
class TouchpointKind:
    """One kind of the catalogue."""

    code: str
    category: Category
    label_zh: str
    label_en: str
    active: bool = True


PRESET = (
    TouchpointKind("ON_SITE_VISIT", Category.VISIT, "上门", "On-site visit"),
    TouchpointKind("COMPANY_TOUR", Category.VISIT, "参观", "Company tour"),
    TouchpointKind("MEETING", Category.VISIT, "会议", "Meeting"),
    TouchpointKind("BUSINESS_MEAL", Category.VISIT, "商务宴请", "Business meal"),
    TouchpointKind("SOCIAL", Category.VISIT, "应酬", "Social occasion"),
    TouchpointKind("EMAIL", Category.COMMUNICATION, "邮件", "Email"),
    TouchpointKind("QQ", Category.COMMUNICATION, "QQ", "QQ"),
    TouchpointKind("WECHAT", Category.COMMUNICATION, "微信", "WeChat"),
    TouchpointKind("PHONE", Category.COMMUNICATION, "电话", "Phone call"),
    TouchpointKind("SMS", Category.COMMUNICATION, "短信", "Text message"),
    TouchpointKind("COMPANY_PROFILE", Category.DOCUMENT, "公司背景", "Company profile"),
    TouchpointKind("PRODUCT_INTRODUCTION", Category.DOCUMENT, "产品介绍", "Product introduction"),
    TouchpointKind("QUOTE", Category.DOCUMENT, "报价", "Quote"),
    TouchpointKind("PROPOSAL", Category.DOCUMENT, "方案", "Proposal"),
    TouchpointKind("CONTRACT_DOCUMENT", Category.DOCUMENT, "合约", "Contract document"),
    TouchpointKind("MEMO", Category.DOCUMENT, "备忘", "Memo"),
)
"""The shipped catalogue. A tenant's own entry of the same code stands before it."""
