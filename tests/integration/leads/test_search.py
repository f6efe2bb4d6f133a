"""Search over gRPC on real PostgreSQL."""

from uuid import UUID

import asyncpg
import pytest
from dealtrail.leads.v1 import accounts_pb2, leads_pb2, persons_pb2, search_pb2
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.ids import new_id
from services.kit.testing import person
from services.leads.search import store

HIT = search_pb2.SearchHit


@pytest.fixture
def search(leads):
    """`await search(who, "mykj")`: the names of what is found, the best first."""

    async def ask(who, q, *kinds):
        hits = (await leads(who, "Search", search_pb2.SearchRequest(q=q, kinds=kinds))).hits
        return [hit.name for hit in hits]

    return ask


@pytest.fixture
async def account(leads, company):
    asked = accounts_pb2.CreateAccountRequest(name="重庆云山科技有限公司")
    return await leads(company.rep, "CreateAccount", asked)


@pytest.fixture
async def lead(leads, company):
    told = {"contact_name": "单雄信", "phone": "138 0013 8000", "email": "Shan@example.com"}
    return await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="上海明岳科技有限公司", **told))


@pytest.mark.parametrize(
    "q",
    [
        "明岳",
        "mingyue",
        "mykj",
        "MingYue KeJ",
        "单雄信",
        "shanxx",
        "sxx",
        "danxiong",
        "8000",
        "13800138000",
        "+86 138 0013 8000",
        "shan@EXAMPLE.com",
    ],
)
async def test_a_lead_is_found_by_company_person_pinyin_phone_and_mail(search, company, lead, account, q):
    found = await search(company.rep, q)
    assert (lead.company in found) == (q != "shanxx")
    assert account.name not in found


async def test_what_fits_best_comes_first_and_among_equals_the_newest(leads, search, company):
    names = ["北京明岳", "明岳科技（上海）", "上海明岳科技", "明岳", "明岳电气", "深圳（明岳）"]
    for name in names:
        await leads(company.rep, "CreateAccount", accounts_pb2.CreateAccountRequest(name=name))
    expected = ["明岳", "明岳电气", "明岳科技（上海）", "深圳（明岳）", "上海明岳科技", "北京明岳"]
    assert await search(company.rep, "明岳") == expected
    hits = (await leads(company.rep, "Search", search_pb2.SearchRequest(q="my", page_size=1))).hits
    assert [(hit.closeness, hit.highlights[0].start, hit.highlights[0].length) for hit in hits] == [(HIT.EXACT, 0, 2)]


async def test_nobody_finds_what_they_may_not_see(leads, search, company, account, lead):
    named = accounts_pb2.CreateContactRequest(account_id=account.id, name="吕布", phone="139 1234 5678")
    await leads(company.rep, "CreateContact", named)
    for q in ("明岳", "云山", "8000", "lvbu", "5678"):
        assert len(await search(company.rep, q)) == len(await search(company.manager, q)) == 1, q
        assert await search(company.other_rep, q) == await search(company.stranger, q) == [], q
    await leads(
        company.boss,
        "ShareAccount",
        accounts_pb2.ShareAccountRequest(id=account.id, user_ids=[str(company.other_rep.user_id)]),
    )
    assert await search(company.other_rep, "lvbu") == ["吕布"]
    assert await search(company.other_rep, "lvbu", HIT.ACCOUNT) == []


async def test_what_is_renamed_is_found_by_its_new_name_alone(leads, search, company, account):
    await leads(company.rep, "UpdateAccount", accounts_pb2.UpdateAccountRequest(id=account.id, name="成都蜀山"))
    assert (await search(company.rep, "chengdu"), await search(company.rep, "云山")) == (["成都蜀山"], [])


async def test_a_company_is_found_by_its_code_once_it_has_one(leads, search, company, account, lead):
    code, other = "91350100M000100Y43", "91310000607378797R"
    await leads(company.rep, "CreateLead", leads_pb2.CreateLeadRequest(company="福州云帆", uscc=code))
    assert await search(company.rep, code) == ["福州云帆"]
    await leads(company.rep, "UpdateAccount", accounts_pb2.UpdateAccountRequest(id=account.id, uscc=code))
    await leads(company.rep, "UpdateLead", leads_pb2.UpdateLeadRequest(id=lead.id, uscc=other))
    assert sorted(await search(company.rep, " ９１350100m000100y43")) == sorted(["福州云帆", account.name])
    [hit] = (await leads(company.rep, "Search", search_pb2.SearchRequest(q=other))).hits
    assert (hit.id, hit.uscc, hit.closeness) == (lead.id, other, HIT.EXACT)
    assert [(one.field, one.start, one.length) for one in hit.highlights] == [("uscc", 0, 18)]
    for part in (code[:17], code[1:]):
        assert await search(company.rep, part) == []
    assert await search(company.other_rep, code) == []


