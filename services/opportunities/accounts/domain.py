"""What a deal may not refer to."""

from services.kit.errors import Invalid


class UnknownAccount(Invalid):
    """The account is not there, or out of the caller's sight."""

    field = "account_id"
    en = "no such account in your sight"
    zh = "找不到该客户"


class UnknownLead(Invalid):
    """The lead is not there, or out of the caller's sight."""

    field = "lead_id"
    en = "no such lead in your sight"
    zh = "找不到该线索"


class UnknownContact(Invalid):
    """The contact is not there, or out of the caller's sight."""

    field = "contact_id"
    en = "no such contact in your sight"
    zh = "找不到该联系人"
