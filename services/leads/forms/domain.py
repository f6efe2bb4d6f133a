"""A campaign page with what it asks, and what an answer must be."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.kit.errors import Invalid, Refused, Violated

THANKS = "提交成功，我们会尽快与您联系。"
MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
LANDLINE = re.compile(r"(0[0-9]{2,3})([2-9][0-9]{6,7})")
EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
SPACES = re.compile(r"[\s()（）-]")
Fault = tuple[str, str]
"""What is wrong, in English and Chinese."""


class FormState(StrEnum):
    """Whether people can fill a form."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    CLOSED = "CLOSED"


class FieldKind(StrEnum):
    """What a field asks for."""

    COMPANY = "COMPANY"
    NAME = "NAME"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    TEXT = "TEXT"
    LONG_TEXT = "LONG_TEXT"
    CHOICE = "CHOICE"


OF_LEADS = {
    FieldKind.COMPANY: "company",
    FieldKind.NAME: "contact_name",
    FieldKind.PHONE: "phone",
    FieldKind.EMAIL: "email",
}
"""What becomes a field of the lead, and which; all else becomes an attribute."""


class FormClosed(Refused):
    """The form is over for good."""

    en = "the form is closed"
    zh = "该页面已关闭"


class FormNotPublished(Refused):
    """The form is not open to the public."""

    en = "the form is not published"
    zh = "该页面尚未发布"


class FormWithoutPhone(Invalid):
    """Nobody could be called back, and nobody told from anybody else."""

    field = "fields"
    en = "exactly one field must ask for a phone, and it must be required"
    zh = "必须有且只有一个必填的电话字段"


class FieldNameRepeated(Invalid):
    """Two fields have one name."""

    field = "fields"
    en = "two fields are named {name}"
    zh = "有两个字段都叫 {name}"


class FieldKindRepeated(Invalid):
    """Two fields would become the same field of the lead."""

    field = "fields"
    en = "two fields ask for {kind}"
    zh = "有两个字段都是 {kind}"


class ChoicesMissing(Invalid):
    """There is nothing to choose from."""

    field = "fields"
    en = "{name} offers nothing to choose"
    zh = "{name} 没有可选项"


class NoSuchPictureFormat(Invalid):
    """The bytes are no picture that a page shows."""

    field = "content"
    en = "must be a PNG, JPEG or WebP picture"
    zh = "只支持 PNG、JPEG 或 WebP 图片"


@dataclass(frozen=True)
class FormField:
    """Something that a form asks."""

    name: str
    kind: FieldKind
    label: str
    required: bool = False
    max_length: int = 0
    choices: list[str] = field(default_factory=list)
    hint: str = ""

    @property
    def longest(self) -> int:
        """How many characters an answer has at most."""
        return self.max_length or (1000 if self.kind is FieldKind.LONG_TEXT else 100)

    def fault(self, answer: str) -> Fault | None:
        """What is wrong with an answer, in English and Chinese; None if nothing is."""
        if not answer:
            return ("is required", f"请填写{self.label}") if self.required else None
        if len(answer) > self.longest:
            return f"has more than {self.longest} characters", f"不能超过 {self.longest} 个字"
        if self.kind is FieldKind.PHONE and not plain_number(answer):
            return "is no phone number", "请填写正确的手机号或带区号的座机号"
        if self.kind is FieldKind.EMAIL and not EMAIL.fullmatch(answer):
            return "is no mail address", "请填写正确的邮箱地址"
        if self.kind is FieldKind.CHOICE and answer not in self.choices:
            return "is not among the choices", "请选择其中一项"
        return None


@dataclass
class Form:
    """A campaign page."""

    id: UUID
    title: str
    campaign_id: UUID
    consent_text: str
    create_time: datetime
    update_time: datetime
    texts: list[str] = field(default_factory=list)
    fields: list[FormField] = field(default_factory=list)
    consent_version: int = 1
    thanks: str = THANKS
    pictures: int = 0
    state: FormState = FormState.DRAFT
    version: int = 1

    def must_be_fillable(self) -> None:
        """Refused: FORM_WITHOUT_PHONE, FIELD_NAME_REPEATED, FIELD_KIND_REPEATED, CHOICES_MISSING."""
        phones = [one for one in self.fields if one.kind is FieldKind.PHONE]
        if len(phones) != 1 or not phones[0].required:
            raise FormWithoutPhone
        for name, count in Counter(one.name for one in self.fields).items():
            if count > 1:
                raise FieldNameRepeated(name=name)
        for kind, count in Counter(one.kind for one in self.fields).items():
            if count > 1 and kind in OF_LEADS:
                raise FieldKindRepeated(kind=kind)
        for one in self.fields:
            if one.kind is FieldKind.CHOICE and not one.choices:
                raise ChoicesMissing(name=one.name)

    def consent_to(self, text: str) -> None:
        """Ask for consent to another text, which is another version."""
        if text != self.consent_text:
            self.consent_text = text
            self.consent_version += 1

    def publish(self) -> None:
        """Open it to the public. Refused: FORM_CLOSED."""
        self.must_not_be_closed()
        self.state = FormState.PUBLISHED

    def close(self) -> None:
        """End it for good."""
        self.state = FormState.CLOSED

    def must_not_be_closed(self) -> None:
        """Refused: FORM_CLOSED."""
        if self.state is FormState.CLOSED:
            raise FormClosed

    def must_be_published(self) -> None:
        """Refused: FORM_CLOSED, FORM_NOT_PUBLISHED."""
        self.must_not_be_closed()
        if self.state is not FormState.PUBLISHED:
            raise FormNotPublished

    def taken(self, answers: Mapping[str, str], consented: bool) -> "Taken":
        """What the answers say. Refused: INVALID, naming each field at fault; answers to nothing are not looked at."""
        given = {one.name: answers.get(one.name, "").strip() for one in self.fields}
        faults = [(f"answers.{one.name}", *fault) for one in self.fields if (fault := one.fault(given[one.name]))]
        if not consented:
            faults.append(("consent", "is required", "请阅读并同意后再提交"))
        if faults:
            raise Violated(*faults)
        taken = Taken()
        for one in self.fields:
            if place := OF_LEADS.get(one.kind):
                setattr(taken, place, given[one.name])
            elif given[one.name]:
                taken.attributes[one.label] = given[one.name]
        taken.phone = plain_number(taken.phone)
        return taken


@dataclass
class Taken:
    """What somebody told by filling a form."""

    company: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def plain_number(text: str) -> str:
    """A Chinese phone number without spaces and country code; "" if it is none."""
    digits = SPACES.sub("", text)
    if mobile := MOBILE.fullmatch(digits):
        return mobile[1]
    if landline := LANDLINE.fullmatch(digits):
        return f"{landline[1]}-{landline[2]}"
    return ""


def picture_type(content: bytes) -> str:
    """The media type of a picture, by its first bytes. Refused: NO_SUCH_PICTURE_FORMAT."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    raise NoSuchPictureFormat