async def test_who_is_erased_is_found_no_more_and_the_company_is(leads, search, company, lead):
    traces = data.PersonTraces(person_ids=[lead.id], lead_ids=[lead.id])
    admin = person("ADMIN", company.boss.tenant_id)
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    assert await search(company.rep, "明岳") == [lead.company]
    for q in ("单雄信", "danxiongxin", "8000", "shan@example.com"):
        assert await search(company.rep, q) == []


async def test_the_table_of_terms_holds_numbers_alone(leads, company, lead):
    statement = "SELECT * FROM lead_terms WHERE tenant_id = $1"
    rows = await (connection := await asyncpg.connect(leads.access.owner)).fetch(statement, company.rep.tenant_id)
    await connection.close()
    assert [set(map(type, row["terms"])) for row in rows] == [{int}]
    assert "单" not in str(rows)


async def test_who_sees_little_of_what_many_have_finds_it_beyond_the_newest(
    leads, search, company, account, lead, monkeypatch
):
    monkeypatch.setattr(store, "REACHES", (2, 4, 1000))
    named = accounts_pb2.CreateContactRequest(account_id=account.id, name="云山")
    await leads(company.rep, "CreateContact", named)
    for number in range(6):
        other = await leads(company.boss, "CreateAccount", accounts_pb2.CreateAccountRequest(name=f"云山{number}号"))
        await leads(company.boss, "CreateLead", leads_pb2.CreateLeadRequest(company=f"明岳{number}厂"))
        named = accounts_pb2.CreateContactRequest(account_id=other.id, name=f"云山{number}")
        await leads(company.boss, "CreateContact", named)
    for who in (company.rep, company.manager):
        assert await search(who, "云山") == ["云山", account.name]
        assert await search(who, "mykj") == [lead.company]
    shared = leads_pb2.ShareLeadRequest(id=lead.id, user_ids=[str(company.other_rep.user_id)])
    await leads(company.boss, "ShareLead", shared)
    assert await search(company.other_rep, "明岳") == [lead.company]
    assert await search(company.other_rep, "云山") == []


@pytest.fixture
async def asked_of_terms(leads):
    """`await asked_of_terms(role, statement, tenant)`: rows, with reading a whole table made dearer than anything."""

    async def ask(role, statement, tenant=""):
        connection = await asyncpg.connect(getattr(leads.access, role))
        try:
            await connection.execute(
                "SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off"
            )
            await connection.execute("SELECT set_config('app.tenant', $1, false)", tenant)
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return ask


async def test_the_terms_are_asked_by_their_index(asked_of_terms, company):
    plan = "EXPLAIN SELECT id FROM lead_terms WHERE terms @> '{7}'"
    tenant = str(company.rep.tenant_id)
    assert "lead_terms_terms" in str(await asked_of_terms("owner", plan, tenant))
    # What the function is for: as the role that serves, the same cannot be asked of the index.
    assert "lead_terms_terms" not in str(await asked_of_terms("app", plan, tenant))


async def test_terms_are_those_of_the_tenant_of_the_transaction(asked_of_terms, company, lead):
    ids = "SELECT id FROM lead_terms_found('{}', 10)"
    assert await asked_of_terms("app", ids, str(company.rep.tenant_id)) == [UUID(lead.id)]
    assert await asked_of_terms("app", ids, str(company.stranger.tenant_id)) == []
    assert await asked_of_terms("app", ids) == []
    own = f"SELECT id FROM leads_of('{company.rep.user_id}')"
    assert await asked_of_terms("app", own, str(company.rep.tenant_id)) == [UUID(lead.id)]
    assert await asked_of_terms("app", own, str(company.stranger.tenant_id)) == []
    for statement in (ids, own):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asked_of_terms("relay", statement)
