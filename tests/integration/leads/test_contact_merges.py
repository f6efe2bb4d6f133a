"""Merging contacts over gRPC on real PostgreSQL: what is seen of it, whom it covers, and what undoing puts back."""

from dealtrail.leads.v1 import accounts_pb2, consents_pb2, persons_pb2, relation_walls_pb2, search_pb2
from dealtrail.leads.v1 import contact_merges_pb2 as pb
from dealtrail.type.v1 import personal_data_pb2 as data

from services.kit.ids import new_id
from services.kit.testing import person
from tests.integration.leads.test_merges import account, contacts, refusal
from tests.integration.leads.test_merges import merge as merge_accounts
from tests.integration.leads.test_merges import undo as undo_accounts

NAME = "王芳"


async def contact(leads, who, of, name=NAME, **fields):
    return await leads(who, "CreateContact", accounts_pb2.CreateContactRequest(account_id=of, name=name, **fields))


async def get(leads, who, one):
    """The contact with all that is known of the person."""
    asked = accounts_pb2.RevealContactRequest(id=one.id, purpose="核对联系人")
    return await leads(who, "RevealContact", asked)


async def merge(leads, who, duplicate, survivor, *take):
    asked = pb.MergeContactRequest(contact_id=survivor.id, duplicate_id=duplicate.id, purpose="同一个人", take=take)
    return await leads(who, "MergeContact", asked)


async def undo(leads, who, merged):
    return await leads(who, "UndoContactMerge", pb.UndoContactMergeRequest(id=merged.id, purpose="两个人"))


async def scored(leads, who, of, cycle, *scores):
    given = [
        relation_walls_pb2.WallScore(contact_id=one.id, user_id=str(user.user_id), strength=strength)
        for one, user, strength in scores
    ]
    asked = relation_walls_pb2.ScoreWallRequest(account_id=of, cycle=cycle, scores=given)
    return await leads(who, "ScoreWall", asked)


async def wall(leads, who, of):
    found = await leads(who, "GetWall", relation_walls_pb2.GetWallRequest(account_id=of))
    return {(one.contact_id, one.user_id): one.strength for one in found.scores}


async def test_one_of_two_records_stands_for_the_person_until_that_is_undone(leads, company):
    of = (await account(leads, company.rep)).id
    duplicate = await contact(leads, company.rep, of, "王 芳", phone="13800138000", email="fang@mingyue.cn")
    survivor = await contact(leads, company.rep, of, title="采购经理", phone="13900139000")
    mine, boss = str(company.rep.user_id), str(company.boss.user_id)
    both = (duplicate, company.rep, 4), (survivor, company.rep, 2), (duplicate, company.boss, 3)
    await scored(leads, company.rep, of, "2026Q1", *both)
    before = await wall(leads, company.rep, of), await get(leads, company.rep, survivor)
    asked = pb.PreviewContactMergeRequest(contact_id=survivor.id, duplicate_id=duplicate.id)
    shown = await leads(company.rep, "PreviewContactMerge", asked)
    assert (list(shown.conflicts), list(shown.filled), shown.wall_scores) == (["name", "phone"], ["email"], 2)
    assert "13800138000" not in str(shown)
    merged = await merge(leads, company.rep, duplicate, survivor, "phone")
    assert (list(merged.changes), merged.purpose) == (["phone", "email"], "同一个人")
    assert await contacts(leads, company.rep, of) == {survivor.id}
    stands = await get(leads, company.rep, survivor)
    known = (stands.name, stands.title, stands.phone, stands.email)
    assert known == (NAME, "采购经理", "13800138000", "fang@mingyue.cn")
    assert (await get(leads, company.rep, duplicate)).merged_into == survivor.id
    sought = search_pb2.SearchRequest(q="13800138000", kinds=[search_pb2.SearchHit.CONTACT])
    assert [one.id for one in (await leads(company.rep, "Search", sought)).hits] == [survivor.id]
    assert await wall(leads, company.rep, of) == {(survivor.id, mine): 2, (survivor.id, boss): 3}
    change = accounts_pb2.UpdateContactRequest(id=duplicate.id, title="总监")
    assert await refusal(leads(company.rep, "UpdateContact", change)) == "CONTACT_MERGED"
    looked = accounts_pb2.LookUpContactsRequest(ids=[duplicate.id])
    assert list((await leads(company.rep, "LookUpContacts", looked)).ids) == [duplicate.id]
    listed = (await leads(company.rep, "ListContactMerges", pb.ListContactMergesRequest(account_id=of))).contact_merges
    assert [one.id for one in listed] == [merged.id]
    assert await refusal(leads(company.stranger, "GetContactMerge", pb.GetContactMergeRequest(id=merged.id)))
    assert (await undo(leads, company.rep, merged)).undo_purpose == "两个人"
    back = await get(leads, company.rep, survivor)
    back.version = before[1].version
    assert (await wall(leads, company.rep, of), back) == before
    assert await contacts(leads, company.rep, of) == {survivor.id, duplicate.id}
    assert await refusal(undo(leads, company.rep, merged)) == "CONTACT_MERGE_ALREADY_UNDONE"


