"""越相似的渠道，越加大投入: leads are described, channels ranked by who signs, and who is forgotten counts no more."""

import pytest

from tests.people import until

YOUNG, GROWN = {"年龄段": "18-20", "学历": "大专"}, {"年龄段": "20-25", "学历": "大本"}
WANTED = {"minimum": 5}


@pytest.fixture(scope="module")
async def company(town):
    return await town.company("huaxiang")


async def come(rep, channel, attributes, count):
    rows = [{"company": f"{channel}{n}号", "channel": channel, "attributes": attributes} for n in range(count)]
    return [one["id"] for one in (await rep.post("/v1/leads:batchCreate", {"leads": rows}))["results"]]


async def sign(rep, lead_id):
    await rep.post(f"/v1/leads/{lead_id}:qualify", {"score": 80})
    deal = (await rep.post(f"/v1/leads/{lead_id}:convert", {}))["dealId"]
    await rep.post(f"/v1/deals/{deal}:win", {"amount": {"amount": "900.00", "currency": "CNY"}})


async def test_the_channel_whose_leads_are_like_those_who_sign_is_to_grow(company):
    boss, rep = company.boss, company.rep
    for name, values in (("年龄段", ["18-20", "20-25"]), ("学历", ["大专", "大本"])):
        await boss.post("/v1/personaAttributes", {"name": name, "values": values, "active": True})
    young = await come(rep, "短视频", YOUNG, 8)
    grown = await come(rep, "短视频", GROWN, 5) + await come(rep, "展会", GROWN, 6)
    for lead_id in grown[:10]:
        await sign(rep, lead_id)

    async def told():
        found = await boss.get("/v1/analytics/personas", **WANTED)
        return found if (found["total"]["leads"], found["total"]["signed"]) == (19, 10) else None

    fair, video = (await until(told))["channels"]
    assert (fair["channel"], fair["similarity"], fair["advice"]) == ("展会", 1, "MORE")
    assert (video["channel"], video["advice"]) == ("短视频", "LESS")
    assert video["similarity"] < 0.6
    listed = (await boss.get(video["rows"]))["rows"]
    assert len(listed) == video["leads"] == 13
    assert len((await boss.get(video["signedRows"]))["rows"]) == video["signed"] == 5
    file = await boss.ask("GET", "/v1/analytics/personaValues?minimum=5&format=csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert {one.split(",")[0] for one in file.text.splitlines()[1:]} == {'"展会"', '"短视频"'}
    swapped = {"channel": "短视频", "otherChannel": "展会"} | WANTED
    pairings = (await boss.get("/v1/analytics/personas:compare", **swapped))["pairings"]
    alike = {(one["leadsChannel"], one["signedChannel"]): one.get("similarity") for one in pairings}
    assert alike["展会", "短视频"] == 1
    assert alike["短视频", "展会"] == video["similarity"]
    assert (await company.colleague.get("/v1/analytics/personas", **WANTED))["total"]["leads"] == 0

    asked = await company.admin.post("/v1/erasures", {"personIds": [young[0]], "channel": "来信"})
    await boss.post(f"/v1/erasures/{asked['id']}:approve", {"verification": "回拨登记号码核实"})

    async def forgotten():
        return (await boss.get("/v1/analytics/personas", **WANTED))["total"]["leads"] == 18

    await until(forgotten)
