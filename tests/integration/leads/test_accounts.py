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