async def test_only_two_that_stand_at_one_account_in_sight_are_merged(leads, company):
    mine, other = [(await account(leads, company.rep, name)).id for name in ("甲云科技", "乙山科技")]
    one, same, far = [await contact(leads, company.rep, of) for of in (mine, mine, other)]
    assert await refusal(merge(leads, company.rep, one, one)) == "SAME_CONTACT"
    assert await refusal(merge(leads, company.rep, far, one)) == "CONTACTS_OF_TWO_ACCOUNTS"
    assert await refusal(merge(leads, company.other_rep, same, one)) == "NOT_FOUND"
    united = await merge_accounts(leads, company.rep, other, mine)
    merged = await merge(leads, company.rep, far, one)
    assert await refusal(merge(leads, company.rep, far, same)) == "CONTACT_MERGED"
    second = await merge(leads, company.rep, one, same)
    assert await refusal(undo(leads, company.rep, merged)) == "CONTACT_MERGED"
    assert await refusal(undo_accounts(leads, company.rep, united)) == "CONTACTS_MERGED_ACROSS"
    await undo(leads, company.rep, second)
    await undo(leads, company.rep, merged)
    await undo_accounts(leads, company.rep, united)
    assert await contacts(leads, company.rep, other) == {far.id}


async def test_what_a_person_says_and_their_erasure_cover_both_records(leads, company):
    of = (await account(leads, company.rep)).id
    duplicate = await contact(leads, company.rep, of, phone="13800138000")
    survivor = await contact(leads, company.rep, of, "王方", phone="13900139000")
    merged = await merge(leads, company.rep, duplicate, survivor, "phone")
    given = {"purpose": consents_pb2.Consent.FOLLOW_UP, "given": False, "channel": "电话", "text_version": "v1"}
    word = consents_pb2.RecordConsentRequest(person_id=duplicate.person_id, **given)
    await leads(company.rep, "RecordConsent", word)
    assert await refusal(get(leads, company.rep, survivor)) == "CONSENT_WITHDRAWN"
    admin = person("ADMIN", company.boss.tenant_id)
    found = await leads(admin, "FindPersons", persons_pb2.FindPersonsRequest(contact_id=survivor.id))
    assert {one.id for one in found.persons} == {duplicate.person_id, survivor.person_id}
    traces = data.PersonTraces(person_ids=[survivor.person_id])
    traced = await leads(admin, "TracePerson", persons_pb2.TracePersonRequest(id=str(new_id()), traces=traces))
    assert set(traced.contact_ids) == {duplicate.id, survivor.id}
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    for one in (duplicate, survivor):
        left = await leads(company.rep, "GetContact", accounts_pb2.GetContactRequest(id=one.id))
        assert (left.name, left.phone, left.HasField("erase_time")) == ("", "", True)
    told = await leads(company.rep, "GetContactMerge", pb.GetContactMergeRequest(id=merged.id))
    assert (told.purpose, list(told.changes)) == ("", ["phone"])
    assert await refusal(undo(leads, company.rep, merged)) == "CONTACT_ERASED"
