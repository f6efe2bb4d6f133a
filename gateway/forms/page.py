"""The public pages as HTML. Whatever comes from data is escaped; nothing is fetched from anywhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from wire.dealtrail.leads.v1.forms_pb import Form, FormField

from gateway.forms.look import SCRIPT, STYLE

Kind = FormField.Kind
PHONE = r"[+0-9 ()（）\-]{7,20}"
"""What a browser lets through; the service looks closer."""
TYPES = {Kind.PHONE: "tel", Kind.EMAIL: "email"}
COMPLETE = {Kind.PHONE: "tel", Kind.EMAIL: "email", Kind.NAME: "name", Kind.COMPANY: "organization"}
FAULTS = {Kind.PHONE: "请填写正确的手机号或带区号的座机号", Kind.EMAIL: "请填写正确的邮箱地址"}
TRAP = "website"
"""A field that people do not see; whoever fills it is none."""
UTM = ("source", "medium", "campaign", "term", "content")


@dataclass(frozen=True)
class Filled:
    """What stands in a form when it is shown: nothing, or what somebody sent that did not fit."""

    answers: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    """By the name of the field; "consent" for the consent."""
    utm: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""


def document(title: str, body: str) -> bytes:
    """A whole page."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    ).encode()


def form_page(path: str, form: Form, filled: Filled) -> bytes:
    """The page of a form, at its own path."""
    texts = "".join(f"<p>{escape(text)}</p>" for text in form.texts)
    pictures = "".join(
        f'<img src="{escape(path)}/pictures/{number}" alt="" loading="lazy">' for number in range(1, form.pictures + 1)
    )
    notice = f'<p class="notice" role="alert">{escape(filled.notice)}</p>' if filled.notice else ""
    fields = "".join(_field(one, filled) for one in form.fields)
    hidden = "".join(
        f'<input type="hidden" name="utm_{name}" value="{escape(filled.utm[name])}">'
        for name in UTM
        if filled.utm.get(name)
    )
    body = (
        f"<h1>{escape(form.title)}</h1>{texts}{pictures}{notice}"
        f'<form method="post" action="{escape(path)}" accept-charset="utf-8">{fields}{hidden}{_trap()}'
        f'<input type="hidden" name="consent_version" value="{form.consent_version}">{_consent(form, filled)}'
        '<button type="submit">提交</button></form>'
        f'<form method="post" action="{escape(path)}/share"><button class="plain" type="submit">转发给同事朋友</button>'
        f"</form><script>{SCRIPT}</script>"
    )
    return document(form.title, body)


def thanks_page(path: str, form: Form) -> bytes:
    """What everybody reads who has sent a form, whoever they are."""
    body = (
        f"<h1>{escape(form.thanks)}</h1>"
        f'<form method="post" action="{escape(path)}/share"><button class="plain" type="submit">转发给同事朋友</button>'
        "</form>"
    )
    return document(form.title, body)


def share_page(address: str, form: Form) -> bytes:
    """The address to pass on."""
    body = (
        f"<h1>{escape(form.title)}</h1><p>复制下面的链接，转发给需要的人：</p>"
        f'<p class="address">{escape(address)}</p><p><a href="{escape(address)}">打开页面</a></p>'
    )
    return document(form.title, body)


def notice_page(title: str, text: str) -> bytes:
    """A page that says one thing."""
    return document(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def _field(one: FormField, filled: Filled) -> str:
    value, fault = filled.answers.get(one.name, ""), filled.faults.get(one.name, "")
    spoken = escape(FAULTS.get(one.kind) or f"请填写{one.label}")
    shared = (
        f'id="f-{one.name}" name="{one.name}" data-fault="{spoken}" aria-describedby="f-{one.name}-fault"'
        + (" required" if one.required else "")
        + (' aria-invalid="true"' if fault else "")
    )
    must = ' class="must"' if one.required else ""
    return (
        f'<label for="f-{one.name}"{must}>{escape(one.label)}</label>{_control(one, shared, value)}'
        f'<p class="fault" id="f-{one.name}-fault" role="alert">{escape(fault)}</p>'
    )


def _control(one: FormField, shared: str, value: str) -> str:
    if one.kind == Kind.CHOICE:
        options = "".join(
            f"<option{' selected' if choice == value else ''}>{escape(choice)}</option>" for choice in one.choices
        )
        return f'<select {shared}><option value="">请选择</option>{options}</select>'
    longest = one.max_length or (1000 if one.kind == Kind.LONG_TEXT else 100)
    hint = f' placeholder="{escape(one.hint)}"' if one.hint else ""
    if one.kind == Kind.LONG_TEXT:
        return f'<textarea {shared} maxlength="{longest}"{hint}>{escape(value)}</textarea>'
    pattern = f' pattern="{PHONE}" inputmode="tel"' if one.kind == Kind.PHONE else ""
    complete = f' autocomplete="{COMPLETE[one.kind]}"' if one.kind in COMPLETE else ""
    kind = TYPES.get(one.kind, "text")
    return f'<input {shared} type="{kind}" maxlength="{longest}"{pattern}{complete}{hint} value="{escape(value)}">'


def _consent(form: Form, filled: Filled) -> str:
    fault = filled.faults.get("consent", "")
    return (
        '<label class="consent" for="f-consent"><input type="checkbox" id="f-consent" name="consent" value="yes" '
        'required data-fault="请阅读并同意后再提交" aria-describedby="f-consent-fault">'
        f"<span>{escape(form.consent_text)}</span></label>"
        f'<p class="fault" id="f-consent-fault" role="alert">{escape(fault)}</p>'
    )


def _trap() -> str:
    return (
        f'<div class="apart" aria-hidden="true"><label for="f-{TRAP}">请勿填写</label>'
        f'<input id="f-{TRAP}" name="{TRAP}" type="text" tabindex="-1" autocomplete="off"></div>'
    )
