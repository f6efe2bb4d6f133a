"""Pain chains and decision chains over gRPC on real PostgreSQL: seen, kept, refused, merged and erased."""

import pytest
from dealtrail.leads.v1 import account_chains_pb2 as pb
from dealtrail.leads.v1 import accounts_pb2, merges_pb2, persons_pb2
from dealtrail.type.v1 import personal_data_pb2 as data
from sqlalchemy import func, select

from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.sql import Query
from services.kit.testing import Refusal, person
from services.kit.visibility import SYSTEM
from services.leads.account_chains.store import approvals_table, changes_table, pains_table
from services.leads.facts import ACYCLIC


async def refusal(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason or refused.value.code.name


class Chain:
    """A customer of `who`, with contacts by name."""

    def __init__(self, leads, who, account):
        self._leads, self._who, self.account = leads, who, account

    async def contact(self, name):
        asked = accounts_pb2.CreateContactRequest(account_id=self.account, name=name)
        return await self._leads(self._who, "CreateContact", asked)

    async def pain(self, contact, *affected, reason="人工对账"):
        asked = pb.RecordPainRequest(contact_id=contact, pain="月底加班", reason=reason, affected_contact_ids=affected)
        return await self._leads(self._who, "RecordPain", asked)

    async def approval(self, contact, approver=""):
        asked = pb.RecordApprovalRequest(contact_id=contact, approver_id=approver)
        return await self._leads(self._who, "RecordApproval", asked)

    async def shown(self, who=None):
        asked = pb.GetAccountChainRequest(account_id=self.account)
        return await self._leads(who or self._who, "GetAccountChain", asked)

    async def changes(self, **fields):
        asked = pb.ListChainChangesRequest(account_id=self.account, **fields)
        return (await self._leads(self._who, "ListChainChanges", asked)).chain_changes


@pytest.fixture
async def customer(leads):
    async def opened(who, name="云杉数控有限公司"):
        account = await leads(who, "CreateAccount", accounts_pb2.CreateAccountRequest(name=name))
        return Chain(leads, who, account.id)

    return opened


async def test_every_change_is_kept_and_a_deleted_link_comes_back(leads, company, customer):
    chain = await customer(company.rep)
    buyer, head = [(await chain.contact(name)).id for name in ("采购", "厂长")]
    first = await chain.pain(buyer, reason="")
    told = pb.UpdatePainRequest(id=first.id, reason="系统不通", affected_contact_ids=[head])
    changed = await leads(company.rep, "UpdatePain", told, if_match="1")
    assert (changed.pain, changed.reason, changed.version) == ("月底加班", "系统不通", 2)
    assert await refusal(leads(company.rep, "UpdatePain", told, if_match="1")) == "VERSION_MISMATCH"
    approved = await chain.approval(buyer, head)
    whole = await chain.shown(company.manager)
    assert ([one.id for one in whole.pains], [one.id for one in whole.approvals]) == ([first.id], [approved.id])
    kinds = [pb.ChainGap.NO_PAIN, pb.ChainGap.NO_REASON, pb.ChainGap.NO_APPROVER]
    assert [(one.contact_id, one.kind) for one in whole.gaps] == [(head, kind) for kind in kinds]
    assert whole.completeness == 1 - 3 / 8
    assert (await leads(company.rep, "DeletePain", pb.DeletePainRequest(id=first.id))).HasField("delete_time")
    await leads(company.rep, "DeleteApproval", pb.DeleteApprovalRequest(id=approved.id))
    bare = await chain.shown()
    assert (len(bare.pains), len(bare.approvals), bare.completeness) == (0, 0, 0)
    assert await refusal(leads(company.rep, "UpdatePain", told)) == "LINK_DELETED"
    await leads(company.rep, "RestorePain", pb.RestorePainRequest(id=first.id))
    await leads(company.rep, "RestoreApproval", pb.RestoreApprovalRequest(id=approved.id))
    assert (await chain.shown()).completeness == whole.completeness
    deeds = pb.ChainChange
    found = await chain.changes(link_id=first.id)
    assert [one.deed for one in found] == [deeds.RESTORED, deeds.DELETED, deeds.CHANGED, deeds.RECORDED]
    assert [(one.reason, one.version) for one in found[2:]] == [("系统不通", 2), ("", 1)]
    assert len(await chain.changes()) == 7
    for call in (chain.shown(company.other_rep), chain.shown(company.stranger)):
        assert await refusal(call) == "NOT_FOUND"
    assert await refusal(leads(company.other_rep, "DeletePain", pb.DeletePainRequest(id=first.id))) == "NOT_FOUND"


async def test_a_circle_of_approvals_is_refused_also_when_one_is_restored(leads, company, customer):
    chain, beside = await customer(company.rep), await customer(company.rep, "旁人有限公司")
    one, two, three = [(await chain.contact(name)).id for name in ("采购", "厂长", "老板")]
    await chain.approval(one, two)
    upper = await chain.approval(two, three)
    with pytest.raises(Refusal) as refused:
        await chain.approval(three, one)
    assert (refused.value.reason, f"{three} → {one} → {two} → {three}" in str(refused.value)) == (
        "DECISION_CYCLE",
        True,
    )
    await leads(company.rep, "DeleteApproval", pb.DeleteApprovalRequest(id=upper.id))
    await chain.approval(three, one)
    restore = pb.RestoreApprovalRequest(id=upper.id)
    assert await refusal(leads(company.rep, "RestoreApproval", restore)) == "DECISION_CYCLE"
    assert await refusal(chain.approval(one, two)) == "APPROVAL_KNOWN"
    assert await refusal(chain.approval(one)) == "APPROVAL_CONTRADICTED"
    foreign = (await beside.contact("外人")).id
    assert await refusal(chain.approval(two, foreign)) == "UNKNOWN_APPROVER"
    assert await refusal(chain.pain(two, foreign)) == "UNKNOWN_AFFECTED_CONTACT"


def ourselves(leads, company):
    return leads.process.database.transaction(Principal(company.boss.tenant_id, new_id(), SYSTEM, None))


async def test_chains_follow_merged_accounts_and_close_no_circle_across_an_undone_merge(leads, company, customer):
    gone, stays = await customer(company.rep), await customer(company.other_rep, "云杉数控（上海）有限公司")
    theirs, ours = (await gone.contact("采购")).id, (await stays.contact("老板")).id
    await gone.pain(theirs)
    joined = Chain(leads, company.boss, stays.account)
    merge = merges_pb2.MergeAccountRequest(account_id=stays.account, duplicate_id=gone.account, purpose="同一家公司")
    merged = await leads(company.boss, "MergeAccount", merge)
    await joined.approval(theirs, ours)
    whole = await joined.shown()
    assert ([one.contact_id for one in whole.pains], len(whole.approvals)) == ([theirs], 1)
    await leads(company.boss, "UndoMerge", merges_pb2.UndoMergeRequest(id=merged.id, purpose="并错了"))
    apart = await gone.shown()
    assert ([one.contact_id for one in apart.pains], len(apart.approvals)) == ([theirs], 0)
    assert not (await stays.shown()).pains
    await leads(company.boss, "MergeAccount", merge)
    assert await refusal(joined.approval(ours, theirs)) == "DECISION_CYCLE"
    async with ourselves(leads, company) as tx:
        assert not await tx.fetch(ACYCLIC.broken)


async def test_an_erasure_takes_what_a_contact_suffered_and_their_place_in_the_chain(leads, company, customer):
    chain = await customer(company.rep)
    buyer, head = [await chain.contact(name) for name in ("单雄信", "徐世")]
    await chain.pain(buyer.id, head.id)
    await chain.pain(head.id, buyer.id)
    await chain.approval(head.id, buyer.id)
    async with ourselves(leads, company) as tx:
        kept = await tx.fetch(Query(select(pains_table.c.pain, pains_table.c.reason, pains_table.c.sealed)))
        assert all(row["pain"] == row["reason"] == "" and row["sealed"] for row in kept)
    who = data.PersonTraces(person_ids=[buyer.person_id])
    admin = person("ADMIN", company.boss.tenant_id)
    traces = await leads(admin, "TracePerson", persons_pb2.TracePersonRequest(id=str(new_id()), traces=who))
    held = await leads(admin, "ExportPerson", persons_pb2.ExportPersonRequest(id=str(new_id()), traces=traces))
    assert {one.fields["pain"] for one in held.records if one.kind in ("pain", "chain change")} == {"月底加班"}
    await leads(admin, "ErasePerson", persons_pb2.ErasePersonRequest(id=str(new_id()), traces=traces))
    left = await chain.shown()
    assert [(one.contact_id, list(one.affected_contact_ids)) for one in left.pains] == [(head.id, [])]
    async with ourselves(leads, company) as tx:
        rows = [
            await tx.fetch_value(Query(select(func.count()).select_from(table)))
            for table in (pains_table, approvals_table, changes_table)
        ]
        assert rows == [1, 0, 1]
    assert await refusal(chain.pain(buyer.id)) == "CONTACT_ERASED"
