"""A form as the public has it: shown, filled, passed on, refused, over a real gateway and a real leads service."""

import re
import statistics
import time

from gateway.forms import routes
from tests.integration.gateway.forms.conftest import PIXEL


async def test_a_page_is_one_document_in_chinese_that_fetches_nothing_from_elsewhere(page):
    answer = await page.public.get(page.path + "?utm_source=baidu")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    text = answer.text
    assert '<html lang="zh-CN">' in text
    assert "width=device-width" in text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert 'name="utm_source" value="baidu"' in text
    picture = await page.public.get(page.path + "/pictures/1")
    assert (picture.content, picture.headers["content-type"]) == (PIXEL, "image/png")
    assert len(answer.content) < 10_000


async def test_what_is_left_on_a_page_is_a_lead_of_the_rep_and_everybody_reads_the_same(page):
    first = await page.leave(company="云杉科技", team_size="1-50", utm_source="baidu")
    again = await page.leave(company="另一家")
    other = await page.leave(phone="13900139000", person="李雷")
    assert first.status_code == again.status_code == other.status_code == 200
    assert first.content == again.content == other.content
    told = [{name: value for name, value in one.headers.items() if name != "date"} for one in (first, again, other)]
    assert told[0] == told[1] == told[2]
    found = await page.leads()
    assert [(lead["company"], lead["contactName"]) for lead in found] == [("未填写公司", "李雷"), ("云杉科技", "王芳")]
    lead = found[1]
    assert lead["attributes"] == {"人数": "1-50"}
    assert lead["utm"]["source"] == "baidu"
    assert lead["exclusive"]


async def test_what_does_not_fit_is_said_beside_its_field_and_nothing_that_was_typed_is_lost(page):
    wrong = {"phone": "12345", "person": "", "team_size": "七个", "wish": "<script>alert(1)</script>"}
    answer = await page.leave(**wrong, consent=None)
    assert answer.status_code == 422
    for fault in ("请填写正确的手机号", "请填写姓名", "请选择其中一项", "请阅读并同意后再提交"):
        assert fault in answer.text
    assert 'value="12345"' in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in answer.text
    assert "<script>alert" not in answer.text
    assert await page.leads() == []


async def test_who_fills_what_people_do_not_see_reads_the_same_and_leaves_nothing(page):
    real = await page.leave()
    trapped = await page.leave(phone="13700137000", website="http://spam.example")
    assert (trapped.status_code, trapped.content) == (real.status_code, real.content)
    assert len(await page.leads()) == 1


async def test_a_page_that_is_passed_on_keeps_its_parent(page):
    answer = await page.public.post(page.path + "/share")
    assert answer.status_code == 200
    [address] = set(re.findall(r'http://[^"<]+', answer.text))
    assert address != page.path
    below = "/f/" + address.partition("/f/")[2]
    assert (await page.public.get(below)).status_code == 200
    assert (await page.leave(below)).status_code == 200
    await page.office.house.forms._flush()
    top = (await page.office.client.get(f"/v1/links/{page.link['id']}", headers=page.rep)).json()
    assert (top["views"], top["reshares"], top["leads"], top["yield"]) == ("1", "1", "1", 1)
    params = {"parentId": page.link["id"]}
    [child] = (await page.office.client.get("/v1/links", headers=page.rep, params=params)).json()["links"]
    assert (child["parentId"], child["leads"]) == (page.link["id"], "1")


async def test_a_link_that_leads_nowhere_and_a_form_that_is_over_say_so(page):
    assert (await page.public.get(page.path[:-4] + "AAAA")).status_code == 404
    assert (await page.public.get("/f/nobody/AAAAAAAAAAAA")).status_code == 404
    assert (await page.public.get(page.path + "'--")).status_code == 404
    await page.office.client.post(f"/v1/forms/{page.form['id']}:close", json={})
    page.office.house.forms._opened.clear()
    assert (await page.public.get(page.path)).status_code == 410
    assert (await page.leave()).status_code == 410


async def test_a_form_is_sent_by_its_own_page_as_a_form_and_not_endless(page):
    assert (await page.leave(headers={"origin": "https://elsewhere.example"})).status_code == 403
    answer = await page.public.post(page.path, json={"phone": "13800138000"})
    assert answer.status_code == 415
    assert (await page.leave(wish="长" * 20_000)).status_code == 413
    assert await page.leads() == []


async def test_a_phone_and_a_network_are_held_back_each_by_itself(page, monkeypatch):
    monkeypatch.setattr(routes, "LEAST_SECONDS", 0)
    of_phone = [await page.leave(address=f"198.51.{n}.1") for n in range(7)]
    assert [one.status_code for one in of_phone] == [200] * 5 + [429] * 2
    assert int(of_phone[-1].headers["retry-after"]) > 500
    assert 'value="王芳"' in of_phone[-1].text
    # Whoever fills what people do not see counts like anybody, and costs the service nothing.
    trapped = {"website": "x"}
    taken = 0
    while (await page.leave(address=f"192.0.2.{taken % 256}", phone=f"13{taken:09d}", **trapped)).status_code == 200:
        taken += 1
        assert taken < 1000
    assert taken >= 100
    assert (await page.leave(address="192.0.3.1", phone="13600000001")).status_code == 200


async def test_the_time_of_an_answer_tells_nothing_of_who_is_known(page):
    async def seconds(phone):
        began = time.perf_counter()
        assert (await page.leave(phone=phone, address=f"100.64.{phone[-2:].lstrip('0') or 0}.9")).status_code == 200
        return time.perf_counter() - began

    phones = [f"1350000{n:04d}" for n in range(12)]
    new, known = zip(*[(await seconds(one), await seconds(one)) for one in phones], strict=True)
    assert min(*new, *known) >= routes.LEAST_SECONDS - 0.01
    assert abs(statistics.median(new) - statistics.median(known)) < 0.1
