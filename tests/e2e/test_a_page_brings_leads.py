"""集客: a campaign's page, shared by a rep and passed on, brings leads that are the rep's alone and become more."""

import re
from uuid import uuid4

import httpx
import pytest

from tests.people import until

SPAN = {"startDate": "2026-03-01", "endDate": "2026-12-31", "cost": {"amount": "30000.00", "currency": "CNY"}}
CONSENT = "我已阅读并同意《个人信息处理说明》，同意贵公司就本次咨询与我联系。"
FIELDS = [
    {"name": "company", "kind": "COMPANY", "label": "公司"},
    {"name": "person", "kind": "NAME", "label": "姓名", "required": True},
    {"name": "phone", "kind": "PHONE", "label": "手机", "required": True},
    {"name": "size", "kind": "CHOICE", "label": "人数", "choices": ["1-50", "50 以上"]},
]


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("jike")


@pytest.fixture(scope="module")
async def form(company):
    """Published by the boss, within a campaign."""
    campaign = await company.boss.post("/v1/campaigns", {"name": "春季展会", "channel": "微信"} | SPAN)
    told = {"title": "免费领取白皮书", "campaignId": campaign["id"], "texts": ["当天联系您。"], "fields": FIELDS}
    form = await company.boss.post("/v1/forms", told | {"consentText": CONSENT})
    refused = await company.rep.ask("POST", f"/v1/forms/{form['id']}/links", {})
    assert (refused.status_code, refused.json()["reason"]) == (409, "FORM_NOT_PUBLISHED")
    return await company.boss.post(f"/v1/forms/{form['id']}:publish")


@pytest.fixture(scope="module")
async def link(company, form):
    """The rep's own, which the rep has shared."""
    link = await company.rep.post(f"/v1/forms/{form['id']}/links")
    return await company.rep.post(f"/v1/links/{link['id']}:countShare")


@pytest.fixture(scope="module")
async def browser(stack):
    """A browser that is signed in nowhere."""
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=30) as client:
        yield client


async def leave(browser, path, **given):
    """Fill the form and send it, as the page that was opened says."""
    sent = {"person": "王芳", "phone": f"13{uuid4().int % 10**9:09d}", "consent": "yes", "consent_version": "1"}
    return await browser.post(path, data=sent | given, headers={"origin": str(browser.base_url).rstrip("/")})


@pytest.fixture(scope="module")
async def leads(company, browser, link):
    """What came: two by the rep's link, and one by it passed on. Of one phone, one a day."""
    path = f"/f/{company.tenant}/{link['token']}"
    page = (await browser.get(path)).text
    assert '<html lang="zh-CN">' in page
    assert "width=device-width" in page
    for word in (CONSENT, "免费领取白皮书", "手机", "50 以上", 'autocomplete="tel"'):
        assert word in page
    first = await leave(browser, path, company="云杉科技", phone="13800138000", size="1-50")
    assert first.status_code == 200
    for answer in (await leave(browser, path, company="别家", phone="13800138000"), await leave(browser, path)):
        assert (answer.status_code, answer.content) == (200, first.content)
    [passed_on] = set(re.findall(r"http://[^/]+(/f/[^\"<]+)", (await browser.post(path + "/share")).text))
    assert passed_on != path
    assert (await browser.get(passed_on)).status_code == 200
    assert (await leave(browser, passed_on, company="远东电子")).status_code == 200
    return (await company.rep.get("/v1/leads", orderBy="create_time"))["leads"]


async def test_they_are_the_reps_alone_with_campaign_channel_and_consent(company, form, link, leads):
    assert [one["company"] for one in leads] == ["云杉科技", "未填写公司", "远东电子"]
    lead = leads[0]
    assert (lead["exclusive"], lead["ownerId"], lead["shareLinkId"]) == (True, company.rep.id, link["id"])
    assert (lead["channel"], lead["campaign"], lead["attributes"]) == ("微信", "春季展会", {"人数": "1-50"})
    [consent] = (await company.rep.get(f"/v1/persons/{lead['id']}/consents"))["consents"]
    assert (consent["given"], consent["textVersion"], consent["channel"]) == (True, f"{form['id']} v1", "FORM")
    assert consent["giveTime"]
    for other in (company.colleague, company.manager, company.boss):
        assert (await other.ask("GET", f"/v1/leads/{lead['id']}")).status_code == 404
        assert (await other.get("/v1/leads"))["leads"] == []


async def test_the_link_counts_views_shares_reshares_leads_and_its_yield(company, link, leads):
    async def figures(one=link["id"]):
        found = await company.manager.get(f"/v1/links/{one}")
        return [found.get(name) for name in ("views", "shares", "reshares", "leads", "yield")]

    async def all_counted():
        return await figures() == ["2", "1", "1", str(len(leads)), len(leads) / 2]

    await until(all_counted)
    [below] = (await company.rep.get("/v1/links", parentId=link["id"]))["links"]
    assert await figures(below["id"]) == ["1", "0", "0", "1", 1]


async def test_one_becomes_a_deal_one_an_account_and_one_a_task(company, leads):
    made = []
    for lead, target in zip(leads, ("DEAL", "ACCOUNT", "TASK"), strict=True):
        await company.rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 70})
        wanted = {"target": target} | ({"dueDate": "2026-12-31"} if target == "TASK" else {})
        made.append(await company.rep.post(f"/v1/leads/{lead['id']}:convert", wanted))
    assert [[bool(one[name]) for name in ("dealId", "accountId", "taskId")] for one in made] == [
        [True, True, False],
        [False, True, False],
        [False, False, True],
    ]
    deal = await company.boss.get(f"/v1/deals/{made[0]['dealId']}")
    assert (deal["leadId"], deal["ownerId"]) == (leads[0]["id"], company.rep.id)
    assert (await company.boss.get(f"/v1/accounts/{made[1]['accountId']}"))["ownerId"] == company.rep.id
    task = f"/v1/tasks/{made[2]['taskId']}"
    assert (await company.rep.get(task))["dueDate"] == "2026-12-31"
    assert (await company.manager.ask("GET", task)).status_code == 404
