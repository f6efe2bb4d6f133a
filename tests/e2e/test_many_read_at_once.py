"""A busy morning: many ask at the same moment, and each reads what he would have read alone."""

import asyncio

from tests.people import done


async def test_what_many_read_at_once_is_what_each_reads_alone(town):
    company = await town.company("morning")
    rep = company.rep
    told = {
        "company": "成都锦江智造有限公司",
        "contactName": "唐小婉",
        "phone": "13800138000",
        "attributes": {"行业": '"医疗"'},
    }
    leads = [await rep.post("/v1/leads", told | {"channel": f"展会 {n}"}) for n in range(6)]
    paths = [f"/v1/leads/{lead['id']}" for lead in leads] + ["/v1/leads?pageSize=4", "/v1/accounts", "/v1/tasks"]
    alone = {path: await rep.ask("GET", path) for path in paths}

    asked = [path for path in paths for _ in range(4)]
    for path, answer in zip(asked, await asyncio.gather(*(rep.ask("GET", path) for path in asked)), strict=True):
        assert done(answer) == done(alone[path]), path
        assert answer.headers.get("etag") == alone[path].headers.get("etag"), path
        assert list(answer.headers) == list(alone[path].headers), path

    others = await asyncio.gather(*(company.colleague.ask("GET", path) for path in asked))
    assert [answer.status_code for answer in others[:24]] == [404] * 24
    assert not any(done(answer).get("leads") for answer in others[24:])
