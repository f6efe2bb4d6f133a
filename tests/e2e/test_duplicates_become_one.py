"""Two records of one company become one with both histories, and two again when that was wrong (L7)."""

from tests.people import until

FULL, SHORT = "苏州澄湖精密制造有限公司", "澄湖精密制造（苏州）有限公司"
MONEY, HALF = {"amount": "90000.00", "currency": "CNY"}, {"amount": "45000.00", "currency": "CNY"}
MERGING_LEADS = {"LEAD_MERGED", "LEAD_MERGE_UNDONE", "LEAD_UPDATED"}
MERGING = {"ACCOUNT_MERGED", "ACCOUNT_UPDATED", "CONTACT_MERGED", "CONTACT_MERGE_UNDONE", "CONTACT_UPDATED"}


async def with_history(person, name, product):
    """An account with a contact, a deal that was won, and its signed contract."""
    account = (await person.post("/v1/accounts", {"name": name}))["id"]
    await person.post(f"/v1/accounts/{account}/contacts", {"name": "张三", "phone": "138 0013 8000"})
    deal = await person.post("/v1/deals", {"name": product, "accountId": account, "amount": MONEY})
    await person.post(f"/v1/deals/{deal['id']}:win", {})
    contract = await person.post("/v1/contracts", {"dealId": deal["id"], "title": product})
    await person.post(f"/v1/contracts/{contract['id']}:sign", {})
    return account, deal["id"], contract["id"]


async def sold(person, account):
    """The deals and contracts of an account."""
    deals = (await person.get("/v1/deals", accountId=account))["deals"]
    contracts = (await person.get("/v1/contracts", accountId=account))["contracts"]
    return {one["id"] for one in (*deals, *contracts)}


async def story(person, account):
    """What has happened there."""
    entries = (await person.get(f"/v1/accounts/{account}/timeline", pageSize=200))["entries"]
    return sorted(one["kind"] for one in entries)


async def one_person(person, account):
    """Merge the two records of somebody at the account; the merge."""
    first, second = (await person.get(f"/v1/accounts/{account}/contacts"))["contacts"]
    same_person = {"duplicateId": second["id"], "purpose": "同一个人"}
    united = await person.post(f"/v1/contacts/{first['id']}:merge", same_person)
    left = (await person.get(f"/v1/accounts/{account}/contacts"))["contacts"]
    assert [one["id"] for one in left] == [first["id"]]
    return united


async def test_a_merge_keeps_both_histories_moves_deals_and_timeline_and_can_be_undone(town):
    company = await town.company("merging")
    boss, rep, colleague = company.boss, company.rep, company.colleague
    duplicate, *theirs = await with_history(rep, FULL, "一号线")
    survivor, *ours = await with_history(colleague, SHORT, "二号线")

    async def told():
        return all([("CONTRACT_SIGNED" in await story(boss, one)) for one in (duplicate, survivor)])

    await until(told)
    of_duplicate, of_survivor = await story(boss, duplicate), await story(boss, survivor)
    owed = (await boss.get("/v1/receivables/aging"))["totals"]
    (suggested,) = (await boss.get(f"/v1/accounts/{survivor}/duplicates"))["duplicates"]
    assert (suggested["account"]["id"], "NAME" in suggested["matches"]) == (duplicate, True)
    foreseen = await boss.get(f"/v1/accounts/{survivor}/mergePreviews/{duplicate}")
    assert {"kind": "contacts", "rows": 1} in foreseen["moved"]
    wanted = {"duplicateId": duplicate, "purpose": "同一家公司"}
    assert (await rep.ask("POST", f"/v1/accounts/{survivor}:merge", wanted)).status_code == 404
    merged = await boss.post(f"/v1/accounts/{survivor}:merge", wanted)
    assert (await boss.get(f"/v1/accounts/{duplicate}"))["mergedInto"] == survivor

    async def one_customer():
        whole = [one for one in await story(boss, survivor) if one not in MERGING]
        return await sold(boss, survivor) == {*theirs, *ours} and whole == sorted(of_duplicate + of_survivor)

    await until(one_customer)
    assert (await sold(boss, duplicate), await story(boss, duplicate)) == (set(), [])
    assert (await boss.get(f"/v1/deals/{theirs[0]}"))["accountId"] == survivor
    united = await one_person(colleague, survivor)
    # Both sales people see the customer from now on, each is told, and what is owed has not changed.
    for person in (rep, colleague):
        assert (await person.get(f"/v1/accounts/{survivor}"))["id"] == survivor
        assert (await person.get("/v1/notices"))["notices"][0]["kind"] == "ACCOUNTS_MERGED"
    assert (await boss.get("/v1/receivables/aging"))["totals"] == owed
    paid = await boss.post("/v1/receipts", {"accountId": duplicate, "amount": HALF, "receivedDate": "2026-11-20"})
    assert paid["accountId"] == survivor

    await rep.post(f"/v1/contactMerges/{united['id']}:undo", {"purpose": "同名不同人"})
    undone = await boss.post(f"/v1/merges/{merged['id']}:undo", {"purpose": "其实是两家工厂"})
    assert undone["state"] == "UNDONE"

    async def two_again():
        back = await sold(boss, duplicate) == set(theirs) and await sold(boss, survivor) == set(ours)
        return back and set(await story(boss, survivor)) <= {*of_survivor, *MERGING}

    await until(two_again)
    assert "ACCOUNT_MERGE_UNDONE" in await story(boss, duplicate)
    again = await boss.ask("POST", f"/v1/merges/{merged['id']}:undo", {"purpose": "再来一次"})
    assert (again.status_code, again.json()["reason"]) == (409, "MERGE_ALREADY_UNDONE")


