"""A published form of an office, and the people who open it."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.gateway.office import house, office, other_office

__all__ = ["house", "office", "other_office"]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FIELDS = [
    {"name": "company", "kind": "COMPANY", "label": "公司"},
    {"name": "person", "kind": "NAME", "label": "姓名", "required": True},
    {"name": "phone", "kind": "PHONE", "label": "手机", "required": True},
    {"name": "team_size", "kind": "CHOICE", "label": "人数", "choices": ["1-50", "50 以上"]},
    {"name": "wish", "kind": "LONG_TEXT", "label": "想了解什么"},
]


@dataclass
class Page:
    """A form as the public has it."""

    office: Any
    form: dict[str, Any]
    link: dict[str, Any]
    rep: dict[str, str]
    """The headers of the rep whose link it is."""
    path: str
    public: httpx.AsyncClient

    async def leave(self, path="", address="203.0.113.7", headers=None, **answers):
        """Send the form; the answer."""
        given = {"person": "王芳", "phone": "13800138000", "consent": "yes", "consent_version": "1"} | answers
        sent = {name: value for name, value in given.items() if value is not None}
        return await self.public.post(
            path or self.path, data=sent, headers={"x-forwarded-for": address} | (headers or {})
        )

    async def leads(self):
        """What the rep has."""
        return (await self.office.client.get("/v1/leads", headers=self.rep, params={"pageSize": 200})).json()["leads"]


@pytest.fixture
async def page(house, office):
    """A published form with the link of a rep."""

    async def made(path, body=None, headers=None):
        answer = await office.client.post(path, json=body or {}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    await office.user("wang", "REP")
    rep = await office.sign_in("wang")
    span = {"startDate": "2026-03-01", "endDate": "2026-03-31", "cost": {"amount": "3100.00", "currency": "CNY"}}
    campaign = await made("/v1/campaigns", {"name": f"春季展会 {uuid4().hex[:4]}", "channel": "展会"} | span)
    form = await made(
        "/v1/forms",
        {
            "title": "免费领取《数字化选型》白皮书",
            "campaignId": campaign["id"],
            "texts": ["留下电话，顾问当天联系您，白皮书随短信送达。"],
            "fields": FIELDS,
            "consentText": "我已阅读并同意《个人信息处理说明》，同意贵公司就本次咨询与我联系。",
        },
    )
    await made(f"/v1/forms/{form['id']}:setPicture", {"number": 1, "content": base64.b64encode(PIXEL).decode()})
    await made(f"/v1/forms/{form['id']}:publish")
    link = await made(f"/v1/forms/{form['id']}/links", headers=rep)
    async with httpx.AsyncClient(base_url=house.url, trust_env=False, timeout=30) as public:
        yield Page(office, form, link, rep, f"/f/{office.tenant}/{link['token']}", public)
