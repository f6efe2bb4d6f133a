"""A notice goes to one user: it stands in their list, and their live updates, and nobody else's, say so at once."""

from contextlib import AsyncExitStack

import orjson
import pytest


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("notices")


async def heard(answer, until):
    """The changes that are told, up to the one about that id."""
    found = []
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            found.append(orjson.loads(line[6:]))
            if found[-1]["subject"]["id"] == until:
                return found
    raise AssertionError("the stream ended")


async def test_a_notice_is_heard_live_by_its_user_and_by_nobody_else(company):
    people = (company.rep, company.boss, company.manager)
    async with AsyncExitStack() as ears:
        streams = [await ears.enter_async_context(one.listening("/v1/live")) for one in people]
        lead = (await company.boss.post("/v1/leads", {"company": "苏州亿赞信息科技有限公司"}))["id"]
        await company.boss.post(f"/v1/leads/{lead}:assign", {"ownerId": company.rep.id})
        last = (await company.rep.post("/v1/leads", {"company": "常州采华机电有限公司"}))["id"]
        changes = [await heard(stream, last) for stream in streams]
    told, *others = ([one for one in heard if one["type"] == "NoticeTold"] for heard in changes)
    assert others == [[], []]
    (notice,) = (await company.rep.get("/v1/notices", unread=True))["notices"]
    assert notice["subjectId"] == lead
    assert [one["subject"] for one in told] == [{"kind": "notice", "id": notice["id"]}]
    assert notice["messageZh"] == "线索「苏州亿赞信息科技有限公司」已移交给您"
    assert (await company.rep.get("/v1/notices:countUnread"))["unread"] == 1
    assert (await company.rep.post(f"/v1/notices/{notice['id']}:read"))["readTime"]
    assert (await company.rep.get("/v1/notices:countUnread"))["unread"] == 0
    assert (await company.boss.ask("POST", f"/v1/notices/{notice['id']}:read", {})).status_code == 404
