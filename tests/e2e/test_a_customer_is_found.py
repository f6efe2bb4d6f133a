"""A rep remembers a bit of a name, or the end of a number that rang, and finds whom it belongs to (客户视图的入口)."""

from tests.people import done


async def test_a_rep_finds_a_customer_by_whatever_is_remembered(town):
    company = await town.company("lookup")
    rep = company.rep
    told = {"company": "重庆长安明岳科技有限公司", "contactName": "单晓乐", "phone": "139 2468 1357"}
    lead = await rep.post("/v1/leads", told)
    for remembered in ("长安明岳", "changan", "cqca", "shanxiaole", "shanxiaoyue", "1357"):
        (hit,) = (await rep.get("/v1/search", q=remembered))["hits"]
        assert (hit["kind"], hit["id"], hit["phone"]) == ("LEAD", lead["id"], "139****1357"), remembered

    await rep.post(f"/v1/leads/{lead['id']}:qualify", {"score": 80})
    await rep.post(f"/v1/leads/{lead['id']}:convert")
    hits = (await rep.get("/v1/search", q="单晓乐"))["hits"]
    assert {hit["kind"] for hit in hits} == {"LEAD", "CONTACT"}
    (account,) = (await rep.get("/v1/search", q="mykj", kinds="ACCOUNT"))["hits"]
    assert account["name"] == told["company"]

    (contact,) = [hit for hit in hits if hit["kind"] == "CONTACT"]
    path = f"/v1/contacts/{contact['id']}"
    done(await rep.ask("PATCH", path, {"name": "单晓月", "title": "采购总监"}, if_match='"1"'))
    assert (await rep.get(path))["title"] == "采购总监"
    assert (await rep.get("/v1/search", q="单晓月"))["hits"][0]["id"] == contact["id"]
    assert (await company.colleague.get("/v1/search", q="明岳")).get("hits", []) == []