async def told_of(person, lead):
    """What has happened with a lead."""
    entries = (await person.get(f"/v1/leads/{lead}/timeline", pageSize=200))["entries"]
    return sorted(one["kind"] for one in entries)


async def test_duplicate_leads_are_one_in_lists_timeline_and_figures_until_that_is_undone(town):
    company = await town.company("merging-leads")
    boss, rep = company.boss, company.rep
    known = {"company": FULL, "contactName": "张三", "phone": "138 0013 8000", "channel": "展会"}
    survivor, duplicate = [(await rep.post("/v1/leads", known))["id"] for _ in range(2)]
    call = {"leadId": duplicate, "kind": "PHONE", "occurredTime": "2026-01-05T02:00:00Z"}
    await rep.post("/v1/touchpoints", call)
    await rep.post(f"/v1/leads/{duplicate}/interests", {"role": "DECISION_MAKER", "topic": "五轴机床"})

    async def counted():
        layers = (await boss.get("/v1/analytics/smallFunnel"))["layers"]
        return layers[1].get("count", 0), (await boss.get("/v1/analytics/channels"))["total"]["leads"]

    async def both():
        return await counted() == (2, 2) and "PHONE" in await told_of(rep, duplicate)

    await until(both)
    of_both = [await told_of(rep, one) for one in (duplicate, survivor)]
    wanted = {"duplicateId": duplicate, "purpose": "同一条线索"}
    merged = await rep.post(f"/v1/leads/{survivor}:merge", wanted)
    assert [one["id"] for one in (await rep.get("/v1/leads"))["leads"]] == [survivor]
    assert (await rep.get(f"/v1/leads/{duplicate}"))["mergedInto"] == survivor
    assert len((await rep.get(f"/v1/leads/{survivor}/interests"))["interests"]) == 1

    async def one():
        whole = [kind for kind in await told_of(rep, survivor) if kind not in MERGING_LEADS]
        return await counted() == (1, 1) and whole == sorted(of_both[0] + of_both[1])

    await until(one)
    await rep.post(f"/v1/leads/{survivor}:qualify", {"score": 80})
    account = (await rep.post(f"/v1/leads/{survivor}:convert", {"dealName": "五轴机床"}))["accountId"]

    async def at_the_account():
        return "PHONE" in await story(rep, account)

    await until(at_the_account)
    await rep.post(f"/v1/leadMerges/{merged['id']}:undo", {"purpose": "其实是两家工厂"})

    async def two_again():
        alone = [kind for kind in await told_of(rep, duplicate) if kind not in MERGING_LEADS]
        return await counted() == (2, 2) and alone == of_both[0] and "PHONE" not in await story(rep, account)

    await until(two_again)
