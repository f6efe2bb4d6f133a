"""What belongs to an account, over gRPC on real PostgreSQL."""

import pytest
from dealtrail.leads.v1 import accounts_pb2 as pb

from services.kit.ids import new_id
from services.kit.testing import Refusal


async def test_an_account_opened_again_under_its_id_is_answered_as_it_is(leads, company):
    asked = pb.CreateAccountRequest(name="上海某某科技有限公司", id=str(new_id()))
    first = await leads(company.rep, "CreateAccount", asked)
    assert await leads(company.rep, "CreateAccount", asked) == first
    with pytest.raises(Refusal, match="ACCOUNT_ID_TAKEN"):
        await leads(company.other_rep, "CreateAccount", asked)


async def test_two_accounts_of_one_name_are_not_opened_by_whoever_sees_the_first(leads, company):
    await leads(company.rep, "CreateAccount", pb.CreateAccountRequest(name="Acme"))
    for id in ("", str(new_id())):
        with pytest.raises(Refusal, match="ACCOUNT_NAME_TAKEN"):
            await leads(company.rep, "CreateAccount", pb.CreateAccountRequest(name="Acme", id=id))
    await leads(company.other_rep, "CreateAccount", pb.CreateAccountRequest(name="Acme"))


async def test_an_account_stands_below_one_that_its_owner_sees(leads, company):
    other = await leads(company.other_rep, "CreateAccount", pb.CreateAccountRequest(name="Acme"))
    for parent in (other.id, str(new_id())):
        with pytest.raises(Refusal, match="UNKNOWN_PARENT_ACCOUNT"):
            await leads(company.rep, "CreateAccount", pb.CreateAccountRequest(name="Acme China", parent_id=parent))


@pytest.fixture
async def contact(leads, company):
    account = await leads(company.rep, "CreateAccount", pb.CreateAccountRequest(name="Acme"))
    named = pb.CreateContactRequest(account_id=account.id, name="张伟", title="采购经理", phone="13800138000")
    return await leads(company.rep, "CreateContact", named)


async def test_a_contact_is_got_and_changed_by_whoever_sees_its_account(leads, company, contact):
    changed = pb.UpdateContactRequest(id=contact.id, title="采购总监", email="z@example.com")
    after = await leads(company.manager, "UpdateContact", changed)
    assert (after.name, after.title, after.phone, after.email) == (
        "张伟",
        "采购总监",
        "138****8000",
        "z***@example.com",
    )
    assert await leads(company.rep, "GetContact", pb.GetContactRequest(id=contact.id)) == after
    for method, request in (("GetContact", pb.GetContactRequest(id=contact.id)), ("UpdateContact", changed)):
        with pytest.raises(Refusal, match="NOT_FOUND"):
            await leads(company.other_rep, method, request)


async def test_a_contact_that_changed_since_it_was_read_is_left_as_it_is(leads, company, contact):
    changed = pb.UpdateContactRequest(id=contact.id, title="采购总监")
    await leads(company.rep, "UpdateContact", changed, if_match="1")
    with pytest.raises(Refusal, match="VERSION_MISMATCH"):
        await leads(company.rep, "UpdateContact", changed, if_match="1")


async def test_only_contacts_in_sight_are_found_when_looked_up(leads, company, contact):
    asked = pb.LookUpContactsRequest(ids=[contact.id, str(new_id())])
    assert list((await leads(company.rep, "LookUpContacts", asked)).ids) == [contact.id]
    for who in (company.other_rep, company.stranger):
        assert list((await leads(who, "LookUpContacts", asked)).ids) == []
